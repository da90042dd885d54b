"""Timers."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field

from chatapp_cli.store.tables.base import Table, moment


class Timer(Table, table=True):
    """A timer that fires once."""

    __table_args__ = (Index("ix_timer_at", "at"),)
    kind: str = Field(primary_key=True)
    """Names the handler."""
    ref: str = Field(primary_key=True)
    """The handler's reference to its subject."""
    at: int = Field(sa_column=moment())
    keeps_hour: int = Field(0, sa_column_kwargs={"server_default": "0"})
    """Whether it keeps its hour when the wall clock is set back, as a person's date does; a wait moves along."""
