"""The desk on PostgreSQL behind PgBouncer in transaction mode, where nothing belongs to a session."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.errors import Busy
from chatapp_cli.runtime.lease import CurrentHolder, HolderKind, current_holder, holding
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.services import lines
from chatapp_cli.settings import Settings
from tests import pooler, postgres
from tests.contract.connector_contract import ANNA
from tests.leases import process
from tests.runtime.desk import answer, bound, call_here, eventually, serving, state_of, the_dialogs
from tests.stores import OWNER

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not pooler.PROGRAM, reason="pgbouncer is not installed"),
]


@pytest.fixture
def behind(postgres_server: postgres.Postgres) -> Iterator[str]:
    """An empty database of this test's own, by way of the pooler."""
    with pooler.pooling(postgres_server) as found:
        yield found.through(postgres_server.fresh())


@pytest.fixture
def desks(behind: str, tmp_path: Path) -> Iterator[Callable[[str], Company]]:
    """Open desks on one store, with a home of their own each."""
    opened: list[Company] = []

    def open_one(home: str = "here") -> Company:
        settings = Settings(home=str(tmp_path / home), database_url=behind, http_port=0)
        opened.append(open_company(settings).seen_by(OWNER))
        return opened[-1]

    yield open_one
    for company in opened:
        company.close()


def test_statements_may_be_repeated_on_any_server_connection(desks: Callable[[], Company]) -> None:
    company = desks()
    for number in range(40):
        company.write(lambda tx, n=number: lines.add(tx, f"Линия {n}"))
        assert len(company.read(lines.everything)) == number + 1
    assert company.database.connection().prepare_threshold is None  # type: ignore[attr-defined]


async def test_a_customer_is_answered_and_a_second_daemon_is_refused(desks: Callable[..., Company]) -> None:
    company, other = desks(), desks("there")
    async with ApiSandbox() as program:
        channel = await bound(company, program)
        async with serving(company) as address:
            call_here(company, program, channel, address)
            await program.say(ANNA, "Есть ёлки?", subject="Заказ")
            (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
            messages = [answer(company, channel, dialog, f"Есть, вот {number}.") for number in range(20)]
            await eventually(lambda: {state_of(company, message) for message in messages} == {"sent"}, seconds=30)
            assert len(await program.heard(ANNA)) == len(messages)
            with pytest.raises(Busy, match=f"already running .*{os.getpid()}"):
                async with serving(other):
                    pytest.fail("two owners")
    assert current_holder(other) is None


def test_the_place_of_a_killed_daemon_is_free_at_once(desks: Callable[[], Company]) -> None:
    company = desks()
    with process(company) as daemon:
        assert current_holder(company) == CurrentHolder(daemon.pid, HolderKind.DAEMON)
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
        assert current_holder(company) is None
        with holding(company) as held:
            assert held.epoch == 2
