"""Statements by name, from ``queries/*.sql``: ``-- name: noun.verb`` begins one.

A second one named ``noun.verb@postgresql`` replaces it on that database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_HEAD = re.compile(r"^-- name: (\S+)\s*$", re.MULTILINE)
_PARAMETER = re.compile(r"(?<!:):([a-z_]\w*)")


@cache
def statements(dialect: str) -> Mapping[str, str]:
    """All statements in the spelling of one database: ``sqlite`` or ``postgresql``."""
    found = dict(_read())
    for name in [name for name in found if "@" in name]:
        plain, _, wanted = name.partition("@")
        text = found.pop(name)
        if wanted == dialect:
            found[plain] = text
    return {name: spell(text, dialect) for name, text in found.items()}


def _read() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for file in sorted(Path(__file__).parent.joinpath("queries").glob("*.sql")):
        parts = _HEAD.split(file.read_text("utf-8"))
        found.update(zip(parts[1::2], (text.strip().rstrip(";") for text in parts[2::2]), strict=True))
    return found


def spell(sql: str, dialect: str) -> str:
    """Write named parameters the way a driver wants them."""
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%")) if dialect == "postgresql" else sql
