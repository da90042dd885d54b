"""What robots were asked to do, and how each fared with each recipient."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, moment, partly, ref


class StoredRun(Table, table=True):
    """One act that a robot, or a step of a bot, was asked for."""

    __tablename__ = "robot_run"
    __table_args__ = (
        UniqueConstraint("key"),
        partly("ix_robot_run_entry", "entry_id", where="entry_id IS NOT NULL"),
        Index("ix_robot_run_link_id", "link_id"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=key())
    link_id: int | None = Field(sa_column=ref("crm_link", null=True))
    """``NULL`` if it was asked for here."""
    key: str
    """The same request has the same one, and is done once."""
    robot: str
    arguments: str
    """As they were filled in, as JSON."""
    card: str
    """As ``deal:17``; empty without one."""
    remote: str
    """The CRM's id of the step that was reached."""
    actor: str
    """The operator who asked for it here."""
    final: int
    """Whether its end is what the messenger says in the end, and not that it is accepted."""
    comment: int
    entry_id: int | None = Field(sa_column=Column(Big, nullable=True))
    """The entry of the ledger that tells it, gone once it is told; ``NULL``: nobody is told."""
    until: int | None = Field(sa_column=Column(BigInteger, nullable=True))
    """When it is told at the latest."""
    state: str
    """``new``, ``open`` or ``ended``."""
    reason: str
    """Why it was not done at all, or not for everybody, as a stored text."""
    created_at: int = Field(sa_column=moment())


class StoredPart(Table, table=True):
    """What was done for one recipient of a robot."""

    __tablename__ = "robot_part"
    __table_args__ = (
        Index("ix_robot_part_run", "run_id", "position"),
        partly("ix_robot_part_message", "message_id", where="message_id IS NOT NULL"),
        partly("ix_robot_part_request", "request_id", where="request_id IS NOT NULL"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=key())
    run_id: int = Field(sa_column=ref("robot_run"))
    position: int = Field(sa_column=Column(Big, nullable=False))
    address: str
    """As it was given."""
    channel_id: int | None = Field(sa_column=Column(Big, nullable=True))
    message_id: int | None = Field(sa_column=Column(Big, nullable=True))
    request_id: int | None = Field(sa_column=Column(Big, nullable=True))
    verdict: str
    """``Y``, ``N``, or empty while it is not decided."""
    code: str
    detail: str
    """What the provider said, with its code."""
    reason: str
    """Why it was refused here, as a stored text."""
    facts: str
    """What was found out, as JSON."""
