"""``docs/cli.md``: every command with its arguments and options, from the program itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatapp_cli import i18n

INTRO = """# Commands

Written by `make docs` from the program itself. Each command explains itself with `--help`.
"""


def render(_root: Path) -> str:
    """The whole page."""
    i18n.use("en")
    return "\n".join([INTRO, *describe(program(), "chatapp")])


def program() -> Any:
    """The command line as click sees it."""
    import typer.main

    from chatapp_cli.cli import app

    return typer.main.get_command(app)


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Walk the tree: each command with the words that call it, groups before what they hold."""
    yield path, command
    if hasattr(command, "list_commands"):
        context = command.make_context(path, [], resilient_parsing=True)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if not inner.hidden:
                yield from commands(inner, f"{path} {name}")


def describe(program: Any, name: str) -> Iterator[str]:
    """A section for every command."""
    for path, command in commands(program, name):
        yield f"## `{path}`\n"
        yield f"{_oneline(command.help)}\n"
        rows = [_row(parameter) for parameter in command.params if not getattr(parameter, "hidden", False)]
        if rows:
            yield "\n".join(["| | |", "|---|---|", *rows, ""])


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = parameter.make_metavar(None) if not parameter.metavar else parameter.metavar
    else:
        name = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return f"| `{name.replace('|', chr(92) + '|')}` | {_oneline(getattr(parameter, 'help', ''))} |"


def _oneline(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
