"""The store as one operator sees it (S-128): only their lines, with their own unread counts.

A query through it finds only visible rows: the statement is preceded by common table expressions with the names
of the tables, which hide the real ones. So no query can forget the check, and it costs nothing for people who see
everything. Statements that change rows are not filtered: every change begins with a query for its dialog, message or
channel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.journal.base import Audience
from chatapp_cli.domain.journal.reading import topics_for
from chatapp_cli.store.named import Statement

_BEGINS = re.compile(r"(SELECT|WITH RECURSIVE|WITH)\s")
_CHANGES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM) \w")
_WORD = re.compile(r"\w+")
_OF_CHANNELS = ("alarm", "message", "file", "outbox", "attempt", "arrived", "errand", "template", "crm_pairing")
_OF_LINES = ("channel", "application")
_OF_DIALOGS = ("note", "dialog_member", "dialog_tag", "presence", "crm_dialog", "crm_entry")
_BY_READER = {"dialogs.totals": "unread.totals", "lines.all": "unread.lines"}
"""Counts over all dialogs start, for a reader, from their few unread ones."""


class Visibility:
    """Row-level visibility for one operator."""

    def __init__(self, dialect: str, *, lines: Sequence[LineId] | None, reader: str = "") -> None:
        """``lines`` are visible, ``None``: all; the unread counts are those of ``reader``, empty: the desk's."""
        self._schema = {"sqlite": "main", "postgresql": "public"}[dialect]
        self._lines, self._reader = lines, reader
        self._shown: Mapping[str, str] | None = None
        self._instead = _BY_READER if reader else {}
        self._percent = "%%" if dialect == "postgresql" else "%"
        self._seen: dict[str, Statement] = {}

    def learn(self, columns: Callable[[str], Sequence[str]]) -> None:
        """Read the columns of the tables; required before the first query."""
        if self._shown is None:
            columns_of_dialog = columns(f"{self._schema}.dialog")
            self._shown = dict(_shown(self._schema, columns_of_dialog, self._lines, self._reader))

    def statement(self, name: str, whole: Mapping[str, Statement]) -> Statement:
        """A named statement with the filter applied."""
        found = self._seen.get(name)
        if found is None:
            sql, pick = whole[self._instead.get(name, name)]
            found = self._seen[name] = Statement(self.sql(sql), pick)
        return found

    def sql(self, whole: str) -> str:
        """A statement with the filter applied; unchanged if it changes rows."""
        begins = _BEGINS.match(whole)
        if begins is None or _CHANGES.search(whole):
            return whole
        if self._shown is None:
            raise RuntimeError("the visibility has not read the store's columns")
        named = set(_WORD.findall(whole))
        hides = ", ".join(
            f"{table} AS NOT MATERIALIZED ({rows})" for table, rows in self._shown.items() if table in named
        )
        if not hides:
            return whole
        hides = hides.replace("%", self._percent)
        return f"WITH {hides} {whole}" if begins[1] == "SELECT" else f"{begins[1]} {hides}, {whole[begins.end() :]}"


def _shown(
    schema: str, columns: Sequence[str], lines: Sequence[LineId] | None, reader: str
) -> Iterator[tuple[str, str]]:
    """Each filtered table with the query for its visible rows."""
    if reader or lines is not None:
        yield "dialog", _dialogs(schema, columns, lines, reader)
    if reader:
        yield "dialog_unread", f"SELECT * FROM {schema}.dialog_unread WHERE operator = {_quoted(reader)}"
    if lines is None:
        return
    these = f"line_id IN ({_list(lines)})"
    yield "line", f"SELECT * FROM {schema}.line WHERE id IN ({_list(lines)})"
    for table in _OF_LINES:
        yield table, f"SELECT * FROM {schema}.{table} WHERE {these}"
    channel = f"channel_id IN (SELECT c.id FROM {schema}.channel c WHERE c.{these})"
    for table in _OF_CHANNELS:
        yield table, f"SELECT * FROM {schema}.{table} WHERE {channel}"
    line = f"o.subject = 'line' AND o.ref IN ({_list(lines)})"
    of_channel = f"o.subject = 'channel' AND o.ref IN (SELECT c.id FROM {schema}.channel c WHERE c.{these})"
    yield (
        "stored_option",
        f"SELECT o.* FROM {schema}.stored_option o WHERE o.subject = 'company' OR {line} OR {of_channel}",
    )
    dialog = f"EXISTS (SELECT 1 FROM {schema}.dialog d WHERE d.id = t.dialog_id AND d.{these})"
    for table in _OF_DIALOGS:
        yield table, f"SELECT t.* FROM {schema}.{table} t WHERE t.dialog_id IS NULL OR {dialog}"
    yield "contact", _contacts(schema, these)
    own = f"t.actor = {_quoted(reader)}" if reader else "1 = 0"
    of_run = f"SELECT 1 FROM {schema}.robot_part p WHERE p.run_id = t.id AND p.channel_id IS NOT NULL"
    hidden = f"{of_run} AND NOT p.{channel}"
    yield (
        "robot_run",
        f"SELECT t.* FROM {schema}.robot_run t WHERE {own} OR (EXISTS ({of_run}) AND NOT EXISTS ({hidden}))",
    )
    message = f"SELECT 1 FROM {schema}.message m WHERE m.id = t.message_id AND m.{channel}"
    audible = _audible(schema, these, reader)
    yield (
        "journal",
        (
            f"SELECT t.* FROM {schema}.journal t WHERE {audible} AND (t.dialog_id IS NULL OR {dialog})"
            f" AND (t.channel_id IS NULL OR t.{channel}) AND (t.message_id IS NULL OR EXISTS ({message}))"
        ),
    )


def _audible(schema: str, these: str, reader: str) -> str:
    """The visible part of the journal, according to the types of events.

    What an event is about without a column of its own stands first in its stored values.
    """
    topics = {one: ", ".join(_quoted(topic) for topic in topics_for(one)) for one in Audience}
    by_type = ", ".join(topics[one] for one in (Audience.ALL_LINES, Audience.APPLICATION, Audience.OWN))
    about_something = "COALESCE(t.channel_id, t.dialog_id, t.message_id) IS NOT NULL"
    shared = f"t.topic NOT IN ({by_type}) AND ({about_something} OR t.topic IN ({topics[Audience.LINE_OR_EVERYBODY]}))"
    named = """t.data LIKE '{"application": ' || a.id || ',%'"""
    application = f"EXISTS (SELECT 1 FROM {schema}.application a WHERE a.{these} AND {named})"
    about_one = f"t.topic IN ({topics[Audience.APPLICATION]}) AND {application}"
    own = f"t.topic IN ({topics[Audience.OWN]}) AND {_own(reader)}" if reader else "1 = 0"
    return f"(({shared}) OR ({about_one}) OR ({own}))"


def _own(reader: str) -> str:
    """Whether the event names the reader first, or was caused by them."""
    named = f'{{"name": {json.dumps(reader, ensure_ascii=False)}'
    return f"(t.actor = {_quoted(reader)} OR substr(t.data, 1, {len(named)}) = {_quoted(named)})"


def _dialogs(schema: str, columns: Sequence[str], lines: Sequence[LineId] | None, reader: str) -> str:
    unread = "d.unread"
    if reader:
        own = f"SELECT u.n FROM {schema}.dialog_unread u WHERE u.operator = {_quoted(reader)} AND u.dialog_id = d.id"
        unread = f"COALESCE(({own}), 0) AS unread"
    shown = ", ".join(unread if column == "unread" else f"d.{column}" for column in columns)
    dialogs = f"SELECT {shown} FROM {schema}.dialog d"
    if lines is None:
        return dialogs
    # With several lines a list is read in its own order: the plus keeps SQLite from sorting what they all have.
    return f"{dialogs} WHERE {'+' if len(lines) > 1 else ''}d.line_id IN ({_list(lines)})"


def _contacts(schema: str, these: str) -> str:
    """Contacts with a visible dialog, directly or through a merged contact, or without any dialog."""
    has = f"EXISTS (SELECT 1 FROM {schema}.dialog d WHERE d.contact_id = p.id"
    other = f"SELECT 1 FROM {schema}.contact o JOIN {schema}.dialog d ON d.contact_id = o.id WHERE o.merged_into = p.id"
    return (
        f"SELECT p.* FROM {schema}.contact p WHERE {has} AND d.{these}) OR NOT {has}) OR EXISTS ({other} AND d.{these})"
    )


def _list(lines: Sequence[LineId]) -> str:
    return ", ".join(str(int(line)) for line in lines) or "NULL"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
