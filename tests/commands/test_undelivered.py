"""One list of what did not arrive, with the server's words and what to do."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, DeliveryChanged
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines, transcript
from chatapp_cli.services.ingest import ingest
from tests.commands.conftest import NOON, Shell, Write


@pytest.fixture
def failed(chatapp: Shell, company: Company, client_writes: Write, bound: ChannelId) -> str:
    """An answer that went, and of which the provider reports afterwards that it did not arrive."""
    client_writes("Где заказ?")
    number = chatapp("reply", "1", "--text", "Едет", "--wait", "9").out.strip()
    ext_id = company.read(lambda tx: transcript.message(tx, MessageId(int(number)))).ext_id
    news = DeliveryChanged(ext_id=ext_id, state=State.FAILED, at=NOON, code="timeout", detail="550 gone")
    batch = Batch(arrivals=(Arrival(provider_id="news", raw=b"{}", events=(news,)),))
    company.write(lambda tx: ingest(tx, bound, batch))
    return number


def test_without_any_it_says_so(chatapp: Shell) -> None:
    said = chatapp("outbox", "undelivered")
    assert (said.out, said.err.strip()) == ("", "Everything that was sent has arrived, as far as is known.")


def test_a_row_has_the_reason_and_the_next_step(chatapp: Shell, failed: str) -> None:
    (row,) = chatapp("outbox", "undelivered").rows
    assert (row[0], row[1], row[2], row[7]) == (failed, "failed", "Анна (client-7)", "Едет")
    assert row[5] == "The program did not answer in time. (550 gone)"
    assert row[6]
    (one,) = chatapp("outbox", "undelivered", "--json").json
    assert (one["message"], one["state"], one["detail"], one["next_step"]) == (
        int(failed),
        "failed",
        "550 gone",
        row[6],
    )


def test_the_list_is_narrowed_by_channel_line_and_time(chatapp: Shell, company: Company, failed: str) -> None:
    other = company.write(lambda tx: lines.add(tx, "Опт"))
    bound = Bound(account="2", title="Другой")
    company.write(lambda tx: channels.save(tx, company.vault, bound, line=other, kind="api"))
    for words, found in (
        (("--channel", 1), 1),
        (("--channel", 2), 0),
        (("--line", "Опт"), 0),
        (("--since", "1h"), 1),
    ):
        assert len(chatapp("outbox", "undelivered", *words).rows) == found, words
    assert chatapp.run("outbox", "undelivered", "--channel", "nothing").code == 1
    assert chatapp.run("outbox", "undelivered", "--since", "nonsense").code == 2
