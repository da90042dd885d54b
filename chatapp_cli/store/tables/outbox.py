"""The outbox and the delivery log."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, text
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, later, moment, ref


class Outbox(Table, table=True):
    """An operation still to be done in a channel; the row is deleted with the verdict."""

    __table_args__ = (
        Index("ix_outbox_claim", "channel_id", "state", text("priority DESC"), "id"),
        Index("ix_outbox_dialog", "dialog_id", "state"),
        Index("ix_outbox_due", "state", "not_before"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=key())
    message_id: int = Field(sa_column=Column(Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))
    dialog_id: int = Field(sa_column=ref("dialog"))
    channel_id: int = Field(sa_column=ref("channel"))
    action: str
    value: str = ""
    """The new text of an edit, the emoji of a reaction."""
    actor: str = ""
    priority: int
    state: str
    """``scheduled``, ``queued``, ``claimed`` by a sender that waits for its turn, or ``sending``: handed over."""
    not_before: int = Field(sa_column=moment())
    wait_code: str = ""
    attempts: int = 0
    claims: int = 0
    """Incremented by every claim; a sender whose claim is not the latest records nothing."""
    created_at: int = Field(sa_column=moment())
    epoch: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """The lease under which it was claimed last."""


class Attempt(Table, table=True):
    """An attempt at a provider, in the delivery log."""

    __table_args__ = (Index("ix_attempt_recent", "channel_id", "started_at"),)
    id: int | None = Field(sa_column=key())
    message_id: int = Field(sa_column=Column(Big, ForeignKey("message.id", ondelete="CASCADE"), index=True))
    channel_id: int = Field(sa_column=ref("channel"))
    dialog_id: int = Field(sa_column=ref("dialog"))
    action: str
    started_at: int = Field(sa_column=moment())
    finished_at: int | None = Field(sa_column=moment(null=True))
    verdict: str = ""
    code: str = ""
    detail: str = ""
    address: str = Field("", sa_column_kwargs=later())
    """The dialog's address at that time."""
    stranger: int = Field(0, sa_column_kwargs=later(0))
    """The other side had never written."""
