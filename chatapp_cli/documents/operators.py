"""Operators, views, journal entries and settings."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.journal.base import document, topic
from chatapp_cli.domain.moment import iso

if TYPE_CHECKING:
    from chatapp_cli.domain.access import Acting
    from chatapp_cli.domain.attendance import Attendance
    from chatapp_cli.domain.journal.reading import JournalEntry
    from chatapp_cli.services.operators import OperatorAccount
    from chatapp_cli.store.rows.operators import IdentityRow, ViewRow


def attendance(one: Attendance) -> Mapping[str, Any]:
    """Whether an operator is there: ``state`` is ``there`` or why not; a limit of 0 is none."""
    return {
        "operator": one.operator,
        "state": "there" if one.absence is None else one.absence.value,
        "since": None if one.since is None else iso(one.since),
        "until": None if one.until is None else iso(one.until),
        "reason": one.reason,
        "waiting": one.waiting,
        "limit": one.most,
        "hours": one.hours,
        "zone": one.zone,
    }


def account(one: OperatorAccount, there: Attendance) -> Mapping[str, Any]:
    """An operator with the lines they see; ``None``: all. ``attendance`` is by the hours of the company."""
    return {
        "name": one.who.name,
        "role": one.who.role,
        "disabled": bool(one.who.disabled),
        "lines": None if one.lines is None else [line.name for line in one.lines],
        "created_at": iso(one.who.created_at),
        "email": one.who.email,
        "only_own": bool(one.who.only_own),
        "attendance": attendance(there),
    }


def rights(name: str, granted: Collection[Right]) -> Mapping[str, Any]:
    """The rights of an operator, in the order of the rights table."""
    return {"name": name, "rights": [str(right) for right in Right if right in granted]}


def identity(row: IdentityRow) -> Mapping[str, Any]:
    """Who an operator is at a provider by which they can log in."""
    return row._asdict()


def acting(who: Acting, lines: Sequence[str] | None, there: Attendance | None) -> Mapping[str, Any]:
    """The acting operator, and the names of the lines they see; ``None``: all. Nobody is never there."""
    return {
        "name": who.name,
        "account": who.account,
        "lines": lines,
        "only_own": who.only_own,
        "owner": who.owner,
        "attendance": None if there is None else attendance(there),
    }


def view(row: ViewRow, dialogs: int) -> Mapping[str, Any]:
    """A view, and its number of dialogs; ``filter`` is what it filters by, ``wanted`` the same as text."""
    return {**row._asdict(), "filter": json.loads(row.wanted), "dialogs": dialogs}


def waste(name: str, n: int, size: int) -> Mapping[str, Any]:
    """What ``gc`` deletes or packs: how many rows or files, and the bytes of files."""
    return {"name": name, "n": n, "bytes": size}


def news(entry: JournalEntry) -> Mapping[str, Any]:
    """A journal entry."""
    event = entry.event
    return {
        "number": entry.id,
        "at": iso(entry.at),
        "topic": topic(event),
        "actor": entry.actor,
        "channel": event.channel,
        "dialog": event.dialog,
        "message": event.message,
        "data": document(event),
    }


def setting(value: object, source: str, ref: int = 0) -> Mapping[str, Any]:
    """A setting's value and source; ``ref`` is the number of its line or channel."""
    return {"value": value, "source": source, **({source: ref} if ref else {})}


def options(stored: Mapping[str, object]) -> Mapping[str, Any]:
    """The stored value of each option, as written; ``None``: none."""
    return dict(stored)
