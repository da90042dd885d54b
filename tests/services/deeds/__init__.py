"""What is done to a store, and what it leaves there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.store.tx import Tx
from tests.services.calls import CALLS, Place
from tests.services.deeds.answers import ANSWERS
from tests.services.deeds.kinds import WHO, Deed
from tests.services.deeds.reports import REPORTS
from tests.services.deeds.verdicts import VERDICTS
from tests.services.listed import Lines, Listed, moments
from tests.stores import Shop

LIST = Listed(Path(__file__).with_name("deeds.txt"))
SECRET = {"secrets", "password", "token_sha256", "asked"}
"""Columns of which only is told whether they changed: secrets, and digests."""
LEFT_OUT = {"alembic_version", "sqlite_sequence"}


def as_said(name: str) -> Deed:
    """A call of the table of rights."""
    return lambda shop, at: lambda tx: CALLS[name][1](tx, at)


ACTIONS: Mapping[str, Deed] = {name: as_said(name) for name in CALLS} | REPORTS | VERDICTS | ANSWERS


def found(shop: Shop, at: Place, name: str) -> Lines:
    """Do it, and tell what changed; a refusal changes nothing, and says why."""
    job = ACTIONS[name](shop, at)
    before, now = _everything(shop), shop.clock.at
    try:
        result = shop.database.write(lambda tx: job(tx.by(WHO)))
    except ChatappError as error:
        return [f"refused: {getattr(error, 'code', type(error).__name__)}", *_changes(before, _everything(shop), now)]
    told = [f"= {_shown('', result, now)}"] if isinstance(result, bool | int | str | list) else []
    return [*told, *_changes(before, _everything(shop), now)]


Tables = Mapping[str, Mapping[object, Mapping[str, object]]]


def _everything(shop: Shop) -> Tables:
    with shop.reading() as tx:
        names = tx.compose(str, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1", {})
        return {name: _rows(tx, name) for name in names if name not in LEFT_OUT}


def _rows(tx: Tx, table: str) -> Mapping[object, Mapping[str, object]]:
    columns = tx.columns(table)
    key = tx.compose(str, f"SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk", {})
    rows = tx.compose(lambda *row: dict(zip(columns, row, strict=True)), f"SELECT * FROM {table}", {})
    return {tuple(row[name] for name in key or columns): row for row in rows}


def _changes(before: Tables, after: Tables, now: int) -> list[str]:
    return [
        _change(table, key, before[table].get(key), rows.get(key), now)
        for table, rows in after.items()
        for key in dict.fromkeys([*before[table], *rows])
        if before[table].get(key) != rows.get(key)
    ]


def _change(table: str, key: object, was: object, row: object, now: int) -> str:
    named = "/".join(map(str, key))
    if row is None:
        return f"- {table} {named}"
    told = {
        name: value if was is None else (was[name], value)
        for name, value in row.items()
        if (value not in {None, "", 0} and name != "id" if was is None else was[name] != value)
    }
    said = [
        f"{name} {_shown(name, value, now)}"
        if was is None
        else f"{name} {_shown(name, value[0], now)} → {_shown(name, value[1], now)}"
        for name, value in told.items()
    ]
    return f"{'+' if was is None else '~'} {table} {named}: {', '.join(said)}"


def _shown(name: str, value: object, now: int) -> str:
    if value and (name in SECRET or isinstance(value, bytes)):
        return "…"
    text = moments(str(value), now)
    short = text if len(text) <= 120 else f"{text[:100]}… ({len(text)})"
    return repr(short) if short != short.strip() or not short or "\n" in short else short
