"""Messages in both directions, with their parts, files and reactions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, later, moment, partly, ref


class Arrived(Table, table=True):
    """A raw arrival from a provider, unique; with a problem it is a dead letter."""

    __table_args__ = (
        UniqueConstraint("channel_id", "provider_id"),
        partly("ix_arrived_dead", "channel_id", "id", where="problem <> ''"),
    )
    id: int | None = Field(sa_column=key())
    channel_id: int = Field(sa_column=ref("channel"))
    provider_id: str
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    raw_sha256: str = ""
    problem: str = ""
    at: int = Field(sa_column=moment())
    packed: int = Field(0, sa_column=Column(Big, nullable=False, server_default="0"))
    """How ``raw`` is stored: 0 as it came, -1 no longer, otherwise packed with this dictionary."""
    who: str = Field("", sa_column_kwargs=later())
    """Who sent what could not be shown, if that was readable."""
    dialog_id: int | None = Field(sa_column=Column(Big, nullable=True))


class RawDictionary(Table, table=True):
    """Bytes that arrivals of a kind have in common; only added, since packed rows need them."""

    __tablename__ = "raw_dictionary"
    __table_args__ = (Index("ix_raw_dictionary_kind", "kind", "id"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    kind: str
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: int = Field(sa_column=moment())


class Message(Table, table=True):
    """One message in either direction."""

    __table_args__ = (
        UniqueConstraint("channel_id", "ext_id", "dialog_id"),
        Index("ix_message_transcript", "dialog_id", text("at DESC"), text("id DESC")),
        partly("ix_message_trouble", "id", where="state = 'uncertain' OR state = 'failed'"),
        partly("ix_message_late", "id", where="state = 'sent' AND (code = 'delayed' OR code = 'copy_failed')"),
        partly("ix_message_chain", "id", where="chain <> '' AND state = 'failed'"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=key())
    dialog_id: int = Field(sa_column=ref("dialog"))
    channel_id: int = Field(sa_column=ref("channel"))
    arrived_id: int | None = Field(sa_column=Column(Big, nullable=True))
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
    at: int = Field(sa_column=moment())
    """The provider's time of the message, by which the transcript is sorted."""
    stored_at: int = Field(sa_column=moment())
    edited_at: int | None = Field(sa_column=moment(null=True))
    deleted_at: int | None = Field(sa_column=moment(null=True))
    template: str = Field("", sa_column_kwargs=later())
    """The approved template that it was made from, with its values, as JSON."""
    chain: str = Field("", sa_column_kwargs=later())
    """The channels to try next if it fails, as JSON; emptied when it is passed on or delivered."""
    sender: str = Field("", sa_column_kwargs=later())
    """The provider's id of its author, who alone may change it."""
    author_phone: str = Field("", sa_column_kwargs=later())
    """The phone of a group's member who wrote it, as ``+`` and digits; empty if it is not told."""
    placeholder: int = Field(0, sa_column_kwargs=later(0))
    """Whether it stands for a message that the provider will show later under the same id."""
    asked: str = Field("", sa_column_kwargs=later())
    """Digest of what was asked for under its key; empty where nobody chose a key, or before this was kept."""
    ended_wait: int | None = Field(sa_column=moment(null=True))
    """Of an answer: since when the client had waited for one; it counts again if the answer fails."""


class MessagePart(Table, table=True):
    """Further provider ids of a message that the channel split."""

    __tablename__ = "message_part"
    dialog_id: int = Field(sa_column=Column(Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    ext_id: str = Field(primary_key=True)
    message_id: int = Field(sa_column=Column(Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))
    bears_text: int = Field(0, sa_column_kwargs=later(0))
    """Whether it carries text; if no part is marked, the first id carries all of it."""


class Mail(Table, table=True):
    """What a mail has beside its message."""

    __table_args__ = (partly("ix_mail_event", "event", where="event <> ''"),)
    message_id: int = Field(sa_column=Column(Big, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True))
    whole: str
    """All of its text, if the message's text leaves lines out; otherwise empty."""
    folded_lines: int
    """How many lines the message's text leaves out."""
    notes: str
    """What the desk says of a mail that came at the end of its text, which its author did not write."""
    recipients: str
    """See ``domain.recipients``."""
    signature: str
    """What stands below the text of a mail of ours, filled in."""
    forwards: int
    """Whether a mail of ours passes on another one."""
    typed_subject: int
    """Whether a person gave a mail of ours its subject, so that it goes out as it is."""
    answers: str
    """The ``ext_id`` of the mail whose people get copies of ours, and which it answers; empty: the last one."""
    event: str
    """The event of an invitation, a cancellation or an answer, see ``domain.invitation``; otherwise empty."""
    invitation: str
    """``open`` for an invitation, ``cancelled``, or the decision of an answer."""
    calendar: str
    """The invitation, see ``EventInvitation``; of an answer the calendar that it answers."""


class MessageButtons(Table, table=True):
    """The buttons of a message of ours, or the one that a client's message stands for."""

    __tablename__ = "message_buttons"
    message_id: int = Field(sa_column=Column(Big, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True))
    texts: str
    """As a JSON list; empty for a message of a client."""
    listed: int
    """Whether they are a numbered list in the message's text, because the channel does not carry them."""
    pressed: str
    """The text of the button that the client pressed, or named by its number; otherwise empty."""


class MessageRevision(Table, table=True):
    """The text of a message before an edit."""

    __tablename__ = "message_revision"
    id: int | None = Field(sa_column=key())
    message_id: int = Field(sa_column=Column(Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))
    text: str
    at: int = Field(sa_column=moment())


class Reaction(Table, table=True):
    """An emoji of a person on a message; an empty person is us."""

    message_id: int = Field(sa_column=Column(Big, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True))
    person: str = Field(primary_key=True)
    emoji: str = Field(primary_key=True)
    name: str = ""


_UNHEARD = "kind = 'voice' AND state = 'here' AND words = '' AND code = ''"


class File(Table, table=True):
    """A file of a message; its content is in the media folder under its hash."""

    __table_args__ = (
        partly("ix_file_wanted", "channel_id", "next_at", where="state = 'wanted'"),
        partly("ix_file_unheard", "next_at", where=_UNHEARD),
    )
    id: int | None = Field(sa_column=key())
    message_id: int = Field(sa_column=Column(Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))
    channel_id: int = Field(sa_column=ref("channel"))
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
    next_at: int = Field(sa_column=moment())
    words: str = Field("", sa_column_kwargs=later())
    """The transcript of a voice message, made by the company's command."""


class EarlyNews(Table, table=True):
    """A report or change for a message that has not arrived or whose id is unknown; kept for a day."""

    __tablename__ = "early_news"
    __table_args__ = (Index("ix_early_news_ext", "channel_id", "ext_id"),)
    id: int | None = Field(sa_column=key())
    channel_id: int = Field(sa_column=ref("channel"))
    ext_id: str
    state: str
    """The reported state of our message; empty for a change."""
    code: str
    detail: str
    at: int = Field(sa_column=moment())
    dialog_key: str = Field("", sa_column_kwargs=later())
    change: str = Field("", sa_column_kwargs=later())
    """An edit, a deletion or a reaction: the event's name and the event as JSON."""
    about: str = Field("", sa_column_kwargs=later())
    """The recipients that a report is about, as a JSON list; empty if it does not say."""
