"""Edits, deletions and reactions from the provider: checked for permission, accepted in any order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import msgspec

from chatapp_cli.domain import border
from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.arrival import MessageEdited, MessagesDeleted, ReactionsChanged
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.journal.messages import (
    ForeignChangeIgnored,
    MessageTextChanged,
    MessageWithdrawn,
    ReactionsShown,
)
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.preview import preview
from chatapp_cli.store.rows.dialogs import IngestDialog
from chatapp_cli.store.rows.messages import MessageRef
from chatapp_cli.store.tx import Tx

Change: TypeAlias = MessageEdited | MessagesDeleted | ReactionsChanged


def message_at(tx: Tx, channel: ChannelId, peer_key: str, ext_id: str) -> MessageRef | None:
    """The message with a provider's id, or with a part that has it, in a dialog; without a dialog, anywhere."""
    if not peer_key:
        return tx.one(MessageRef, "messages.ref_anywhere", channel=channel, ext_id=ext_id)
    dialog = tx.one(IngestDialog, "dialogs.known", channel=channel, key=peer_key)
    if dialog is None:
        return None
    found = tx.one(MessageRef, "messages.ref", channel=channel, ext_id=ext_id, dialog=dialog.id)
    return found or message_of_part(tx, dialog.id, ext_id)


def message_of_part(tx: Tx, dialog: DialogId, ext_id: str) -> MessageRef | None:
    """The message that this id is a further part of."""
    return tx.one(MessageRef, "messages.part_ref", dialog=dialog, ext_id=ext_id)


def apply_edit(tx: Tx, channel: ChannelId, event: MessageEdited) -> None:
    """Store the new text and keep the old one; an edit by anybody but the author is ignored.

    An edit of a message that cannot be shown yet waits until it can.
    """
    found = message_at(tx, channel, event.peer_key, event.ext_id)
    if found is None or found.placeholder:
        _keep(tx, channel, event, event.ext_id)
    elif not _by_author(found, event):
        _emit_refused(tx, channel, found)
    elif tx.run("messages.revise", id=found.id, text=event.text, at=event.at):
        tx.run("messages.edit", id=found.id, text=event.text, at=event.at)
        tx.run("dialogs.preview", id=found.dialog_id, message=found.id, preview=preview(event.text, []))
        tx.emit(MessageTextChanged(channel=channel, dialog=found.dialog_id, message=found.id), actor=PROGRAM)


def apply_deletion(tx: Tx, channel: ChannelId, event: MessagesDeleted) -> None:
    """Mark messages as deleted."""
    for ext_id in event.ext_ids:
        found = message_at(tx, channel, event.peer_key, ext_id)
        if found is None:
            _keep(tx, channel, replace(event, ext_ids=(ext_id,)), ext_id)
        elif not (event.by_admin or _by_author(found, event)):
            _emit_refused(tx, channel, found)
        elif tx.run("messages.delete", id=found.id, at=event.at):
            tx.emit(MessageWithdrawn(channel=channel, dialog=found.dialog_id, message=found.id), actor=PROGRAM)


def apply_reactions(tx: Tx, channel: ChannelId, event: ReactionsChanged) -> None:
    """Replace one person's reactions."""
    found = message_at(tx, channel, event.peer_key, event.ext_id)
    if found is None:
        _keep(tx, channel, event, event.ext_id)
        return
    tx.run("reactions.clear", message=found.id, person=event.person.id)
    for emoji in event.emoji:
        tx.run("reactions.add", message=found.id, person=event.person.id, emoji=emoji, name=event.person.name)
    shown = ReactionsShown(channel=channel, dialog=found.dialog_id, message=found.id, by_us=not event.person.id)
    tx.emit(shown, actor=PROGRAM)


def _by_author(found: MessageRef, event: MessageEdited | MessagesDeleted) -> bool:
    """Whether the author of a message is changing it, as far as the provider says."""
    if event.from_us is not None and event.from_us != (found.direction == Direction.OUT):
        return False
    return not (event.by.id and found.sender) or event.by.id == found.sender


def _emit_refused(tx: Tx, channel: ChannelId, found: MessageRef) -> None:
    tx.emit(ForeignChangeIgnored(channel=channel, dialog=found.dialog_id, message=found.id), actor=PROGRAM)


def _keep(tx: Tx, channel: ChannelId, event: Change, ext_id: str) -> None:
    """Store a change that arrived before its message, or before the dialog itself: it waits for a day."""
    if not event.peer_key:
        return
    change = msgspec.json.encode([type(event).__name__, event]).decode()
    tx.run("early.keep_change", channel=channel, ext_id=ext_id, dialog_key=event.peer_key, change=change, at=tx.now)
    dialog = tx.value("dialogs.at_key", channel=channel, key=event.peer_key)
    if dialog is not None:
        tx.run("dialogs.expect_message", id=dialog)


def let_happen(tx: Tx, channel: ChannelId, dialog_key: str) -> None:
    """Apply changes that wait for messages which are in a dialog by now."""
    for ext_id in tx.all(str, "early.ready", channel=channel, dialog_key=dialog_key):
        catch_up(tx, channel, dialog_key, ext_id)


def catch_up(tx: Tx, channel: ChannelId, dialog_key: str, ext_id: str) -> None:
    """Apply changes that arrived before their message; the chat may have moved meanwhile."""
    waiting = tx.all(lambda *row: row, "early.changes", channel=channel, ext_id=ext_id, dialog_key=dialog_key)
    for number, change in waiting:
        name, raw = msgspec.json.decode(change, type=tuple[str, msgspec.Raw])
        shape, happen = _WAITING[name]
        tx.run("early.drop", id=number)
        happen(tx, channel, replace(msgspec.json.decode(raw, type=shape), peer_key=border.external_id(dialog_key)))


_WAITING: Mapping[str, tuple[type[Change], Callable[[Tx, ChannelId, Any], None]]] = {
    "MessageEdited": (MessageEdited, apply_edit),
    "MessagesDeleted": (MessagesDeleted, apply_deletion),
    "ReactionsChanged": (ReactionsChanged, apply_reactions),
}
