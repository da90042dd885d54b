"""What the company, lines, channels and CRMs have set for themselves."""

from __future__ import annotations

from sqlalchemy import Column
from sqlmodel import Field

from chatapp_cli.store.tables.base import Big, Table


class StoredOption(Table, table=True):
    """One option of one of them, as a person wrote it; a name that this version does not know is kept."""

    __tablename__ = "stored_option"
    subject: str = Field(primary_key=True)
    """``company``, ``line``, ``channel`` or ``crm``."""
    ref: int = Field(sa_column=Column(Big, primary_key=True, autoincrement=False))
    """Its number; 0 for the company."""
    name: str = Field(primary_key=True)
    value: str
