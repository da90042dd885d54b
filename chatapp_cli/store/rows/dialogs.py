"""Dialogs, and what colleagues add to them."""

from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId, LineId, MessageId, Millis

if TYPE_CHECKING:
    from chatapp_cli.domain.event import ChatKind


class DialogRow(NamedTuple):
    """A line of the dialog list; all it needs without another question."""

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
    """Kinds of channels in the order in which the client is tried."""
    assignee: str
    """The operator who answers for it; empty: nobody."""
    snoozed_until: Millis | None
    renamed: int
    """``name`` is the operators' own label: nobody else ever reads it."""


class MemberRow(NamedTuple):
    """An operator beside the assignee."""

    operator: str
    role: str


class PresenceRow(NamedTuple):
    """An open window: who sits there, what they look at, until when they count as writing and as there."""

    id: str
    operator: str
    dialog_id: DialogId | None
    typing_until: Millis
    until: Millis


class NoteRow(NamedTuple):
    """What an operator told the others in a dialog."""

    id: int
    dialog_id: DialogId
    author: str
    text: str
    at: Millis


class WaitingRow(NamedTuple):
    """An outbox row with everything that tells when it goes and why not yet."""

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


class Known(NamedTuple):
    """What ingest has to know of a dialog."""

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
    """Whether there is an operator with an account, for whom it is counted what is unread."""
