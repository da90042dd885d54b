"""``chatapp send``: a message to an address."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from chatapp_cli.commands.base import Json, Line, Verb, channel_names, completing, opened, single
from chatapp_cli.commands.send_options import Assignee, FirstName, LastName, MessageOptions, composed, send_off
from chatapp_cli.commands.way import Way
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_

app = single()


To = Annotated[
    list[str] | None, typer.Argument(metavar="TO", help=N_("E-mail, phone, @username or chat id; several at once"))
]
ToFile = Annotated[
    str, typer.Option("--to-file", metavar="FILE", help=N_("Send to every address of a file, one a line; - reads them"))
]
First = Annotated[
    str,
    typer.Option(
        "--channel",
        "-c",
        help=N_("Channel by kind, account or number; without it the client's chain"),
        autocompletion=completing(channel_names),
    ),
]
Others = Annotated[
    list[str] | None,
    typer.Option(
        "--or",
        metavar="CHANNEL[:ADDRESS]",
        help=N_("Next channel, if the previous one fails for good; repeatable"),
        autocompletion=completing(channel_names),
    ),
]
Contact = Annotated[
    str,
    typer.Option("--contact", metavar="NAME", help=N_("A person in the account's own address book, by any name")),
]
Dry = Annotated[
    bool, typer.Option("--dry-run", help=N_("Only show what would be sent, when it would go and what it costs"))
]
Yes = Annotated[bool, typer.Option("--yes", help=N_("Do not ask before sending to several"))]


@app.command(cls=Verb)
@composed
def send(
    ctx: typer.Context,
    to: To = None,
    *,
    to_file: ToFile = "",
    contact: Contact = "",
    channel: First = "",
    others: Others = None,
    line: Line = "",
    options: MessageOptions,
    first_name: FirstName = "",
    last_name: LastName = "",
    assignee: Assignee = "",
    dry: Dry = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Send a message to an address and wait for the verdict, or put it into the outbox for many."""
    from chatapp_cli.commands import mass
    from chatapp_cli.services.message_request import ToPerson

    options = replace(options, first_name=first_name, last_name=last_name, assignee=assignee)
    way = Way(channel=channel, others=others or (), line=line)
    with opened(ctx) as company:
        recipients = mass.listed([*(to or ()), *way.imported(company, contact)], to_file)
        key = options.key or company.world.chance.key()
        options, told = replace(options, key=key), options.key is not None
        one = ToPerson(to=recipients[0].address, channel=way.first(company), others=others or (), line=line)
        with options.request(company, one, way.possible(company) if options.files else ()) as request:
            if dry or to_file or len(recipients) > 1:
                _require_single_copies(options, len(recipients))
                how = mass.MassOptions(dry=dry, yes=yes, as_json=as_json, key=key, told=told)
                raise typer.Exit(mass.send(company, recipients, request, how))
            code = send_off(company, request, wait=options.wait, as_json=as_json, to=one.to)
    raise typer.Exit(code)


def _require_single_copies(options: MessageOptions, recipients: int) -> None:
    """Raise UsageError for copies of what goes to several: each would get as many."""
    if recipients > 1 and (options.cc or options.bcc):
        raise UsageError(T("A message to several goes without copies."), T("Leave --cc and --bcc out."), field="cc")
