"""The daemon on PostgreSQL: the same way, and one owner."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import psycopg
import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.runtime.lease import HolderKind, current_holder, holding
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.settings import Settings
from tests.contract.connector_contract import ANNA
from tests.runtime.desk import answer, bound, call_here, eventually, serving, state_of, the_dialogs
from tests.stores import OWNER


async def test_a_customer_is_answered_and_a_second_host_is_refused(tmp_path: Path, postgres_url: str) -> None:
    company = open_company(Settings(home=str(tmp_path / "here"), database_url=postgres_url, http_port=0)).seen_by(OWNER)
    other = open_company(Settings(home=str(tmp_path / "there"), database_url=postgres_url, http_port=0))
    async with ApiSandbox() as program:
        channel = await bound(company, program)
        async with serving(company) as address:
            call_here(company, program, channel, address)
            await program.say(ANNA, "Есть ёлки?", subject="Заказ")
            (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
            message = answer(company, channel, dialog, "Есть.")
            await eventually(lambda: state_of(company, message) == "sent")
            assert [heard.text for heard in await program.heard(ANNA)] == ["Есть."]
            with pytest.raises(Busy):
                async with serving(other):
                    pytest.fail("two owners")
    company.close()
    other.close()


@pytest.mark.parametrize("kind", [HolderKind.WINDOW, HolderKind.COMMAND])
async def test_a_daemon_takes_the_place_of_who_holds_it_only_meanwhile(
    tmp_path: Path, postgres_url: str, kind: HolderKind
) -> None:
    first, second = (
        open_company(Settings(home=str(tmp_path), database_url=postgres_url, http_port=0)) for _ in range(2)
    )
    with holding(first, kind) as held:
        starting = asyncio.create_task(_served(second))
        await held.asked_for()
        assert not starting.done()
    await asyncio.wait_for(starting, 20)
    first.close()
    second.close()


async def _served(company: Company) -> None:
    async with serving(company):
        found = current_holder(company)
        assert found is not None
        assert found.kind is HolderKind.DAEMON


async def test_a_daemon_whose_connections_were_ended_goes_on(tmp_path: Path, postgres_url: str) -> None:
    company = open_company(Settings(home=str(tmp_path), database_url=postgres_url, http_port=0)).seen_by(OWNER)
    other = open_company(Settings(home=str(tmp_path / "there"), database_url=postgres_url, http_port=0))
    async with ApiSandbox() as program:
        channel = await bound(company, program)
        async with serving(company) as address:
            call_here(company, program, channel, address)
            await program.say(ANNA, "Есть ёлки?", subject="Заказ")
            (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
            assert end_connections(postgres_url)
            message = answer(other.seen_by(OWNER), channel, dialog, "Есть.")
            await eventually(lambda: state_of(other, message) == "sent")
            with pytest.raises(Busy, match="already running"):
                async with serving(other):
                    pytest.fail("two owners")
    assert current_holder(other) is None
    company.close()
    other.close()


def end_connections(url: str) -> int:
    """As a restart of the server or a failover does; ours ends last. Returns how many there were."""
    with psycopg.connect(url, autocommit=True) as admin:
        return len(
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()
        )


async def test_a_daemon_that_was_followed_ends_with_the_reason(tmp_path: Path, postgres_url: str) -> None:
    company = open_company(Settings(home=str(tmp_path), database_url=postgres_url, http_port=0)).seen_by(OWNER)
    with pytest.raises(StoreError, match="taken the store over"):
        await _served_until_another_takes_it(company, postgres_url)
    company.close()


async def _served_until_another_takes_it(company: Company, postgres_url: str) -> None:
    async with serving(company) as address:
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute("UPDATE lease SET epoch = epoch + 1, holder = '4711 1 another-boot desk2 key'")
        await eventually(lambda: _is_gone(address), seconds=20)


def _is_gone(address: str) -> bool:
    host, port = address.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return True
    return False
