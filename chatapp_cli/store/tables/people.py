"""Clients' contacts, and operators."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, text
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, later, moment, partly, ref


class Contact(Table, table=True):
    """A client, as far as they are known."""

    __table_args__ = (
        partly("ix_contact_phone", "phone", where="phone <> ''"),
        partly("ix_contact_email", "email", where="email <> ''"),
        partly("ix_contact_username", text("LOWER(username)"), where="username <> ''"),
        partly("ix_contact_name", "name", where="name <> ''"),
        partly("ix_contact_merged", "merged_into", where="merged_into IS NOT NULL"),
    )
    id: int | None = Field(sa_column=key())
    name: str = ""
    username: str = ""
    phone: str = ""
    email: str = ""
    created_at: int = Field(sa_column=moment())
    first_name: str = Field("", sa_column_kwargs=later())
    last_name: str = Field("", sa_column_kwargs=later())
    """Both names were given by an operator when writing first, for the account's address book (S-056)."""
    chain: str = Field("", sa_column_kwargs=later())
    """The chain: kinds of channels in order, separated by commas."""
    merged_into: int | None = Field(sa_column=Column(Big, nullable=True))
    """The contact that this one was merged into, which is itself never merged."""


class ContactMerge(Table, table=True):
    """Two contacts that an operator declared to be one person.

    Current merges form a tree in which each branch leads from a kept contact to those merged into it; undoing a merge
    cuts off its branch, whatever was merged or undone since.
    """

    __tablename__ = "contact_merge"
    __table_args__ = (
        partly("ix_contact_merge_kept", "kept_id", where="undone_at IS NULL"),
        partly("ix_contact_merge_gone", "gone_id", where="undone_at IS NULL"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=key())
    kept_id: int = Field(sa_column=ref("contact"))
    gone_id: int = Field(sa_column=ref("contact"))
    actor: str
    at: int = Field(sa_column=moment())
    undone_at: int | None = Field(sa_column=moment(null=True))


class ContactApart(Table, table=True):
    """Two contacts that an operator declared to be different people; never suggested again."""

    __tablename__ = "contact_apart"
    one_id: int = Field(sa_column=Column(Big, ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True))
    other_id: int = Field(
        sa_column=Column(Big, ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    """The larger id of the two."""


class Operator(Table, table=True):
    """An operator's account."""

    name: str = Field(primary_key=True)
    password: str = ""
    """A hash that names its algorithm; empty: nobody can log in."""
    role: str = "operator"
    every_line: int = 1
    """Whether all lines are visible; otherwise an operator without lines sees none."""
    disabled: int = 0
    created_at: int = Field(sa_column=moment())
    rights: str = Field("", sa_column_kwargs=later())
    """Rights given in addition to the role's, separated by spaces."""
    email: str = Field("", sa_column_kwargs=later())
    """By which CRMs know them; empty: unknown."""
    only_own: int = Field(0, sa_column_kwargs=later(0))
    """Whether of the dialogs in their lines only those are visible that are theirs (S-128)."""


class OperatorLine(Table, table=True):
    """A line that an operator sees who does not see all (S-128)."""

    __tablename__ = "operator_line"
    operator: str = Field(sa_column=Column(Text, ForeignKey("operator.name", ondelete="CASCADE"), primary_key=True))
    line_id: int = Field(sa_column=Column(Big, ForeignKey("line.id", ondelete="CASCADE"), primary_key=True))


class OperatorSession(Table, table=True):
    """A valid login; only the hash of its token is stored."""

    __tablename__ = "operator_session"
    token_sha256: str = Field(primary_key=True)
    operator: str = Field(sa_column=Column(Text, ForeignKey("operator.name", ondelete="CASCADE"), nullable=False))
    created_at: int = Field(sa_column=moment())
    until: int = Field(sa_column=moment())
    seen_at: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """When the operator was last active."""


class OperatorIdentity(Table, table=True):
    """Who an operator is at a provider by which they can log in (S-024)."""

    __tablename__ = "operator_identity"
    __table_args__ = (Index("ux_operator_identity_operator", "operator", "way", "realm", unique=True),)
    way: str = Field(primary_key=True)
    realm: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    operator: str = Field(sa_column=Column(Text, ForeignKey("operator.name", ondelete="CASCADE"), nullable=False))
    name: str = ""
    """What they are called there, when they were connected."""
    created_at: int = Field(sa_column=moment())


class AttendanceRecord(Table, table=True):
    """Whether an operator is away, and when and how much they work (K-06).

    It names no account: the owner, who needs none, can be away too.
    """

    __tablename__ = "attendance"
    operator: str = Field(primary_key=True)
    away_since: int | None = Field(sa_column=moment(null=True))
    away_until: int | None = Field(sa_column=moment(null=True))
    """When they count as back; ``None``: when they say so."""
    reason: str = ""
    hours: str = ""
    """As they were typed; empty: those of the line."""
    zone: str = ""
    most: int = 0
    """How many dialogs may wait for them; 0: any number."""
    turn: int = Field(0, sa_column=Column(BigInteger, nullable=False))
    """Grows with every dialog that is given to anybody: who has the smallest is next."""


class Presence(Table, table=True):
    """An open window: its operator, the dialog, and whether they are typing."""

    __table_args__ = (Index("ix_presence_dialog_id", "dialog_id"),)
    id: str = Field(primary_key=True)
    operator: str
    dialog_id: int | None = Field(sa_column=Column(Big, ForeignKey("dialog.id", ondelete="CASCADE"), nullable=True))
    typing_until: int = Field(sa_column=moment())
    until: int = Field(sa_column=moment())
    """When a silent window counts as closed."""
