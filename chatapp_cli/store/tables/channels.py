"""Lines, channels and data of channels."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, later, moment, ref


class Line(Table, table=True):
    """A line joins channels for one purpose of the business (S-003)."""

    id: int | None = Field(sa_column=key())
    name: str = Field(unique=True)
    created_at: int = Field(sa_column=moment())


class Channel(Table, table=True):
    """A bound account of one kind on a line, with its health and its cursor."""

    __table_args__ = (UniqueConstraint("kind", "account"), UniqueConstraint("hook_key"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    line_id: int = Field(sa_column=ref("line"))
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
    """Incremented by every change that has to restart the session."""
    health: str = "starting"
    health_code: str = ""
    health_detail: str = ""
    health_since: int = Field(sa_column=moment())
    proof_at: int | None = Field(sa_column=moment(null=True))
    paused_until: int = Field(sa_column=moment())
    created_at: int = Field(sa_column=moment())
    strangers_until: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """Until then the account does not write to strangers, because the provider said so."""
    paused_code: str = Field("", sa_column_kwargs=later())
    """Why nothing is sent until ``paused_until``."""
    paused_detail: str = Field("", sa_column_kwargs=later())
    look_at: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """When a stopped channel looks again by itself; 0 if it does not."""


class ChannelMemory(Table, table=True):
    """The memory of a channel's sessions, encrypted."""

    __tablename__ = "channel_memory"
    channel_id: int = Field(sa_column=Column(Big, ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True))
    name: str = Field(primary_key=True)
    value: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredTemplate(Table, table=True):
    """A text that a provider has to approve before it may be sent."""

    __tablename__ = "template"
    __table_args__ = (UniqueConstraint("channel_id", "name", "language"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    channel_id: int = Field(sa_column=ref("channel"))
    name: str
    language: str
    category: str = ""
    state: str
    body: str
    reason: str = ""
    updated_at: int = Field(sa_column=moment())


class Application(Table, table=True):
    """An application on paper to a provider, with its stage (S-088)."""

    __table_args__ = NEVER_AGAIN
    id: int | None = Field(sa_column=key())
    line_id: int = Field(sa_column=ref("line"))
    kind: str
    state: str
    title: str
    answers: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The answers, encrypted."""
    document_sha256: str
    document_name: str
    reason: str = ""
    created_at: int = Field(sa_column=moment())
    updated_at: int = Field(sa_column=moment())


class StoredSessionRequest(Table, table=True):
    """A request to a channel's live session and its answer; kept for a day."""

    __tablename__ = "errand"
    __table_args__ = (Index("ix_errand_waiting", "channel_id", "state", "id"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    channel_id: int = Field(sa_column=ref("channel"))
    what: str
    arguments: str = "{}"
    actor: str = ""
    state: str
    """``waiting``, ``running``, ``done`` or ``failed``."""
    code: str = ""
    detail: str = ""
    result: str = ""
    created_at: int = Field(sa_column=moment())
    until: int = Field(sa_column=moment())
    """When the requester stops waiting."""
