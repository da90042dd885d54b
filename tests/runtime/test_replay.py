"""A program that lost what it was told is told again, under the same ids; clients never hear anything twice."""

from __future__ import annotations

import asyncio

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.services import channels, sending
from tests.contract.connector_contract import ANNA
from tests.runtime.desk import answer, bound, call_here, eventually, serving, state_of, the_dialogs


@pytest.mark.req("S-111")
async def test_what_was_sent_is_told_again_under_its_id(company: Company) -> None:
    async with ApiSandbox() as program:
        channel = await bound(company, program)
        async with serving(company) as address:
            call_here(company, program, channel, address)
            await program.say(ANNA, "Ау")
            (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
            message = answer(company, channel, dialog, "Слышу")
            await eventually(lambda: state_of(company, message) == "sent")
            told = dict(program.seen)
            program.seen.clear()
            program.events.clear()
            await asyncio.sleep(0.3)  # it has heard of its own verdict, and nothing but the replay wakes it
            row = company.read(lambda tx: channels.one(tx, channel))
            can = company.capabilities(row)
            assert company.write(lambda tx: sending.replay(tx, row, can, sending.sent_since(tx, row, 0))) == 1
            await eventually(lambda: [e["text"] for e in program.events if e["type"] == "message"] == ["Слышу"])
            assert set(program.seen) <= set(told)
            await eventually(lambda: state_of(company, message) == "sent")


async def test_a_channel_that_would_say_everything_twice_refuses(company: Company) -> None:
    async with ApiSandbox() as program:
        channel = await bound(company, program)
    row = company.read(lambda tx: channels.one(tx, channel))
    with pytest.raises(Refused, match="a second time"):
        company.write(lambda tx: sending.replay(tx, row, Capabilities(intake="poll"), []))
