"""Statements by name, from ``queries/*.sql``: ``-- name: noun.verb`` begins one.

A second one named ``noun.verb@postgresql`` replaces it on that database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

_HEAD = re.compile(r"^-- name: (\S+)\s*$", re.MULTILINE)
_PARAMETER = re.compile(r"(?<!:):([a-z_]\w*)")
_RETURNS_ID = re.compile(r"\s+RETURNING id$")


class Statement(NamedTuple):
    """A statement with positional parameters, the fastest form for a driver."""

    sql: str
    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]


class Prepared(dict[str, Statement]):
    """All statements of a database, each prepared at its first use."""

    def __init__(self, dialect: str) -> None:
        super().__init__()
        self._dialect = dialect
        self._texts = _chosen(dialect)

    def __missing__(self, name: str) -> Statement:
        made = self[name] = _prepare(self._texts[name], self._dialect)
        return made


@cache
def prepared(dialect: str) -> Mapping[str, Statement]:
    """All statements with positional parameters.

    SQLite's cursor gives the id of an inserted row, three times as fast as RETURNING.
    """
    return Prepared(dialect)


def _prepare(text: str, dialect: str) -> Statement:
    names = _PARAMETER.findall(text)
    if dialect == "sqlite":
        return Statement(_RETURNS_ID.sub("", _PARAMETER.sub("?", text)), _picker(names))
    return Statement(_PARAMETER.sub("%s", text.replace("%", "%%")), _picker(names))


def _picker(names: list[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    if names:
        (only,) = names
        return lambda values: (values[only],)
    return lambda _values: ()


@cache
def statements(dialect: str) -> Mapping[str, str]:
    """All statements with named parameters in the dialect of a database: ``sqlite`` or ``postgresql``."""
    return {name: spell(text, dialect) for name, text in _chosen(dialect).items()}


def _chosen(dialect: str) -> Mapping[str, str]:
    found = dict(_read())
    for name in [name for name in found if "@" in name]:
        plain, _, wanted = name.partition("@")
        text = found.pop(name)
        if wanted == dialect:
            found[plain] = text
    return found


def _read() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for file in sorted(Path(__file__).parent.joinpath("queries").glob("*.sql")):
        parts = _HEAD.split(file.read_text("utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            assert name not in found, f"two statements are called {name}"
            found[name] = text.strip().rstrip(";")
    return found


def spell(sql: str, dialect: str) -> str:
    """Write named parameters in a driver's style."""
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%")) if dialect == "postgresql" else sql
