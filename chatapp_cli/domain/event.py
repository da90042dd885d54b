"""What a channel tells us, in words that every channel shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State

ChatKind: TypeAlias = Literal["private", "group", "channel"]
FileKind: TypeAlias = Literal["photo", "video", "audio", "voice", "document", "sticker", "location"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody as a provider describes them; whatever is not known is empty."""

    id: str = ""
    name: str = ""
    username: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The other side of a dialog."""

    key: str
    """Unique within the channel: one key, one dialog."""
    address: str
    """What ``send`` needs to reach it; also the ChatID that a person sees."""
    kind: ChatKind = "private"
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFile:
    """A file that came with a message: already here as ``content``, or still to be fetched by ``remote``."""

    kind: FileKind
    name: str
    mime: str = ""
    size: int = 0
    remote: str = ""
    """What the session's ``fetch`` needs; no secret in it."""
    content: bytes | None = field(default=None, repr=False)
    sha256: str = ""
    """Set by the desk once the content lies in its own files; a connector leaves it empty."""
    seconds: int = 0
    """Length of a voice message, audio or video."""
    problem: str = ""
    """A code of the manifest's ``[errors]`` when it can never be fetched, such as ``file_too_big``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageArrived:
    """A message in a chat, from the client or, as an echo, from ourselves."""

    peer: Peer
    ext_id: str
    """Unique within the dialog."""
    at: Millis
    spare_id: str = ""
    """Its id where another message of the dialog bears ``ext_id``: whoever writes a mail chooses its id, also twice."""
    text: str = ""
    subject: str = ""
    sender: Person = Person()
    from_us: bool = False
    files: Sequence[IncomingFile] = ()
    reply_to: str = ""
    """``ext_id`` of the message that this one quotes."""
    thread: Sequence[str] = ()
    """``ext_id``s it descends from, oldest first.

    A dialog with the same address that holds one of them takes the message, whatever ``peer.key`` says.
    """
    album: str = ""
    """Messages of one dialog that share it are shown together."""
    automatic: bool = False
    """A machine wrote it: it is never answered by a machine."""
    silent: bool = False
    """Nobody need look at it: an out-of-office reply, a delivery report. It neither waits nor counts as unread."""
    placeholder: bool = False
    """It stands for a message that the provider could not show yet: what comes under the same id takes its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited:
    """The text of a known message changed. It counts only if whoever changed it had written it."""

    peer_key: str
    ext_id: str
    at: Millis
    text: str
    from_us: bool | None = None
    """Whether we changed it; ``None`` where the provider itself lets nobody but the author do so and tells no more."""
    by: Person = Person()
    """Who of a group changed it, where that is told; ``id`` is compared with the message's own sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesDeleted:
    """Known messages were taken back; we keep them, marked. It counts only if their author did it, or an admin."""

    peer_key: str
    ext_ids: Sequence[str]
    at: Millis
    from_us: bool | None = None
    """Whether we took them back; ``None`` where the provider itself sees to who may and tells no more."""
    by: Person = Person()
    """Who of a group took them back, where that is told."""
    by_admin: bool = False
    """The provider says that whoever did it may take back what others wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryChanged:
    """News of a message of ours, wherever in the channel it is."""

    ext_id: str
    state: State
    at: Millis
    code: str = ""
    detail: str = ""
    key: str = ""
    """Our idempotency key, where a provider hands a label back: it proves a send whose answer was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRead:
    """A dialog was read up to a message, on channels whose ids are numbers that grow, or begin with one and a dot."""

    peer_key: str
    ext_id: str
    """The last one that was read; those with smaller numbers were too."""
    at: Millis
    by_us: bool = False
    """We read it in the provider's own application; otherwise the client read what we wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionsChanged:
    """All the reactions that one person now has on a message."""

    peer_key: str
    ext_id: str
    at: Millis
    emoji: Sequence[str]
    person: Person = Person()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerChanged:
    """A chat appeared, changed its title, or can or cannot be reached any more."""

    peer: Peer
    at: Millis
    reachable: bool = True
    code: str = ""
    """Why not reachable: a code of the manifest's ``[errors]``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerMoved:
    """The provider gave a chat a new identity; history stays in the one dialog."""

    old_key: str
    peer: Peer
    at: Millis


Event: TypeAlias = (
    MessageArrived
    | MessageEdited
    | MessagesDeleted
    | DeliveryChanged
    | ChatRead
    | ReactionsChanged
    | PeerChanged
    | PeerMoved
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One thing that the provider delivered, raw, and what it means."""

    provider_id: str
    """Unique within the channel: the same id again is the same thing again."""
    raw: bytes = field(repr=False)
    raw_sha256: str = ""
    """Set by the desk when it put a large ``raw`` among its files; a connector leaves it empty."""
    events: Sequence[Event] = ()
    problem: str = ""
    """Why it could not be understood; then it is kept as a dead letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a session hands over at once; without arrivals it is a proof of life.

    All arrivals and the cursor become durable in one transaction before the session is asked for more.
    """

    arrivals: Sequence[Arrival] = ()
    cursor: str | None = None
    """Where to go on after this batch; ``None`` leaves the stored one."""
