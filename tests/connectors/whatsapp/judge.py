"""What Meta's published description says against the exchanges and webhooks of a sandbox."""

from __future__ import annotations

import json
from functools import cache

from chatapp_cli.sandbox.oddities import FIELD
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from tests.contract.whatsapp_schema import PUBLISHED, WhatsAppSchema


@cache
def schema() -> WhatsAppSchema | None:
    return WhatsAppSchema() if PUBLISHED.is_file() else None


def problems(sandbox: WhatsAppSandbox) -> list[str]:
    judge = schema()
    if judge is None:
        return []
    carried = (*sandbox.courier.carried, *sandbox.courier.waiting)
    bodies = [json.loads(body) for body in carried if json.dumps(FIELD).encode() not in body]
    found = [words for body in bodies if "odd" not in body for words in judge.webhook(body)]
    for one in sandbox.exchanges:
        found += judge.call(one.method, one.path, one.content) if "9999" not in one.path else []
        found += judge.answer(one.method, one.path, one.status, one.answer)
    return found
