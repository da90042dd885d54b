"""What a CRM tells: its events, and chats in which a catch-up looks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.ids import ChannelId, Millis, PairingId
from chatapp_cli.domain.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file that an employee attached; ``address`` is what the session's ``fetch`` takes."""

    name: str
    address: str
    mime: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmWrote:
    """An employee, or the CRM by itself, wrote to a client."""

    kind: str
    """The channel's kind that the CRM's connector stands for."""
    place: str
    chat: str
    """Our id of the chat, see ``CrmChat.id``."""
    remote: str
    """The CRM's id of the message."""
    remote_chat: str = ""
    author: str = ""
    """The CRM's id of the employee; empty for an automatic text."""
    text: str = ""
    files: Sequence[RemoteFile] = ()
    quoted: str = ""
    """What the message quotes, if anything."""
    quoted_key: str = ""
    """Our id of the message that it answers, see ``LedgerEntry.key``; empty if the CRM does not tell one."""
    quoted_remote: str = ""
    """The CRM's id of that message."""
    at: Millis | None = None
    pairing: PairingId | None = None
    """Whose chat it is, in place of kind and place, which the CRM does not tell of a channel that is not paired now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmRewrote:
    """An employee edited a message that was written in the CRM."""

    kind: str
    place: str
    chat: str
    remote: str
    """The CRM's id of the message; empty if it told only the channel's."""
    sent_as: str = ""
    """The channel's id of the message, which the CRM knows from ``Act.DELIVERED``."""
    text: str = ""
    at: Millis | None = None
    """When they did; ``None`` if the CRM does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmWithdrew:
    """An employee deleted a message that was written in the CRM."""

    kind: str
    place: str
    chat: str
    remote: str
    sent_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmReacted:
    """An employee reacted to a message, or took that back."""

    kind: str
    place: str
    chat: str
    remote: str = ""
    """The CRM's id of the message."""
    key: str = ""
    """Our id of the message, see ``LedgerEntry.key``; empty for one that was written in the CRM."""
    remote_chat: str = ""
    emoji: str = ""
    """Empty: it was taken back."""
    author: str = ""
    """The CRM's id of the employee."""
    pairing: PairingId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmTyping:
    """An employee types in a chat: it is never stored, and passed on only if that can be done at once."""

    kind: str
    place: str
    chat: str
    remote_chat: str = ""
    pairing: PairingId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmTexted:
    """The CRM wants a text sent to a phone by a pairing's channel, as it does with providers of SMS."""

    pairing: PairingId
    remote: str
    """The CRM's id of the message, by which it is told how the message fares."""
    phone: str
    """As the CRM has it; not necessarily a phone."""
    text: str
    employee: str = ""
    """The CRM's id of who sent it, or of in whose name a program did; empty if it told none."""
    automatic: bool = False
    """Whether a program of the CRM sent it, and no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmWroteFirst:
    """An employee wrote first from a card, by a channel that they chose of those that we offered."""

    channel: ChannelId
    phone: str
    """As they wrote it; not necessarily a phone. In a chat of the CRM also a username or an e-mail address."""
    text: str
    mark: str
    """Unique in the link, so that it is sent once."""
    files: Sequence[RemoteFile] = ()
    author: str = ""
    """The CRM's id of the employee; empty if it is not known."""
    author_name: str = ""
    """What they are called there; empty if it is not known."""
    remote: str = ""
    """The CRM's id of the message, if it stands in a chat of the CRM already; it is told then what became of it."""
    remote_chat: str = ""
    """The CRM's id of that chat."""
    at: Millis | None = None
    """When they wrote; ``None`` if the CRM does not tell."""
    found: bool = False
    """Whether a look found it, and the CRM does not tell any more to which address it was written."""
    pairing: PairingId | None = None
    """Whose channel it is, if that is not paired now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmStepAsked:
    """An automation of the CRM wants messages sent, and stands still until it is told how they fared (S-190, S-193).

    It is told once, by ``Act.CONTINUE``: when all of them were taken by their providers or failed, and in any case
    when its time is over.
    """

    remote: str
    """The CRM's id of what stands still."""
    until: Millis
    """When it is told, however the messages fare; none of them is begun later."""
    card: CardRef
    """The card on which the automation works."""
    whom: str = "main"
    """``main``: the card's main contact; ``group``: the group in which they are; ``all``: each of its contacts once."""
    address: str = ""
    """A phone or a @username to write to in place of the card's people."""
    line: str = ""
    """The number of the line; empty: the one of the last dialog."""
    kind: str = ""
    """The kind of channel; empty: the one in which the client wrote last."""
    text: str = ""
    template: str = ""
    """The name of a stored template, in place of a text."""
    values: Sequence[str] = ()
    """For the gaps of the template, in their order."""
    file: str = ""
    """The address of a file that goes with it, anywhere on the Internet."""
    upload: str = ""
    """In place of an address: the key of a file that was given to us, see ``CrmFileGiven``."""
    groups: bool = True
    """Whether a dialog that is a group is written to as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmFileGiven:
    """Somebody who sets up an automation of the CRM has given us the file that it sends (S-192)."""

    key: str
    """Unique in the link, and not to be guessed: the automation names the file by it."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotAsked:
    """An automation of the CRM wants one act done, see ``domain/robot`` (S-170 to S-178).

    It is told once, by ``Act.RESULT``, if it waits; a second call with the same ``remote`` does nothing.
    """

    remote: str
    """The CRM's id of the step that was reached: unique in the link."""
    robot: str
    """A ``RobotCode``."""
    arguments: Mapping[str, str]
    """By the names of the robot's fields, as they were filled in."""
    card: CardRef | None = None
    """The card on which the automation works, which gets the comment."""
    until: Millis | None = None
    """When it is told at the latest, if it waits for the messenger; ``None``: it has no time of its own."""
    waits: bool = True
    """Whether the automation stands still until it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmConversation:
    """A conversation began in a chat of the CRM, or ended."""

    kind: str
    place: str
    chat: str
    session: str
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyCame:
    """Something came that only a look into the chat tells.

    Such as an employee's message that seems to be a copy of one of ours, which we showed there in their name: if it is
    none, the look finds it as not delivered. Or a call that is not signed, and cannot be believed.
    """

    kind: str
    place: str
    chat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDetached:
    """An administrator of the CRM disconnected a channel from a place; without a kind, the place itself is gone."""

    place: str
    kind: str = ""
    at: Millis | None = None
    """When they did; ``None`` if the CRM does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceConfigured:
    """An administrator of the CRM chose a channel of ours for a place, on a page of ours there."""

    kind: str
    place: str
    channel: ChannelId
    options: Mapping[str, str]
    """All that the kind of channel has there; an empty value is the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChanged:
    """A field of a card changed; which one, and to what, has to be asked."""

    card: str
    """``lead``, ``deal``, ``contact`` or ``company``."""
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCommented:
    """Somebody commented a card; which one has to be asked."""

    comment: str
    """The CRM's id of the comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkInstalled:
    """The CRM has given tokens for a link: a session can begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRemoved:
    """The CRM has taken the application away."""


CrmEvent: TypeAlias = (
    CrmWrote
    | CrmRewrote
    | CrmWithdrew
    | CrmReacted
    | CrmTexted
    | CrmWroteFirst
    | CrmStepAsked
    | CrmFileGiven
    | RobotAsked
    | CrmConversation
    | CopyCame
    | PlaceDetached
    | PlaceConfigured
    | CardChanged
    | CardCommented
    | LinkInstalled
    | LinkRemoved
)
CardEvent: TypeAlias = CardChanged | CardCommented


@dataclass(frozen=True, slots=True, kw_only=True)
class StrayWords:
    """A message of an employee in a chat that is none of this link, as of one that was removed."""

    remote: str
    """The CRM's id of the message."""
    author: str = ""
    """The CRM's id of the employee; empty if it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmArrival:
    """One event of the CRM with what it was read from; tokens are taken out of ``raw``."""

    provider_id: str
    """Unique in the link: the same for a doubled call, and for what a catch-up finds once more."""
    event: CrmEvent | None
    """``None`` if it could not be understood."""
    raw: bytes = field(default=b"", repr=False)
    problem: Text | str = ""
    """Why it is not used, if ``event`` is ``None``; words of a program, or what a person is told."""
    stray: StrayWords | None = None
    """The message that it tells, if that is for nobody here: its author is told so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredChat:
    """A chat that a catch-up looks into."""

    kind: str
    place: str
    chat: str
    remote: str
    session: str = ""
