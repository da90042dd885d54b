"""The protocol between the desk and its child, version 1: one JSON object per line; README.md has the rules.

Both sides read leniently: unknown fields are skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec import Raw, Struct, field

VERSION = 1
NO_BOT = {"NEONIZE_BOT_TAG": "off"}
"""In the child's environment before it starts: otherwise the library signs every private message as a bot's."""

Outcome: TypeAlias = Literal["retry", "wait", "refused", "unknown", "rebind", "misconfigured"]
"""What follows from a failure, as in ``domain.errors``."""


class Hello(Struct, omit_defaults=True):
    """The child's first line."""

    protocol: int
    library: str = ""


class Failure(Struct, omit_defaults=True):
    """Why a request was not carried out, or may not have been."""

    code: str
    outcome: str = "refused"
    detail: str = ""
    retry_after: float = 0.0


class News(Struct, omit_defaults=True):
    """The current state; not acknowledged."""

    state: str
    """``qr``, ``code``, ``paired``, ``online``, ``synced`` or ``offline``."""
    text: str = ""
    """Content of the QR code, or the pairing code."""


class Line(Struct, omit_defaults=True):
    """A line from the child: an answer has ``id``; a failure without ``id`` is final."""

    hello: Hello | None = None
    id: int = 0
    ok: Raw = Raw()
    error: Failure | None = None
    n: int = 0
    event: Raw = Raw()
    news: News | None = None


class Order(Struct, omit_defaults=True):
    """A line from the desk: a request, or the acknowledgement of all events up to a number."""

    id: int = 0
    do: str = ""
    args: Raw = field(default=Raw(), name="with")
    ack: int = 0


class Open(Struct, omit_defaults=True):
    """Connect the device in a folder; answered with Account once WhatsApp accepts it."""

    folder: str
    pair: str = ""
    """``qr`` or ``code`` to link a new device; empty for one that is linked."""
    phone: str = ""
    """Digits, for a pairing code."""
    proxy: str = ""
    renews: str = ""
    """The folder of the device that this one replaces: its journal is carried over."""


class OutFile(Struct, omit_defaults=True):
    """A file to send."""

    path: str
    name: str
    mime: str
    kind: str


class Send(Struct, omit_defaults=True):
    """Send one WhatsApp message; answered with Sent."""

    to: str
    text: str = ""
    file: OutFile | None = None
    quote: str = ""


class About(Struct, omit_defaults=True):
    """The arguments of edit, delete, react and read: a message."""

    chat: str
    id: str
    text: str = ""


class Chat(Struct, omit_defaults=True):
    """The arguments of typing, end_group and rename_group: a chat."""

    chat: str
    text: str = ""


class Members(Struct, omit_defaults=True):
    """The arguments of find, create_group (a title), add_members and remove_members (a chat): people."""

    members: Sequence[str]
    chat: str = ""
    title: str = ""


class Fetch(Struct, omit_defaults=True):
    """Download a file to a path."""

    remote: str
    path: str


class Nothing(Struct):
    """No arguments, as for contacts, ping and prove."""


class Who(Struct, omit_defaults=True, frozen=True):
    """A person or a group, by what is known of it."""

    jid: str = ""
    """The address as WhatsApp gave it."""
    phone: str = ""
    """Digits."""
    name: str = ""
    lid: str = ""
    """The hidden address of a private chat that WhatsApp addressed by phone, if known."""
    known_as: str = ""
    """The author's id in the desk, if that is neither the phone nor the address."""


class Account(Struct, omit_defaults=True):
    """The account of the device."""

    phone: str
    name: str = ""
    renewed: bool = False
    """Whether the numbering of events continues that of the previous device."""


class Sent(Struct, omit_defaults=True):
    """WhatsApp accepted the message."""

    id: str
    at: int = 0


class People(Struct, omit_defaults=True):
    """The people found."""

    found: Sequence[Who] = ()


class Group(Struct, omit_defaults=True):
    """A group and the people not added: the number as requested, and a code."""

    jid: str
    name: str = ""
    missing: dict[str, str] = {}


class File(Struct, omit_defaults=True):
    """A received file."""

    type: str
    name: str
    mime: str = ""
    size: int = 0
    seconds: int = 0
    remote: str = ""


class Message(Struct, omit_defaults=True, tag="message", tag_field="kind"):
    """A new message, from another person or from the account's owner on the phone."""

    chat: Who
    id: str
    at: int
    sender: Who = Who()
    from_us: bool = False
    text: str = ""
    files: Sequence[File] = ()
    reply_to: str = ""
    stands_for: str = ""
    """Why it has no text: ``waiting`` or ``view_once`` until the same id comes again, ``either`` if WhatsApp does not
    say which, ``change`` for an edit of ``reply_to`` that cannot be decrypted."""
    beside: bool = False
    """The placeholder with this id in the group may be another sender's: it stays, and both are shown."""


class Edited(Struct, omit_defaults=True, tag="edited", tag_field="kind"):
    """A message was edited."""

    chat: Who
    id: str
    at: int
    text: str
    by: Who = Who()
    from_us: bool | None = None


class Deleted(Struct, omit_defaults=True, tag="deleted", tag_field="kind"):
    """A message was deleted."""

    chat: Who
    id: str
    at: int
    by: Who = Who()
    from_us: bool | None = None
    by_admin: bool = False
    """``by`` may delete what others wrote in this group."""


class Reacted(Struct, omit_defaults=True, tag="reacted", tag_field="kind"):
    """A reaction was set; an empty one was removed."""

    chat: Who
    id: str
    at: int
    sender: Who
    emoji: str = ""


class Delivered(Struct, omit_defaults=True, tag="delivered", tag_field="kind"):
    """Messages of ours were delivered or read."""

    ids: Sequence[str]
    at: int
    read: bool = False


class GroupNews(Struct, omit_defaults=True, tag="group", tag_field="kind"):
    """A group was joined, renamed or left."""

    chat: Who
    at: int
    member: bool = True


class Unreadable(Struct, omit_defaults=True, tag="unreadable", tag_field="kind"):
    """An unreadable event."""

    what: str
    at: int
    detail: str = ""
    data: str = ""
    """As the library gave it, in base64."""
    message: Message | None = None
    """The message that it is: who wrote where, when and under which id; ``None`` if that is not known either."""


Event: TypeAlias = Message | Edited | Deleted | Reacted | Delivered | GroupNews | Unreadable

encode = msgspec.json.encode
line = msgspec.json.Decoder(Line).decode
order = msgspec.json.Decoder(Order).decode
event = msgspec.json.Decoder(Event).decode
