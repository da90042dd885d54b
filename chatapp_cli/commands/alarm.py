"""``chatapp alarm``: what a person has to know of, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Verb, loaded, noun, opened
from chatapp_cli.commands.errors import note
from chatapp_cli.documents import channels as documents
from chatapp_cli.i18n import _, show
from chatapp_cli.services import alarms

if TYPE_CHECKING:
    from chatapp_cli.store.rows.alarms import AlarmRow

app = noun()


@app.callback()
def alarm() -> None:
    """Alarms: what is wrong, and who is told."""


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the open alarms, the oldest first."""
    with opened(ctx) as company:
        found = company.read(alarms.open_alarms)
    if as_json:
        printing.document([documents.alarm(one) for one in found])
        return
    printing.table((_("Since"), _("Alarm"), _("What"), _("What to do"), _("Told")), [_row(one) for one in found])
    if not found:
        note("There are no alarms.")


def _row(one: AlarmRow) -> tuple[str, ...]:
    said, step = show(alarms.sentence(one)), show(alarms.next_step(one))
    return printing.moment(one.since), one.kind, said, step, printing.moment(one.told_at) or "–"


@app.command(cls=Verb)
def test(ctx: typer.Context) -> None:
    """Tell everybody who is told of alarms that this is a trial; exit code 1 if somebody cannot be told."""
    from chatapp_cli.commands.binding import print_findings
    from chatapp_cli.runtime.alarm_trial import try_out

    settings = loaded(ctx)
    with opened(ctx) as company:
        found = try_out(company, (settings.file, settings.company_file))
    print_findings(found)
    raise typer.Exit(0 if all(one.ok for one in found) else 1)
