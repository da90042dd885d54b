"""Options of the company, lines, channels and CRMs."""

from __future__ import annotations

from sqlalchemy import Column
from sqlmodel import Field

from chatapp_cli.store.tables.base import Big, Table


class StoredOption(Table, table=True):
    """An option as a person wrote it; names that this version does not know are kept."""

    __tablename__ = "stored_option"
    subject: str = Field(primary_key=True)
    """``company``, ``line``, ``channel`` or ``crm``; ``next_link`` for what the next link to a CRM will have."""
    ref: int = Field(sa_column=Column(Big, primary_key=True, autoincrement=False))
    """Its number; 0 for the company and the next link."""
    name: str = Field(primary_key=True)
    value: str
