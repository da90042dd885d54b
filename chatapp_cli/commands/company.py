"""``chatapp company``: options for the whole company."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from chatapp_cli.commands.base import Json, Verb, noun, opened
from chatapp_cli.commands.errors import note
from chatapp_cli.i18n import N_

app = noun()

Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="OPTION=VALUE", help=N_("Option; repeatable; empty: remove it"))
]


@app.command(cls=Verb)
def configure(ctx: typer.Context, given: Set = None, as_json: Json = False) -> None:
    """Change options of the company; without --set, show them."""
    from chatapp_cli.commands import configuring
    from chatapp_cli.commands.binding import gathered
    from chatapp_cli.domain.option import COMPANY
    from chatapp_cli.services import alarm_messages, alarm_recipients, business_hours, options

    with opened(ctx) as company:
        if given:
            changes = gathered(given, "")
            business_hours.require_calendar(company.settings.folder, changes)
            company.write(lambda tx: options.configure_company(tx, changes))
            note("Saved for the company: {names}.", names=", ".join(sorted(changes)))
            to = alarm_recipients.recipients(changes.get(alarm_recipients.OPTION, ""))
            for one in company.whole.read(partial(alarm_messages.unreachable, to=to)):
                note("No bound channel reaches {recipient}: nobody is told of alarms there.", recipient=one)
            return
        rows = company.read(lambda tx: configuring.stored(tx, COMPANY, configuring.Spot()))
    configuring.tell_stored(rows, as_json=as_json)
