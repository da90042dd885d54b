"""What is due at a time."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field

from chatapp_cli.store.tables.base import Table, moment


class Timer(Table, table=True):
    """Something that is to happen once, at a time."""

    __table_args__ = (Index("ix_timer_at", "at"),)
    kind: str = Field(primary_key=True)
    """Names the handler."""
    ref: str = Field(primary_key=True)
    """What it is about, in the handler's own spelling."""
    at: int = Field(sa_column=moment())
    keeps_hour: int = Field(0, sa_column_kwargs={"server_default": "0"})
    """Whether it is a person's date and stays when the wall clock is set back; a wait is moved with it."""
