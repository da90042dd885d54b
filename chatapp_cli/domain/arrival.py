"""Events that channels deliver, in terms that all channels share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chatapp_cli.domain.border import (
    NO_ADDRESS,
    NO_ID,
    NO_TEXT,
    NOTHING,
    Address,
    At,
    Count,
    ExternalId,
    ExternalText,
    FileName,
)
from chatapp_cli.domain.invitation import EventInvitation
from chatapp_cli.domain.message import State

ChatKind: TypeAlias = Literal["private", "group", "channel"]
FileKind: TypeAlias = Literal["photo", "video", "audio", "voice", "document", "sticker", "location"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person as a provider describes them; unknown fields are empty."""

    id: ExternalId = NO_ID
    name: ExternalText = NO_TEXT
    username: Address = NO_ADDRESS
    phone: Address = NO_ADDRESS
    email: Address = NO_ADDRESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The other side of a dialog."""

    key: ExternalId
    """Unique within the channel: one key, one dialog."""
    address: Address
    """The address for ``send``; also the ChatID that people see."""
    kind: ChatKind = "private"
    title: ExternalText = NO_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFile:
    """A file that came with a message: already here as ``content``, or still to be fetched by ``remote``."""

    kind: FileKind
    name: FileName
    mime: ExternalText = NO_TEXT
    size: Count = NOTHING
    remote: ExternalText = NO_TEXT
    """The reference for the session's ``fetch``; contains no secret."""
    content: bytes | None = field(default=None, repr=False)
    sha256: str = ""
    """Set by the desk once the content is in its media folder; a connector leaves it empty."""
    seconds: Count = NOTHING
    """Length of a voice message, audio or video."""
    problem: str = ""
    """A code of the manifest's ``[errors]`` when it can never be fetched, such as ``file_too_big``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDetails:
    """What a mail has beside a message's text."""

    whole: ExternalText = NO_TEXT
    """All of its text, if the message's text leaves lines out; otherwise empty."""
    folded: Count = NOTHING
    """How many lines the message's text leaves out."""
    notes: ExternalText = NO_TEXT
    """What the desk says of the mail at the end of its text; nothing that its author wrote."""
    to: Sequence[Profile] = ()
    cc: Sequence[Profile] = ()
    delivered_as: Sequence[Profile] = ()
    """The address of ours that it was delivered to without naming it, if that is known."""
    also_from: Sequence[Profile] = ()
    """All whom it names as its authors, or for the answer, if those are several."""
    left_out: Count = NOTHING
    """How many recipients it names beside those of ``to`` and ``cc``."""
    invitation: EventInvitation | None = None
    """The client's invitation to an event or its cancellation, or our answer from outside the desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageArrived:
    """A message in a chat, from the client or, as an echo, from ourselves."""

    peer: Peer
    ext_id: ExternalId
    """Unique within the dialog."""
    at: At
    spare_id: ExternalId = NO_ID
    """Its id if another message of the dialog has ``ext_id``: senders choose the ids of mails and may repeat them."""
    text: ExternalText = NO_TEXT
    pressed: bool = False
    """Whether ``text`` is that of a button which the client pressed."""
    subject: ExternalText = NO_TEXT
    sender: Profile = Profile()
    from_us: bool = False
    files: Sequence[IncomingFile] = ()
    reply_to: ExternalId = NO_ID
    """``ext_id`` of the message that this one quotes."""
    thread: Sequence[ExternalId] = ()
    """``ext_id``s it descends from, oldest first.

    The message goes to a dialog with the same address that contains one of them, or with a mail among them that names
    the address in To or Cc, regardless of ``peer.key``.
    """
    album: ExternalId = NO_ID
    """Messages of one dialog that share it are shown together."""
    reports_on: ExternalId = NO_ID
    """Which message of ours it reports on, beside its ``DeliveryChanged``: it stands only if we know none."""
    claims: Sequence[Peer] = ()
    """Whom it was written to, if it claims to be ours and only its ``thread`` can prove that.

    It is ours, and stands with the first of them in whose dialog a message of ``thread`` stands, or whom a mail of
    ``thread`` names. If there is none, it is ``peer``'s, joins no dialog by ``thread`` and is ``automatic``.
    """
    automatic: bool = False
    """Written by a machine, so never answered automatically."""
    silent: bool = False
    """Needs no attention, such as an out-of-office reply or a delivery report: neither waiting nor unread."""
    placeholder: bool = False
    """Stands for a message that the provider cannot show yet; the message with the same id replaces it."""
    mail: MailDetails | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited:
    """The text of a known message changed. Ignored unless the author changed it."""

    peer_key: ExternalId
    ext_id: ExternalId
    at: At
    text: ExternalText
    from_us: bool | None = None
    """Whether we changed it; ``None`` if the provider lets only the author do so and does not say."""
    by: Profile = Profile()
    """Who in a group changed it, if known; its ``id`` is compared with the message's sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesDeleted:
    """Known messages were deleted; we keep them, marked. Ignored unless their author or an administrator did it."""

    peer_key: ExternalId
    ext_ids: Sequence[ExternalId]
    at: At
    from_us: bool | None = None
    """Whether we deleted them; ``None`` if the provider checks the author itself and does not say."""
    by: Profile = Profile()
    """Who in a group deleted them, if known."""
    by_admin: bool = False
    """An administrator deleted them, who may delete messages of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryChanged:
    """A delivery report for one of our messages, in any dialog of the channel."""

    ext_id: ExternalId
    state: State
    at: At
    code: ExternalText = NO_TEXT
    """A code of the manifest's ``[errors]``; with the state *sent*: why it has not arrived yet."""
    detail: ExternalText = NO_TEXT
    key: ExternalId = NO_ID
    """Our idempotency key, if the provider returns it: proves a send whose answer was lost."""
    about: Sequence[Address] = ()
    """Whom of several recipients it is about, if the report says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRead:
    """A dialog was read up to a message, in channels whose ids are growing numbers, or begin with one and a dot."""

    peer_key: ExternalId
    ext_id: ExternalId
    """The last message that was read; all with smaller numbers were read too."""
    at: At
    by_us: bool = False
    """We read it in the provider's own application; otherwise the client read what we wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionsChanged:
    """All the reactions that one person now has on a message."""

    peer_key: ExternalId
    ext_id: ExternalId
    at: At
    emoji: Sequence[ExternalText]
    person: Profile = Profile()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerChanged:
    """A chat appeared, changed its title, or became reachable or unreachable."""

    peer: Peer
    at: At
    reachable: bool = True
    code: str = ""
    """Why not reachable: a code of the manifest's ``[errors]``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerMoved:
    """The provider gave a chat a new identity; its history stays in one dialog."""

    old_key: ExternalId
    peer: Peer
    at: At


ProviderEvent: TypeAlias = (
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

    provider_id: ExternalId
    """Unique within the channel: the same id again is a duplicate."""
    raw: bytes = field(repr=False)
    raw_sha256: str = ""
    """Set by the desk if it stores a large ``raw`` as a file; a connector leaves it empty."""
    events: Sequence[ProviderEvent] = ()
    problem: ExternalText = NO_TEXT
    """Why it could not be parsed; it is then kept as a dead letter."""
    awaited: bool = False
    """Whether it only stands for what the provider has not handed out; a session asks for that when it begins."""
    replaces: ExternalId = NO_ID
    """The ``provider_id`` of a dead letter that stood for this until the provider handed it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Arrivals that a session delivers together; without any it is a sign of life.

    All arrivals and the cursor become durable in one transaction before the session is asked for more.
    """

    arrivals: Sequence[Arrival] = ()
    cursor: str | None = None
    """Where to continue after this batch; ``None`` leaves the stored cursor."""
    not_read: ExternalText | None = None
    """The parts of the account that cannot be read for now, by name; empty: all are; ``None``: as before."""
    typing: Sequence[ExternalId] = ()
    """The keys of private chats in which clients type: nothing of it is stored, and it is shown at once or never."""
