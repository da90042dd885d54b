"""Whether there is anything of a CRM; a desk without a link loads nothing else about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatapp_cli.domain.crm.states import Tells
from chatapp_cli.domain.ids import ChannelId, DialogId, LineId
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.store.rows.crm import PairingRow


def is_linked(tx: Tx) -> bool:
    """Whether the company has a link to a CRM."""
    return tx.value("links.any") is not None


def is_paired(tx: Tx, dialog: DialogId) -> bool:
    """Whether a CRM shows the dialogs of the channel of this one."""
    return tx.value("pairings.of_dialog", dialog=dialog) is not None


def shows_typing(tx: Tx, channel: ChannelId) -> bool:
    """Whether any CRM shows that clients of a channel type."""
    return is_linked(tx) and tx.value("pairings.typing", channel=channel, what=f"%{Tells.TYPING}%") is not None


def pairings_of(tx: Tx, where: ChannelId | LineId, *, line: bool = False) -> Sequence[PairingRow]:
    """The active pairings of a channel, or of all channels of a line."""
    if not is_linked(tx):
        return ()
    from chatapp_cli.store.rows.crm import PairingRow

    found = tx.all(PairingRow, "pairings.all")
    return [row for row in found if row.active and where == (row.line_id if line else row.channel_id)]


def go(tx: Tx, leaving: Sequence[PairingRow]) -> None:
    """Tell of the end of pairings that are removed with their channels: the CRM has to be told."""
    if leaving:
        from chatapp_cli.domain.journal.links import PairingEnded

        for row in leaving:
            tx.emit(PairingEnded(channel=row.channel_id, link=row.link_id, place=row.place))
