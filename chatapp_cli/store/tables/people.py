"""People outside, and operators."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Text, text
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, later, moment, partly, ref


class Contact(Table, table=True):
    """A person outside, as far as they are known."""

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
    """Both given by an operator who wrote first, for the account's address book (S-056)."""
    chain: str = Field("", sa_column_kwargs=later())
    """Kinds of channels in the order in which this person is tried, separated by commas."""
    merged_into: int | None = Field(sa_column=Column(Big, nullable=True))
    """The contact that this one turned out to be; itself never merged into another."""


class ContactMerge(Table, table=True):
    """Two contacts that somebody said are one person.

    Those not undone are a tree whose branches lead from a kept contact to the gone ones: what a merge joined is the
    branch that begins with its gone contact, whatever was merged or undone since.
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
    """Two contacts that somebody said are not one person: never suggested again."""

    __tablename__ = "contact_apart"
    one_id: int = Field(sa_column=Column(Big, ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True))
    other_id: int = Field(
        sa_column=Column(Big, ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    """The greater number of the two."""


class Operator(Table, table=True):
    """Somebody who answers, with an account of their own."""

    name: str = Field(primary_key=True)
    password: str = ""
    """A hash that tells its own algorithm; without one nobody logs in by this name."""
    role: str = "operator"
    every_line: int = 1
    """Whether the lines beside it do not matter: who loses the last of them sees none, not all."""
    disabled: int = 0
    created_at: int = Field(sa_column=moment())
    rights: str = Field("", sa_column_kwargs=later())
    """Rights given beside those of the role, with spaces between."""


class OperatorLine(Table, table=True):
    """A line that an operator sees who does not see every one (S-128)."""

    __tablename__ = "operator_line"
    operator: str = Field(sa_column=Column(Text, ForeignKey("operator.name", ondelete="CASCADE"), primary_key=True))
    line_id: int = Field(sa_column=Column(Big, ForeignKey("line.id", ondelete="CASCADE"), primary_key=True))


class OperatorSession(Table, table=True):
    """A login that still holds; only the hash of its token is kept."""

    __tablename__ = "operator_session"
    token_sha256: str = Field(primary_key=True)
    operator: str = Field(sa_column=Column(Text, ForeignKey("operator.name", ondelete="CASCADE"), nullable=False))
    created_at: int = Field(sa_column=moment())
    until: int = Field(sa_column=moment())


class Presence(Table, table=True):
    """An open window: who looks at which dialog, and who writes in it."""

    __table_args__ = (Index("ix_presence_dialog_id", "dialog_id"),)
    id: str = Field(primary_key=True)
    operator: str
    dialog_id: int | None = Field(sa_column=Column(Big, ForeignKey("dialog.id", ondelete="CASCADE"), nullable=True))
    typing_until: int = Field(sa_column=moment())
    until: int = Field(sa_column=moment())
    """When a window that says nothing more is taken for closed."""
