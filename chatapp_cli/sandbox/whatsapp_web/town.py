"""WhatsApp's data: people, groups, our account's devices and their pending events."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from chatapp_cli.sandbox.stage import Customer, Heard, StageFile

Json: TypeAlias = dict[str, Any]

OWNER_PHONE = "79161234567"
OWNER_NAME = "Ёлочный базар"
FIRST_LID = 900_000_000_000
GAP = 1_000_000
"""Numbers skipped between a device and its replacement."""


class Refusal(Exception):
    """An error answer."""

    def __init__(self, code: str, outcome: str = "refused", **more: Any) -> None:
        super().__init__(code)
        self.failure: Json = {"code": code, "outcome": outcome, **more}


@dataclass(slots=True)
class Device:
    """A linked device: its events wait here until acknowledged, independent of its process."""

    token: str
    linked: bool = True
    waiting: list[tuple[int, Json]] = field(default_factory=list)
    last: int = 0
    known: set[str] = field(default_factory=set)
    """Ids of the messages that it got."""
    linked_at: int = 0
    renewed: bool = False

    def keep(self, event: Json) -> int:
        """Number an event and queue it."""
        self.last += 1
        self.waiting.append((self.last, event))
        if event["kind"] == "message" and not event.get("stands_for"):
            self.known.add(event["id"])
        return self.last

    def go_on_for(self, other: Device) -> None:
        """Replace another device of the same account."""
        self.waiting, self.last = list(other.waiting), other.last + GAP
        self.known, self.linked_at, self.renewed = set(other.known), other.linked_at, True

    def forget(self, n: int) -> None:
        """Drop everything up to this acknowledged number."""
        self.waiting = [(number, event) for number, event in self.waiting if number > n]


@dataclass(slots=True)
class Said:
    """A message."""

    id: str
    chat: str
    """A phone's digits, or a group's address."""
    ours: bool
    text: str
    author: str = ""
    """The author's digits; empty for us."""
    unnamed: bool = False
    """Whether our device reported it while only the hidden address was known; its author keeps that id."""
    files: Sequence[StageFile] = ()
    reply_to: str = ""
    gone: bool = False
    reactions: dict[str, str] = field(default_factory=dict)
    """Reactions by phone."""
    read: bool = False

    @property
    def heard(self) -> Heard:
        """The message as the other side sees it."""
        return Heard(text=self.text, files=self.files, reply_to=self.reply_to)


@dataclass(slots=True)
class Circle:
    """A group."""

    jid: str
    title: str
    members: set[str]
    ours: bool = True
    admins: set[str] = field(default_factory=set)


class Town:
    """Everything that survives an outage."""

    def __init__(self) -> None:
        self.people: dict[str, Customer] = {}
        """People by phone digits."""
        self.hidden: set[str] = set()
        """Phones that our account does not know yet: it gets only the LID."""
        self.unwilling: dict[str, str] = {}
        """Phones that cannot be added to groups, with the reason codes."""
        self.said: dict[str, Said] = {}
        self.groups: dict[str, Circle] = {}
        self.devices: dict[str, Device] = {}
        self.files: dict[str, StageFile] = {}
        self.history: list[Json] = []
        """All messages in the form for a linked device; the phone has them all."""
        self.typed: list[str] = []
        """Chats in which our account showed typing."""
        self.marked: list[str] = []
        """Ids that our account marked as read, in order, each once."""
        self._ids = itertools.count(1)

    def settle(self, *people: Customer) -> None:
        """Add a person with WhatsApp."""
        self.people |= {digits(one.phone): one for one in people}

    def message_id(self) -> str:
        """A new message id in WhatsApp's form."""
        return f"3EB0{next(self._ids):016X}"

    def link(self, before: Device | None = None) -> Device:
        """Link another device to the account.

        The phone sends it the latest part of its chats. A device that replaces another one skips what that one knew and
        anything older; any other device skips all of it.
        """
        device = Device(token=f"device-{len(self.devices) + 1}", linked_at=now())
        self.devices[device.token] = device
        if before is not None:
            device.go_on_for(before)
            for event in self.history:
                if event["at"] >= device.linked_at and event["id"] not in device.known:
                    device.keep(event)
        return device

    def gather(self, title: str, members: Sequence[str]) -> Circle:
        """Create a group with our account in it."""
        circle = Circle(f"12036300000000{next(self._ids):04d}@g.us", title, set(members))
        self.groups[circle.jid] = circle
        return circle

    def find(self, jid: str) -> str:
        """The person or group of an address: a phone's digits, or a group that our account is in."""
        if jid in self.groups:
            if not self.groups[jid].ours:
                raise Refusal("not_in_group")
            return jid
        user, _, server = jid.partition("@")
        phone = next((p for p in self.people if lid(self.people[p]) == jid), "") if server == "lid" else user
        if phone not in self.people:
            raise Refusal("not_on_whatsapp")
        return phone

    def message(self, ext_id: str) -> Said:
        """A message by id."""
        if ext_id not in self.said:
            raise Refusal("unknown_message")
        return self.said[ext_id]

    def who(self, phone: str, *, named: bool = True) -> Json:
        """A person as seen by our device: with the LID, and the phone once known."""
        one = self.people[phone]
        shown = {} if phone in self.hidden else {"phone": phone}
        return {"jid": lid(one), **shown} | ({"name": one.name} if named else {})

    def chat(self, of: str) -> Json:
        """A chat as seen by our device."""
        if of in self.groups:
            return {"jid": of, "name": self.groups[of].title}
        return self.who(of, named=False)

    def attach(self, file: StageFile) -> Json:
        """Store a file and describe it."""
        remote = str(len(self.files) + 1)
        self.files[remote] = file
        kind = {"image": "photo", "audio": "voice", "video": "video"}.get(file.mime.partition("/")[0], "document")
        about: Mapping[str, Any] = {"type": kind, "name": file.name, "mime": file.mime, "size": len(file.content)}
        return {**about, "remote": remote}


def lid(one: Customer) -> str:
    """The hidden address of a person."""
    return f"{FIRST_LID + one.number}@lid"


def digits(phone: str) -> str:
    """The digits of a phone in any format."""
    return "".join(sign for sign in phone if sign.isdigit())


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
