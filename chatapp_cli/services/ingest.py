"""Store arrivals: raw data, messages and the cursor, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.address import called, given
from chatapp_cli.domain.arrival import (
    Arrival,
    Batch,
    ChatRead,
    DeliveryChanged,
    IncomingFile,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    PeerMoved,
    Profile,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.domain.finding import search_text
from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.dialogs import ClientReachable, ClientUnreachable, DialogMoved, DialogOpened, MarkedRead
from chatapp_cli.domain.journal.messages import (
    DeadLetterKept,
    MessageEchoed,
    MessageReceived,
    MessageStateChanged,
    MessageTextChanged,
)
from chatapp_cli.domain.message import REACHED, Direction, Origin, State, may_follow
from chatapp_cli.domain.moment import plausible
from chatapp_cli.domain.preview import preview
from chatapp_cli.domain.subject import is_subject_of
from chatapp_cli.services import alterations
from chatapp_cli.store.rows.dialogs import IngestDialog
from chatapp_cli.store.rows.messages import MessageRef
from chatapp_cli.store.tx import Tx

# Plain strings: database drivers are slower with str subclasses.
_HEARD = {"direction": Direction.IN.value, "origin": Origin.CLIENT.value, "state": State.RECEIVED.value}
_ECHO = {"direction": Direction.OUT.value, "origin": Origin.PHONE.value, "state": State.SENT.value}
_PROVEN = REACHED | {State.SENT}


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
    """Store an arrival that our code failed to apply as a dead letter, so that it is not lost and blocks nothing."""
    _take(tx, channel, replace(arrival, events=(), problem=problem), Ingested())
    if cursor is not None:
        tx.run("channels.move_cursor", id=channel, cursor=cursor)


def _take(tx: Tx, channel: ChannelId, arrival: Arrival, result: Ingested) -> None:
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
        tx.emit(DeadLetterKept(channel=channel, arrived=arrived, problem=arrival.problem), actor=PROGRAM)
    apply(tx, channel, arrival, arrived, result)


def apply(tx: Tx, channel: ChannelId, arrival: Arrival, arrived: int, result: Ingested) -> None:
    """Apply the events of one arrival; an invalid time is replaced by that of the arrival."""
    for received in arrival.events:
        at = plausible(received.at, tx.now)
        event = received if at == received.at else replace(received, at=at)
        if isinstance(event, MessageArrived):
            _hear(tx, channel, event, arrived, result)
        else:
            _APPLY[type(event)](tx, channel, event)


def _hear(tx: Tx, channel: ChannelId, event: MessageArrived, arrived: int, result: Ingested) -> None:
    dialog = _dialog_of(tx, channel, event.peer, event)
    if event.from_us and _is_known_echo(tx, channel, dialog, event):
        _hear_again(tx, channel, dialog, event, arrived, result)
        return
    message = _write(tx, channel, dialog, event, arrived)
    if message is None and event.spare_id:
        event = replace(event, ext_id=event.spare_id)
        message = _write(tx, channel, dialog, event, arrived)
    if message is None:
        _hear_again(tx, channel, dialog, event, arrived, result)
        return
    result.messages += 1
    for file in event.files:
        result.files_wanted |= _keep_file(tx, channel, message, file)
    _refresh_dialog(tx, dialog, event, message)
    came = MessageEchoed if event.from_us else MessageReceived
    tx.emit(came(channel=channel, dialog=dialog.id, message=message), actor=PROGRAM)
    if dialog.early:
        alterations.catch_up(tx, channel, event.peer.key, event.ext_id)


def _write(tx: Tx, channel: ChannelId, dialog: IngestDialog, event: MessageArrived, arrived: int) -> MessageId | None:
    """Add a message, unless its id is known in the dialog."""
    written = tx.insert(
        "messages.hear",
        dialog=dialog.id,
        channel=channel,
        arrived=arrived,
        author=event.sender.name,
        sender="" if event.from_us else event.sender.id,
        ext_id=event.ext_id,
        text=event.text,
        subject=event.subject,
        reply_to=event.reply_to,
        album=event.album,
        automatic=int(event.automatic),
        placeholder=int(event.placeholder),
        at=event.at,
        now=tx.now,
        **(_ECHO if event.from_us else _HEARD),
    )
    return None if written is None else MessageId(written)


def _hear_again(
    tx: Tx, channel: ChannelId, dialog: IngestDialog, event: MessageArrived, arrived: int, result: Ingested
) -> None:
    """Handle a message with a known id: a repeat, or the message behind a placeholder."""
    found = tx.one(MessageRef, "messages.ref", channel=channel, ext_id=event.ext_id, dialog=dialog.id)
    if found is None or not _stood_for(found, event) or not _fill(tx, found, event, arrived):
        result.duplicates += 1
        return
    result.messages += 1
    for file in event.files:
        result.files_wanted |= _keep_file(tx, channel, found.id, file)
    shown = preview(event.text or event.subject, [file.name for file in event.files])
    tx.run("dialogs.preview", id=dialog.id, message=found.id, preview=shown)
    if _wants_eyes(dialog, event):
        tx.run("dialogs.heard_again", id=dialog.id, at=event.at)
        tx.run("unread.heard_again", dialog=dialog.id)
    tx.emit(MessageTextChanged(channel=channel, dialog=dialog.id, message=found.id), actor=PROGRAM)
    if dialog.early:
        alterations.catch_up(tx, channel, event.peer.key, event.ext_id)


def _stood_for(found: MessageRef, event: MessageArrived) -> bool:
    """Whether a known message is a placeholder of this one: from the same side and the same person."""
    if event.placeholder or not found.placeholder or event.from_us != (found.direction == Direction.OUT):
        return False
    return event.from_us or not (found.sender and event.sender.id) or found.sender == event.sender.id


def _fill(tx: Tx, found: MessageRef, event: MessageArrived, arrived: int) -> int:
    return tx.run(
        "messages.fill",
        id=found.id,
        arrived=arrived,
        author=event.sender.name,
        sender="" if event.from_us else event.sender.id,
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


def _is_known_echo(tx: Tx, channel: ChannelId, dialog: IngestDialog, event: MessageArrived) -> bool:
    """Whether it is the provider's copy of our message; such a copy confirms an uncertain one."""
    found = tx.one(MessageRef, "messages.ref", channel=channel, ext_id=event.ext_id, dialog=dialog.id)
    found = found or alterations.part(tx, dialog.id, event.ext_id)
    if found is not None and found.state in {State.UNCERTAIN, State.QUEUED}:
        move_on(tx, channel, found, State.SENT)
    return found is not None


def _refresh_dialog(tx: Tx, dialog: IngestDialog, event: MessageArrived, message: MessageId) -> None:
    shown = preview(event.text or event.subject, [file.name for file in event.files])
    common: dict[str, Any] = {"id": dialog.id, "message": message, "at": event.at, "preview": shown}
    if event.from_us:
        tx.run("dialogs.show_last", state=State.SENT, answers=1, **common)
    elif _wants_eyes(dialog, event):
        tx.run("dialogs.heard", **common)
        if dialog.counted:
            tx.run("unread.heard", dialog=dialog.id)
    else:
        tx.run("dialogs.heard_silently", **common)
    if not dialog.reachable and not event.from_us:
        tx.run("dialogs.reach", id=dialog.id, reachable=1, code="")


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


def _dialog_of(tx: Tx, channel: ChannelId, peer: Peer, event: MessageArrived) -> IngestDialog:
    found = _by_thread(tx, channel, event) or tx.one(IngestDialog, "dialogs.known", channel=channel, key=peer.key)
    if found is None:
        return _open_dialog(tx, channel, peer, Profile() if event.from_us else event.sender)
    if not event.from_us:
        _learn(tx, found, peer, event.sender)
    return found


def _by_thread(tx: Tx, channel: ChannelId, event: MessageArrived) -> IngestDialog | None:
    for ext_id in reversed(event.thread):
        found = tx.one(IngestDialog, "dialogs.by_thread", channel=channel, ext_id=ext_id, address=event.peer.address)
        if found is not None:
            return found
    return None


def _open_dialog(tx: Tx, channel: ChannelId, peer: Peer, profile: Profile, *, last_at: Millis = 0) -> IngestDialog:
    contact = _contact(tx, channel, peer, profile) if peer.kind == "private" else None
    name = peer.title or profile.name or profile.username or peer.address
    dialog = tx.insert(
        "dialogs.add",
        channel=channel,
        contact_id=contact,
        key=peer.key,
        address=peer.address,
        kind=peer.kind,
        name=name,
        search=_search(name, peer, profile),
        last_at=last_at,
        now=tx.now,
    )
    tx.emit(DialogOpened(channel=channel, dialog=dialog), actor=PROGRAM)
    return IngestDialog(
        dialog, contact, 0, 1, name, 0, profile.name, profile.username, profile.phone, profile.email, 1, 1
    )


def _search(name: str, peer: Peer, profile: Profile) -> str:
    return search_text(name, profile.name, profile.username, profile.email, peer.address, phone=profile.phone)


def _contact(tx: Tx, channel: ChannelId, peer: Peer, profile: Profile) -> ContactId:
    """A contact for a new dialog; a further subject of the same address has the same contact."""
    if is_subject_of(peer.key, peer.address):
        known = tx.value("dialogs.contact_at", channel=channel, address=peer.address)
        if known is not None:
            return ContactId(known)
    return ContactId(
        tx.insert(
            "contacts.add",
            name=profile.name,
            username=profile.username,
            phone=_phone(profile),
            email=profile.email,
            now=tx.now,
        )
    )


def _phone(profile: Profile) -> str:
    """A phone in the normalised form; a foreign number is never read as a Russian one."""
    return given(profile.phone) if profile.phone else ""


def _learn(tx: Tx, dialog: IngestDialog, peer: Peer, profile: Profile) -> None:
    """Update a contact from the provider's data; names given by operators stay, and digits never replace a name."""
    known = (dialog.person, dialog.username, dialog.phone, dialog.email)
    now = (
        called(profile.name, dialog.person),
        profile.username or dialog.username,
        _phone(profile) or dialog.phone,
        profile.email or dialog.email,
    )
    if peer.kind == "private" and dialog.contact_id is not None and now != known:
        name, username, phone, email = now
        tx.run("contacts.learn", id=dialog.contact_id, name=name, username=username, phone=phone, email=email)
        profile = Profile(id=profile.id, name=name, username=username, phone=phone, email=email)
    elif not peer.title or peer.title == dialog.name:
        return
    title = peer.title or profile.name or dialog.name
    if peer.kind == "private":
        title = called(title, dialog.name)
    title = dialog.name if dialog.renamed else title
    tx.run("dialogs.retitle", id=dialog.id, name=title, search=_search(title, peer, profile))


def _delivered(tx: Tx, channel: ChannelId, event: DeliveryChanged) -> None:
    """Apply a delivery state to our message; one that arrives before the verdict waits for it.

    A split message has the state of its first part, but it failed if any part did.
    """
    of_part = False
    found = tx.one(MessageRef, "messages.ref_of_ours", channel=channel, ext_id=event.ext_id)
    if found is None and event.state is State.FAILED:
        found = tx.one(MessageRef, "messages.part_of_ours", channel=channel, ext_id=event.ext_id)
        of_part = found is not None
    if found is None and event.key:
        found = _proved(tx, channel, event)
    if found is None or found.state == State.SENDING:
        tx.run(
            "early.keep",
            channel=channel,
            ext_id=event.ext_id,
            state=event.state,
            code=event.code,
            detail=event.detail,
            at=tx.now,
        )
        return
    move_on(tx, channel, found, event.state, code=event.code, detail=event.detail, of_part=of_part)


def _proved(tx: Tx, channel: ChannelId, event: DeliveryChanged) -> MessageRef | None:
    """The message with our key whose answer was lost or is pending: now its id is known."""
    found = tx.one(MessageRef, "messages.uncertain_under", channel=channel, key=event.key)
    if found is not None:
        tx.run("messages.expect", id=found.id, ext_id=event.ext_id)
    return found


def move_on(
    tx: Tx,
    channel: ChannelId,
    found: MessageRef,
    state: State,
    *,
    code: str = "",
    detail: str = "",
    of_part: bool = False,
) -> None:
    """Change a message's state by the provider's report, if allowed. A delivered message cancels its other channels.

    A message that a person queued again but which turns out to be delivered is not sent twice.
    """
    proved = found.state == State.QUEUED and state in _PROVEN and tx.run("outbox.withdraw", message=found.id)
    if not proved and not may_follow(State(found.state), state, of_part=of_part):
        return
    statement = "messages.reached" if state in REACHED else "messages.state"
    tx.run(statement, id=found.id, state=state, code=code, detail=detail)
    tx.run("dialogs.state", id=found.dialog_id, message=found.id, state=state)
    tx.emit(
        MessageStateChanged(channel=channel, dialog=found.dialog_id, message=found.id, state=state, code=code),
        actor=PROGRAM,
    )


def meet(tx: Tx, channel: ChannelId, peer: Peer) -> None:
    """Open a dialog for a chat that we created or joined."""
    if tx.value("dialogs.at_key", channel=channel, key=peer.key) is None:
        _open_dialog(tx, channel, peer, Profile(), last_at=tx.now)
    _peer_changed(tx, channel, PeerChanged(peer=peer, at=tx.now))


def _peer_changed(tx: Tx, channel: ChannelId, event: PeerChanged) -> None:
    dialog = tx.one(IngestDialog, "dialogs.known", channel=channel, key=event.peer.key)
    if dialog is None:
        if not event.reachable:
            return
        dialog = _open_dialog(tx, channel, event.peer, Profile())
    _learn(tx, dialog, event.peer, Profile())
    tx.run("dialogs.reach", id=dialog.id, reachable=int(event.reachable), code=event.code)
    reached = ClientReachable if event.reachable else ClientUnreachable
    tx.emit(reached(channel=channel, dialog=dialog.id), actor=PROGRAM)


def _peer_moved(tx: Tx, channel: ChannelId, event: PeerMoved) -> None:
    if event.old_key == event.peer.key:
        return
    early = tx.run("early.move", channel=channel, old_key=event.old_key, new_key=event.peer.key)
    dialog = tx.one(IngestDialog, "dialogs.known", channel=channel, key=event.old_key)
    there = tx.value("dialogs.at_key", channel=channel, key=event.peer.key)
    if dialog is not None and there is not None:
        join(tx, dialog.id, DialogId(there))
    elif dialog is not None:
        tx.run("dialogs.move", id=dialog.id, key=event.peer.key, address=event.peer.address)
    if early and (dialog or there):
        _let_changes_happen(tx, channel, event.peer.key)
    if dialog is not None:
        tx.emit(DialogMoved(channel=channel, dialog=there or dialog.id, old=dialog.id), actor=PROGRAM)


def _let_changes_happen(tx: Tx, channel: ChannelId, key: str) -> None:
    """Apply waiting changes that were stored under another key of the dialog."""
    tx.run("dialogs.expect_message", id=tx.value("dialogs.at_key", channel=channel, key=key))
    for ext_id in tx.all(str, "early.ready", channel=channel, dialog_key=key):
        alterations.catch_up(tx, channel, key, ext_id)


def join(tx: Tx, old: DialogId, new: DialogId) -> None:
    """Merge two dialogs that turn out to be one: everything of the old one moves to the other."""
    _let_messages_take_their_places(tx, old, new)
    tx.run("dialogs.absorb", old=old, new=new)
    tx.run("dialogs.take_last", old=old, new=new)
    tx.run("dialogs.take_label", old=old, new=new)
    for statement in _MOVE:
        tx.run(statement, old=old, new=new)
    tx.run("dialogs.drop", id=old)


def _let_messages_take_their_places(tx: Tx, old: DialogId, new: DialogId) -> None:
    """Replace placeholders in one dialog by the messages of the other."""
    for placeholder, message, text in tx.all(lambda *row: row, "dialogs.stood_for", old=old, new=new):
        tx.run("messages.drop", id=placeholder)
        tx.run("dialogs.last_becomes", id=new, old=placeholder, new=message)
        tx.run("dialogs.preview", id=new, message=message, preview=preview(text, []))


def _chat_read(tx: Tx, channel: ChannelId, event: ChatRead) -> None:
    dialog = tx.one(IngestDialog, "dialogs.known", channel=channel, key=event.peer_key)
    until = _number(event.ext_id)
    if dialog is None or until is None:
        return
    if event.by_us:
        _read_by_us(tx, channel, dialog.id, until)
        return
    for *ref, ext_id in tx.all(lambda *row: row, "messages.not_read_by_them", dialog=dialog.id):
        number = _number(ext_id)
        if number is not None and number <= until:
            move_on(tx, channel, MessageRef(*ref), State.READ)


def _read_by_us(tx: Tx, channel: ChannelId, dialog: DialogId, until: int) -> None:
    last = _number(tx.value("dialogs.last_heard", dialog=dialog) or "")
    if last is not None and last <= until and tx.run("dialogs.read", id=dialog):
        tx.emit(MarkedRead(channel=channel, dialog=dialog), actor=PROGRAM)


def _number(ext_id: str) -> int | None:
    """The ascending part of an id; the part after a dot is the chat."""
    number = ext_id.partition(".")[0]
    return int(number) if number.isdecimal() else None


_MOVE = (
    "dialogs.move_messages",
    "dialogs.move_parts",
    "dialogs.move_outbox",
    "dialogs.move_attempts",
    "dialogs.move_tags",
    "dialogs.move_members",
    "dialogs.move_notes",
    "unread.move",
    "drafts.move",
)

_APPLY: Mapping[type[ProviderEvent], Callable[[Tx, ChannelId, Any], None]] = {
    MessageEdited: alterations.edited,
    MessagesDeleted: alterations.deleted,
    DeliveryChanged: _delivered,
    ChatRead: _chat_read,
    ReactionsChanged: alterations.reacted,
    PeerChanged: _peer_changed,
    PeerMoved: _peer_moved,
}
