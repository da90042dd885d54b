"""The journal, its followers and failing effects."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, moment


class Journal(Table, table=True):
    """All changes in order; daemon, window and command line follow it."""

    __table_args__ = NEVER_AGAIN
    id: int | None = Field(sa_column=key())
    at: int = Field(sa_column=moment())
    topic: str
    actor: str = ""
    channel_id: int | None = Field(sa_column=Column(Big, nullable=True))
    dialog_id: int | None = Field(sa_column=Column(Big, nullable=True))
    message_id: int | None = Field(sa_column=Column(Big, nullable=True, index=True))
    data: str = ""


class StoredFollower(Table, table=True):
    """The position of a follower; moved in the transaction that writes the follower's results."""

    __tablename__ = "follower"
    name: str = Field(primary_key=True)
    journal_id: int = Field(sa_column=Column(Big, nullable=False))
    moved_at: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))


class BrokenEffect(Table, table=True):
    """A failing effect; deleted when it works again."""

    __tablename__ = "broken_effect"
    name: str = Field(primary_key=True)
    at: int = Field(sa_column=moment())
    why: str
