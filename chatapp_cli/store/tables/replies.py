"""Quick replies."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, later, moment, ref


class ReplySection(Table, table=True):
    """A section of quick replies (S-136)."""

    __tablename__ = "reply_section"
    id: int | None = Field(sa_column=key())
    name: str = Field(unique=True)
    folded: str = Field("", index=True, sa_column_kwargs=later())
    """The name as it is compared."""


class ReplyEditor(Table, table=True):
    """An operator who was invited to edit a section; without editors, everybody may."""

    __tablename__ = "reply_editor"
    section_id: int = Field(sa_column=Column(Big, ForeignKey("reply_section.id", ondelete="CASCADE"), primary_key=True))
    operator: str = Field(primary_key=True)


class QuickReply(Table, table=True):
    """A quick reply (S-137 to S-140)."""

    __tablename__ = "quick_reply"
    __table_args__ = (UniqueConstraint("section_id", "title"), Index(None, "folded", "section_id"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    section_id: int = Field(sa_column=ref("reply_section"))
    title: str
    folded: str = Field("", sa_column_kwargs=later())
    """The title as it is compared."""
    text: str
    keywords: str = ""
    """«Ключевые вопросы»: what clients ask when this is the answer."""
    category: str = ""
    buttons: str = Field("", sa_column_kwargs=later())
    """The texts of its buttons, as a JSON list; empty for none."""
    used: int = 0
    updated_at: int = Field(sa_column=moment())


class QuickReplyFile(Table, table=True):
    """A file that goes with a quick reply."""

    __tablename__ = "quick_reply_file"
    id: int | None = Field(sa_column=key())
    reply_id: int = Field(sa_column=Column(Big, ForeignKey("quick_reply.id", ondelete="CASCADE"), index=True))
    name: str
    mime: str
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str
    kind: str
