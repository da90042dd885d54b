"""What the named statements give back: one shape per question, columns in this order.

Named tuples, because every command makes these classes when it starts: a frozen dataclass costs six times as much.
Their types are named as they are, for each that is only a text (``from __future__``) would be compiled: four times.
"""

from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.ids import (
    ApplicationId,
    ChannelId,
    ContactId,
    DialogId,
    ErrandId,
    FileId,
    LineId,
    MessageId,
    Millis,
    QuickReplyId,
    SectionId,
)

if TYPE_CHECKING:
    from chatapp_cli.domain.event import ChatKind, FileKind
    from chatapp_cli.domain.template import TemplateState


class LineRow(NamedTuple):
    """A line and how much it joins."""

    id: LineId
    name: str
    channels: int
    dialogs: int
    unread: int


class ChannelRow(NamedTuple):
    """A bound channel as a person sees it: no secrets."""

    id: ChannelId
    line_id: LineId
    line: str
    kind: str
    account: str
    title: str
    hook_key: str | None
    settings: str
    facts: str
    capabilities: str
    cursor: str | None
    revision: int
    health: str
    health_code: str
    health_detail: str
    health_since: Millis
    proof_at: Millis | None
    paused_until: Millis
    strangers_until: Millis
    paused_code: str
    paused_detail: str


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


class ViewRow(NamedTuple):
    """A filter under a name."""

    id: int
    operator: str
    """Whose it is; empty: everybody's."""
    name: str
    wanted: str
    """The filter, as JSON."""
    position: int


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


class OperatorRow(NamedTuple):
    """An account; the password's hash is for comparing alone."""

    name: str
    password: str
    role: str
    every_line: int
    disabled: int
    created_at: Millis

    def __repr__(self) -> str:
        """Show everything but the hash."""
        return f"OperatorRow(name={self.name!r}, role={self.role!r}, disabled={self.disabled})"


class SeenLineRow(NamedTuple):
    """A line that an operator sees."""

    id: LineId
    name: str


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


class CallRow(NamedTuple):
    """A note in which somebody may be mentioned, and what the dialog is called."""

    id: int
    dialog_id: DialogId
    author: str
    text: str
    at: Millis
    name: str


class ContactRow(NamedTuple):
    """A person outside, and the order of channels in which they are tried."""

    id: ContactId
    name: str
    username: str
    phone: str
    email: str
    chain: str


class WayRow(NamedTuple):
    """A dialog among those of a person: by which channel and to which address they can be answered."""

    id: DialogId
    contact_id: ContactId
    channel_id: ChannelId
    kind: str
    """Of the channel."""
    channel: str
    line: str
    name: str
    address: str
    unread: int
    blocked: int
    reachable: int
    heard_at: Millis | None
    last_at: Millis


class MergeRow(NamedTuple):
    """A merge of two contacts that holds."""

    id: int
    kept: ContactId
    gone: ContactId


class AlikeRow(NamedTuple):
    """Two contacts that stand for people, and what they have in common."""

    one: ContactId
    other: ContactId
    strength: int
    shared: str


class MessageRow(NamedTuple):
    """A message of the transcript."""

    id: MessageId
    dialog_id: DialogId
    direction: str
    origin: str
    author: str
    ext_id: str | None
    key: str | None
    state: str
    code: str
    detail: str
    text: str
    subject: str
    reply_to: str
    album: str
    at: Millis
    stored_at: Millis
    edited_at: Millis | None
    deleted_at: Millis | None


class FileRow(NamedTuple):
    """A file of a message."""

    id: FileId
    message_id: MessageId
    channel_id: ChannelId
    kind: "FileKind"
    name: str
    mime: str
    size: int
    seconds: int
    sha256: str
    remote: str
    state: str
    code: str
    attempts: int
    words: str
    """What is said in a voice message."""


class ReactionRow(NamedTuple):
    """One emoji on a message."""

    message_id: MessageId
    person: str
    emoji: str
    name: str


class OutboxRow(NamedTuple):
    """Something waiting to be done, or being done."""

    id: int
    message_id: MessageId
    dialog_id: DialogId
    channel_id: ChannelId
    action: str
    value: str
    actor: str
    priority: int
    state: str
    not_before: Millis
    wait_code: str
    attempts: int
    claims: int


class AttemptRow(NamedTuple):
    """One line of the delivery log."""

    id: int
    message_id: MessageId
    action: str
    started_at: Millis
    finished_at: Millis | None
    verdict: str
    code: str
    detail: str


class RecentSend(NamedTuple):
    """A send that the governor has to remember."""

    address: str
    chat_kind: "ChatKind"
    stranger: int
    at: Millis


class ErrandRow(NamedTuple):
    """Something that a session is asked for beside messages."""

    id: ErrandId
    channel_id: ChannelId
    what: str
    arguments: str
    actor: str
    state: str
    code: str
    detail: str
    result: str
    until: Millis


class ArrivedRow(NamedTuple):
    """A raw arrival; dead if it has a problem."""

    id: int
    channel_id: ChannelId
    provider_id: str
    raw: bytes
    raw_sha256: str
    problem: str
    at: Millis


class JournalRow(NamedTuple):
    """One piece of news."""

    id: int
    at: Millis
    topic: str
    actor: str
    channel_id: ChannelId | None
    dialog_id: DialogId | None
    message_id: MessageId | None
    data: str


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


class TroubledRow(NamedTuple):
    """A message of ours that a person has to look at."""

    id: MessageId
    dialog_id: DialogId
    name: str
    channel_id: ChannelId
    kind: str
    channel: str
    state: str
    code: str
    detail: str
    at: Millis
    text: str


class TemplateRow(NamedTuple):
    """A text that a provider has to approve."""

    id: int
    channel_id: ChannelId
    name: str
    language: str
    category: str
    state: "TemplateState"
    body: str
    reason: str
    updated_at: Millis


class ApplicationRow(NamedTuple):
    """An application on paper, without what was filled in."""

    id: ApplicationId
    line_id: LineId
    line: str
    kind: str
    """Of the channel."""
    state: str
    title: str
    """Who applies."""
    document_sha256: str
    document_name: str
    reason: str
    created_at: Millis
    updated_at: Millis


class SectionRow(NamedTuple):
    """A section of quick replies."""

    id: SectionId
    name: str
    replies: int


class QuickReplyRow(NamedTuple):
    """A quick reply, without its files."""

    id: QuickReplyId
    section_id: SectionId
    section: str
    title: str
    text: str
    keywords: str
    category: str
    used: int
    updated_at: Millis
