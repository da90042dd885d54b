"""Binding a channel: what a person is told who binds it, and who is asked again by nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import ChannelError, Retryable
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.i18n import show
from chatapp_cli.runtime import binding
from chatapp_cli.services import lines


class CutOff:
    """Answers nothing: what is asked meets an error of the channel."""

    def __init__(self, error: ChannelError) -> None:
        self._error = error

    async def form(self, form: Form) -> Mapping[str, str]:
        raise self._error

    async def show(self, notice: Notice) -> None:
        raise AssertionError("nothing is shown")

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        raise AssertionError("no page is visited")


@pytest.mark.parametrize(
    ("code", "what", "step"),
    [
        ("unreachable", "VK cannot be reached. (no route)", "Check the network and the proxies."),
        ("busy", "VK's server is busy. (no route)", "Try again in a few minutes."),
    ],
)
async def test_who_binds_a_channel_is_told_the_next_step_and_no_retry_is_promised(
    companies: Callable[..., Company], code: str, what: str, step: str
) -> None:
    company = companies()
    line = company.write(lambda tx: lines.add(tx, "Опт"))
    with pytest.raises(Retryable) as failed:
        await binding.bind(company, CutOff(Retryable(code, "no route")), line=line, kind="vk")
    assert (show(failed.value.what), show(failed.value.next_step)) == (what, step)
