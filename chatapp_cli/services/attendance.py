"""Who is there to be given a dialog: away, own working hours, and how many dialogs may wait for them (K-06)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final, NamedTuple

from chatapp_cli.domain import hours_text, limits, zones
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.attendance import Absence, Attendance
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.finding import by_name
from chatapp_cli.domain.ids import LineId, Millis
from chatapp_cli.domain.journal.operators import CameBack, OwnHoursChanged, WaitingLimitChanged, WentAway
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, business_hours, duties, operators
from chatapp_cli.services.business_hours import BusinessHours
from chatapp_cli.services.options import Options
from chatapp_cli.store.rows.operators import AttendanceRow
from chatapp_cli.store.tx import Tx

MOST: Final = 10_000
"""The largest limit of waiting dialogs."""


def leave(tx: Tx, *, until: Millis | None = None, reason: str = "") -> None:
    """Be away, until a time or until one says that one is back. Raises UsageError for a time in the past."""
    access.require(tx, Right.ANSWER)
    reason = reason.strip()
    limits.NAME.require(reason, field="reason")
    if until is not None and until <= tx.now:
        raise UsageError(T("That time is in the past."), field="until")
    known = duties.away(tx)
    since = tx.now if known is None else known.away_since
    tx.run("attendance.leave", name=tx.name, since=since, until=until, reason=reason)
    tx.emit(WentAway(name=tx.name, until=until, reason=reason or None))


def come_back(tx: Tx) -> bool:
    """Be there again; false if one was not away, or that time is over."""
    access.require(tx, Right.ANSWER)
    was_away = duties.away(tx) is not None
    if tx.run("attendance.come_back", name=tx.name) and was_away:
        tx.emit(CameBack(name=tx.name))
    return was_away


def set_hours(tx: Tx, name: str, hours: str, zone: str = "") -> None:
    """Give an operator working hours of their own; empty: those of the line. Raises UsageError for what is no hours.

    Without a zone they are by the clocks of the line.
    """
    access.require(tx, Right.USERS)
    operators.require_above(tx, name)
    hours, zone = hours.strip(), zone.strip()
    limits.KEYWORDS.require(hours, field="hours")
    if hours:
        hours_text.week(hours)
    if zone:
        zones.zone_of(zone, "zone")
    tx.run("attendance.keep_hours", name=name, hours=hours, zone=zone)
    tx.emit(OwnHoursChanged(name=name, hours=hours))


def set_limit(tx: Tx, name: str, most: int) -> None:
    """Set how many dialogs may wait for an operator before they are given no more; 0: any number."""
    access.require(tx, Right.USERS)
    operators.require_above(tx, name)
    if not 0 <= most <= MOST:
        raise UsageError(T("A limit is a number from 0 to {most}.", most=MOST), field="most")
    tx.run("attendance.keep_limit", name=name, most=most)
    tx.emit(WaitingLimitChanged(name=name, most=most))


def of(tx: Tx, name: str) -> AttendanceRow:
    """What is kept of an operator."""
    return tx.one(AttendanceRow, "attendance.one", name=name) or AttendanceRow(name)


def sees(tx: Tx, name: str, line: LineId) -> bool:
    """Whether somebody sees a line; who has no account sees every one."""
    whole = tx.whole()
    return operators.known(whole, name) is None or name in whole.all(str, "attendance.seeing", line=line)


class _Closed(NamedTuple):
    """Since when and until when somebody's hours are over."""

    since: Millis | None
    until: Millis | None


@dataclass(frozen=True, slots=True)
class Roster:
    """Says who is there; nothing is hidden from it, whoever asks."""

    hours: BusinessHours

    def of_line(self, tx: Tx, line: LineId) -> list[Attendance]:
        """The operators with an account who see a line, by name."""
        seeing = set(tx.whole().all(str, "attendance.seeing", line=line))
        return [one for one in self.everybody(tx, line) if one.operator in seeing]

    def everybody(self, tx: Tx, line: LineId | None = None) -> list[Attendance]:
        """All accounts and whoever else is away, by name; by the hours of a line or of the company."""
        whole = tx.whole()
        disabled = {row.name: bool(row.disabled) for row in operators.everything(whole)}
        kept = _kept(whole)
        names = disabled.keys() | {name for name, row in kept.items() if row.is_away(tx.now)}
        return self._found(whole, {name: disabled.get(name, False) for name in names}, kept, line)

    def one(self, tx: Tx, name: str, line: LineId | None = None) -> Attendance:
        """One operator, with an account or without."""
        whole = tx.whole()
        known = operators.known(whole, name)
        off = known is not None and bool(known.disabled)
        return self._found(whole, {name: off}, {name: of(whole, name)}, line)[0]

    def absent(self, tx: Tx, names: Collection[str], line: LineId | None = None) -> Mapping[str, Attendance]:
        """Those of some operators who are not there."""
        everybody = self.everybody(tx, line)
        return {one.operator: one for one in everybody if one.absence is not None and one.operator in names}

    def _found(
        self, tx: Tx, disabled: Mapping[str, bool], kept: Mapping[str, AttendanceRow], line: LineId | None
    ) -> list[Attendance]:
        waiting = dict(tx.all(lambda name, n: (name, n), "attendance.waiting"))
        closed = cache(partial(self._closed, tx, line))
        found = []
        for name in sorted(disabled, key=by_name):
            row = kept.get(name, AttendanceRow(name))
            there = Attendance(name, None, None, None, "", waiting.get(name, 0), row.most, row.hours, row.zone)
            off = there._replace(absence=Absence.DISABLED)
            found.append(off if disabled[name] else _judged(there, row, tx.now, closed))
        return found

    def _closed(self, tx: Tx, line: LineId | None, hours: str, zone: str) -> _Closed | None:
        """``None``: within their hours, or the calendar of these cannot be read, which the line itself says."""
        try:
            known = self.hours.personal(tx, hours, zone, line)
        except UsageError:
            return None
        if known is None or (state := known.state(tx.now)).is_open:
            return None
        return _Closed(known.closed_since(tx.now), state.until)


def _judged(
    there: Attendance, row: AttendanceRow, now: Millis, closed: Callable[[str, str], _Closed | None]
) -> Attendance:
    """Whether somebody whose account is in use is there."""
    if row.is_away(now):
        return there._replace(absence=Absence.AWAY, since=row.away_since, until=row.away_until, reason=row.reason)
    if (over := closed(row.hours, row.zone)) is not None:
        return there._replace(absence=Absence.OUTSIDE, since=over.since, until=over.until)
    return there._replace(absence=Absence.FULL) if there.most and there.waiting >= there.most else there


def of_company(options: Options, folder: Path) -> Roster:
    """Says who is there in a company; its own calendars are kept in its folder."""
    return Roster(business_hours.of_company(options, folder))


def _kept(tx: Tx) -> Mapping[str, AttendanceRow]:
    return {row.operator: row for row in tx.all(AttendanceRow, "attendance.all")}
