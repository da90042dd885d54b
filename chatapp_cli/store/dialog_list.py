"""The dialog list: queries with combined filters, built only from these fragments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.finding import needles, other_spellings
from chatapp_cli.domain.ids import ChannelId, DialogId, Millis
from chatapp_cli.store.named import spell
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.store.tx import Tx

_ROW = """SELECT d.id, d.channel_id, d.line_id, c.kind, d.name, d.address, d.pinned, d.blocked, d.unread,
  d.waiting_since, d.last_at, d.last_direction, d.last_state, d.preview, d.assignee, d.snoozed_until, NULL
FROM dialog d JOIN channel c ON c.id = d.channel_id"""
_AUTHORS = """SELECT d.id,
  COALESCE((SELECT CASE WHEN d.name <> p.name THEN COALESCE(NULLIF(p.name, ''), d.address) ELSE '' END
    FROM contact p WHERE p.id = d.contact_id), d.address)
FROM dialog d
WHERE LENGTH(d.key) > LENGTH(d.address) AND SUBSTR(d.key, 1, LENGTH(d.address) + 1) = d.address || '\n' AND d.id"""
"""The key of a dialog for one subject has the address in its first line (S-098): there the client is named too."""
ALL = (1 << 63) - 1
_NEWEST = "ORDER BY d.pinned DESC, d.last_at DESC, d.id DESC"
_NEWEST_OF_FEW = "ORDER BY +d.pinned DESC, d.last_at DESC, d.id DESC"
"""The same order without its index, which would scan all dialogs to find a few."""
_LONGEST_WAITING = "ORDER BY d.waiting_since, d.id"


class PageEnd(NamedTuple):
    """The end of a page, after which the next one begins."""

    pinned: int
    last_at: Millis
    id: DialogId
    waiting_since: Millis = 0
    """Needed only for the order of waiting dialogs."""


def page(
    tx: Tx,
    dialect: str,
    wanted: DialogFilter,
    *,
    after: PageEnd | None = None,
    n: int = 50,
    among: Sequence[DialogId] | None = None,
) -> list[DialogRow]:
    """The next ``n`` dialogs in order; by keyset paging, so that a deep page costs as much as the first.

    ``among`` restricts the search to these dialogs.
    """
    where, params = _where(wanted, dialect, tx.now, among)
    if after is not None and wanted.waiting:
        where.append("(d.waiting_since, d.id) > (:waiting_since, :id)")
        params |= {"waiting_since": after.waiting_since, "id": after.id}
    elif after is not None:
        where.append("(d.pinned, d.last_at, d.id) < (:pinned, :last_at, :id)")
        params |= {"pinned": after.pinned, "last_at": after.last_at, "id": after.id}
    sql = f"{_ROW} WHERE {' AND '.join(where)} {_order(wanted, among)} LIMIT :n"
    return _shown(tx, dialect, tx.compose(DialogRow, spell(sql, dialect), {**params, "n": n}))


def ids(tx: Tx, dialect: str, wanted: DialogFilter, *, among: Sequence[DialogId] | None = None) -> list[DialogId]:
    """The ids of all dialogs in order."""
    return list(map(DialogId, each_id(tx, dialect, wanted, among=among)))


def each_id(tx: Tx, dialect: str, wanted: DialogFilter, *, among: Sequence[DialogId] | None = None) -> Iterator[int]:
    """The same one by one, for a virtual list."""
    where, params = _where(wanted, dialect, tx.now, among)
    sql = f"SELECT d.id FROM dialog d{_join(where)} WHERE {' AND '.join(where)} {_order(wanted, among)}"
    return tx.numbers(spell(sql, dialect), params)


def count(tx: Tx, dialect: str, wanted: DialogFilter, *, most: int = ALL) -> int:
    """The number of dialogs that pass the filter; counting stops at ``most``."""
    where, params = _where(wanted, dialect, tx.now)
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM dialog d{_join(where)} WHERE {' AND '.join(where)} LIMIT :n) AS counted"
    return tx.compose(int, spell(sql, dialect), {**params, "n": most})[0]


def rows(
    tx: Tx, dialect: str, wanted: Sequence[DialogId], among: DialogFilter | None = None
) -> dict[DialogId, DialogRow]:
    """The rows of a window of the list, by id; with a filter only those that pass it."""
    if not wanted:
        return {}
    where, params = ([], {}) if among is None else _where(among, dialect, tx.now)
    names = {f"i{n}": one for n, one in enumerate(wanted)}
    where.append(f"d.id IN ({', '.join(':' + name for name in names)})")
    sql = f"{_ROW} WHERE {' AND '.join(where)}"
    found = tx.compose(DialogRow, spell(sql, dialect), {**params, **names})
    return {row.id: row for row in _shown(tx, dialect, found)}


def _shown(tx: Tx, dialect: str, found: list[DialogRow]) -> list[DialogRow]:
    """The rows as operators see them: with the client beside a subject (S-098), without links where those are hidden.

    Few channels need it (S-099), so that is asked once and not of each row.
    """
    for channel, hides_links in tx.all(_Special, "channels.special"):
        adapt = _without_links if hides_links else _authors(tx, dialect, channel, found)
        found = [adapt(row) if row.channel_id == channel else row for row in found]
    return found


class _Special(NamedTuple):
    """A channel whose dialogs are shown in another way than they are stored."""

    channel: ChannelId
    hides_links: int
    """Whether links are hidden; otherwise a dialog may be one subject."""


def _authors(tx: Tx, dialect: str, channel: ChannelId, found: list[DialogRow]) -> Callable[[DialogRow], DialogRow]:
    """Adds the client's name to the rows whose name is a subject."""
    these = json.dumps([row.id for row in found if row.channel_id == channel])
    names = dict(tx.compose(_Author, spell(f"{_AUTHORS} {_AMONG[dialect]}", dialect), {"among": these}))
    return lambda row: row._replace(author=names[row.id]) if row.id in names else row


class _Author(NamedTuple):
    dialog: DialogId
    name: str


def _without_links(row: DialogRow) -> DialogRow:
    """The row without the links of the client's last message; ours stay."""
    if row.last_direction != "in":
        return row
    from chatapp_cli.domain.links import without_links

    return row._replace(preview=without_links(row.preview))


def _join(where: Sequence[str]) -> str:
    asks_the_channel = any(_CHANNEL.search(condition) for condition in where)
    return " JOIN channel c ON c.id = d.channel_id" if asks_the_channel else ""


def _order(wanted: DialogFilter, among: Sequence[DialogId] | None) -> str:
    if wanted.waiting:
        return _LONGEST_WAITING
    return _NEWEST_OF_FEW if wanted.snoozed or among is not None else _NEWEST


def _where(
    wanted: DialogFilter, dialect: str, now: Millis, among: Sequence[DialogId] | None = None
) -> tuple[list[str], dict[str, object]]:
    where = ["d.blocked = 1" if wanted.blocked else "d.blocked = 0"]
    params: dict[str, object] = {}
    if among is not None:
        where.append(f"d.id {_AMONG[dialect]}")
        params["among"] = json.dumps(among)
    for name, value in wanted.chosen.items():
        if name not in _APART:
            condition = CONDITIONS[name]
            where.append(condition if isinstance(condition, str) else condition(value))
            params[name] = _moment(value, now) if name in _MOMENTS else value
    if not (wanted.snoozed or wanted.blocked or wanted.text or wanted.wherever):
        where.append("d.snoozed_until IS NULL")
    where += _named(wanted.text, dialect, params, "" if among is None else f" AND e.id {_AMONG[dialect]}")
    return where, params


def _moment(said: Millis | str, now: Millis) -> Millis:
    if not isinstance(said, str):
        return said
    from chatapp_cli.domain.when import since

    return since(said, now=now)


def _named(text: str, dialect: str, params: dict[str, object], these: str) -> Iterator[str]:
    """Conditions for a text in a name; adds their values to the parameters."""
    for n, needle in enumerate(needles(text)):
        spellings = {f"needle{n}": needle, **{f"bare{n}_{m}": one for m, one in enumerate(other_spellings(needle))}}
        own, others = (_called(search, list(spellings), _PLACE[dialect]) for search in ("d.search", "e.search"))
        params |= spellings
        yield f"({own} OR d.contact_id IN ({_JOINED} WHERE {others}{these}))"


def _called(search: str, spellings: Sequence[str], place: str) -> str:
    """A condition for a piece of a name: as typed, or bare in another spelling."""
    typed, *others = spellings
    bare = f"REPLACE({search}, 'ь', '')"
    named = ((search, typed), *((bare, one) for one in others))
    either = (f"{place}({expression}, :{name}) > 0" for expression, name in named)
    return f"({' OR '.join(either)})"


_CHANNEL = re.compile(r"\bc\.")
_TAGGED = "d.id IN (SELECT dt.dialog_id FROM dialog_tag dt JOIN tag t ON t.id = dt.tag_id WHERE t.name = :tag)"
SqlCondition: TypeAlias = str | Callable[[Any], str]
CONDITIONS: dict[str, SqlCondition] = {
    "line": "d.line_id = :line",
    "channel": "d.channel_id = :channel",
    "kind": "c.kind = :kind",
    "tag": _TAGGED,
    "unread": "d.unread > 0",
    "waiting": "d.waiting_since IS NOT NULL",
    "pinned": "d.pinned = 1",
    "assignee": lambda who: "d.assignee = :assignee AND d.assignee <> ''" if who else "d.assignee = ''",
    "snoozed": "d.snoozed_until > 0",
    "since": "d.last_at >= :since",
    "until": "d.last_at < :until",
}
"""The condition of each filter on the dialog ``d`` and its channel ``c``, with its value under its name."""
_MOMENTS = {"since", "until"}
"""Filters whose value may be words, such as ``1d``."""
_APART = {"blocked", "wherever", "text"}
"""Filters that change several conditions."""

_JOINED = """
WITH joined(person, id) AS (
  SELECT merged_into, id FROM contact WHERE merged_into IS NOT NULL
  UNION
  SELECT merged_into, merged_into FROM contact WHERE merged_into IS NOT NULL)
SELECT o.id FROM joined o JOIN joined j ON j.person = o.person JOIN dialog e ON e.contact_id = j.id"""
"""Merged contacts with the dialogs whose names find all of them."""

_PLACE = {"sqlite": "instr", "postgresql": "strpos"}
"""The position of a text in another, from 1; three times as fast as LIKE, and without escaping."""
_AMONG = {
    "sqlite": "IN (SELECT value FROM json_each(:among))",
    "postgresql": "IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:among AS json)))",
}
