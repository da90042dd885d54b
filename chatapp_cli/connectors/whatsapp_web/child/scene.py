"""Where and by whom something was said, and whether they may change what they change. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child import jids
from chatapp_cli.connectors.whatsapp_web.child.library import Event, Jid

BROADCAST: Final = "broadcast"
"""Server of broadcast lists, whose messages WhatsApp shows in the private chats, and of statuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is known of a message that another one changes."""

    chat: Sequence[str]
    """All addresses of it that were told."""
    sender: Sequence[str]
    """All addresses of its author that were told."""
    us: bool
    told: str = ""
    """As whom the desk knows its author; empty: by the phone, or else the address."""
    secret: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Known:
    """What was looked up before."""

    phones: dict[str, str] = field(default_factory=dict)
    """Digits by LID, empty where WhatsApp does not tell."""
    titles: dict[str, str] = field(default_factory=dict)
    """Of groups, by address."""
    admins: dict[str, frozenset[str]] = field(default_factory=dict)
    """All addresses of those who may take back what others wrote, by group."""
    me: frozenset[str] = frozenset()
    """Our own addresses."""
    written: Callable[[str], Written | None] = lambda _: None
    """A message by its id, if it is remembered."""
    stood: Callable[[str], Written | None] = lambda _: None
    """What stood for a message that could not be shown yet, by the same id."""

    def is_same(self, one: Sequence[str], other: Sequence[str]) -> bool | None:
        """Whose addresses these are: hidden ones decide, then phones; ``None`` if one has only this, one only that."""
        sides = (_Side.of(one, self.phones), _Side.of(other, self.phones))
        for left, right in ((side.hidden for side in sides), (side.phones for side in sides)):
            if left and right:
                return not left.isdisjoint(right)
        return None if all(side.hidden or side.phones for side in sides) else not set(one).isdisjoint(other)

    def one_of(self, address: str) -> str:
        """The one name of a person: the digits of the phone where they are known."""
        return jids.phone(address) or self.phones.get(address, "") or address

    def forms(self, *addresses: str) -> Sequence[str]:
        """These addresses and all others that are known of the same people."""
        names = {self.one_of(address) for address in addresses if address}
        by_phone = [jids.by_phone(name) for name in names if "@" not in name]
        hidden = [lid for lid, phone in self.phones.items() if phone in names]
        return [one for one in dict.fromkeys((*addresses, *by_phone, *hidden)) if one]


@dataclass(frozen=True, slots=True)
class Scene:
    """One message of the library, with everybody in it named."""

    event: Event
    known: Known
    chat: wire.Who
    sender: wire.Who
    remote: str
    """What a file in it is fetched by."""

    @property
    def at(self) -> int:
        """Milliseconds since 1970."""
        return int(self.event.Info.Timestamp)

    @property
    def from_us(self) -> bool:
        """By WhatsApp's own word, whatever the message claims."""
        return bool(self.event.Info.MessageSource.IsFromMe)

    @property
    def addresses(self) -> Sequence[str]:
        """All that the sender may have used."""
        ours = self.known.me if self.from_us else ()
        alt = jids.bare(self.event.Info.MessageSource.SenderAlt)
        return self.known.forms(self.sender.jid, alt, *sorted(ours))

    @property
    def speaker(self) -> wire.Who:
        """The sender of this message, under the name that it, or what stood for it, was told with before."""
        message_id = self.event.Info.ID
        again = self.known.written(message_id)
        return self._under_the_name_in(again if again and again.told else self.known.stood(message_id))

    @property
    def is_beside(self) -> bool:
        """Among many, what stands for a message under the same id may be another one's."""
        stood = self.known.stood(self.event.Info.ID)
        if stood is None or not self.event.Info.MessageSource.IsGroup or not self._was_here(stood):
            return False
        return stood.us != self.from_us or not (stood.us or self._wrote(stood))

    def author_of(self, message_id: str) -> wire.Who:
        """The sender, under the name by which the desk knows who wrote a message, if it was the sender."""
        return self._under_the_name_in(self.known.written(message_id))

    def _under_the_name_in(self, written: Written | None) -> wire.Who:
        if written is None or written.us or self.from_us or not self._wrote(written):
            return self.sender
        phone = next(filter(None, map(jids.phone, written.sender)), "")
        name = written.told or (phone and f"+{phone}")
        own = f"+{self.sender.phone}" if self.sender.phone else self.sender.jid
        return self.sender if name in {"", own} else replace(self.sender, known_as=name)

    def _wrote(self, written: Written) -> bool:
        """In a chat of two nobody else may be the other one; among many, only who certainly is the author."""
        same = self.known.is_same(written.sender, self._told(self.sender, self.event.Info.MessageSource.SenderAlt))
        return same is True if self.event.Info.MessageSource.IsGroup else same is not False

    @staticmethod
    def _told(who: wire.Who, alt: Jid) -> Sequence[str]:
        """All addresses that this message tells of somebody."""
        return [one for one in (who.jid, jids.bare(alt), jids.by_phone(who.phone)) if one]

    def authors(self, written: Written) -> Sequence[str]:
        """All addresses under which another message may have been written."""
        ours = self.known.me if written.us else ()
        same = () if self.event.Info.MessageSource.IsGroup or written.us != self.from_us else self.addresses
        return self.known.forms(*written.sender, *sorted(ours), *same)

    def is_admin(self) -> bool:
        """The sender may take back what others wrote in this group."""
        return not self.known.admins.get(self.chat.jid, frozenset()).isdisjoint(self.addresses)

    def is_foreign(self, message_id: str) -> bool:
        """It is another one's message, or may be in a group, or is one of another chat.

        What is not remembered is left to the desk.
        """
        written = self.known.written(message_id)
        if written is None:
            return False
        if written.us != self.from_us or not self._was_here(written):
            return True
        return bool(self.event.Info.MessageSource.IsGroup) and not written.us and not self._wrote(written)

    def _was_here(self, written: Written) -> bool:
        """A message of a broadcast list stands in the private chats."""
        source = self.event.Info.MessageSource
        if any(one.endswith(f"@{BROADCAST}") for one in written.chat):
            return True
        return self.known.is_same(written.chat, self._told(self.chat, chat_alt(source))) is not False


@dataclass(frozen=True, slots=True)
class _Side:
    """What is known of one of two people who may be the same."""

    hidden: frozenset[str]
    phones: frozenset[str]

    @classmethod
    def of(cls, addresses: Sequence[str], phones: Mapping[str, str]) -> _Side:
        """What these addresses say themselves counts more than what was learned of them elsewhere."""
        said = {jids.phone(one) for one in addresses} - {""}
        digits = said or {phones.get(one, "") for one in addresses} - {""}
        hidden = {one for one in addresses if jids.is_hidden(one)}
        hidden = hidden or {lid for lid, phone in phones.items() if phone in digits}
        return cls(frozenset(hidden), frozenset(digits))


def of(event: Event, known: Known, remote: str = "") -> Scene:
    """Name everybody in a message."""
    source = event.Info.MessageSource
    sender = who(source.Sender, source.SenderAlt, known, event.Info.Pushname)
    return Scene(event, known, chat(source, known), sender, remote)


def who(jid: Jid, alt: Jid, known: Known, name: str = "") -> wire.Who:
    """A person by both addresses."""
    address = jids.bare(jid)
    phone = jids.phone(address) or jids.phone(jids.bare(alt)) or known.phones.get(address, "")
    return wire.Who(jid=address, phone=phone, name=name)


def chat(source: Event, known: Known) -> wire.Who:
    """The chat that the desk has: a broadcast is one with its sender."""
    if source.Chat.Server == BROADCAST:
        return _both(source.Sender, source.SenderAlt, known)
    if source.IsGroup:
        address = jids.bare(source.Chat)
        return wire.Who(jid=address, name=known.titles.get(address, ""))
    return _both(source.Chat, chat_alt(source), known)


def _both(jid: Jid, alt: Jid, known: Known) -> wire.Who:
    """A chat of two by both addresses: under the hidden one the desk may have begun it."""
    one = who(jid, alt, known)
    lid = jids.told(jid, alt)[0] or next((lid for lid, phone in known.phones.items() if phone == one.phone), "")
    return one if lid in {"", one.jid} or not one.phone else replace(one, lid=lid)


def chat_alt(source: Event) -> Jid:
    """The other address of a private chat."""
    return source.RecipientAlt if source.IsFromMe else source.SenderAlt


def for_nobody(source: Event) -> bool:
    """Statuses, channels, and what the owner sends to a list of their own."""
    listed = source.Chat.Server == BROADCAST and (source.Chat.User == "status" or source.IsFromMe)
    return bool(listed or source.Chat.Server == "newsletter")
