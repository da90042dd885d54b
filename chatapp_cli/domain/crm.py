"""What a link to a CRM carries: pairings of channels with places there, entries of the ledger, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from chatapp_cli.domain.arrival import ChatKind
from chatapp_cli.domain.ids import EntryId, Millis, PairingId
from chatapp_cli.domain.message import Origin


class LinkState(StrEnum):
    """How a link is; programs use the value."""

    OK = "ok"
    LIMITED = "limited"
    """The CRM cannot be reached, or asks us to wait; the link tries by itself."""
    AUTH_LOST = "auth_lost"
    """The CRM does not accept our tokens: a person has to link it again."""
    PAYMENT = "payment"
    """The CRM's subscription has ended."""
    SUSPENDED = "suspended"
    """The CRM has blocked the application, or closed the portal for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the CRM that a channel can be paired with, such as an open line."""

    id: str
    name: str
    active: bool = True
    warnings: Sequence[str] = ()
    """Codes of settings of the place that make trouble; the manifest's ``[errors]`` explains them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """A channel of ours that is joined to a place of the CRM."""

    id: PairingId
    kind: str
    """The channel's kind, such as ``telegram``; a CRM uses it only to look into its manifest."""
    account: str
    """The channel's account, as people see it."""
    place: str
    options: Mapping[str, str] = field(default_factory=dict)
    """By the names of the manifest's ``pairing_fields``, defaults included."""


class Act(StrEnum):
    """What an entry of the ledger asks for; its value is stored."""

    ADD = "add"
    """Show a message in the CRM."""
    EDIT = "edit"
    """Show its new text."""
    DELETE = "delete"
    """Take it away there."""
    DELIVERED = "delivered"
    """Tell that a message written in the CRM was sent to the client."""
    FAILED = "failed"
    """Tell its author that it was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmPerson:
    """A client, or the group in whose name its members write."""

    id: str
    """One for each person in the whole pairing, also if they write in several dialogs (S-080)."""
    name: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    """As ``+`` and digits; empty if unknown, or if it belongs to one of our own lines."""
    username: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmChat:
    """A dialog of ours as the CRM shows it."""

    id: str
    """One for each dialog."""
    name: str
    kind: ChatKind = "private"
    url: str = ""
    """The post under which its comments stand, if it is a public one."""
    remote: str = ""
    """The CRM's own id of the chat, once it has told one."""
    session: str = ""
    """The CRM's id of the present conversation in the chat, once it has told one."""
    code: str = ""
    """The CRM's code that joins person, chat and place, once it has told one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """A file of ours that the CRM fetches by a signed address."""

    name: str
    url: str
    mime: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One thing that the CRM has to be told, as it stands now."""

    id: EntryId
    act: Act
    pairing: Pairing
    chat: CrmChat
    person: CrmPerson
    key: str = ""
    """Our id of the message there, the same at every attempt; empty for a message written in the CRM."""
    at: Millis = 0
    text: str = ""
    files: Sequence[SharedFile] = ()
    quoted: str = ""
    """The first words of the message that it answers."""
    author: str = ""
    """The member of a group who wrote, or our operator; empty for the client of a private dialog."""
    author_phone: str = ""
    ours: bool = False
    """Whether we wrote it: an operator here, the provider's own application, a program."""
    origin: Origin = Origin.CLIENT
    """Who caused it."""
    employee: str = ""
    """The CRM's id of the employee who wrote it: there, or here as our operator."""
    automatic: bool = False
    remote: str = ""
    """The CRM's id of the message, for ``DELIVERED`` and ``FAILED``."""
    sent_as: Sequence[str] = ()
    """The channel's ids of a message that was delivered."""
    reason: str = ""
    """Why it failed, in words of the company's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmReceipt:
    """The CRM has taken an entry, and tells its own ids where it has some."""

    chat: str = ""
    session: str = ""
    code: str = ""
    remote: str = ""


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
    at: Millis | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmWithdrew:
    """An employee deleted a message that was written in the CRM."""

    kind: str
    place: str
    chat: str
    remote: str
    sent_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmConversation:
    """A conversation began in a chat of the CRM, or ended."""

    kind: str
    place: str
    chat: str
    session: str
    remote_chat: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDetached:
    """An administrator of the CRM disconnected a channel from a place; without a kind, the place itself is gone."""

    place: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkInstalled:
    """The CRM has given tokens for a link: a session can begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRemoved:
    """The CRM has taken the application away."""


CrmEvent: TypeAlias = (
    CrmWrote | CrmRewrote | CrmWithdrew | CrmConversation | PlaceDetached | LinkInstalled | LinkRemoved
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmArrival:
    """One event of the CRM with what it was read from; tokens are taken out of ``raw``."""

    provider_id: str
    """Unique in the link: the same for a doubled call, and for what a catch-up finds once more."""
    event: CrmEvent | None
    """``None`` if it could not be understood."""
    raw: bytes = field(default=b"", repr=False)
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredChat:
    """A chat that a catch-up looks into."""

    kind: str
    place: str
    chat: str
    remote: str
    session: str = ""
    seen: str = ""
    """The CRM's id of the last message that we know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """A person who works in the CRM."""

    id: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card of the CRM that belongs to a chat."""

    kind: str
    """``lead``, ``deal``, ``contact`` or ``company``."""
    id: str
    title: str
    stage: str = ""
    responsible: str = ""
    url: str = ""
