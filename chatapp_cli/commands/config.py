"""``chatapp config``: settings, and where each comes from."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from chatapp_cli.commands import configuring, printing
from chatapp_cli.commands.base import (
    Json,
    Verb,
    channel_names,
    completing,
    line_names,
    loaded,
    noun,
    opened,
    unattended,
)
from chatapp_cli.commands.configuring import SettingRow, Spot
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.input_checks import may_be_empty
from chatapp_cli.commands.served import note_if_read_before
from chatapp_cli.documents import operators as documents
from chatapp_cli.domain.errors import ChatappError, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _
from chatapp_cli.settings import SOURCES, LoadedSettings, Settings, save

app = noun()

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help=N_("Name of the setting"),
        autocompletion=lambda incomplete: [f.name for f in fields(Settings) if f.name.startswith(incomplete)],
    ),
]


Where = Annotated[
    str,
    typer.Option(
        "--line", help=N_("Effective values for this line, by name or number"), autocompletion=completing(line_names)
    ),
]
ThisCompany = Annotated[
    bool, typer.Option("--this-company", help=N_("The file for the opened company alone, not that for all of them"))
]
Through = Annotated[
    str,
    typer.Option(
        "--channel",
        help=N_("Effective values for this channel, by kind, account or number"),
        autocompletion=completing(channel_names),
    ),
]


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, line: Where = "", channel: Through = "", as_json: Json = False) -> None:
    """Show every setting, its value and where that comes from."""
    rows = _holding(ctx, channel, line)
    if as_json:
        printing.document({row.name: documents.setting(row.value, row.source, row.ref) for row in rows})
        return
    columns = (_("Setting"), _("Value"), _("From"), _("Meaning"))
    printing.table(columns, [(row.name, row.value, _source(row), row.words) for row in rows])


def _source(row: SettingRow) -> str:
    if row.source in SOURCES:
        return _(SOURCES[row.source])
    of_store = {
        "company": _("company"),
        "line": _("line {n}", n=row.ref),
        "channel": _("channel {n}", n=row.ref),
    }
    return of_store[row.source]


def _holding(ctx: typer.Context, channel: str = "", line: str = "") -> list[SettingRow]:
    """The effective settings; if the store does not open and no line or channel was named, those of this process."""
    found, named = loaded(ctx), bool(channel or line)
    if not named and not _has_store(found):
        return configuring.holding(found, None, Spot())
    try:
        with opened(ctx) as company:
            return company.read(lambda tx: configuring.holding(found, tx, configuring.spot(tx, company, channel, line)))
    except ChatappError as error:
        if named:
            raise
        say(T("Options of the store are left out: {why}", why=error.what), error.next_step)
    return configuring.holding(found, None, Spot())


def _has_store(found: LoadedSettings) -> bool:
    """Whether there is a store: reading settings must not create one."""
    return bool(found.settings.database_url) or (found.settings.folder / "chatapp.db").exists()


@app.command(cls=Verb)
def get(ctx: typer.Context, name: Name) -> None:
    """Print one setting."""
    row = next((row for row in _holding(ctx) if row.name == name), None)
    if row is None:
        raise UsageError(
            T("There is no setting {name}.", name=name), T("See them with: chatapp config list"), field="name"
        )
    typer.echo(row.value)


@app.command("set", cls=Verb)
def set_(
    ctx: typer.Context,
    name: Name,
    value: Annotated[
        str, typer.Argument(parser=may_be_empty, metavar="VALUE", help=N_("New value; empty: back to the default"))
    ],
    *,
    this_company: ThisCompany = False,
) -> None:
    """Write a setting into the settings file."""
    file = _file(ctx, this_company=this_company)
    if this_company and name == "company":
        raise UsageError(
            T("The file of a company cannot say which company is opened."),
            T("Leave --this-company out."),
            field=name,
        )
    save(file, name, value)
    note("{name} is set in {file}.", name=name, file=file)
    if not this_company and loaded(ctx).sources.get(name) == "company_file":
        note("{name}: the value in {file} takes precedence.", name=name, file=loaded(ctx).company_file)
    for row in _taking_precedence(ctx, name):
        note("{name}: the value stored for {where} takes precedence.", name=name, where=_source(row))
    if _has_store(loaded(ctx)):
        with suppress(ChatappError), unattended(ctx) as desk:
            note_if_read_before(desk, name)


def _taking_precedence(ctx: typer.Context, name: str) -> list[SettingRow]:
    """The stored options that are used instead of a setting; none if the store does not open."""
    found = loaded(ctx)
    if name in found.given or not _has_store(found):
        return []
    try:
        with opened(ctx) as desk:
            return desk.read(lambda tx: configuring.taking_precedence(tx, name))
    except ChatappError:
        return []


@app.command(cls=Verb)
def path(ctx: typer.Context, *, this_company: ThisCompany = False) -> None:
    """Print where the settings file is."""
    typer.echo(_file(ctx, this_company=this_company))


def _file(ctx: typer.Context, *, this_company: bool) -> Path:
    found = loaded(ctx)
    return found.company_file if this_company else found.file
