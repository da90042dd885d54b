"""The tables: the one source for migrations and, later, for the REST models.

Imported only by migrations and tests: importing SQLModel costs most of a second.
"""

from __future__ import annotations

from chatapp_cli.store.tables import (
    automation,
    channels,
    crm,
    dialogs,
    journal,
    keeping,
    messages,
    options,
    outbox,
    people,
    replies,
    robots,
    timers,
)
from chatapp_cli.store.tables.base import metadata

__all__ = [
    "automation",
    "channels",
    "crm",
    "dialogs",
    "journal",
    "keeping",
    "messages",
    "metadata",
    "options",
    "outbox",
    "people",
    "replies",
    "robots",
    "timers",
]
