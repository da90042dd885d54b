"""The bus."""

from __future__ import annotations

from sqlalchemy import Column
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, moment


class Journal(Table, table=True):
    """Everything that changed, in order: the bus that daemon, window and command line share."""

    __table_args__ = NEVER_AGAIN
    id: int | None = Field(sa_column=key())
    at: int = Field(sa_column=moment())
    topic: str
    actor: str = ""
    channel_id: int | None = Field(sa_column=Column(Big, nullable=True))
    dialog_id: int | None = Field(sa_column=Column(Big, nullable=True))
    message_id: int | None = Field(sa_column=Column(Big, nullable=True, index=True))
    data: str = ""


class Follower(Table, table=True):
    """How far somebody who acts on the journal got; moved in the transaction that writes what they planned."""

    name: str = Field(primary_key=True)
    journal_id: int = Field(sa_column=Column(Big, nullable=False))


class BrokenEffect(Table, table=True):
    """What belongs to an event and fails; deleted when it works again."""

    __tablename__ = "broken_effect"
    name: str = Field(primary_key=True)
    at: int = Field(sa_column=moment())
    why: str
