"""What the published description says against the exchanges and the events of a sandbox."""

from __future__ import annotations

from functools import cache

from chatapp_cli.sandbox.vk import VkSandbox
from tests.contract.vk_schema import PUBLISHED, VkSchema


@cache
def schema() -> VkSchema | None:
    return VkSchema() if PUBLISHED.is_dir() else None


def problems(sandbox: VkSandbox) -> list[str]:
    judge = schema()
    if judge is None:
        return []
    calls = [words for one in sandbox.exchanges for words in judge.call(one.method, one.params)]
    answers = [words for one in sandbox.exchanges for words in judge.answer(one.method, one.answer)]
    sane = (event for event in sandbox.delivery.happened if not event["event_id"].startswith("poison"))
    return calls + answers + [words for event in sane for words in judge.event(event)]
