"""Whether there is anything of a CRM; a desk without a link loads nothing else about them."""

from __future__ import annotations

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.store.tx import Tx


def is_linked(tx: Tx) -> bool:
    """Whether the company has a link to a CRM."""
    return tx.value("links.all") is not None


def is_paired(tx: Tx, dialog: DialogId) -> bool:
    """Whether a CRM shows the dialogs of the channel of this one."""
    return tx.value("pairings.of_dialog", dialog=dialog) is not None
