"""Chats of a CRM in which a conversation does not go on, because its client has another one: their cards say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from chatapp_cli.domain.crm.states import Tells
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.text import Text
from chatapp_cli.i18n import N_
from chatapp_cli.services import crm_chats, crm_owed, crm_signs, dialogs
from chatapp_cli.store.rows.crm import ChatRow, PairedRow
from chatapp_cli.store.tx import Tx

_OLDER: Final = N_(
    "{name} has a chat in this channel already. What was written in the new chat went out; "
    "the answers come in the older one: go on there."
)
_NEWER: Final = N_("{name} has a newer chat in this channel: the answers come there, go on there.")


def left(tx: Tx, pairing: PairedRow, dialog: DialogId, remote_chat: str) -> None:
    """Have a chat in which an employee began stand beside the one that its client has, whose answers go on there.

    It is a chat of the dialog from now on, behind that one, so what is written in it needs no address and no other
    note.
    """
    known = tx.one(ChatRow, "chats.by_remote", pairing=pairing.id, remote=remote_chat)
    if known is None:
        name = crm_chats.beside(dialog, remote_chat)
        tx.run("chats.keep", pairing=pairing.id, chat=name, dialog=dialog, remote=remote_chat, session="")
        tx.run("chats.conversation", pairing=pairing.id, chat=name, session="", closed=1)
        _tell(tx, pairing, dialog, remote_chat, _OLDER)


def _tell(tx: Tx, pairing: PairedRow, dialog: DialogId, remote_chat: str, words: str) -> None:
    """Have the cards of a chat say that the client of a dialog answers in another, if the CRM has such notes."""
    if pairing in crm_signs.telling(tx, dialog, Tells.REMARKS):
        name = dialogs.card(tx, dialog).name
        crm_owed.owe_remark(tx, pairing, dialog, remote_chat, Text(words, {"name": name}))


@contextmanager
def told(tx: Tx, old: DialogId, new: DialogId) -> Iterator[None]:
    """Tell it of the chats that are left behind as one dialog becomes part of another within."""
    pairings = crm_owed.pairings_of(tx, new)
    before = [(one, row) for one in pairings for each in (old, new) if (row := _chat(tx, one, each)) is not None]
    yield
    for pairing, row in before:
        now = _chat(tx, pairing, new)
        if row.remote and now is not None and now.remote not in {"", row.remote}:
            words = _OLDER if crm_chats.age(now.chat) < crm_chats.age(row.chat) else _NEWER
            _tell(tx, pairing, new, row.remote, words)


def _chat(tx: Tx, pairing: PairedRow, dialog: DialogId) -> ChatRow | None:
    """The chat in which a CRM is told of a dialog."""
    return tx.one(ChatRow, "chats.of_dialog", dialog=dialog, pairing=pairing.id)
