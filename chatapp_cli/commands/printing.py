"""Data on stdout: a table on a terminal, tab-separated in a pipe, JSON on request."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from chatapp_cli.domain import border
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import written

_LONGEST = 1_000


def moment(at: Millis | None) -> str:
    """A time for a person, in this machine's time zone."""
    return written(at) if at else ""


def plain(words: object) -> str:
    """Foreign text without the control characters that could control a terminal."""
    return border.visible(str(words))


def one_line(words: object) -> str:
    """The same on a single line."""
    return " ".join(plain(words).split())


def shortened(text: str) -> str:
    """A line of which no person reads more."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def chain(kinds: str) -> str:
    """The text of an order of channels."""
    return kinds.replace(",", " → ")


def document(value: Any) -> None:
    """Print one JSON document."""
    import json

    typer.echo(_for_here(json.dumps(value, ensure_ascii=False, indent=2)))


def json_line(value: Any) -> None:
    """Print one JSON document per line, unbuffered."""
    import json

    typer.echo(_for_here(json.dumps(value, ensure_ascii=False)))


def _for_here(document: str) -> str:
    """JSON as it is for a program; on a terminal with escapes for what could control it."""
    return border.escaped(document) if sys.stdout.isatty() else document


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows: under headings on a terminal; tab-separated without headings for a program."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    if sys.stdout.isatty() and cells:
        _drawn(columns, cells)
    else:
        for row in cells:
            typer.echo("\t".join(row))


def _drawn(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns, box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for row in cells:
        drawn.add_row(*(Text(shortened(cell)) for cell in row))
    Console().print(drawn)


def facts(known: Mapping[str, object]) -> None:
    """Print names and values of one object; empty ones are left out."""
    shown = {name: plain(value) for name, value in known.items() if value not in {"", None}}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        typer.echo(f"{name:<{width}}  {value}" if sys.stdout.isatty() else f"{name}\t{one_line(value)}")
