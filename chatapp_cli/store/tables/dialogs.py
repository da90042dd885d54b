"""Dialogs with tags, members, notes and drafts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, UniqueConstraint
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, NEWEST, Big, Table, key, later, moment, partly, ref


class Dialog(Table, table=True):
    """One chat of one channel. It stores what the list shows, so that no list has to count messages."""

    __table_args__ = (
        UniqueConstraint("channel_id", "key"),
        Index("ix_dialog_order", *NEWEST),
        Index("ix_dialog_line", "line_id", *NEWEST),
        Index("ix_dialog_channel", "channel_id", *NEWEST),
        partly("ix_dialog_unread", *NEWEST, where="unread > 0"),
        partly("ix_dialog_waiting", "waiting_since", where="waiting_since IS NOT NULL"),
        partly("ix_dialog_assignee", "assignee", *NEWEST, where="assignee <> ''"),
        partly("ix_dialog_snoozed", "snoozed_until", where="snoozed_until IS NOT NULL"),
        Index("ix_dialog_address", "channel_id", "address"),
        Index("ix_dialog_contact", "contact_id"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=key())
    channel_id: int = Field(sa_column=ref("channel"))
    line_id: int = Field(sa_column=ref("line"))
    contact_id: int | None = Field(sa_column=ref("contact", null=True))
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
    waiting_since: int | None = Field(sa_column=moment(null=True))
    last_at: int = Field(sa_column=moment())
    last_id: int | None = Field(sa_column=Column(BigInteger, nullable=True))
    last_direction: str = ""
    last_state: str = ""
    preview: str = ""
    search: str = ""
    created_at: int = Field(sa_column=moment())
    heard_at: int | None = Field(sa_column=moment(null=True))
    """When the other side last wrote; ``NULL`` for a stranger."""
    assignee: str = Field("", sa_column_kwargs=later())
    """The assignee; may be empty (S-122)."""
    snoozed_until: int | None = Field(sa_column=moment(null=True))
    """Snoozed until then."""
    waived_at: int | None = Field(sa_column=moment(null=True))
    """When a person last said that no answer is needed."""
    early: int = Field(0, sa_column_kwargs=later(0))
    """Whether changes wait for a message that has not arrived yet."""


class Tag(Table, table=True):
    """A tag for dialogs."""

    id: int | None = Field(sa_column=key())
    name: str = Field(unique=True)


class DialogTag(Table, table=True):
    """A tag on a dialog."""

    __tablename__ = "dialog_tag"
    dialog_id: int = Field(sa_column=Column(Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    tag_id: int = Field(sa_column=Column(Big, ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, index=True))


class DialogMember(Table, table=True):
    """An operator beside the assignee, by role (S-127)."""

    __tablename__ = "dialog_member"
    __table_args__ = (Index("ix_dialog_member_operator", "operator", "dialog_id"),)
    dialog_id: int = Field(sa_column=Column(Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    operator: str = Field(primary_key=True)
    role: str
    """``producer``, ``participant`` or ``observer``."""


class Note(Table, table=True):
    """An operator's note in a dialog; clients never see it."""

    __table_args__ = NEVER_AGAIN
    id: int | None = Field(sa_column=key())
    dialog_id: int = Field(sa_column=Column(Big, ForeignKey("dialog.id", ondelete="CASCADE"), index=True))
    author: str
    text: str
    at: int = Field(sa_column=moment())


class DialogUnread(Table, table=True):
    """An account's unread count of a dialog; independent of the read marks that the client sees."""

    __tablename__ = "dialog_unread"
    operator: str = Field(sa_column=Column(Text, ForeignKey("operator.name", ondelete="CASCADE"), primary_key=True))
    dialog_id: int = Field(
        sa_column=Column(Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    n: int


class StoredDraft(Table, table=True):
    """An operator's unsent draft in a dialog."""

    __tablename__ = "draft"
    operator: str = Field(primary_key=True)
    dialog_id: int = Field(
        sa_column=Column(Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    sheet: str
    """Text, subject, files and quote, as JSON."""
    at: int = Field(sa_column=moment())


class SavedView(Table, table=True):
    """A saved view with its position among the others."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("operator", "name"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    operator: str = ""
    """Its owner; empty: shared."""
    name: str
    wanted: str
    """The filter, as JSON."""
    position: int
