"""Dialogs, members, notes and presence."""

from typing import TYPE_CHECKING, Literal, NamedTuple

from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId, LineId, MessageId, Millis

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind


class DialogRow(NamedTuple):
    """A row of the dialog list, complete without another query."""

    id: DialogId
    channel_id: ChannelId
    line_id: LineId
    kind: str
    """Of the channel."""
    name: str
    address: str
    pinned: int
    blocked: int
    unread: int
    waiting_since: Millis | None
    last_at: Millis
    last_direction: str
    last_state: str
    preview: str
    assignee: str
    snoozed_until: Millis | None
    author: str | None
    """Who writes, if the name is what they write about."""

    @property
    def full_name(self) -> str:
        """Who writes, and about what."""
        return f"{self.author} · {self.name}" if self.author else self.name


class DialogCard(NamedTuple):
    """A dialog with everything that is known of the client (S-119)."""

    id: DialogId
    channel_id: ChannelId
    line_id: LineId
    contact_id: ContactId | None
    line: str
    channel: str
    kind: str
    chat_kind: "ChatKind"
    key: str
    name: str
    address: str
    username: str
    phone: str
    email: str
    pinned: int
    blocked: int
    reachable: int
    unreachable_code: str
    unread: int
    waiting_since: Millis | None
    last_at: Millis
    created_at: Millis
    person: str
    """The name that the provider gives the client."""
    heard_at: Millis | None
    """When they last wrote; ``None`` for a stranger."""
    first_name: str
    last_name: str
    chain: str
    """Kinds of channels in the order of the client's chain."""
    assignee: str
    """The assignee; empty: nobody."""
    snoozed_until: Millis | None
    renamed: int
    """Whether ``name`` is the operators' own label, which clients never see."""


class MetDialog(NamedTuple):
    """A dialog of a channel that one of many addresses leads to, as far as it decides what may be said there."""

    how: Literal["phone", "address", "key"]
    """The question that it answers: whose contact has this phone, at this address, under this key."""
    value: str
    id: DialogId
    address: str
    name: str
    chat_kind: "ChatKind"
    heard_at: Millis | None
    created_at: Millis
    blocked: int
    reachable: int


class MemberRow(NamedTuple):
    """An operator beside the assignee."""

    operator: str
    role: str


class PresenceRow(NamedTuple):
    """An open window: its operator, the dialog, and until when they count as writing and as present."""

    id: str
    operator: str
    dialog_id: DialogId | None
    typing_until: Millis
    until: Millis


class NoteRow(NamedTuple):
    """An operator's note in a dialog."""

    id: int
    dialog_id: DialogId
    author: str
    text: str
    at: Millis


class WaitingRow(NamedTuple):
    """An outbox row with everything needed to forecast its time and the reason for the delay."""

    id: int
    message_id: MessageId
    dialog_id: DialogId
    name: str
    channel_id: ChannelId
    kind: str
    channel: str
    action: str
    state: str
    not_before: Millis
    wait_code: str
    attempts: int
    health: str
    health_code: str
    paused_until: Millis
    text: str
    person: str
    """The client's own name, where the dialog is named by a subject or by an operator."""
    address: str


class OpenedDialog(NamedTuple):
    """What the store knows of a dialog that was just added; see ``IngestDialog``."""

    id: DialogId
    early: int
    counted: int
    paired: int


class IngestDialog(NamedTuple):
    """The fields of a dialog that ingest needs."""

    id: DialogId
    contact_id: ContactId | None
    blocked: int
    reachable: int
    name: str
    renamed: int
    person: str
    username: str
    phone: str
    email: str
    early: int
    counted: int
    """Whether an operator has an account, for which unread messages are counted."""
    joining: int = 0
    """Whether some dialog is still being joined, so that a message of this one may be in another."""
    paired: int = 0
    """Whether the channel is paired with a CRM."""
