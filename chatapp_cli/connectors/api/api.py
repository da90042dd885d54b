"""The wire: one vocabulary of events for both directions, and the client that posts them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias, get_args

import aiohttp
import msgspec
from msgspec import Meta

from chatapp_cli.connectors.api import errors
from chatapp_cli.domain.arrival import ChatKind
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.http import network, read, veil, verdict
from chatapp_cli.kit.lenient import UNREADABLE
from chatapp_cli.kit.signatures import sign
from chatapp_cli.ports.world import Clock

MAX_BODY: Final = 24 << 20
"""The largest webhook that is accepted, in bytes."""
OVERLAP: Final = 24 * 60 * 60 * 1000
"""Milliseconds for which a replaced secret stays valid."""

Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^\S+$")]
When: TypeAlias = Annotated[datetime, Meta(tz=True)]
Link: TypeAlias = Annotated[str, Meta(pattern=r"^https?://")]


class Sender(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who wrote."""

    id: str = ""
    name: str = ""
    username: str = ""
    phone: str = ""
    email: str = ""


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file: its content in base64, or a link to it."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    mime: str = "application/octet-stream"
    content: bytes | None = None
    url: Link | None = None

    def __post_init__(self) -> None:
        if (self.content is None) == (self.url is None):
            raise ValueError("exactly one of `content` and `url` is needed")


class Base(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Fields common to all events."""

    at: When | None = None


class Message(Base, frozen=True, tag="message"):
    """A message; from the desk, or to it."""

    id: Id
    chat_id: Id
    chat_title: str = ""
    chat_kind: ChatKind = "private"
    text: str = ""
    subject: str = ""
    sender: Sender = Sender()
    reply_to: str = ""
    files: Sequence[File] = ()
    from_us: bool = False
    automatic: bool = False
    """A program wrote it, so that no program answers it."""


class Edited(Base, frozen=True, tag="message.edited"):
    """A message was edited; only its author may edit it."""

    id: Id
    chat_id: Id
    text: str
    sender: Sender = Sender()
    from_us: bool = False


class Deleted(Base, frozen=True, tag="messages.deleted"):
    """Messages were deleted by their author."""

    chat_id: Id
    ids: Annotated[Sequence[Id], Meta(min_length=1)]
    sender: Sender = Sender()
    from_us: bool = False


class Status(Base, frozen=True, tag="status"):
    """The delivery state of a message that the desk sent."""

    id: Id
    state: Literal["delivered", "read", "failed"]
    code: str = ""
    detail: str = ""


class Reaction(Base, frozen=True, tag="reaction"):
    """All reactions that one person now has on a message."""

    id: Id
    chat_id: Id
    emoji: Sequence[str]
    sender: Sender = Sender()


class Chat(Base, frozen=True, tag="chat"):
    """A chat appeared, has another title, or can or cannot be reached."""

    chat_id: Id
    chat_title: str = ""
    chat_kind: ChatKind = "private"
    reachable: bool = True


class Ping(Base, frozen=True, tag="ping"):
    """A test event: proves that address and secret are right."""


Event: TypeAlias = Message | Edited | Deleted | Status | Reaction | Chat | Ping
FIELDS: Final = frozenset(name for kind in get_args(Event) for name in kind.__struct_fields__) | {"type"}
"""All fields read from any event."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The signing secret, and the one that it replaced."""

    current: str = field(repr=False)
    previous: str = field(default="", repr=False)
    replaced_at: Millis = 0

    @classmethod
    def of(cls, secrets: Mapping[str, str], settings: Mapping[str, str]) -> Keys:
        """Read them from a binding."""
        replaced_at = int(settings.get("replaced_at", "0"))
        return cls(secrets["secret"], secrets.get("previous_secret", ""), replaced_at)

    def renewed(self, secret: str, now: Millis) -> Keys:
        """Switch to this secret; the old one stays valid for a while."""
        return self if secret == self.current else Keys(secret, self.current, now)

    def secrets(self) -> Mapping[str, str]:
        """The part of a binding that is encrypted."""
        old = {"previous_secret": self.previous} if self.previous else {}
        return {"secret": self.current, **old}

    def valid(self, now: Millis) -> tuple[str, ...]:
        """The secrets that are valid now, for signing and checking."""
        both = self.previous and now - self.replaced_at < OVERLAP
        return (self.current, self.previous) if both else (self.current,)


class _Taken(msgspec.Struct):
    id: str | int


class Program:
    """The other program, behind its webhook address."""

    def __init__(self, http: aiohttp.ClientSession, url: str, keys: Keys, clock: Clock) -> None:
        self._http, self._url, self._keys, self._clock = http, url, keys, clock

    async def tell(self, event: Event, *, id: str) -> str:  # noqa: A002 - the field's word
        """Post a signed event under this ``webhook-id``; returns the id that the program gave, or the same.

        Raises the ChannelError family. What is Retryable may be sent again: the receiver recognises the id.
        """
        if not self._url:
            raise Rejected("no_url")
        secrets = self._keys.valid(self._clock.now())
        body, headers = await asyncio.to_thread(self._signed, event, id, secrets)
        with network(secrets):
            async with self._http.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                answer = await read(response)
        if answer.ok:
            return _given(answer.body) or id
        said = veil(errors.words(answer), secrets)
        raise verdict(answer, said, now=self._clock.now(), verdicts=errors.OURS)

    def _signed(self, event: Event, webhook_id: str, secrets: Sequence[str]) -> tuple[str, dict[str, str]]:
        body = msgspec.json.encode(event).decode()
        headers = sign(secrets, id=webhook_id, at=self._clock.now(), body=body)
        return body, {**headers, "Content-Type": "application/json"}


def _given(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body, type=_Taken).id)
    except UNREADABLE:
        return ""
