"""Dead letters at a shell: only those, and to the byte."""

from __future__ import annotations

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, ingest, lines
from tests.commands.conftest import Shell
from tests.stores import NOON, said

RAW = b'\xff\x00{"odd"}\r\n\x1b[2J'


def channel(company: Company) -> ChannelId:
    line = company.write(lambda tx: lines.add(tx, "Sales"))
    bound = Bound(account="shop", title="Shop")
    return company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="api"))


def arrives(company: Company, where: ChannelId, *arrivals: Arrival) -> None:
    company.write(lambda tx: ingest.ingest(tx, where, Batch(arrivals=arrivals)))


def test_a_dead_letter_is_shown_with_who_and_where_and_written_to_the_byte(chatapp: Shell, company: Company) -> None:
    shown = said("", ext_id="5", at=NOON, placeholder=True)
    arrives(company, channel(company), Arrival(provider_id="p", raw=RAW, problem="KeyError: x", events=(shown,)))
    (row,) = chatapp("deadletter", "list", "--json").json
    assert (row["who"], row["problem"]) == ("Anna", "KeyError: x")
    seen = chatapp("deadletter", "show", "1")
    assert "From: Anna" in seen.err
    assert f"chatapp dialog show {row['dialog']}" in seen.err
    assert "\x1b" not in seen.out
    assert chatapp.bytes("deadletter", "show", "1", "--raw") == RAW


def test_an_arrival_that_was_understood_is_not_shown_as_a_dead_letter(chatapp: Shell, company: Company) -> None:
    arrives(company, channel(company), Arrival(provider_id="p", raw=b"{}", events=(said("Да", ext_id="5", at=NOON),)))
    refused = chatapp.run("deadletter", "show", "1")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("Arrival 1 is not a dead letter.")
