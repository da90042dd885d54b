"""A daemon that is killed while it joins two dialogs: each message is in one of them, and the next one goes on."""

from __future__ import annotations

from pathlib import Path

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, Peer, PeerMoved
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, ingest, joining, lines, transcript
from chatapp_cli.store.tx import Tx
from tests.daemons import SECOND, Serving
from tests.runtime.desk import eventually
from tests.stores import NOON, said

PIECES = 8


async def test_a_daemon_that_is_killed_while_dialogs_become_one_loses_and_doubles_nothing(tmp_path: Path) -> None:
    desk = Serving(tmp_path / "home")
    company = desk.company()
    try:
        channel = company.write(lambda tx: bind(tx, company))
        first, last = PIECES * joining.PIECE, 3
        old, new = (company.write(lambda tx, w=w, n=n: fill(tx, channel, w, n)) for w, n in (("a", first), ("b", last)))
        moved = PeerMoved(old_key="a", peer=Peer(key="b", address="b"), at=NOON)
        company.write(lambda tx: ingest.ingest(tx, channel, batch("moved", moved)))
        seen = [there(company, old, new)]
        while seen[-1][0]:
            async with desk.child() as daemon:
                desk.clock.move(passed=SECOND)
                await eventually(lambda: there(company, old, new) != seen[-1])
                await daemon.kill()
                seen.append(there(company, old, new))
        assert company.read(lambda tx: tx.value("dialogs.one", id=old)) is None
    finally:
        company.close()
    assert seen[0] == (first - joining.PIECE, last + joining.PIECE), "so much at once"
    assert len(seen) > 2, "it was killed in between"
    assert {sum(counts) for counts in seen} == {first + last}
    assert seen[-1] == (0, first + last)


def bind(tx: Tx, company: Company) -> ChannelId:
    binding = Bound(account="1", title="Почта магазина")
    return channels.save(tx, company.vault, binding, line=lines.add(tx, "Продажи"), kind="letters")


def batch(name: str, *events: object) -> Batch:
    return Batch(arrivals=(Arrival(provider_id=name, raw=b"{}", events=events),))  # type: ignore[arg-type]


def fill(tx: Tx, channel: ChannelId, who: str, n: int) -> DialogId:
    events = (said(str(at), who=who, ext_id=f"{who}{at}", at=NOON + at) for at in range(n))
    ingest.ingest(tx, channel, batch(who, *events))
    return DialogId(tx.value("dialogs.at_key", channel=channel, key=who))


def there(company: Company, *dialogs: DialogId) -> tuple[int, ...]:
    """How many different messages are in each dialog."""
    return company.read(lambda tx: tuple(len({e.message.ext_id for e in latest(tx, one)}) for one in dialogs))


def latest(tx: Tx, dialog: DialogId) -> list[transcript.TranscriptEntry]:
    return transcript.latest(tx, dialog, n=100_000)
