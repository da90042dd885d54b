"""Conversations from before a pairing, shown in its CRM once a person asks for it.

The ledger gets them a page at a time, and the page and the place where it ended are stored together: so each message is
owed once, whatever ends the daemon. Nothing else waits for them, see ``ledger.claim``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.crm.states import Tells
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.journal.links import HistoryAsked, HistoryEnded
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, links, pairings
from chatapp_cli.store.rows.crm import ImportRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatapp_cli.domain.crm_manifest import CrmManifest
    from chatapp_cli.domain.ids import LinkId, Millis
    from chatapp_cli.store.rows.crm import LinkRow, PairingRow
    from chatapp_cli.store.tx import Tx

PAGE: Final = 50
"""Messages that are given to the ledger at once."""
FEW: Final = 10
"""While more of them than this wait there, it gets no others."""
SPAN: Final = 20_000
"""Numbers of messages that are looked through at once: most may be other channels'."""
DAY: Final = 86_400_000
_RANK: Final = 20


def begin(tx: Tx, about: CrmManifest, pairing: PairingRow, *, days: int = 0) -> ImportRow:
    """Have a CRM shown what was written before a pairing, in the last ``days`` or ever; what it shows is left out.

    Raises Refused if it takes none, or none while it is linked like this.
    """
    access.require(tx, Right.CRM)
    link = links.one(tx, pairing.link_id)
    pairing = pairings.active(tx, link.id, pairing.id)
    if Tells.HISTORY not in about.tells_of(link.settings):
        raise _takes_none(about, link)
    _set_out(tx, pairing, tx.now - days * DAY if days > 0 else 0)
    tx.emit(HistoryAsked(channel=pairing.channel_id, link=link.id))
    return one(tx, pairing)


def _takes_none(about: CrmManifest, link: LinkRow) -> Refused:
    what = T("{title} takes no messages from before the pairing.", title=link.title)
    if Tells.HISTORY not in about.tells:
        return Refused("no_history", what, T("There is no way to show them in {crm}.", crm=about.title))
    return Refused("no_history", what, T("See in docs/crm/{kind}.md what it needs for that.", kind=about.kind))


def _set_out(tx: Tx, pairing: PairingRow, since: Millis) -> None:
    """Go on where it stood, or begin anew if older messages are wanted than before."""
    known = tx.one(ImportRow, "imports.one", pairing=pairing.id)
    low, passed = (0, 0) if known is None or since < known.since else (known.last, known.passed)
    span = {"low": low, "until": pairing.after, "since": since}
    left: int = tx.value("imports.count", channel=pairing.channel_id, **span)
    tx.run("imports.begin", pairing=pairing.id, n=passed + left, passed=passed, now=tx.now, **span)


def stop(tx: Tx, pairing: PairingRow) -> ImportRow:
    """Give the ledger no more, and take back what waits there; what is shown stays. Raises NotFound."""
    access.require(tx, Right.CRM)
    one(tx, pairing)
    halt(tx, pairing)
    tx.emit(HistoryEnded(channel=pairing.channel_id, link=pairing.link_id))
    return one(tx, pairing)


def halt(tx: Tx, pairing: PairingRow) -> None:
    """Stop, so that it can be begun again where it stood."""
    if tx.run("imports.halt", pairing=pairing.id, gone=0):
        tx.run("imports.take_back", pairing=pairing.id)


def one(tx: Tx, pairing: PairingRow) -> ImportRow:
    """How far it has come. Raises NotFound if nobody asked for it."""
    found = tx.one(ImportRow, "imports.one", pairing=pairing.id)
    if found is None:
        raise NotFound(T("Nobody asked for the messages from before the pairing of {title}.", title=pairing.channel))
    return found


def everything(tx: Tx) -> Sequence[ImportRow]:
    """How far each has come that somebody asked for."""
    return tx.all(ImportRow, "imports.all")


def is_running(tx: Tx, link: LinkId) -> bool:
    """Whether a CRM is being shown anything from before."""
    return tx.value("imports.running", link=link) is not None


def feed(tx: Tx, link: LinkId) -> int:
    """Give the ledger the next page if little waits there; returns how many messages it got."""
    if len(tx.all(int, "imports.waiting", link=link, n=FEW + 1)) > FEW:
        return 0
    fed = 0
    for row in tx.all(ImportRow, "imports.all"):
        if row.link_id == link and row.running and fed < PAGE:
            fed += _page(tx, row)
    return fed


def _page(tx: Tx, row: ImportRow) -> int:
    """Give the ledger the next messages of a pairing; ends it behind the last one."""
    span = {"pairing": row.pairing_id, "low": row.last, "high": min(row.until, row.last + SPAN)}
    numbers = tx.all(int, "imports.page", n=PAGE, **span)
    if len(numbers) == PAGE:
        span["high"] = numbers[-1]
    fed = tx.run("imports.owe", rank=_RANK, now=tx.now, **span)
    tx.run("imports.advance", pairing=row.pairing_id, high=span["high"], n=len(numbers))
    if span["high"] >= row.until:
        tx.run("imports.end", pairing=row.pairing_id)
        tx.emit(HistoryEnded(channel=row.channel_id, link=row.link_id), actor=PROGRAM)
    return fed
