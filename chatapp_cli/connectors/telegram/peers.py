"""Known peers: Telegram accepts an id only together with its access hash."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from telethon import utils
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.durable import Findings, entries
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import ChatKind, Peer, Profile
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.kit.understanding import readable
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
    """One peer, by its signed number; the sign distinguishes people, groups and channels."""

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
        """The peer as requests need it."""
        if self.sort == "group":
            return tl.InputPeerChat(-self.number)
        if self.channel:
            return tl.InputPeerChannel(self.channel, self.hash)
        return tl.InputPeerUser(self.number, self.hash)

    @property
    def peer(self) -> Peer:
        """The peer in the desk's terms."""
        return Peer(
            key=border.external_id(self.number),
            address=border.address(self.number),
            kind=_KINDS[self.sort],
            title=border.name(self.name),
        )

    @property
    def person(self) -> Profile:
        """The person in the desk's terms."""
        phone = f"+{self.phone}" if self.phone else ""
        return Profile(
            id=border.external_id(self.number),
            name=border.name(self.name),
            username=border.address(self.username),
            phone=border.address(phone),
        )

    @property
    def entity(self) -> Any:
        """The peer as a Telegram object."""
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
    """The signed number of any object that names a peer."""
    return int(utils.get_peer_id(peer))


def marked(channel: int) -> int:
    """The signed number of a channel."""
    return number_of(tl.PeerChannel(channel))


def seen(entity: Any) -> Known | None:
    """Read a peer from a Telegram object; ``None`` if it no longer exists."""
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
    """A peer of which only the number is known."""
    kind = utils.resolve_id(number)[1]
    sorts: Mapping[Any, Sort] = {tl.PeerUser: "user", tl.PeerChat: "group", tl.PeerChannel: "supergroup"}
    return Known(number=number, sort=sorts[kind])


def _is_usable(entity: Any, known: Known) -> bool:
    """Whether the access hash is usable: Telegram does not give it everywhere."""
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
    """The public username; purchased ones are in a list."""
    return str(user.username or active(user.usernames))


def active(names: Iterable[Any] | None) -> str:
    """The first active username."""
    return str(next((name.username for name in names or () if name.active), ""))


class Peers:
    """All peers that the account has met; new ones are stored before use."""

    def __init__(self, memory: Memory, known: Iterable[Known]) -> None:
        self._memory = memory
        self._by_number = {one.number: one for one in known}
        self._names: dict[str, int] = {}
        self._phones: dict[str, int] = {}
        self._index(self._by_number.values())

    @classmethod
    async def load(cls, memory: Memory, findings: Findings | None = None) -> Peers:
        """Load the peers of earlier sessions."""
        return cls(memory, await entries(memory, _PREFIX, _read, findings))

    async def learn(self, entities: Iterable[Any]) -> None:
        """Store what is new about these people and chats."""
        told, _ = readable(entities, lambda entity: (entity, seen(entity)))
        found = [one for entity, one in told if one is not None and _is_usable(entity, one)]
        await self._keep({one.number: one for one in found})

    async def hear(self, update: Any) -> None:
        """Update a username or phone that changed hands."""
        if isinstance(update, tl.UpdateUserName):
            await self._change(update.user_id, username=active(update.usernames))
        elif isinstance(update, tl.UpdateUserPhone):
            await self._change(update.user_id, phone=update.phone)

    async def _change(self, number: int, **changes: str) -> None:
        known = self._by_number.get(number)
        if known is not None:
            await self._keep({number: msgspec.structs.replace(known, **changes)})

    async def _keep(self, found: Mapping[int, Known]) -> None:
        new = {number: one for number, one in found.items() if self._by_number.get(number) != one}
        new = {**self._ousted(new.values()), **new}
        if new:
            await self._memory.save({f"{_PREFIX}{one.number}": _text(one) for one in new.values()})
            self._by_number.update(new)
            self._index(new.values())

    def _ousted(self, new: Iterable[Known]) -> Mapping[int, Known]:
        """Former owners of a username or phone that now belongs to another peer."""
        found: dict[int, Known] = {}
        for one in new:
            bearers = {"username": self._names.get(one.username.lower()), "phone": self._phones.get(one.phone)}
            for field, former in bearers.items():
                if former not in {None, one.number}:
                    bearer = found.get(former) or self._by_number[former]
                    found[former] = msgspec.structs.replace(bearer, **{field: ""})
        return found

    def _index(self, known: Collection[Known]) -> None:
        changed = {one.number for one in known}
        self._names = {name: number for name, number in self._names.items() if number not in changed}
        self._phones = {phone: number for phone, number in self._phones.items() if number not in changed}
        self._names |= {one.username.lower(): one.number for one in known if one.username}
        self._phones |= {one.phone: one.number for one in known if one.phone}

    def get(self, number: int) -> Known | None:
        """The peer with this number."""
        return self._by_number.get(number)

    def need(self, number: int) -> Known:
        """The same; raises Rejected if the account has never met it."""
        if number not in self._by_number:
            raise Rejected("peer_unknown", str(number))
        return self._by_number[number]

    def by_username(self, name: str) -> Known | None:
        """The last known owner of this username."""
        return self._by_number.get(self._names.get(name.lower(), 0))

    def by_phone(self, phone: str) -> Known | None:
        """The last known owner of this phone."""
        return self._by_number.get(self._phones.get(phone.lstrip("+"), 0))


def _read(number: str, text: str) -> Known:
    known = msgspec.json.decode(text, type=Known)
    if str(known.number) != number:
        raise ValueError(number)
    return known


def _text(known: Known) -> str:
    return msgspec.json.encode(known).decode()
