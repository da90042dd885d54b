"""Where and by whom something was said, and whether they may change what they change. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child import jids
from chatapp_cli.connectors.whatsapp_web.child.library import Event, Jid

BROADCAST: Final = "broadcast"
"""Server of broadcast lists, whose messages WhatsApp shows in the private chats, and of statuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is known of a message that another one changes."""

    key: str
    """Its chat: digits of the phone where they were known, else the address."""
    sender: str
    us: bool
    unnamed: bool = False
    """The desk knows its author by the hidden address alone."""
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

    def one_of(self, address: str) -> str:
        """The one name of a person: the digits of the phone where they are known."""
        return jids.phone(address) or self.phones.get(address, "") or address

    def forms(self, *addresses: str) -> Sequence[str]:
        """These addresses and all others that are known of the same people."""
        names = {self.one_of(address) for address in addresses if address}
        by_phone = [f"{name}@{jids.USERS}" for name in names if "@" not in name]
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

    def author_of(self, message_id: str) -> wire.Who:
        """The sender under the address by which the desk knows who wrote a message."""
        written = self.known.written(message_id)
        if written is None or not written.unnamed or written.us or not self._may_be(written.sender, self.sender):
            return self.sender
        return wire.Who(jid=written.sender, name=self.sender.name)

    def authors(self, written: Written) -> Sequence[str]:
        """All addresses under which another message may have been written."""
        ours = self.known.me if written.us else ()
        same = () if self.event.Info.MessageSource.IsGroup or written.us != self.from_us else self.addresses
        return self.known.forms(written.sender, *sorted(ours), *same)

    def is_admin(self) -> bool:
        """The sender may take back what others wrote in this group."""
        return not self.known.admins.get(self.chat.jid, frozenset()).isdisjoint(self.addresses)

    def is_foreign(self, message_id: str) -> bool:
        """It certainly is another one's message, or one of another chat; what is not remembered is left to the desk."""
        written = self.known.written(message_id)
        if written is None:
            return False
        listed = written.key.endswith(f"@{BROADCAST}")
        if written.us != self.from_us or not (listed or self._may_be(written.key, self.chat)):
            return True
        in_group = bool(self.event.Info.MessageSource.IsGroup)
        return in_group and not written.us and not self._may_be(written.sender, self.sender)

    def _may_be(self, address: str, who: wire.Who) -> bool:
        """An address whose phone is not known may belong to anybody with a phone."""
        one, other = self.known.one_of(address), who.phone or self.known.one_of(who.jid)
        return one == other or jids.is_hidden(one) != jids.is_hidden(other)


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
        return who(source.Sender, source.SenderAlt, known)
    if source.IsGroup:
        address = jids.bare(source.Chat)
        return wire.Who(jid=address, name=known.titles.get(address, ""))
    return who(source.Chat, chat_alt(source), known)


def chat_alt(source: Event) -> Jid:
    """The other address of a private chat."""
    return source.RecipientAlt if source.IsFromMe else source.SenderAlt


def for_nobody(source: Event) -> bool:
    """Statuses, channels, and what the owner sends to a list of their own."""
    listed = source.Chat.Server == BROADCAST and (source.Chat.User == "status" or source.IsFromMe)
    return bool(listed or source.Chat.Server == "newsletter")
