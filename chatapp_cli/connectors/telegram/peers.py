"""Whom the account knows: Telegram takes an id only together with the key that it gave beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from telethon import utils
from telethon.tl import types as tl

from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.event import ChatKind, Peer, Person
from chatapp_cli.ports.memory import Memory

Sort: TypeAlias = Literal["user", "bot", "group", "supergroup", "channel"]
"""A group is a basic one, which shares the account's numbering of messages; a supergroup has its own."""

SERVICE: Final = 777_000
"""Telegram itself, which writes login codes: https://core.telegram.org/api/auth."""

_PREFIX: Final = "peer/"
_KINDS: Final[Mapping[Sort, ChatKind]] = {
    "user": "private",
    "bot": "private",
    "group": "group",
    "supergroup": "group",
    "channel": "channel",
}


class Known(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One peer, under its number with the sign that tells people, groups and channels apart."""

    number: int
    sort: Sort
    hash: int = 0
    name: str = ""
    username: str = ""
    phone: str = ""

    @property
    def channel(self) -> int:
        """Telegram's number of a channel or supergroup; 0 for others."""
        return -1_000_000_000_000 - self.number if self.sort in {"supergroup", "channel"} else 0

    @property
    def input(self) -> Any:
        """As requests name it."""
        if self.sort == "group":
            return tl.InputPeerChat(-self.number)
        if self.channel:
            return tl.InputPeerChannel(self.channel, self.hash)
        return tl.InputPeerUser(self.number, self.hash)

    @property
    def peer(self) -> Peer:
        """As the desk knows it."""
        key = str(self.number)
        return Peer(key=key, address=key, kind=_KINDS[self.sort], title=self.name)

    @property
    def person(self) -> Person:
        """As the desk knows people."""
        phone = f"+{self.phone}" if self.phone else ""
        return Person(id=str(self.number), name=self.name, username=self.username, phone=phone)

    @property
    def entity(self) -> Any:
        """As Telegram would have told it."""
        if self.sort == "group":
            empty = tl.ChatPhotoEmpty()
            return tl.Chat(-self.number, self.name, empty, participants_count=0, date=None, version=0)
        if self.channel:
            broadcast = self.sort == "channel"
            kind = {"broadcast": broadcast, "megagroup": not broadcast, "username": self.username or None}
            return tl.Channel(self.channel, self.name, tl.ChatPhotoEmpty(), None, access_hash=self.hash, **kind)
        bot = {"bot": True, "bot_info_version": 0} if self.sort == "bot" else {}
        said = {"username": self.username or None, "phone": self.phone or None, **bot}
        return tl.User(self.number, access_hash=self.hash, first_name=self.name, **said)


def number_of(peer: Any) -> int:
    """The number with its sign of anything that names a peer."""
    return int(utils.get_peer_id(peer))


def marked(channel: int) -> int:
    """The number with its sign of a channel."""
    return number_of(tl.PeerChannel(channel))


def seen(entity: Any) -> Known | None:
    """What Telegram tells of a peer; ``None`` where there is nothing any more."""
    if isinstance(entity, tl.User):
        return _user(entity)
    if isinstance(entity, tl.Chat | tl.ChatForbidden):
        return Known(number=-entity.id, sort="group", name=entity.title)
    if isinstance(entity, tl.Channel | tl.ChannelForbidden):
        return Known(
            number=marked(entity.id),
            sort="channel" if entity.broadcast else "supergroup",
            hash=entity.access_hash or 0,
            name=entity.title,
            username=getattr(entity, "username", None) or "",
        )
    return None


def stranger(number: int) -> Known:
    """Somebody of whom only the number is known."""
    kind = utils.resolve_id(number)[1]
    sorts: Mapping[Any, Sort] = {tl.PeerUser: "user", tl.PeerChat: "group", tl.PeerChannel: "supergroup"}
    return Known(number=number, sort=sorts[kind])


def _is_usable(entity: Any, known: Known) -> bool:
    """Telegram gives everybody their key, but not in every place where it names them."""
    return known.sort == "group" or bool(known.hash and not getattr(entity, "min", False))


def _user(user: Any) -> Known:
    return Known(
        number=user.id,
        sort="bot" if user.bot else "user",
        hash=user.access_hash or 0,
        name=utils.get_display_name(user),
        username=username_of(user),
        phone=user.phone or "",
    )


def username_of(user: Any) -> str:
    """The name by which somebody is found; one that was bought comes in a list."""
    bought = (name.username for name in user.usernames or () if name.active)
    return str(user.username or next(bought, ""))


class Peers:
    """Everybody that the account met; what is new is durable before it is used."""

    def __init__(self, memory: Memory, known: Iterable[Known]) -> None:
        self._memory = memory
        self._by_number = {one.number: one for one in known}

    @classmethod
    async def load(cls, memory: Memory) -> Peers:
        """What earlier sessions learned."""
        kept = await memory.known(_PREFIX)
        return cls(memory, [msgspec.json.decode(text, type=Known) for text in kept.values()])

    async def learn(self, entities: Iterable[Any]) -> None:
        """Keep what is new of these people and chats."""
        told = ((entity, seen(entity)) for entity in entities)
        found = {one.number: one for entity, one in told if one is not None and _is_usable(entity, one)}
        new = {number: one for number, one in found.items() if self._by_number.get(number) != one}
        if new:
            await self._memory.keep({f"{_PREFIX}{one.number}": _text(one) for one in new.values()})
            self._by_number.update(new)

    def get(self, number: int) -> Known | None:
        """Whoever bears this number."""
        return self._by_number.get(number)

    def need(self, number: int) -> Known:
        """The same; raises Rejected where the account never met them."""
        if number not in self._by_number:
            raise Rejected("peer_unknown", str(number))
        return self._by_number[number]

    def by_username(self, name: str) -> Known | None:
        """Whoever bore this name when last seen."""
        wanted = name.lower()
        return next((one for one in self._by_number.values() if one.username.lower() == wanted), None)

    def by_phone(self, phone: str) -> Known | None:
        """Whoever had this phone when last seen."""
        wanted = phone.lstrip("+")
        return next((one for one in self._by_number.values() if one.phone == wanted), None)


def _text(known: Known) -> str:
    return msgspec.json.encode(known).decode()
