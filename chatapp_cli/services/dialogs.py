"""Dialogs: finding them and marking them (S-115 to S-119)."""

from __future__ import annotations

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import is_name, spellings
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.finding import by_name, search_text
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.journal.dialogs import (
    AnswerTyped,
    Blocked,
    DialogRenamed,
    DialogSeen,
    MarkedRead,
    MarkedUnread,
    Pinned,
    Tagged,
    Unblocked,
    Unpinned,
    Untagged,
)
from chatapp_cli.domain.message import State
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, contact_news, operators
from chatapp_cli.services.contact_news import KnownOfContact
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx


def card(tx: Tx, dialog: DialogId) -> DialogCard:
    """A dialog with everything known about the client."""
    found = tx.one(DialogCard, "dialogs.card", id=dialog)
    if found is None:
        raise NotFound(T("There is no dialog {n}.", n=dialog), T("See them with: {how}", how=to_do(Next.DIALOGS)))
    return found


def known_tags(tx: Tx) -> list[str]:
    """All tags, by name."""
    return sorted(tx.all(lambda name, _count: str(name), "tags.all"), key=by_name)


def unread_count(tx: Tx) -> int:
    """The number of dialogs with unread messages."""
    return int(tx.value("dialogs.totals"))


def waiting_count(tx: Tx) -> int:
    """The number of dialogs that wait for an answer."""
    return int(tx.value("dialogs.waiting"))


def tags(tx: Tx, dialog: DialogId) -> list[str]:
    """The tags of a dialog, by name."""
    return sorted(tx.all(str, "tags.of_dialog", dialog=dialog), key=by_name)


def read(tx: Tx, dialog: DialogId) -> None:
    """Mark as read; the client sees it if the channel supports that."""
    access.require(tx, Right.MARK)
    found = card(tx, dialog)
    own = tx.run("unread.read", operator=tx.name, dialog=dialog)
    if tx.run("dialogs.read", id=dialog):
        tx.emit(DialogSeen(channel=found.channel_id, dialog=dialog))
    elif own:
        tx.emit(MarkedRead(dialog=dialog))


def peek(tx: Tx, dialog: DialogId) -> None:
    """Mark as read for the acting operator only: for colleagues and the client it stays unread.

    Raises Refused without an account, because then nothing is counted separately.
    """
    access.require(tx, Right.MARK)
    if tx.run("unread.read", operator=tx.name, dialog=card(tx, dialog).id):
        tx.emit(MarkedRead(dialog=dialog))
    elif operators.known(tx, tx.name) is None:
        raise Refused(
            "no_account",
            T("Reading for oneself only needs an operator account."),
            T("Make one: {how}", how=to_do(Next.ADD_OPERATOR)),
        )


def unread(tx: Tx, dialog: DialogId) -> None:
    """Mark as unread."""
    access.require(tx, Right.MARK)
    own = tx.run("unread.mark", operator=tx.name, dialog=card(tx, dialog).id)
    if tx.run("dialogs.unread", id=dialog) or own:
        tx.emit(MarkedUnread(dialog=dialog))


def pin(tx: Tx, dialog: DialogId, *, pinned: bool) -> None:
    """Pin to the top of the list, or unpin."""
    access.require(tx, Right.MARK)
    if tx.run("dialogs.pin", id=card(tx, dialog).id, pinned=int(pinned)):
        tx.emit(Pinned(dialog=dialog) if pinned else Unpinned(dialog=dialog))


def block(tx: Tx, dialog: DialogId, *, blocked: bool) -> None:
    """Blacklist or unblock: incoming messages are stored silently, outgoing ones are refused."""
    access.require(tx, Right.BLOCK)
    if tx.run("dialogs.block", id=card(tx, dialog).id, blocked=int(blocked)):
        tx.run("unread.settle", dialog=dialog)
        tx.emit(Blocked(dialog=dialog) if blocked else Unblocked(dialog=dialog))


def last_heard(tx: Tx, dialog: DialogId, *, until: Millis) -> str:
    """The provider's id of the client's last message at that time; empty if there is none."""
    return str(tx.value("dialogs.heard_until", dialog=dialog, until=until) or "")


def heard(tx: Tx, dialog: DialogId, *, until: Millis) -> list[str]:
    """The provider's ids of the client's latest messages at that time, newest first."""
    return tx.all(str, "dialogs.all_heard_until", dialog=dialog, until=until)


def typing(tx: Tx, dialog: DialogId) -> None:
    """Report typing in a dialog: shown to colleagues, and to the client if the channel supports it."""
    access.require(tx, Right.ANSWER)
    tx.emit(AnswerTyped(channel=card(tx, dialog).channel_id, dialog=dialog))


def show_last(tx: Tx, dialog: DialogId, message: MessageId, shown: str, *, answers: bool) -> None:
    """Show our message as the last one; an answer by a person also marks the dialog as read and answered."""
    tx.run("dialogs.show_last", **last_values(tx, dialog, message, shown, answers=answers))
    if answers:
        tx.run("unread.read", operator=tx.name, dialog=dialog)


def last_values(tx: Tx, dialog: DialogId, message: MessageId, shown: str, *, answers: bool) -> dict[str, object]:
    """The values that show our message as the last one of a dialog."""
    return {
        "id": dialog,
        "message": message,
        "at": tx.now,
        "state": State.QUEUED,
        "preview": shown,
        "answers": int(answers),
    }


def rename(tx: Tx, dialog: DialogId, name: str) -> None:
    """Give a dialog our own name; an empty one restores the provider's."""
    access.require(tx, Right.MARK)
    limits.NAME.require(name.strip(), field="name")
    known = card(tx, dialog)
    shown = name.strip() or known.person or known.username or known.address
    search = search_text(shown, known.person, known.username, known.email, *spellings(known.address), phone=known.phone)
    tx.run("dialogs.rename", id=dialog, name=shown, renamed=int(bool(name.strip())), search=search)
    tx.emit(DialogRenamed(dialog=dialog, name=shown))


def introduce(tx: Tx, dialog: DialogId, *, first_name: str, last_name: str) -> None:
    """Record a client's name in the account's address book; an unnamed dialog takes it too.

    Parts of the name that are not given stay unchanged.
    """
    access.require(tx, Right.ANSWER)
    limits.NAME.require(first_name, field="first_name")
    limits.NAME.require(last_name, field="last_name")
    known = card(tx, dialog)
    if known.contact_id is None or not (first_name or last_name):
        return
    first_name, last_name = first_name or known.first_name, last_name or known.last_name
    tx.run("contacts.introduce", id=known.contact_id, first_name=first_name, last_name=last_name)
    if not is_name(known.person):
        _call(tx, known, " ".join(filter(None, (first_name, last_name))))


def _call(tx: Tx, known: DialogCard, name: str) -> None:
    """Name a contact, and their dialog too if it shows an address or the old name."""
    assert known.contact_id is not None
    before = KnownOfContact(known.person, known.username, known.phone, known.email)
    contact_news.learn(tx, known.contact_id, before, before._replace(name=name))
    if known.name in {known.address, known.person, known.phone}:
        search = search_text(name, known.username, known.email, *spellings(known.address), phone=known.phone)
        tx.run("dialogs.retitle", id=known.id, name=name, search=search)
        tx.emit(DialogRenamed(dialog=known.id, name=name))


def tag(tx: Tx, dialog: DialogId, name: str) -> None:
    """Attach a tag, creating it if it is new."""
    access.require(tx, Right.TAG)
    name = name.strip()
    if not name:
        raise UsageError(T("A tag needs a name."), field="tag")
    limits.TAG.require(name, field="tag")
    card(tx, dialog)
    tx.run("tags.add", name=name)
    if tx.run("tags.attach", dialog=dialog, tag=tx.value("tags.by_name", name=name)):
        tx.emit(Tagged(dialog=dialog, tag=name))


def untag(tx: Tx, dialog: DialogId, name: str) -> None:
    """Remove a tag. Raises NotFound if the dialog does not have it."""
    access.require(tx, Right.TAG)
    found = tx.value("tags.by_name", name=name.strip())
    if found is None or not tx.run("tags.detach", dialog=card(tx, dialog).id, tag=found):
        raise NotFound(T("Dialog {n} has no tag {name}.", n=dialog, name=name))
    tx.emit(Untagged(dialog=dialog, tag=name))
