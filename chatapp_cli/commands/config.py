"""``chatapp config``: settings, and where each comes from."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.frame import Json, Verb, loaded, noun
from chatapp_cli.documents import operators as documents
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _
from chatapp_cli.settings import Loaded, Settings, save

app = noun()

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help=N_("Name of the setting"),
        autocompletion=lambda incomplete: [f.name for f in fields(Settings) if f.name.startswith(incomplete)],
    ),
]


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every setting, its value and where that comes from."""
    found = loaded(ctx)
    if as_json:
        printing.document({f.name: documents.setting(_shown(found, f), found.sources[f.name]) for f in _all()})
        return
    sources = {
        "flag": _("option"),
        "env": _("environment"),
        "own": _("own file"),
        "file": _("file"),
        "default": _("default"),
    }
    printing.table(
        (_("Setting"), _("Value"), _("From"), _("Meaning")),
        [(f.name, _shown(found, f), sources[found.sources[f.name]], _(f.metadata["words"])) for f in _all()],
    )


def _all() -> tuple[Any, ...]:
    return fields(Settings)


def _shown(found: Loaded, field: Any) -> object:
    value = getattr(found.settings, field.name)
    return "***" if field.metadata["secret"] and value else value


@app.command(cls=Verb)
def get(ctx: typer.Context, name: Name) -> None:
    """Print one setting."""
    found = loaded(ctx)
    field = next((f for f in _all() if f.name == name), None)
    if field is None:
        raise UsageError(
            T("There is no setting {name}.", name=name), T("See them with: chatapp config list"), field="name"
        )
    typer.echo(_shown(found, field))


@app.command("set", cls=Verb)
def set_(
    ctx: typer.Context,
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help=N_("New value; empty: back to the default"))],
) -> None:
    """Write a setting into the settings file."""
    file = loaded(ctx).file
    save(file, name, value)
    note("{name} is set in {file}.", name=name, file=file)


@app.command(cls=Verb)
def path(ctx: typer.Context) -> None:
    """Print where the settings file is."""
    typer.echo(loaded(ctx).file)
