"""What a CRM is told: an entry of the ledger as it stands when it is told, and the CRM's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatapp_cli.domain.arrival import ChatKind
from chatapp_cli.domain.message import Origin, State

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.cards import CardRef
    from chatapp_cli.domain.crm.failure import FailureKind
    from chatapp_cli.domain.crm.link import Pairing
    from chatapp_cli.domain.crm.outcome import CardOutcome
    from chatapp_cli.domain.crm.states import Act, TextFate
    from chatapp_cli.domain.ids import EntryId, Millis


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
    email: str = ""
    username: str = ""
    """Without ``@``; empty also in a messenger whose usernames are not those that people mean by an @name alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmChat:
    """A dialog of ours as the CRM shows it."""

    id: str
    """One for each dialog."""
    name: str
    kind: ChatKind = "private"
    remote: str = ""
    """The CRM's own id of the chat, once it has told one."""
    session: str = ""
    """The CRM's id of the present conversation in the chat, once it has told one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """A file of ours that the CRM fetches by a signed address."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One thing that the CRM has to be told, as it stands now."""

    id: EntryId
    act: Act
    pairing: Pairing
    """For ``CONTINUE``, ``RESULT`` and ``COMMENT``, which belong to no channel, an empty one."""
    chat: CrmChat
    person: CrmPerson
    key: str = ""
    """Our id of the message there, the same at every attempt; empty for a message written in the CRM."""
    at: Millis = 0
    """When the message was written; for ``OWNER`` when the dialog got its operator."""
    text: str = ""
    files: Sequence[SharedFile] = ()
    file_count: int = 0
    """How many files the message has, for ``DELETE``, also of those that are not kept any more."""
    quoted: str = ""
    """The first words of the message that it answers."""
    quoted_key: str = ""
    """Our id of that message there, if the CRM was told of it."""
    quoted_remote: str = ""
    """The CRM's id of that message, if it has told one."""
    author: str = ""
    """The member of a group who wrote, or our operator; empty for the client of a private dialog."""
    author_phone: str = ""
    """The phone of that member, as ``+`` and digits; empty if unknown, or if it belongs to one of our own lines."""
    ours: bool = False
    """Whether we wrote it: an operator here, the provider's own application, a program."""
    origin: Origin = Origin.CLIENT
    """Who caused it."""
    employee: str = ""
    """The CRM's id of the employee who wrote it: there, or here as our operator. For ``OWNER`` who is responsible."""
    remote: str = ""
    """The CRM's id of the message, for ``DELIVERED``, ``FAILED``, ``READ`` and ``REACT``; of what stands still, for
    ``CONTINUE`` and ``RESULT``."""
    sent_as: Sequence[str] = ()
    """The channel's ids of a message that was delivered."""
    reason: str = ""
    """Why it failed, in words of the company's language."""
    failure: FailureKind | None = None
    """What kind of failure that is, for ``FAILED``; ``None`` if that is not known."""
    texted: bool = False
    """Whether this CRM had us send it to a phone, beside any conversation."""
    fate: TextFate | None = None
    """How such a message fares, for ``TEXTED``; for ``CONTINUE`` ``SENT`` if all were taken, otherwise ``FAILED``."""
    state: State | None = None
    """How a message of ours fares that is shown there."""
    reaction: str = ""
    """The emoji with which the client reacts now, for ``REACT``; empty: it was taken back."""
    card: CardRef | None = None
    """The card to comment, for ``COMMENT``; ``text`` is the comment. ``None``: the cards of the chat ``remote``."""
    results: Mapping[str, str] = field(default_factory=dict)
    """What an automation gets, by the names of the robot's results, for ``RESULT``; ``reason`` is for its log."""
    outcome: CardOutcome | None = None
    """Where a card goes that the CRM's session makes for the message; ``None``: where the pairing says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmReceipt:
    """The CRM has taken an entry, and tells its own ids where it has some."""

    hidden: bool = False
    """Whether the pairing's options kept it out of the CRM, which then has nothing that could be changed there."""
    chat: str = ""
    session: str = ""
    remote: str = ""
    card: str = ""
    """The card that the session made for the entry, or moved, as ``deal:17``; empty: neither."""
    outcome: int = 0
    """The number of the ``CardOutcome`` by which it did so; 0 without one."""
    turn: int = 0
    """The turn that the card took among the outcome's employees, counted from 1; 0: none."""
