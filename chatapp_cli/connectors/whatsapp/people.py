"""Identifying people: by business-scoped id, phone or both; one person is one dialog.

Meta's «business-scoped user IDs»: since 2026 people have a ``user_id`` (``RU.1349…``), and those with a username may
have no phone; an echo may still contain only the phone. The dialog's key is the id as soon as it is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatapp_cli.connectors.whatsapp.wire import Contact, Message
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Peer, PeerMoved, Profile
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.memory import Memory

_ID = "id/"
_LONGEST = 30
_TITLE = "group/"
STRAY = "stray/"
"""Prefix of entries for other numbers whose webhooks came to us; the text is the day since 1970."""
DAY = 86_400_000
"""Milliseconds."""


def phone(wa_id: str) -> str:
    """A ``wa_id`` in the desk's phone format; empty if there is none."""
    return f"+{wa_id.lstrip('+')}" if wa_id else ""


class Book:
    """Ids by phone and titles of groups, stored across restarts."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._known = dict(known or {})
        self._news: dict[str, str] = {}

    def user_id(self, wa_id: str) -> str:
        """The id of the person with this phone; empty if unknown."""
        return self._known.get(_ID + wa_id, "")

    def title(self, group_id: str) -> str:
        """The title of a group; empty if unknown."""
        return self._known.get(_TITLE + group_id, "")

    def meet(self, wa_id: str, user_id: str) -> None:
        """Record that this phone and this id are one person."""
        if wa_id and user_id:
            self._note(_ID + wa_id, user_id)

    def entitle(self, group_id: str, title: str) -> None:
        """Record the title of a group."""
        if title:
            self._note(_TITLE + group_id, title)

    def stray(self, number: str, now: Millis) -> None:
        """Record a message for another number."""
        if number.isascii() and number.isdecimal():
            self._note(STRAY + number[:_LONGEST], str(now // DAY))

    def _note(self, name: str, text: str) -> None:
        if self._known.get(name) != text:
            self._known[name] = self._news[name] = text

    async def keep(self, memory: Memory) -> None:
        """Store what is new in the memory."""
        news = dict(self._news)
        if news:
            await memory.save(news)
        self._news = {name: text for name, text in self._news.items() if news.get(name) != text}


def sender(message: Message, contacts: Sequence[Contact]) -> Contact:
    """The sender, as far as the message and its contacts say."""
    found = next((one for one in contacts if _same(one, message)), Contact())
    return Contact(found.profile, message.from_ or found.wa_id, message.from_user_id or found.user_id)


def _same(contact: Contact, message: Message) -> bool:
    by_phone = bool(message.from_) and contact.wa_id == message.from_
    by_id = bool(message.from_user_id) and contact.user_id == message.from_user_id
    return by_phone or by_id or not (message.from_ or message.from_user_id)


def receiver(echo: Message, contacts: Sequence[Contact]) -> Contact:
    """The recipient of a message that we wrote on the phone."""
    return sender(Message(from_=echo.to, from_user_id=echo.to_user_id), contacts)


def person(who: Contact) -> Profile:
    """A person in the desk's terms; with the phone if known."""
    profile = who.profile
    name, username = profile.name or profile.username, profile.username.lstrip("@")
    return Profile(
        id=border.external_id(who.user_id or who.wa_id),
        name=border.name(name),
        username=border.address(username),
        phone=border.address(phone(who.wa_id)),
    )


def peer(who: Contact, book: Book) -> Peer:
    """The dialog with a person. A phone is the better address: not every template can be sent to an id."""
    known = who.user_id or book.user_id(who.wa_id)
    address = phone(who.wa_id) or known
    return Peer(
        key=border.external_id(known or address),
        address=border.address(address),
        title=border.name(who.profile.name or who.profile.username),
    )


def group(group_id: str, book: Book) -> Peer:
    """A group's dialog."""
    title = border.name(book.title(group_id))
    return Peer(key=border.external_id(group_id), address=border.address(group_id), kind="group", title=title)


def introduced(who: Contact, at: border.At, book: Book) -> tuple[PeerMoved, ...]:
    """Move a dialog begun under the phone alone to the id; no effect if there is no such dialog."""
    book.meet(who.wa_id, who.user_id)
    if not (who.wa_id and who.user_id):
        return ()
    return (PeerMoved(old_key=border.external_id(phone(who.wa_id)), peer=peer(who, book), at=at),)


def moved(old: Contact, new: Contact, at: border.At, book: Book) -> tuple[PeerMoved, ...]:
    """A person has a new phone or id: move the dialog from either old key to the new one."""
    keys = dict.fromkeys(map(border.external_id, (old.user_id, book.user_id(old.wa_id), phone(old.wa_id))))
    book.meet(new.wa_id, new.user_id)
    there = peer(new, book)
    return tuple(PeerMoved(old_key=key, peer=there, at=at) for key in keys if key and key != there.key)
