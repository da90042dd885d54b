"""Where and by whom a message was sent, and whether the sender may make a change. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child import jids
from chatapp_cli.connectors.whatsapp_web.child.library import Event, Jid

BROADCAST: Final = "broadcast"
"""The server of statuses and of broadcast lists, whose messages WhatsApp shows in the private chats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The known facts about a message that another one changes."""

    chat: Sequence[str]
    """All known addresses of the chat."""
    sender: Sequence[str]
    """All known addresses of its author."""
    us: bool
    told: str = ""
    """The author's id in the desk; empty for the phone or else the address."""
    secret: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Known:
    """The facts looked up before."""

    phones: dict[str, str] = field(default_factory=dict)
    """Phone digits by LID; empty if unknown."""
    titles: dict[str, str] = field(default_factory=dict)
    """Titles of groups, by address."""
    admins: dict[str, frozenset[str]] = field(default_factory=dict)
    """All addresses of administrators, by group."""
    me: frozenset[str] = frozenset()
    """Our own addresses."""
    written: Callable[[str], Written | None] = lambda _: None
    """Looks up a message by id."""
    stood: Callable[[str], Written | None] = lambda _: None
    """Looks up the placeholder of a message by the same id."""

    def is_same(self, one: Sequence[str], other: Sequence[str]) -> bool | None:
        """Whether both are one person's addresses: by hidden ones, then phones; ``None`` if they are not comparable."""
        sides = (_Side.of(one, self.phones), _Side.of(other, self.phones))
        for left, right in ((side.hidden for side in sides), (side.phones for side in sides)):
            if left and right:
                return not left.isdisjoint(right)
        return None if all(side.hidden or side.phones for side in sides) else not set(one).isdisjoint(other)

    def one_of(self, address: str) -> str:
        """The id of a person: the phone's digits if known."""
        return jids.phone(address) or self.phones.get(address, "") or address

    def forms(self, *addresses: str) -> Sequence[str]:
        """These addresses and all others known for the same people."""
        names = {self.one_of(address) for address in addresses if address}
        by_phone = [jids.by_phone(name) for name in names if "@" not in name]
        hidden = [lid for lid, phone in self.phones.items() if phone in names]
        return [one for one in dict.fromkeys((*addresses, *by_phone, *hidden)) if one]


@dataclass(frozen=True, slots=True)
class Scene:
    """A message of the library, with all its people identified."""

    event: Event
    known: Known
    chat: wire.Who
    sender: wire.Who
    remote: str
    """The download reference of its file."""

    @property
    def at(self) -> int:
        """Milliseconds since 1970."""
        return int(self.event.Info.Timestamp)

    @property
    def from_us(self) -> bool:
        """Whether it is ours, by WhatsApp's own statement, not the message's claim."""
        return bool(self.event.Info.MessageSource.IsFromMe)

    @property
    def addresses(self) -> Sequence[str]:
        """All addresses that the sender may have used."""
        ours = self.known.me if self.from_us else ()
        alt = jids.bare(self.event.Info.MessageSource.SenderAlt)
        return self.known.forms(self.sender.jid, alt, *sorted(ours))

    @property
    def speaker(self) -> wire.Who:
        """The sender of this message, under the id with which it or its placeholder was reported before."""
        message_id = self.event.Info.ID
        again = self.known.written(message_id)
        return self._under_the_name_in(again if again and again.told else self.known.stood(message_id))

    @property
    def is_beside(self) -> bool:
        """Whether, in a group, the placeholder with the same id may belong to another sender."""
        stood = self.known.stood(self.event.Info.ID)
        if stood is None or not self.event.Info.MessageSource.IsGroup or not self._was_here(stood):
            return False
        return stood.us != self.from_us or not (stood.us or self._wrote(stood))

    def author_of(self, message_id: str) -> wire.Who:
        """The sender's id in the desk for a message that the sender wrote."""
        return self._under_the_name_in(self.known.written(message_id))

    def _under_the_name_in(self, written: Written | None) -> wire.Who:
        if written is None or written.us or self.from_us or not self._wrote(written):
            return self.sender
        phone = next(filter(None, map(jids.phone, written.sender)), "")
        name = written.told or (phone and f"+{phone}")
        own = f"+{self.sender.phone}" if self.sender.phone else self.sender.jid
        return self.sender if name in {"", own} else replace(self.sender, known_as=name)

    def _wrote(self, written: Written) -> bool:
        """Whether the sender wrote a message: in a private chat unless excluded, in a group only if certain."""
        same = self.known.is_same(written.sender, self._told(self.sender, self.event.Info.MessageSource.SenderAlt))
        return same is True if self.event.Info.MessageSource.IsGroup else same is not False

    @staticmethod
    def _told(who: wire.Who, alt: Jid) -> Sequence[str]:
        """All addresses of a person that this message contains."""
        return [one for one in (who.jid, jids.bare(alt), jids.by_phone(who.phone)) if one]

    def authors(self, written: Written) -> Sequence[str]:
        """All addresses that the author of another message may have used."""
        ours = self.known.me if written.us else ()
        same = () if self.event.Info.MessageSource.IsGroup or written.us != self.from_us else self.addresses
        return self.known.forms(*written.sender, *sorted(ours), *same)

    def is_admin(self) -> bool:
        """Whether the sender may delete what others wrote in this group."""
        return not self.known.admins.get(self.chat.jid, frozenset()).isdisjoint(self.addresses)

    def is_foreign(self, message_id: str) -> bool:
        """Whether the message is another person's (in a group, also if only possibly) or belongs to another chat.

        Unknown messages are left to the desk.
        """
        written = self.known.written(message_id)
        if written is None:
            return False
        if written.us != self.from_us or not self._was_here(written):
            return True
        return bool(self.event.Info.MessageSource.IsGroup) and not written.us and not self._wrote(written)

    def _was_here(self, written: Written) -> bool:
        """Whether a message belongs to this chat; those of a broadcast list are in the private chats."""
        source = self.event.Info.MessageSource
        if any(one.endswith(f"@{BROADCAST}") for one in written.chat):
            return True
        return self.known.is_same(written.chat, self._told(self.chat, chat_alt(source))) is not False


@dataclass(frozen=True, slots=True)
class _Side:
    """The known addresses of one of two people who may be the same."""

    hidden: frozenset[str]
    phones: frozenset[str]

    @classmethod
    def of(cls, addresses: Sequence[str], phones: Mapping[str, str]) -> _Side:
        """The addresses' own content takes precedence over what was learned elsewhere."""
        said = {jids.phone(one) for one in addresses} - {""}
        digits = said or {phones.get(one, "") for one in addresses} - {""}
        hidden = {one for one in addresses if jids.is_hidden(one)}
        hidden = hidden or {lid for lid, phone in phones.items() if phone in digits}
        return cls(frozenset(hidden), frozenset(digits))


def of(event: Event, known: Known, remote: str = "") -> Scene:
    """Identify all people in a message."""
    source = event.Info.MessageSource
    sender = who(source.Sender, source.SenderAlt, known, event.Info.Pushname)
    return Scene(event, known, chat(source, known), sender, remote)


def who(jid: Jid, alt: Jid, known: Known, name: str = "") -> wire.Who:
    """A person with both addresses."""
    address = jids.bare(jid)
    phone = jids.phone(address) or jids.phone(jids.bare(alt)) or known.phones.get(address, "")
    return wire.Who(jid=address, phone=phone, name=name)


def chat(source: Event, known: Known) -> wire.Who:
    """The chat for the desk; a broadcast belongs to the chat with its sender."""
    if source.Chat.Server == BROADCAST:
        return _both(source.Sender, source.SenderAlt, known)
    if source.IsGroup:
        address = jids.bare(source.Chat)
        return wire.Who(jid=address, name=known.titles.get(address, ""))
    return _both(source.Chat, chat_alt(source), known)


def _both(jid: Jid, alt: Jid, known: Known) -> wire.Who:
    """A private chat with both addresses: the desk may have begun it under the hidden one."""
    one = who(jid, alt, known)
    lid = jids.told(jid, alt)[0] or next((lid for lid, phone in known.phones.items() if phone == one.phone), "")
    return one if lid in {"", one.jid} or not one.phone else replace(one, lid=lid)


def chat_alt(source: Event) -> Jid:
    """The other address of a private chat."""
    return source.RecipientAlt if source.IsFromMe else source.SenderAlt


def for_nobody(source: Event) -> bool:
    """Whether the desk ignores the chat: statuses, channels, and the owner's own broadcasts."""
    listed = source.Chat.Server == BROADCAST and (source.Chat.User == "status" or source.IsFromMe)
    return bool(listed or source.Chat.Server == "newsletter")
