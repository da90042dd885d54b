"""``chatapp calendar``: working hours of lines, with holidays and days of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, OneLine, Verb, noun, opened
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import amount
from chatapp_cli.documents import calendars as documents
from chatapp_cli.domain.condition import WEEKDAYS
from chatapp_cli.domain.opening_hours import state_with_zone
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import business_hours, lines

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.ids import Millis
    from chatapp_cli.domain.opening_hours import OpeningHours

app = noun()
_DAYS = 14


@app.command("show", cls=Verb)
def show_(
    ctx: typer.Context,
    line: OneLine = "",
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help=N_("When, by the clocks of the line: 2027-02-20 10:00"))
    ] = "",
    days: Annotated[int, typer.Option("--days", metavar="N", parser=amount, help=N_("How many days to show"))] = _DAYS,
    as_json: Json = False,
) -> None:
    """Show whether a line is open, until when, and the hours of the coming days with their reasons."""
    with opened(ctx) as company:
        hours, time = _found(company, line, at)
    coming = list(business_hours.days(hours, time, min(days, business_hours.MOST))) if hours else []
    if as_json:
        printing.document(documents.hours(hours, time, coming, show))
        return
    if hours is None:
        note('The line has no working hours. Set them: chatapp line configure --set hours="mon-fri 09:00-18:00"')
        return
    typer.echo(show(state_with_zone(hours, time)))
    rows = [(f"{one.day:%d.%m.%Y} {show(WEEKDAYS[one.day.weekday()])}", _hours(one), show(one.why)) for one in coming]
    printing.table((_("Day"), _("Hours"), _("Why")), rows)


def _found(company: Company, line: str, at: str) -> tuple[OpeningHours | None, Millis]:
    """The hours of a line, and the time that is meant by its clocks."""
    known = business_hours.of_company(company.options, company.settings.folder)
    hours = company.read(lambda tx: known.of(tx, lines.find(tx, line).id))
    now = company.world.clock.now()
    return hours, business_hours.moment(at, hours) if at else now


def _hours(one: business_hours.DayOfHours) -> str:
    return ", ".join(map(str, one.spans)) or _("closed")
