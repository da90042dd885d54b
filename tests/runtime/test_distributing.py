"""The daemon gives dialogs to operators as soon as a line says so, and as soon as somebody writes (K-06)."""

from __future__ import annotations

from functools import partial
from typing import Any

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.ports.bind import Bound
from chatapp_cli.runtime.daemon import running
from chatapp_cli.services import attendance, channels, ingest, lines, operators
from chatapp_cli.store.tx import Tx
from tests.runtime.desk import eventually, the_dialogs
from tests.stores import owner, said

ANNA, BORIS = "Анна", "Борис"


def shop(company: Company) -> ChannelId:
    """A line of two operators, with a channel that no session serves."""
    line = company.write(lambda tx: lines.add(tx, "Продажи"))
    for name in (ANNA, BORIS):
        company.write(partial(operators.add, name=name, password_hash="", lines=()))
    bound = Bound(account="shop", title="Сайт", settings={"url": "http://127.0.0.1:9"})
    channel: ChannelId = company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="api"))
    return channel


def wrote(tx: Tx, channel: ChannelId, who: str, at: Millis) -> None:
    event = said(who=who, ext_id=who, at=at)
    arrival: Any = Arrival(provider_id=who, raw=b"{}", events=(event,))
    ingest.ingest(tx, channel, Batch(arrivals=(arrival,)))


async def test_whoever_writes_is_given_to_the_next_operator_from_when_the_line_says_so(company: Company) -> None:
    channel, now = shop(company), company.world.clock.now()

    def holders() -> dict[str, str]:
        return {row.name: row.assignee for row in the_dialogs(company)}

    company.write(partial(wrote, channel=channel, who="Первый", at=now - 2000))
    async with running(company, parts=()):
        company.write(lambda tx: lines.configure(tx, lines.find(tx, "Продажи"), {"distribution": "evenly"}))
        await eventually(lambda: holders() == {"Первый": ANNA})
        company.write(partial(wrote, channel=channel, who="Второй", at=now - 1000))
        await eventually(lambda: holders().get("Второй") == BORIS)
        company.write(lambda tx: attendance.leave(tx.by(owner(ANNA))))
        company.write(partial(wrote, channel=channel, who="Третий", at=now))
        await eventually(lambda: holders().get("Третий") == BORIS)
