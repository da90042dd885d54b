"""The tables: the one source for migrations and, later, for the REST models.

Flags are integers and times whole milliseconds, so that both databases read them alike.
Imported only by migrations and tests: importing SQLModel costs most of a second.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, UniqueConstraint, text
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


class Line(SQLModel, table=True):
    """A line joins channels for one purpose of the business (S-003)."""

    metadata = metadata
    id: int | None = Field(sa_column=_key())
    name: str = Field(unique=True)
    created_at: int = Field(sa_column=_time())


class Channel(SQLModel, table=True):
    """A bound account of one kind on a line, with its health and its place in the provider's stream."""

    metadata = metadata
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


class ChannelMemory(SQLModel, table=True):
    """What sessions of a channel keep beside binding and cursor, sealed."""

    metadata = metadata
    __tablename__ = "channel_memory"
    channel_id: int = Field(sa_column=Column(_Big, ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True))
    name: str = Field(primary_key=True)
    value: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Contact(SQLModel, table=True):
    """A person outside, as far as they are known."""

    metadata = metadata
    __table_args__ = (
        Index("ix_contact_phone", "phone", sqlite_where=text("phone <> ''"), postgresql_where=text("phone <> ''")),
        Index("ix_contact_email", "email", sqlite_where=text("email <> ''"), postgresql_where=text("email <> ''")),
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


class Dialog(SQLModel, table=True):
    """One chat of one channel. What the list shows is kept here, so that no list ever counts messages."""

    metadata = metadata
    __table_args__ = (
        UniqueConstraint("channel_id", "key"),
        Index("ix_dialog_order", text("pinned DESC"), text("last_at DESC"), text("id DESC")),
        Index("ix_dialog_line", "line_id", text("pinned DESC"), text("last_at DESC"), text("id DESC")),
        Index("ix_dialog_channel", "channel_id", text("pinned DESC"), text("last_at DESC"), text("id DESC")),
        Index(
            "ix_dialog_unread",
            text("pinned DESC"),
            text("last_at DESC"),
            text("id DESC"),
            sqlite_where=text("unread > 0"),
            postgresql_where=text("unread > 0"),
        ),
        Index(
            "ix_dialog_waiting",
            "waiting_since",
            sqlite_where=text("waiting_since IS NOT NULL"),
            postgresql_where=text("waiting_since IS NOT NULL"),
        ),
        Index(
            "ix_dialog_assignee",
            "assignee",
            text("pinned DESC"),
            text("last_at DESC"),
            text("id DESC"),
            sqlite_where=text("assignee <> ''"),
            postgresql_where=text("assignee <> ''"),
        ),
        Index(
            "ix_dialog_snoozed",
            "snoozed_until",
            sqlite_where=text("snoozed_until IS NOT NULL"),
            postgresql_where=text("snoozed_until IS NOT NULL"),
        ),
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


class Tag(SQLModel, table=True):
    """A label that dialogs can bear."""

    metadata = metadata
    id: int | None = Field(sa_column=_key())
    name: str = Field(unique=True)


class DialogTag(SQLModel, table=True):
    """Which dialog bears which label."""

    metadata = metadata
    __tablename__ = "dialog_tag"
    dialog_id: int = Field(sa_column=Column(_Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    tag_id: int = Field(sa_column=Column(_Big, ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, index=True))


class DialogMember(SQLModel, table=True):
    """An operator beside the assignee, by role (S-127)."""

    metadata = metadata
    __tablename__ = "dialog_member"
    dialog_id: int = Field(sa_column=Column(_Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    operator: str = Field(primary_key=True)
    role: str
    """``producer``, ``participant`` or ``observer``."""


class Note(SQLModel, table=True):
    """What operators tell one another in a dialog; no client ever reads it."""

    metadata = metadata
    __table_args__ = NEVER_AGAIN
    id: int | None = Field(sa_column=_key())
    dialog_id: int = Field(sa_column=Column(_Big, ForeignKey("dialog.id", ondelete="CASCADE"), index=True))
    author: str
    text: str
    at: int = Field(sa_column=_time())


class ReplySection(SQLModel, table=True):
    """A section of quick replies (S-136)."""

    metadata = metadata
    __tablename__ = "reply_section"
    id: int | None = Field(sa_column=_key())
    name: str = Field(unique=True)


class ReplyEditor(SQLModel, table=True):
    """An operator who was invited to edit a section; a section without any is everybody's."""

    metadata = metadata
    __tablename__ = "reply_editor"
    section_id: int = Field(
        sa_column=Column(_Big, ForeignKey("reply_section.id", ondelete="CASCADE"), primary_key=True)
    )
    operator: str = Field(primary_key=True)


class QuickReply(SQLModel, table=True):
    """A text that operators send with two keys (S-137 to S-140)."""

    metadata = metadata
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


class QuickReplyFile(SQLModel, table=True):
    """A file that goes with a quick reply."""

    metadata = metadata
    __tablename__ = "quick_reply_file"
    id: int | None = Field(sa_column=_key())
    reply_id: int = Field(sa_column=Column(_Big, ForeignKey("quick_reply.id", ondelete="CASCADE"), index=True))
    name: str
    mime: str
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str
    kind: str


class Arrived(SQLModel, table=True):
    """What a provider delivered, raw and unique; with a problem it is a dead letter."""

    metadata = metadata
    __table_args__ = (
        UniqueConstraint("channel_id", "provider_id"),
        Index(
            "ix_arrived_dead",
            "channel_id",
            "id",
            sqlite_where=text("problem <> ''"),
            postgresql_where=text("problem <> ''"),
        ),
    )
    id: int | None = Field(sa_column=_key())
    channel_id: int = Field(sa_column=_ref("channel"))
    provider_id: str
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    raw_sha256: str = ""
    problem: str = ""
    at: int = Field(sa_column=_time())


class Message(SQLModel, table=True):
    """One message in either direction."""

    metadata = metadata
    __table_args__ = (
        UniqueConstraint("channel_id", "ext_id", "dialog_id"),
        Index("ix_message_transcript", "dialog_id", text("at DESC"), text("id DESC")),
        Index(
            "ix_message_trouble",
            "id",
            sqlite_where=text("state = 'uncertain' OR state = 'failed'"),
            postgresql_where=text("state = 'uncertain' OR state = 'failed'"),
        ),
        Index(
            "ix_message_chain",
            "id",
            sqlite_where=text("chain <> '' AND state = 'failed'"),
            postgresql_where=text("chain <> '' AND state = 'failed'"),
        ),
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


class MessagePart(SQLModel, table=True):
    """Further provider ids of a message that the channel split."""

    metadata = metadata
    __tablename__ = "message_part"
    dialog_id: int = Field(sa_column=Column(_Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    ext_id: str = Field(primary_key=True)
    message_id: int = Field(sa_column=Column(_Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))


class MessageRevision(SQLModel, table=True):
    """What a message said before it was edited."""

    metadata = metadata
    __tablename__ = "message_revision"
    id: int | None = Field(sa_column=_key())
    message_id: int = Field(sa_column=Column(_Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))
    text: str
    at: int = Field(sa_column=_time())


class Reaction(SQLModel, table=True):
    """One emoji of one person on a message; an empty person is ourselves."""

    metadata = metadata
    message_id: int = Field(sa_column=Column(_Big, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True))
    person: str = Field(primary_key=True)
    emoji: str = Field(primary_key=True)
    name: str = ""


_UNHEARD = "kind = 'voice' AND state = 'here' AND words = '' AND code = ''"


class File(SQLModel, table=True):
    """A file of a message; its content lies in the media folder under its hash."""

    metadata = metadata
    __table_args__ = (
        Index(
            "ix_file_wanted",
            "channel_id",
            "next_at",
            sqlite_where=text("state = 'wanted'"),
            postgresql_where=text("state = 'wanted'"),
        ),
        Index("ix_file_unheard", "next_at", sqlite_where=text(_UNHEARD), postgresql_where=text(_UNHEARD)),
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


class Outbox(SQLModel, table=True):
    """What is still to be done at a channel; the row goes when the verdict is in."""

    metadata = metadata
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


class Attempt(SQLModel, table=True):
    """One try at a provider: the delivery log."""

    metadata = metadata
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


class Errand(SQLModel, table=True):
    """Something that a channel's live session is asked for beside messages, and its answer; kept for a day."""

    metadata = metadata
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


class Template(SQLModel, table=True):
    """A text that a provider has to approve before it may be sent."""

    metadata = metadata
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


class Application(SQLModel, table=True):
    """An application on paper to a provider, and how far it got (S-088)."""

    metadata = metadata
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


class EarlyNews(SQLModel, table=True):
    """A provider's news of a message whose id we have not recorded yet; forgotten after a day."""

    metadata = metadata
    __tablename__ = "early_news"
    __table_args__ = (Index("ix_early_news_ext", "channel_id", "ext_id"),)
    id: int | None = Field(sa_column=_key())
    channel_id: int = Field(sa_column=_ref("channel"))
    ext_id: str
    state: str
    code: str
    detail: str
    at: int = Field(sa_column=_time())


class Journal(SQLModel, table=True):
    """Everything that changed, in order: the bus that daemon, window and command line share."""

    metadata = metadata
    __table_args__ = NEVER_AGAIN
    id: int | None = Field(sa_column=_key())
    at: int = Field(sa_column=_time())
    topic: str
    actor: str = ""
    channel_id: int | None = Field(sa_column=Column(_Big, nullable=True))
    dialog_id: int | None = Field(sa_column=Column(_Big, nullable=True))
    message_id: int | None = Field(sa_column=Column(_Big, nullable=True, index=True))
    data: str = ""
