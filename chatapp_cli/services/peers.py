"""Dialogs and their clients as providers describe them: opened, renamed, out of reach, moved and merged."""

from __future__ import annotations

from dataclasses import replace

from chatapp_cli.domain import border
from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.address import called, given, kinds, spellings
from chatapp_cli.domain.arrival import MessageArrived, Peer, PeerChanged, PeerMoved, Profile
from chatapp_cli.domain.finding import search_text
from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId, Millis
from chatapp_cli.domain.journal.dialogs import ClientReachable, ClientUnreachable, DialogMoved, DialogOpened
from chatapp_cli.domain.subject import is_subject_of
from chatapp_cli.services import alterations, contact_news, crm_presence, joining, mails
from chatapp_cli.services.contact_news import KnownOfContact
from chatapp_cli.store.rows.dialogs import IngestDialog, OpenedDialog
from chatapp_cli.store.tx import Tx


def respell(tx: Tx, channel: ChannelId, event: MessageArrived) -> None:
    """Move what an earlier version kept under another spelling of the client's mail address to the one of today."""
    for peer in (event.peer, *event.claims):
        for former in spellings(peer.address)[1:]:
            keys = tx.all(str, "dialogs.keys_at", channel=channel, address=former)
            for key in (one for one in keys if one == former or is_subject_of(one, former)):
                now = replace(peer, key=border.external_id(peer.address + key.removeprefix(former)))
                apply_move(tx, channel, PeerMoved(old_key=border.external_id(key), peer=now, at=event.at))


def dialog_of(tx: Tx, channel: ChannelId, peer: Peer, event: MessageArrived) -> IngestDialog:
    """The dialog of a message, opened if there is none; what the message says of the client is learned.

    An answer of somebody who was named in To or Cc of a mail goes to the dialog of that mail, whose client stays the
    same.
    """
    known = tx.one(IngestDialog, "dialogs.known", channel=channel, key=peer.key)
    found = _by_thread(tx, channel, event)
    if found is None and not event.from_us and not (known and known.blocked):
        joined = _by_copy(tx, channel, event)
        if joined is not None:
            return joined
    found = found or known
    if found is None:
        return _open_dialog(tx, channel, peer, Profile() if event.from_us else event.sender)
    if not event.from_us:
        _learn(tx, found, peer, event.sender)
    return found


def settled(tx: Tx, channel: ChannelId, event: MessageArrived) -> MessageArrived:
    """A message that claims to be ours, as whose it is: anybody can write our name, but only we answer in a dialog.

    Nothing proves it until the provider shows it among what we sent, so until then it ends no wait.
    """
    for peer in event.claims:
        ours = replace(event, peer=peer, from_us=True, automatic=True, spare_id=border.NO_ID, claims=())
        if _by_thread(tx, channel, ours) or _by_copy(tx, channel, ours):
            return ours
    return replace(event, thread=(), automatic=True, claims=()) if event.claims else event


def _by_thread(tx: Tx, channel: ChannelId, event: MessageArrived) -> IngestDialog | None:
    for ext_id in reversed(event.thread):
        found = tx.one(IngestDialog, "dialogs.by_thread", channel=channel, ext_id=ext_id, address=event.peer.address)
        if found is not None:
            return found
    return None


def _by_copy(tx: Tx, channel: ChannelId, event: MessageArrived) -> IngestDialog | None:
    """The dialog with a mail of the thread that names the sender in To or Cc."""
    for ext_id in reversed(event.thread):
        dialog = mails.dialog_naming(tx, channel, ext_id, event.peer.address)
        if dialog is not None:
            return tx.one(IngestDialog, "dialogs.heard_in", id=dialog)
    return None


def _open_dialog(tx: Tx, channel: ChannelId, peer: Peer, profile: Profile, *, last_at: Millis = 0) -> IngestDialog:
    contact = _contact(tx, channel, peer, profile) if peer.kind == "private" else None
    name = peer.title or profile.name or profile.username or peer.address
    opened = tx.one(
        OpenedDialog,
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
    assert opened is not None, "the arrival was kept for the channel"
    tx.emit(DialogOpened(channel=channel, dialog=opened.id), actor=PROGRAM)
    return IngestDialog(
        opened.id,
        contact,
        blocked=0,
        reachable=1,
        name=name,
        renamed=0,
        person=profile.name,
        username=profile.username,
        phone=profile.phone,
        email=profile.email,
        early=opened.early,
        counted=opened.counted,
        paired=opened.paired,
    )


def _search(name: str, peer: Peer, profile: Profile) -> str:
    known = (profile.name, profile.username, profile.email, *spellings(peer.address))
    return search_text(name, *known, phone=profile.phone)


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
    known = KnownOfContact(dialog.person, dialog.username, dialog.phone, dialog.email)
    now = KnownOfContact(
        called(profile.name, dialog.person),
        profile.username or dialog.username,
        _phone(profile) or dialog.phone,
        profile.email or dialog.email,
    )
    if peer.kind == "private" and dialog.contact_id is not None and now != known:
        contact_news.learn(tx, dialog.contact_id, known, now, reported=True)
        profile = Profile(
            id=profile.id,
            name=border.name(now.name),
            username=border.address(now.username),
            phone=border.address(now.phone),
            email=border.address(now.email),
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
        _join(tx, dialog.id, DialogId(there), most)
    elif dialog is not None:
        tx.run("dialogs.move", id=dialog.id, key=event.peer.key, address=event.peer.address)
        joining.readdress(tx, dialog.id)
    if early and (dialog or there):
        tx.run("dialogs.expect_message", id=tx.value("dialogs.at_key", channel=channel, key=event.peer.key))
    if early or dialog is not None:
        alterations.let_happen(tx, channel, event.peer.key)
    if dialog is not None:
        tx.emit(DialogMoved(channel=channel, dialog=there or dialog.id, old=dialog.id), actor=PROGRAM)


def _join(tx: Tx, old: DialogId, new: DialogId, most: int) -> None:
    """Make a dialog part of another one; of two chats in a CRM the one that is left behind says where it goes on."""
    if not crm_presence.is_linked(tx):
        joining.join(tx, old, new, most=most)
        return
    from chatapp_cli.services import crm_elsewhere

    with crm_elsewhere.told(tx, old, new):
        joining.join(tx, old, new, most=most)
