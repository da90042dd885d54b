"""A program that lost what it was told is told again, under the same ids; clients never hear anything twice."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.services import channels, sending
from tests.contract.connector_contract import ANNA
from tests.runtime.test_daemon import answer, bound, call_here, eventually, serving, state_of, the_dialogs


@pytest.mark.req("S-111")
async def test_what_was_sent_is_told_again_under_its_id(desk: Desk) -> None:
    async with ApiSandbox() as program:
        channel = await bound(desk, program)
        async with serving(desk) as address:
            call_here(desk, program, channel, address)
            await program.say(ANNA, "Ау")
            (dialog,) = await eventually(lambda: the_dialogs(desk))  # type: ignore[misc]
            message = answer(desk, channel, dialog, "Слышу")
            await eventually(lambda: state_of(desk, message) == "sent")
            told = dict(program.seen)
            program.seen.clear()
            program.events.clear()
            row = desk.read(lambda tx: channels.one(tx, channel))
            can = desk.capabilities(row)
            assert desk.write(lambda tx: sending.replay(tx, row, can, since=0)) == 1
            await eventually(lambda: [e["text"] for e in program.events if e["type"] == "message"] == ["Слышу"])
            assert set(program.seen) <= set(told)
            await eventually(lambda: state_of(desk, message) == "sent")


async def test_a_channel_that_would_say_everything_twice_refuses(desk: Desk) -> None:
    async with ApiSandbox() as program:
        channel = await bound(desk, program)
    row = desk.read(lambda tx: channels.one(tx, channel))
    with pytest.raises(Refused, match="a second time"):
        desk.write(lambda tx: sending.replay(tx, row, Capabilities(intake="poll"), since=0))
