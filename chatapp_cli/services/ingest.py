"""Store arrivals: raw data, messages and the cursor, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chatapp_cli.domain import border
from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.address import given
from chatapp_cli.domain.arrival import (
    Arrival,
    Batch,
    ChatRead,
    DeliveryChanged,
    IncomingFile,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    PeerChanged,
    PeerMoved,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.journal.messages import (
    DeadLetterKept,
    DeadLetterRevived,
    MessageEchoed,
    MessageReceived,
    MessageTextChanged,
)
from chatapp_cli.domain.message import Direction, Origin, State
from chatapp_cli.domain.preview import preview
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.services import alterations, answer_buttons, delivery_reports, joining, mails, peers
from chatapp_cli.store.rows.dialogs import IngestDialog
from chatapp_cli.store.rows.messages import MessageRef
from chatapp_cli.store.tx import Tx

# Plain strings: database drivers are slower with str subclasses.
_HEARD = {"direction": Direction.IN.value, "origin": Origin.CLIENT.value, "state": State.RECEIVED.value}
_ECHO = {"direction": Direction.OUT.value, "origin": Origin.PHONE.value, "state": State.SENT.value}

UNSHOWN = T("[Something came that cannot be shown]")
"""The text of a placeholder for a dead letter."""


@dataclass(slots=True)
class Ingested:
    """The result of a batch."""

    messages: int = 0
    duplicates: int = 0
    dead: int = 0
    files_wanted: bool = False


def ingest(tx: Tx, channel: ChannelId, batch: Batch) -> Ingested:
    """Store a batch; duplicates are skipped. An error rolls all of it back."""
    result = Ingested()
    for arrival in batch.arrivals:
        _take(tx, channel, arrival, result)
    if batch.cursor is not None:
        tx.run("channels.move_cursor", id=channel, cursor=batch.cursor)
    return result


def set_aside(tx: Tx, channel: ChannelId, arrival: Arrival, *, problem: str, cursor: str | None = None) -> None:
    """Store an arrival that our code failed to apply as a dead letter, so that it is not lost and blocks nothing.

    Placeholders stand for its messages, unless our code fails on these too.
    """
    shown = tuple(_bare(event) for event in arrival.events if isinstance(event, MessageArrived))
    why = border.text(problem)
    try:
        with tx.trial():
            _take(tx, channel, replace(arrival, events=shown, problem=why), Ingested())
    except ChatappError:
        raise
    except Exception:  # noqa: BLE001 - it failed once already, and its bytes are worth more than its place
        _take(tx, channel, replace(arrival, events=(), problem=why), Ingested())
    if cursor is not None:
        tx.run("channels.move_cursor", id=channel, cursor=cursor)


def _bare(event: MessageArrived) -> MessageArrived:
    """The placeholder of a message: who, where and when."""
    return MessageArrived(
        peer=event.peer,
        ext_id=event.ext_id,
        at=event.at,
        sender=event.sender,
        from_us=event.from_us,
        automatic=event.automatic or bool(event.claims),
        silent=event.silent,
        placeholder=True,
    )


def _take(tx: Tx, channel: ChannelId, arrival: Arrival, result: Ingested) -> None:
    if arrival.replaces and not arrival.problem:
        _settle(tx, channel, arrival.replaces)
    arrived = tx.insert(
        "arrived.keep",
        channel=channel,
        provider_id=arrival.provider_id,
        raw=arrival.raw,
        raw_sha256=arrival.raw_sha256,
        problem=arrival.problem,
        at=tx.now,
    )
    if arrived is None:
        result.duplicates += 1
        return
    if arrival.problem:
        result.dead += 1
        arrival = replace(arrival, events=tuple(map(_unshown, arrival.events)))
    apply(tx, channel, arrival, arrived, result)
    if arrival.problem:
        _place(tx, channel, arrival, arrived)
        tx.emit(DeadLetterKept(channel=channel, arrived=arrived, problem=arrival.problem), actor=PROGRAM)


def _settle(tx: Tx, channel: ChannelId, provider_id: str) -> None:
    """End the dead letter that stood for what has come now."""
    settled = tx.insert("arrived.settle", channel=channel, provider_id=provider_id)
    if settled is not None:
        tx.emit(DeadLetterRevived(channel=channel, arrived=settled), actor=PROGRAM)


def _unshown(event: ProviderEvent) -> ProviderEvent:
    if isinstance(event, MessageArrived) and event.placeholder and not event.text:
        return replace(event, text=border.text(show(UNSHOWN)))
    return event


def _place(tx: Tx, channel: ChannelId, arrival: Arrival, arrived: int) -> None:
    """Record who sent a dead letter and in which dialog a placeholder stands for it, as far as that was read."""
    shown = next((e for e in arrival.events if isinstance(e, MessageArrived)), None)
    if shown is None:
        return
    found = tx.one(MessageRef, "messages.ref_anywhere", channel=channel, ext_id=shown.ext_id)
    who = shown.sender.name or shown.sender.username or shown.peer.title or shown.peer.address
    tx.run("deadletters.place", id=arrived, who=who, dialog=None if found is None else found.dialog_id)


def apply(tx: Tx, channel: ChannelId, arrival: Arrival, arrived: int, result: Ingested) -> None:
    """Apply the events of one arrival."""
    for event in arrival.events:
        if isinstance(event, MessageArrived):
            if not (event.reports_on and delivery_reports.knows(tx, channel, event.reports_on)):
                _hear(tx, channel, event, arrived, result)
        else:
            _APPLY[type(event)](tx, channel, event)


def _hear(tx: Tx, channel: ChannelId, event: MessageArrived, arrived: int, result: Ingested) -> None:
    peers.respell(tx, channel, event)
    event = peers.settled(tx, channel, event)
    dialog = peers.dialog_of(tx, channel, event.peer, event)
    if dialog.joining:
        joining.move_early(tx, channel, dialog.id, event.ext_id)
    copied = _copied_by(tx, channel, dialog, event) if event.from_us else None
    if copied is not None:
        _confirm(tx, channel, copied)
        _prove(tx, channel, dialog, event, copied)
        _hear_again(tx, channel, dialog, event, arrived, result)
        return
    message = _write(tx, channel, dialog, event, arrived)
    if message is None and event.spare_id and not _is_awaited(tx, channel, dialog, event):
        event = replace(event, ext_id=event.spare_id)
        message = _write(tx, channel, dialog, event, arrived)
    if message is None:
        _hear_again(tx, channel, dialog, event, arrived, result)
        return
    result.messages += 1
    _keep_parts(tx, channel, message, event, result)
    answer_buttons.note_press(tx, dialog.id, message, event)
    _refresh_dialog(tx, dialog, event, message)
    came = MessageEchoed if event.from_us else MessageReceived
    paired = True if dialog.paired else None
    tx.emit(came(channel=channel, dialog=dialog.id, message=message, paired=paired), actor=PROGRAM)
    if dialog.early:
        alterations.catch_up(tx, channel, event.peer.key, event.ext_id)
    if event.from_us and event.mail is not None:
        delivery_reports.apply_early(tx, channel, message, (event.ext_id,))


def _write(tx: Tx, channel: ChannelId, dialog: IngestDialog, event: MessageArrived, arrived: int) -> MessageId | None:
    """Add a message, unless its id is known in the dialog."""
    written = tx.insert(
        "messages.hear",
        dialog=dialog.id,
        channel=channel,
        arrived=arrived,
        author=_author(dialog, event),
        sender="" if event.from_us else event.sender.id,
        author_phone=_author_phone(event),
        ext_id=event.ext_id,
        text=event.text,
        subject=event.subject,
        reply_to=event.reply_to,
        album=event.album,
        automatic=int(event.automatic),
        placeholder=int(event.placeholder),
        answers=int(event.from_us and not event.automatic),
        at=event.at,
        now=tx.now,
        **(_ECHO if event.from_us else _HEARD),
    )
    return None if written is None else MessageId(written)


def _author(dialog: IngestDialog, event: MessageArrived) -> str:
    """The name of who wrote; the e-mail address of somebody else than the client who gives none."""
    email = event.sender.email
    return event.sender.name or ("" if event.from_us or email == dialog.email else email)


def _author_phone(event: MessageArrived) -> str:
    """The phone of a group's member who wrote; that of a private dialog's client is their contact's."""
    is_member = event.peer.kind == "group" and not event.from_us
    return given(event.sender.phone) if is_member and event.sender.phone else ""


def _hear_again(
    tx: Tx, channel: ChannelId, dialog: IngestDialog, event: MessageArrived, arrived: int, result: Ingested
) -> None:
    """Handle a message with a known id: a repeat, or the message behind a placeholder."""
    found = tx.one(MessageRef, "messages.ref", channel=channel, ext_id=event.ext_id, dialog=dialog.id)
    if found is None or not _stood_for(found, event) or not _fill(tx, dialog, found, event, arrived):
        result.duplicates += 1
        return
    result.messages += 1
    _keep_parts(tx, channel, found.id, event, result)
    answer_buttons.note_press(tx, dialog.id, found.id, event)
    shown = preview(event.text or event.subject, [file.name for file in event.files])
    tx.run("dialogs.preview", id=dialog.id, message=found.id, preview=shown)
    if _wants_eyes(dialog, event):
        tx.run("dialogs.heard_again", id=dialog.id, at=event.at)
        tx.run("unread.heard_again", dialog=dialog.id)
        paired = True if dialog.paired else None
        came = MessageReceived(channel=channel, dialog=dialog.id, message=found.id, paired=paired, again=paired)
        tx.emit(came, actor=PROGRAM)
    tx.emit(MessageTextChanged(channel=channel, dialog=dialog.id, message=found.id), actor=PROGRAM)
    if dialog.early:
        alterations.catch_up(tx, channel, event.peer.key, event.ext_id)


def _is_awaited(tx: Tx, channel: ChannelId, dialog: IngestDialog, event: MessageArrived) -> bool:
    """Whether a placeholder has the message's own id: that is no other message with the same id."""
    found = tx.one(MessageRef, "messages.ref", channel=channel, ext_id=event.ext_id, dialog=dialog.id)
    return found is not None and _stood_for(found, event)


def _stood_for(found: MessageRef, event: MessageArrived) -> bool:
    """Whether a known message is a placeholder of this one: from the same side and the same person."""
    if event.placeholder or not found.placeholder or event.from_us != (found.direction == Direction.OUT):
        return False
    return event.from_us or not (found.sender and event.sender.id) or found.sender == event.sender.id


def _fill(tx: Tx, dialog: IngestDialog, found: MessageRef, event: MessageArrived, arrived: int) -> int:
    return tx.run(
        "messages.fill",
        id=found.id,
        arrived=arrived,
        author=_author(dialog, event),
        sender="" if event.from_us else event.sender.id,
        author_phone=_author_phone(event),
        text=event.text,
        subject=event.subject,
        reply_to=event.reply_to,
        album=event.album,
        automatic=int(event.automatic),
        at=event.at,
    )


def _wants_eyes(dialog: IngestDialog, event: MessageArrived) -> bool:
    """Whether an operator must look at it: only then it waits for an answer and counts as unread."""
    return not (event.from_us or event.silent or dialog.blocked)


def _copied_by(tx: Tx, channel: ChannelId, dialog: IngestDialog, event: MessageArrived) -> MessageRef | None:
    """The message of ours that the provider shows back to us; ``None`` if we do not know it."""
    found = tx.one(MessageRef, "messages.ref", channel=channel, ext_id=event.ext_id, dialog=dialog.id)
    return found or alterations.message_of_part(tx, dialog.id, event.ext_id)


def _confirm(tx: Tx, channel: ChannelId, copied: MessageRef) -> None:
    """Mark a message as sent if we did not know it yet: the provider's copy proves it."""
    if copied.state in {State.UNCERTAIN, State.QUEUED}:
        delivery_reports.move_on(tx, channel, copied, State.SENT)


def _prove(tx: Tx, channel: ChannelId, dialog: IngestDialog, event: MessageArrived, copied: MessageRef) -> None:
    """Let a message that only claimed to be ours end the wait: the provider shows it among what we sent."""
    if not event.automatic and tx.run("messages.prove", id=copied.id, dialog=dialog.id):
        _refresh_dialog(tx, dialog, event, copied.id)
        tx.emit(MessageEchoed(channel=channel, dialog=dialog.id, message=copied.id), actor=PROGRAM)


def _refresh_dialog(tx: Tx, dialog: IngestDialog, event: MessageArrived, message: MessageId) -> None:
    shown = preview(event.text or event.subject, [file.name for file in event.files])
    common: dict[str, Any] = {"id": dialog.id, "message": message, "at": event.at, "preview": shown}
    if event.from_us:
        tx.run("dialogs.show_echo", state=State.SENT, answers=int(not event.automatic), **common)
    elif _wants_eyes(dialog, event):
        tx.run("dialogs.heard", **common)
        if dialog.counted:
            tx.run("unread.heard", dialog=dialog.id)
    else:
        tx.run("dialogs.heard_silently", **common)
    if not dialog.reachable and not event.from_us:
        tx.run("dialogs.reach", id=dialog.id, reachable=1, code="")


def _keep_parts(tx: Tx, channel: ChannelId, message: MessageId, event: MessageArrived, result: Ingested) -> None:
    """Store the files of a message, and what a mail has beside its text."""
    for file in event.files:
        result.files_wanted |= _keep_file(tx, channel, message, file)
    if event.mail is not None:
        mails.keep_arrived(tx, message, event.mail)


def _keep_file(tx: Tx, channel: ChannelId, message: MessageId, file: IncomingFile) -> bool:
    wanted = not file.sha256 and bool(file.remote) and not file.problem
    tx.insert(
        "files.add",
        message=message,
        channel=channel,
        kind=file.kind,
        name=file.name,
        mime=file.mime,
        size=file.size,
        seconds=file.seconds,
        sha256=file.sha256,
        remote=file.remote,
        state="here" if file.sha256 else "wanted" if wanted else "missing",
        code=file.problem,
        now=tx.now,
    )
    return wanted


_APPLY: Mapping[type[ProviderEvent], Callable[[Tx, ChannelId, Any], None]] = {
    MessageEdited: alterations.apply_edit,
    MessagesDeleted: alterations.apply_deletion,
    DeliveryChanged: delivery_reports.apply_delivery,
    ChatRead: delivery_reports.apply_read,
    ReactionsChanged: alterations.apply_reactions,
    PeerChanged: peers.apply_change,
    PeerMoved: peers.apply_move,
}
