"""The store as one operator sees it (S-128): only their lines, or only their dialogs, with their own unread counts.

A query through it finds only visible rows: the statement is preceded by common table expressions with the names
of the tables, which hide the real ones. So no query can forget the check, and it costs nothing for people who see
everything. Statements that change rows are not filtered: every change begins with a query for its dialog, message or
channel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.journal.base import Audience
from chatapp_cli.domain.journal.reading import topics_for
from chatapp_cli.store.named import Statement

_BEGINS = re.compile(r"(SELECT|WITH RECURSIVE|WITH)\s")
_CHANGES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM) \w")
_WORD = re.compile(r"\w+")
_OF_CHANNELS = ("errand", "template", "crm_pairing", "auto_stop")
_OF_MESSAGING = ("message", "outbox", "attempt", "arrived")
"""Of a channel, and about one of its dialogs."""
_OF_LINES = ("channel", "application")
_OF_DIALOGS = (
    "note", "dialog_member", "dialog_tag", "presence", "crm_dialog", "crm_stage",
    "auto_act", "auto_answer", "auto_quiet",
)  # fmt: skip
_BY_READER = {"dialogs.totals": "unread.totals", "lines.all": "unread.lines"}
"""Counts over all dialogs start, for a reader, from their few unread ones."""


class Visibility:
    """Row-level visibility for one operator."""

    def __init__(
        self, dialect: str, *, lines: Sequence[LineId] | None, reader: str = "", only_own: bool = False
    ) -> None:
        """``lines`` are visible, ``None``: all; the unread counts are those of ``reader``, empty: the desk's.

        With ``only_own`` of their dialogs only those that are the reader's: assigned to them, or with them as a member.
        """
        self._schema = {"sqlite": "main", "postgresql": "public"}[dialect]
        self._lines, self._reader, self._only_own = lines, reader, only_own
        self._shown: Mapping[str, str] | None = None
        self._instead = _BY_READER if reader else {}
        self._percent = "%%" if dialect == "postgresql" else "%"
        self._seen: dict[str, Statement] = {}

    def learn(self, columns: Callable[[str], Sequence[str]]) -> None:
        """Read the columns of the tables; required before the first query."""
        if self._shown is None:
            columns_of_dialog = columns(f"{self._schema}.dialog")
            shown = _Shown(self._schema, self._lines, self._reader, only_own=self._only_own)
            self._shown = dict(shown.tables(columns_of_dialog))

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


class _Shown:
    """The visible rows of each table, as SQL."""

    def __init__(self, schema: str, lines: Sequence[LineId] | None, reader: str, *, only_own: bool) -> None:
        self.schema, self.lines, self.reader, self.only_own = schema, lines, reader, only_own
        self.seen_lines = f"SELECT l.id FROM {schema}.line l" if lines is None else _list(lines)
        self.these = f"line_id IN ({self.seen_lines})"
        self.channel = f"channel_id IN (SELECT c.id FROM {schema}.channel c WHERE c.{self.these})"

    def tables(self, columns_of_dialog: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each filtered table with the query for its visible rows."""
        if self.reader or self.lines is not None:
            yield "dialog", self._dialogs(columns_of_dialog)
        if self.reader:
            mine = f"WHERE operator = {_quoted(self.reader)}"
            yield "dialog_unread", f"SELECT * FROM {self.schema}.dialog_unread {mine}"
        if self.lines is not None:
            yield from self._of_lines()
        if self.lines is not None or self.only_own:
            yield from self._of_dialogs()

    def _of_lines(self) -> Iterator[tuple[str, str]]:
        yield "line", f"SELECT * FROM {self.schema}.line WHERE id IN ({self.seen_lines})"
        for table in _OF_LINES:
            yield table, f"SELECT * FROM {self.schema}.{table} WHERE {self.these}"
        yield "auto_rule", f"SELECT * FROM {self.schema}.auto_rule WHERE line_id IS NULL OR {self.these}"
        for table in _OF_CHANNELS:
            yield table, f"SELECT * FROM {self.schema}.{table} WHERE {self.channel}"
        line = f"o.subject = 'line' AND o.ref IN ({self.seen_lines})"
        channels = f"SELECT c.id FROM {self.schema}.channel c WHERE c.{self.these}"
        of_channel = f"o.subject = 'channel' AND o.ref IN ({channels})"
        yield (
            "stored_option",
            f"SELECT o.* FROM {self.schema}.stored_option o WHERE o.subject = 'company' OR {line} OR {of_channel}",
        )

    def _of_dialogs(self) -> Iterator[tuple[str, str]]:
        schema, dialog = self.schema, self._dialog("t.dialog_id")
        for table in _OF_MESSAGING:
            yield table, f"SELECT * FROM {schema}.{table} WHERE {self._message('')}"
        of_message = f"EXISTS (SELECT 1 FROM {schema}.message m WHERE m.id = t.message_id AND {self._message('m.')})"
        about = of_message if self.only_own else f"t.{self.channel}"
        yield "file", f"SELECT t.* FROM {schema}.file t WHERE {about}"
        for table in _OF_DIALOGS:
            yield table, f"SELECT t.* FROM {schema}.{table} t WHERE t.dialog_id IS NULL OR {dialog}"
        alarm = f" AND kind = {_quoted(AlarmKind.CHANNEL)}" if self.only_own else ""
        yield "alarm", f"SELECT * FROM {schema}.alarm WHERE {self.channel}{alarm}"
        yield "crm_entry", self._entries(dialog)
        yield "crm_arrived", f"SELECT * FROM {schema}.crm_arrived WHERE 1 = 0"
        yield "contact", self._contacts()
        yield "robot_run", self._runs()
        told = f"{dialog} OR {self._lost()}" if self.only_own else dialog
        anybodys = f" AND NOT ({self._of_anybody()})" if self.only_own else ""
        yield (
            "journal",
            (
                f"SELECT t.* FROM {schema}.journal t WHERE {self._audible()} AND (t.dialog_id IS NULL OR {told})"
                f" AND (t.channel_id IS NULL OR t.{self.channel}) AND (t.message_id IS NULL OR {of_message})"
                f"{anybodys}"
            ),
        )

    def _own(self) -> str:
        """The dialogs that are the reader's; the second condition lets SQLite use the index of assignees."""
        name = _quoted(self.reader)
        assigned = f"SELECT o.id FROM {self.schema}.dialog o WHERE o.assignee = {name} AND o.assignee <> ''"
        return f"{assigned} UNION ALL SELECT b.dialog_id FROM {self.schema}.dialog_member b WHERE b.operator = {name}"

    def _message(self, of: str) -> str:
        own = f" AND {of}dialog_id IN ({self._own()})" if self.only_own else ""
        return f"{of}{self.channel}{own}"

    def _dialog(self, number: str) -> str:
        """Whether the dialog with a number is visible."""
        own = f" AND d.id IN ({self._own()})" if self.only_own else ""
        return f"EXISTS (SELECT 1 FROM {self.schema}.dialog d WHERE d.id = {number} AND d.{self.these}{own})"

    def _dialogs(self, columns: Sequence[str]) -> str:
        unread = "d.unread"
        if self.reader:
            own = f"u.operator = {_quoted(self.reader)} AND u.dialog_id = d.id"
            unread = f"COALESCE((SELECT u.n FROM {self.schema}.dialog_unread u WHERE {own}), 0) AS unread"
        shown = ", ".join(unread if column == "unread" else f"d.{column}" for column in columns)
        # With several lines a list is read in its own order: the plus keeps SQLite from sorting what they all have.
        wanted = [] if self.lines is None else [f"{'+' if len(self.lines) > 1 else ''}d.{self.these}"]
        wanted += [f"d.id IN ({self._own()})"] if self.only_own else []
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        return f"SELECT {shown} FROM {self.schema}.dialog d{where}"

    def _contacts(self) -> str:
        """Contacts with a visible dialog, directly or through a merged contact, or without any dialog."""
        schema = self.schema
        visible = f"d.{self.these}" + (f" AND d.id IN ({self._own()})" if self.only_own else "")
        has = f"EXISTS (SELECT 1 FROM {schema}.dialog d WHERE d.contact_id = p.id"
        joined = f"FROM {schema}.contact o JOIN {schema}.dialog d ON d.contact_id = o.id WHERE o.merged_into = p.id"
        other = f"EXISTS (SELECT 1 {joined} AND {visible})"
        return f"SELECT p.* FROM {schema}.contact p WHERE {has} AND {visible}) OR NOT {has}) OR {other}"

    def _runs(self) -> str:
        """The runs that the reader began, and those about nothing that is hidden from them."""
        schema, mine = self.schema, f"t.actor = {_quoted(self.reader)}" if self.reader else "1 = 0"
        of_run = f"SELECT 1 FROM {schema}.robot_part p WHERE p.run_id = t.id"
        if self.only_own:
            about = f"EXISTS (SELECT 1 FROM {schema}.message m WHERE m.id = p.message_id AND {self._message('m.')})"
        else:
            of_run, about = f"{of_run} AND p.channel_id IS NOT NULL", f"p.{self.channel}"
        shared = f"EXISTS ({of_run}) AND NOT EXISTS ({of_run} AND NOT {about})"
        return f"SELECT t.* FROM {schema}.robot_run t WHERE {mine} OR ({shared})"

    def _entries(self, dialog: str) -> str:
        """What a CRM is to be told of a visible dialog or run; of a text that belongs to none also by its channel."""
        schema = self.schema
        runs = f"SELECT r.id, r.entry_id FROM ({self._runs()}) r"
        own = "r.entry_id = t.id OR (t.act = 'comment' AND CAST(r.id AS TEXT) = t.remote)"
        about = f"EXISTS (SELECT 1 FROM ({runs}) r WHERE {own})"
        if not self.only_own:
            paired = f"SELECT p.id FROM {schema}.crm_pairing p WHERE p.{self.channel}"
            about = f"t.pairing_id IN ({paired}) OR {about}"
        return f"SELECT t.* FROM {schema}.crm_entry t WHERE {dialog} OR (t.dialog_id IS NULL AND ({about}))"

    def _audible(self) -> str:
        """The visible part of the journal, according to the types of events.

        What an event is about without a column of its own stands first in its stored values.
        """
        topics = {one: ", ".join(_quoted(topic) for topic in topics_for(one)) for one in Audience}
        by_type = ", ".join(topics[one] for one in (Audience.ALL_LINES, Audience.APPLICATION, Audience.OWN))
        about_something = "COALESCE(t.channel_id, t.dialog_id, t.message_id) IS NOT NULL"
        everybodys = f"t.topic IN ({topics[Audience.LINE_OR_EVERYBODY]})"
        shared = f"t.topic NOT IN ({by_type}) AND ({about_something} OR {everybodys})"
        named = """t.data LIKE '{"application": ' || a.id || ',%'"""
        application = f"EXISTS (SELECT 1 FROM {self.schema}.application a WHERE a.{self.these} AND {named})"
        about_one = f"t.topic IN ({topics[Audience.APPLICATION]}) AND {application}"
        caused = f"(t.actor = {_quoted(self.reader)} OR {self._begins('name')})"
        own = f"t.topic IN ({topics[Audience.OWN]}) AND {caused}" if self.reader else "1 = 0"
        return f"(({shared}) OR ({about_one}) OR ({own}))"

    def _of_anybody(self) -> str:
        """Whether an event may be of any client of a channel: what could not be understood, and alarms of messages."""
        of_channel = f"""t.data LIKE '{{"kind": "{AlarmKind.CHANNEL}"%'"""
        arrived = "substr(t.topic, 1, 8) = 'arrived.' AND t.dialog_id IS NULL"
        return f"({arrived}) OR (substr(t.topic, 1, 6) = 'alarm.' AND NOT {of_channel})"

    def _begins(self, key: str) -> str:
        """Whether an event names the reader first, under a key."""
        said = f'{{"{key}": {json.dumps(self.reader, ensure_ascii=False)}'
        return f"substr(t.data, 1, {len(said)}) = {_quoted(said)}"

    def _lost(self) -> str:
        """Whether an event says that a dialog is the reader's no longer: they hear of that, and then of nothing."""
        before = f', "before": {json.dumps(self.reader, ensure_ascii=False)}}}'
        replaced = f"t.data LIKE {_quoted('%' + _literally(before))} ESCAPE '!'"
        named = f"{self._begins('unassigned')} OR {self._begins('left')} OR {replaced}"
        return f"(t.topic = 'dialog.changed' AND ({named}))"


def _list(lines: Sequence[LineId]) -> str:
    return ", ".join(str(int(line)) for line in lines) or "NULL"


def _literally(text: str) -> str:
    """A text in which LIKE finds no wildcard."""
    return re.sub("[!%_]", r"!\g<0>", text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
