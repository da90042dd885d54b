"""Dialogs and their clients as providers describe them: opened, renamed, out of reach, moved and merged."""

from __future__ import annotations

from chatapp_cli.domain import border
from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.address import called, given, kinds
from chatapp_cli.domain.arrival import MessageArrived, Peer, PeerChanged, PeerMoved, Profile
from chatapp_cli.domain.finding import search_text
from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId, Millis
from chatapp_cli.domain.journal.dialogs import ClientReachable, ClientUnreachable, DialogMoved, DialogOpened
from chatapp_cli.domain.subject import is_subject_of
from chatapp_cli.services import alterations, joining
from chatapp_cli.store.rows.dialogs import IngestDialog
from chatapp_cli.store.tx import Tx


def dialog_of(tx: Tx, channel: ChannelId, peer: Peer, event: MessageArrived) -> IngestDialog:
    """The dialog of a message, opened if there is none; what the message says of the client is learned."""
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
    """A contact for a new dialog; mails of one address have one contact, whether dialogs are by subject or not."""
    if is_subject_of(peer.key, peer.address) or kinds(peer.address)[0] == "email":
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
        profile = Profile(
            id=profile.id,
            name=border.name(name),
            username=border.address(username),
            phone=border.address(phone),
            email=border.address(email),
        )
    elif not peer.title or peer.title == dialog.name:
        return
    title = peer.title or profile.name or dialog.name
    if peer.kind == "private":
        title = called(title, dialog.name)
    title = dialog.name if dialog.renamed else title
    tx.run("dialogs.retitle", id=dialog.id, name=title, search=_search(title, peer, profile))


def meet(tx: Tx, channel: ChannelId, peer: Peer) -> None:
    """Open a dialog for a chat that we created or joined."""
    if tx.value("dialogs.at_key", channel=channel, key=peer.key) is None:
        _open_dialog(tx, channel, peer, Profile(), last_at=tx.now)
    apply_change(tx, channel, PeerChanged(peer=peer, at=border.at(tx.now, tx.now)))


def apply_change(tx: Tx, channel: ChannelId, event: PeerChanged) -> None:
    """Apply a chat's new title or reachability; a reachable chat without a dialog gets one."""
    dialog = tx.one(IngestDialog, "dialogs.known", channel=channel, key=event.peer.key)
    if dialog is None:
        if not event.reachable:
            return
        dialog = _open_dialog(tx, channel, event.peer, Profile())
    _learn(tx, dialog, event.peer, Profile())
    tx.run("dialogs.reach", id=dialog.id, reachable=int(event.reachable), code=event.code)
    reached = ClientReachable if event.reachable else ClientUnreachable
    tx.emit(reached(channel=channel, dialog=dialog.id), actor=PROGRAM)


def apply_move(tx: Tx, channel: ChannelId, event: PeerMoved, *, most: int = joining.PIECE) -> None:
    """Give a dialog the chat's new identity; if that has a dialog already, the two are merged.

    ``most``: so many messages now, the others in pieces.
    """
    if event.old_key == event.peer.key:
        return
    early = tx.run("early.move", channel=channel, old_key=event.old_key, new_key=event.peer.key)
    dialog = tx.one(IngestDialog, "dialogs.known", channel=channel, key=event.old_key)
    there = tx.value("dialogs.at_key", channel=channel, key=event.peer.key)
    if dialog is not None and there is not None:
        joining.join(tx, dialog.id, DialogId(there), most=most)
    elif dialog is not None:
        tx.run("dialogs.move", id=dialog.id, key=event.peer.key, address=event.peer.address)
        joining.readdress(tx, dialog.id)
    if early and (dialog or there):
        tx.run("dialogs.expect_message", id=tx.value("dialogs.at_key", channel=channel, key=event.peer.key))
    if early or dialog is not None:
        alterations.let_happen(tx, channel, event.peer.key)
    if dialog is not None:
        tx.emit(DialogMoved(channel=channel, dialog=there or dialog.id, old=dialog.id), actor=PROGRAM)
