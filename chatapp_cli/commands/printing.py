"""Data on stdout: a table on a terminal, tab-separated in a pipe, JSON on request."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from chatapp_cli.domain import border
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import written

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

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


@contextmanager
def array() -> Iterator[Callable[[Any], None]]:
    """Print a JSON array one by one, of which there may be more than fit into memory; yields what prints one."""
    import json

    begun = False

    def add(value: Any) -> None:
        nonlocal begun
        typer.echo(("," if begun else "[") + "\n" + _for_here(json.dumps(value, ensure_ascii=False)), nl=False)
        begun = True

    yield add
    typer.echo("\n]" if begun else "[]")


def _for_here(document: str) -> str:
    """JSON as it is for a program; on a terminal with escapes for what could control it."""
    return border.escaped(document) if sys.stdout.isatty() else document


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows: under headings on a terminal; tab-separated without headings for a program."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    if sys.stdout.isatty() and cells:
        _console().print(_drawn(columns, cells))
    else:
        for row in cells:
            typer.echo("\t".join(row))


def records(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """The same for rows with addresses or sentences: where a cell would be broken, each row is a list of its values.

    A broken address can neither be read nor copied.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty() or _fits(columns, cells):
        table(columns, rows)
        return
    for n, row in enumerate(cells):
        if n:
            typer.echo()
        _listed(dict(zip(columns, map(shortened, row), strict=True)))


def verdicts(rows: Sequence[tuple[str, str, str]]) -> None:
    """Print a verdict, what it is about and a sentence: a line for each, since a column would break the sentence."""
    if not sys.stdout.isatty():
        table((), rows)
        return
    width = max((len(verdict) for verdict, _about, _sentence in rows), default=0)
    for verdict, about, sentence in rows:
        typer.echo(f"{verdict:<{width}}  {one_line(about)}: {one_line(sentence)}")


def _fits(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> bool:
    """Whether the terminal shows the table without breaking a cell."""
    console = _console()
    unbounded = console.options.update(width=_LONGEST * len(columns))
    return console.measure(_drawn(columns, cells), options=unbounded).maximum <= console.width


def _listed(known: Mapping[str, str]) -> None:
    """Names and values below each other; a value that does not fit beside its name begins a line of its own."""
    from rich.cells import cell_len

    shown = {name: value for name, value in known.items() if value}
    width = max(map(len, shown), default=0)
    room = _console().width - width - len("  ")
    for name, value in shown.items():
        typer.echo(f"{name:<{width}}  {value}" if cell_len(value) <= room else f"{name}\n{value}")


def _console() -> Console:
    from rich.console import Console

    return Console()


def _drawn(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns, box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for row in cells:
        drawn.add_row(*(Text(shortened(cell)) for cell in row))
    return drawn


def facts(known: Mapping[str, object]) -> None:
    """Print names and values of one object; empty ones are left out."""
    shown = {name: plain(value) for name, value in known.items() if value not in {"", None}}
    if sys.stdout.isatty():
        _listed(shown)
        return
    for name, value in shown.items():
        typer.echo(f"{name}\t{one_line(value)}")
