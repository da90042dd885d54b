"""Who holds the lease of the store, who has to be warned, and who tried to log in."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, moment


class Lease(Table, table=True):
    """The one row that says which process holds the lease of the store; times are the database's."""

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    epoch: int = Field(sa_column=Column(BigInteger, nullable=False))
    """Incremented whenever another process takes the lease."""
    holder: str
    kind: str
    taken_at: int = Field(sa_column=moment())
    beat_at: int = Field(sa_column=moment())
    wanted_by: str
    wanted_at: int = Field(sa_column=moment())


class Alarm(Table, table=True):
    """Something that a person has to know of, from when it broke until it healed and that was told."""

    kind: str = Field(primary_key=True)
    ref: str = Field(primary_key=True)
    """What of the kind it concerns, such as a channel's number."""
    channel_id: int | None = Field(sa_column=Column(Big, ForeignKey("channel.id", ondelete="CASCADE"), nullable=True))
    text: str
    since: int = Field(sa_column=moment())
    told_at: int | None = Field(sa_column=moment(null=True))
    healed_at: int | None = Field(sa_column=moment(null=True))
    tries: int = 0


class LoginAttempt(Table, table=True):
    """A failed login, by the operator's canonical name or by the address that it came from."""

    __tablename__ = "login_attempt"
    __table_args__ = (Index("ix_login_attempt_recent", "kind", "value", "at"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    kind: str
    value: str
    at: int = Field(sa_column=moment())
