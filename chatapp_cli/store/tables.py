"""The tables: the one source for migrations and, later, for the REST models.

Flags are integers and times whole milliseconds, so that both databases read them alike.
Imported only by migrations and tests: importing SQLModel costs most of a second.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    TextClause,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

NEVER_AGAIN = {"sqlite_autoincrement": True}
"""The number of a removed row is not given to another: scripts and stale senders hold on to numbers."""

_Big = BigInteger().with_variant(Integer, "sqlite")


def _key() -> Column[int]:
    return Column(_Big, primary_key=True, autoincrement=True)


def _ref(table: str, *, null: bool = False) -> Column[int]:
    return Column(_Big, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=null)


def _time(*, null: bool = False) -> Column[int]:
    return Column(BigInteger, nullable=null)


def _later(default: str | int = "") -> dict[str, str]:
    """For a column that came with a later revision: what the rows before it have."""
    return {"server_default": str(default)}


_NEWEST = (text("pinned DESC"), text("last_at DESC"), text("id DESC"))
"""The order of the dialog list."""


def _partly(name: str, *columns: str | TextClause, where: str) -> Index:
    """An index of those rows alone that are asked for."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Table(SQLModel):
    """A table of the store, apart from any other that a library may know."""

    metadata = metadata


class Line(Table, table=True):
    """A line joins channels for one purpose of the business (S-003)."""

    id: int | None = Field(sa_column=_key())
    name: str = Field(unique=True)
    created_at: int = Field(sa_column=_time())


class Channel(Table, table=True):
    """A bound account of one kind on a line, with its health and its place in the provider's stream."""

    __table_args__ = (UniqueConstraint("kind", "account"), UniqueConstraint("hook_key"), NEVER_AGAIN)
    id: int | None = Field(sa_column=_key())
    line_id: int = Field(sa_column=_ref("line"))
    kind: str
    account: str
    title: str
    hook_key: str | None
    settings: str = "{}"
    facts: str = "{}"
    capabilities: str = "{}"
    secrets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    cursor: str | None
    revision: int = 0
    """Grows with every change that a running session must come up again for."""
    health: str = "starting"
    health_code: str = ""
    health_detail: str = ""
    health_since: int = Field(sa_column=_time())
    proof_at: int | None = Field(sa_column=_time(null=True))
    paused_until: int = Field(sa_column=_time())
    created_at: int = Field(sa_column=_time())
    strangers_until: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """Until then the account writes to nobody who never wrote: the provider said so."""


class ChannelMemory(Table, table=True):
    """What sessions of a channel keep beside binding and cursor, sealed."""

    __tablename__ = "channel_memory"
    channel_id: int = Field(sa_column=Column(_Big, ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True))
    name: str = Field(primary_key=True)
    value: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Contact(Table, table=True):
    """A person outside, as far as they are known."""

    __table_args__ = (
        _partly("ix_contact_phone", "phone", where="phone <> ''"),
        _partly("ix_contact_email", "email", where="email <> ''"),
    )
    id: int | None = Field(sa_column=_key())
    name: str = ""
    username: str = ""
    phone: str = ""
    email: str = ""
    created_at: int = Field(sa_column=_time())
    first_name: str = Field("", sa_column_kwargs=_later())
    last_name: str = Field("", sa_column_kwargs=_later())
    """Both given by an operator who wrote first, for the account's address book (S-056)."""
    chain: str = Field("", sa_column_kwargs=_later())
    """Kinds of channels in the order in which this person is tried, separated by commas."""


class Dialog(Table, table=True):
    """One chat of one channel. What the list shows is kept here, so that no list ever counts messages."""

    __table_args__ = (
        UniqueConstraint("channel_id", "key"),
        Index("ix_dialog_order", *_NEWEST),
        Index("ix_dialog_line", "line_id", *_NEWEST),
        Index("ix_dialog_channel", "channel_id", *_NEWEST),
        _partly("ix_dialog_unread", *_NEWEST, where="unread > 0"),
        _partly("ix_dialog_waiting", "waiting_since", where="waiting_since IS NOT NULL"),
        _partly("ix_dialog_assignee", "assignee", *_NEWEST, where="assignee <> ''"),
        _partly("ix_dialog_snoozed", "snoozed_until", where="snoozed_until IS NOT NULL"),
        Index("ix_dialog_address", "channel_id", "address"),
        Index("ix_dialog_contact", "contact_id"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=_key())
    channel_id: int = Field(sa_column=_ref("channel"))
    line_id: int = Field(sa_column=_ref("line"))
    contact_id: int | None = Field(sa_column=_ref("contact", null=True))
    key: str
    address: str
    kind: str = "private"
    name: str = ""
    renamed: int = 0
    pinned: int = 0
    blocked: int = 0
    reachable: int = 1
    unreachable_code: str = ""
    unread: int = 0
    waiting_since: int | None = Field(sa_column=_time(null=True))
    last_at: int = Field(sa_column=_time())
    last_id: int | None = Field(sa_column=Column(BigInteger, nullable=True))
    last_direction: str = ""
    last_state: str = ""
    preview: str = ""
    search: str = ""
    created_at: int = Field(sa_column=_time())
    heard_at: int | None = Field(sa_column=_time(null=True))
    """When the other side last wrote; never for a stranger."""
    assignee: str = Field("", sa_column_kwargs=_later())
    """The operator who answers for it; there may be none (S-122)."""
    snoozed_until: int | None = Field(sa_column=_time(null=True))
    """Out of the queue until then."""


class Tag(Table, table=True):
    """A label that dialogs can bear."""

    id: int | None = Field(sa_column=_key())
    name: str = Field(unique=True)


class DialogTag(Table, table=True):
    """Which dialog bears which label."""

    __tablename__ = "dialog_tag"
    dialog_id: int = Field(sa_column=Column(_Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    tag_id: int = Field(sa_column=Column(_Big, ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, index=True))


class DialogMember(Table, table=True):
    """An operator beside the assignee, by role (S-127)."""

    __tablename__ = "dialog_member"
    dialog_id: int = Field(sa_column=Column(_Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    operator: str = Field(primary_key=True)
    role: str
    """``producer``, ``participant`` or ``observer``."""


class Note(Table, table=True):
    """What operators tell one another in a dialog; no client ever reads it."""

    __table_args__ = NEVER_AGAIN
    id: int | None = Field(sa_column=_key())
    dialog_id: int = Field(sa_column=Column(_Big, ForeignKey("dialog.id", ondelete="CASCADE"), index=True))
    author: str
    text: str
    at: int = Field(sa_column=_time())


class ReplySection(Table, table=True):
    """A section of quick replies (S-136)."""

    __tablename__ = "reply_section"
    id: int | None = Field(sa_column=_key())
    name: str = Field(unique=True)


class ReplyEditor(Table, table=True):
    """An operator who was invited to edit a section; a section without any is everybody's."""

    __tablename__ = "reply_editor"
    section_id: int = Field(
        sa_column=Column(_Big, ForeignKey("reply_section.id", ondelete="CASCADE"), primary_key=True)
    )
    operator: str = Field(primary_key=True)


class QuickReply(Table, table=True):
    """A text that operators send with two keys (S-137 to S-140)."""

    __tablename__ = "quick_reply"
    __table_args__ = (UniqueConstraint("section_id", "title"), NEVER_AGAIN)
    id: int | None = Field(sa_column=_key())
    section_id: int = Field(sa_column=_ref("reply_section"))
    title: str
    text: str
    keywords: str = ""
    """«Ключевые вопросы»: what clients ask when this is the answer."""
    category: str = ""
    used: int = 0
    updated_at: int = Field(sa_column=_time())


class QuickReplyFile(Table, table=True):
    """A file that goes with a quick reply."""

    __tablename__ = "quick_reply_file"
    id: int | None = Field(sa_column=_key())
    reply_id: int = Field(sa_column=Column(_Big, ForeignKey("quick_reply.id", ondelete="CASCADE"), index=True))
    name: str
    mime: str
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str
    kind: str


class Arrived(Table, table=True):
    """What a provider delivered, raw and unique; with a problem it is a dead letter."""

    __table_args__ = (
        UniqueConstraint("channel_id", "provider_id"),
        _partly("ix_arrived_dead", "channel_id", "id", where="problem <> ''"),
    )
    id: int | None = Field(sa_column=_key())
    channel_id: int = Field(sa_column=_ref("channel"))
    provider_id: str
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    raw_sha256: str = ""
    problem: str = ""
    at: int = Field(sa_column=_time())


class Message(Table, table=True):
    """One message in either direction."""

    __table_args__ = (
        UniqueConstraint("channel_id", "ext_id", "dialog_id"),
        Index("ix_message_transcript", "dialog_id", text("at DESC"), text("id DESC")),
        _partly("ix_message_trouble", "id", where="state = 'uncertain' OR state = 'failed'"),
        _partly("ix_message_chain", "id", where="chain <> '' AND state = 'failed'"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=_key())
    dialog_id: int = Field(sa_column=_ref("dialog"))
    channel_id: int = Field(sa_column=_ref("channel"))
    arrived_id: int | None = Field(sa_column=Column(_Big, nullable=True))
    direction: str
    origin: str
    author: str = ""
    ext_id: str | None
    key: str | None = Field(unique=True)
    state: str
    code: str = ""
    detail: str = ""
    text: str = ""
    subject: str = ""
    reply_to: str = ""
    album: str = ""
    automatic: int = 0
    at: int = Field(sa_column=_time())
    """When the provider says it was said; what the transcript is sorted by."""
    stored_at: int = Field(sa_column=_time())
    edited_at: int | None = Field(sa_column=_time(null=True))
    deleted_at: int | None = Field(sa_column=_time(null=True))
    template: str = Field("", sa_column_kwargs=_later())
    """The approved template that it was made from and what fills its gaps, as JSON."""
    chain: str = Field("", sa_column_kwargs=_later())
    """Where it goes next should it fail here, as JSON; emptied once it is handed on."""


class MessagePart(Table, table=True):
    """Further provider ids of a message that the channel split."""

    __tablename__ = "message_part"
    dialog_id: int = Field(sa_column=Column(_Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    ext_id: str = Field(primary_key=True)
    message_id: int = Field(sa_column=Column(_Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))


class MessageRevision(Table, table=True):
    """What a message said before it was edited."""

    __tablename__ = "message_revision"
    id: int | None = Field(sa_column=_key())
    message_id: int = Field(sa_column=Column(_Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))
    text: str
    at: int = Field(sa_column=_time())


class Reaction(Table, table=True):
    """One emoji of one person on a message; an empty person is ourselves."""

    message_id: int = Field(sa_column=Column(_Big, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True))
    person: str = Field(primary_key=True)
    emoji: str = Field(primary_key=True)
    name: str = ""


_UNHEARD = "kind = 'voice' AND state = 'here' AND words = '' AND code = ''"


class File(Table, table=True):
    """A file of a message; its content lies in the media folder under its hash."""

    __table_args__ = (
        _partly("ix_file_wanted", "channel_id", "next_at", where="state = 'wanted'"),
        _partly("ix_file_unheard", "next_at", where=_UNHEARD),
    )
    id: int | None = Field(sa_column=_key())
    message_id: int = Field(sa_column=Column(_Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))
    channel_id: int = Field(sa_column=_ref("channel"))
    kind: str
    name: str
    mime: str = ""
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    seconds: int = 0
    sha256: str = ""
    remote: str = ""
    state: str
    """``here``, ``wanted`` or ``missing``."""
    code: str = ""
    attempts: int = 0
    next_at: int = Field(sa_column=_time())
    words: str = Field("", sa_column_kwargs=_later())
    """What is said in a voice message, once the company's own command has written it down."""


class Outbox(Table, table=True):
    """What is still to be done at a channel; the row goes when the verdict is in."""

    __table_args__ = (
        Index("ix_outbox_claim", "channel_id", "state", text("priority DESC"), "id"),
        Index("ix_outbox_dialog", "dialog_id", "state"),
        Index("ix_outbox_due", "state", "not_before"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=_key())
    message_id: int = Field(sa_column=Column(_Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))
    dialog_id: int = Field(sa_column=_ref("dialog"))
    channel_id: int = Field(sa_column=_ref("channel"))
    action: str
    value: str = ""
    """The new text of an edit, the emoji of a reaction."""
    actor: str = ""
    priority: int
    state: str
    """``scheduled``, ``queued`` or ``sending``."""
    not_before: int = Field(sa_column=_time())
    wait_code: str = ""
    attempts: int = 0
    claims: int = 0
    """Grows with every claim; a sender whose claim is not the latest records nothing."""
    created_at: int = Field(sa_column=_time())


class Attempt(Table, table=True):
    """One try at a provider: the delivery log."""

    __table_args__ = (Index("ix_attempt_recent", "channel_id", "started_at"),)
    id: int | None = Field(sa_column=_key())
    message_id: int = Field(sa_column=Column(_Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))
    channel_id: int = Field(sa_column=_ref("channel"))
    dialog_id: int = Field(sa_column=_ref("dialog"))
    action: str
    started_at: int = Field(sa_column=_time())
    finished_at: int | None = Field(sa_column=_time(null=True))
    verdict: str = ""
    code: str = ""
    detail: str = ""
    address: str = Field("", sa_column_kwargs=_later())
    """Where it went, as the dialog was addressed then."""
    stranger: int = Field(0, sa_column_kwargs=_later(0))
    """The other side had never written."""


class Errand(Table, table=True):
    """Something that a channel's live session is asked for beside messages, and its answer; kept for a day."""

    __table_args__ = (Index("ix_errand_waiting", "channel_id", "state", "id"), NEVER_AGAIN)
    id: int | None = Field(sa_column=_key())
    channel_id: int = Field(sa_column=_ref("channel"))
    what: str
    arguments: str = "{}"
    actor: str = ""
    state: str
    """``waiting``, ``running``, ``done`` or ``failed``."""
    code: str = ""
    detail: str = ""
    result: str = ""
    created_at: int = Field(sa_column=_time())
    until: int = Field(sa_column=_time())
    """When nobody waits for it any more."""


class Template(Table, table=True):
    """A text that a provider has to approve before it may be sent."""

    __table_args__ = (UniqueConstraint("channel_id", "name", "language"), NEVER_AGAIN)
    id: int | None = Field(sa_column=_key())
    channel_id: int = Field(sa_column=_ref("channel"))
    name: str
    language: str
    category: str = ""
    state: str
    body: str
    reason: str = ""
    updated_at: int = Field(sa_column=_time())


class Application(Table, table=True):
    """An application on paper to a provider, and how far it got (S-088)."""

    __table_args__ = NEVER_AGAIN
    id: int | None = Field(sa_column=_key())
    line_id: int = Field(sa_column=_ref("line"))
    kind: str
    state: str
    title: str
    answers: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """What was filled in, sealed."""
    document_sha256: str
    document_name: str
    reason: str = ""
    created_at: int = Field(sa_column=_time())
    updated_at: int = Field(sa_column=_time())


class EarlyNews(Table, table=True):
    """A provider's news of a message whose id we have not recorded yet; forgotten after a day."""

    __tablename__ = "early_news"
    __table_args__ = (Index("ix_early_news_ext", "channel_id", "ext_id"),)
    id: int | None = Field(sa_column=_key())
    channel_id: int = Field(sa_column=_ref("channel"))
    ext_id: str
    state: str
    code: str
    detail: str
    at: int = Field(sa_column=_time())


class Journal(Table, table=True):
    """Everything that changed, in order: the bus that daemon, window and command line share."""

    __table_args__ = NEVER_AGAIN
    id: int | None = Field(sa_column=_key())
    at: int = Field(sa_column=_time())
    topic: str
    actor: str = ""
    channel_id: int | None = Field(sa_column=Column(_Big, nullable=True))
    dialog_id: int | None = Field(sa_column=Column(_Big, nullable=True))
    message_id: int | None = Field(sa_column=Column(_Big, nullable=True, index=True))
    data: str = ""
