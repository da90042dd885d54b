"""The daemon on PostgreSQL: the same way, and one owner."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Desk, open_desk
from chatapp_cli.domain.errors import Busy
from chatapp_cli.runtime.owner import Kind, owner, owning
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.settings import Settings
from tests.contract.connector_contract import ANNA
from tests.runtime.test_daemon import answer, bound, call_here, eventually, serving, state_of, the_dialogs
from tests.stores import OWNER


async def test_a_customer_is_answered_and_a_second_host_is_refused(tmp_path: Path, postgres_url: str) -> None:
    desk = open_desk(Settings(home=str(tmp_path / "here"), database_url=postgres_url, http_port=0)).seen_by(OWNER)
    other = open_desk(Settings(home=str(tmp_path / "there"), database_url=postgres_url, http_port=0))
    async with ApiSandbox() as program:
        channel = await bound(desk, program)
        async with serving(desk) as address:
            call_here(desk, program, channel, address)
            await program.say(ANNA, "Есть ёлки?", subject="Заказ")
            (dialog,) = await eventually(lambda: the_dialogs(desk))  # type: ignore[misc]
            message = answer(desk, channel, dialog, "Есть.")
            await eventually(lambda: state_of(desk, message) == "sent")
            assert [heard.text for heard in await program.heard(ANNA)] == ["Есть."]
            with pytest.raises(Busy):
                async with serving(other):
                    pytest.fail("two owners")
    desk.close()
    other.close()


@pytest.mark.parametrize("kind", [Kind.WINDOW, Kind.COMMAND])
async def test_a_daemon_takes_the_place_of_who_holds_it_only_meanwhile(
    tmp_path: Path, postgres_url: str, kind: Kind
) -> None:
    first, second = (open_desk(Settings(home=str(tmp_path), database_url=postgres_url, http_port=0)) for _ in range(2))
    with owning(first, kind) as place:
        starting = asyncio.create_task(_served(second))
        await place.asked_for()
        assert not starting.done()
    await asyncio.wait_for(starting, 20)
    first.close()
    second.close()


async def _served(desk: Desk) -> None:
    async with serving(desk):
        found = owner(desk)
        assert found is not None
        assert found.kind is Kind.DAEMON
