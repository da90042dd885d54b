"""``chatapp tail``: the journal, also live."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Verb, opened, single
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import count, number
from chatapp_cli.documents import operators as documents
from chatapp_cli.i18n import N_, show
from chatapp_cli.services import journal
from chatapp_cli.services.journal_words import sentence

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.journal.reading import JournalEntry

app = single()

EVERY = 0.2
"""Seconds between polls."""


@app.command(cls=Verb)
def tail(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help=N_("Keep printing new entries"))] = False,
    n: Annotated[
        int, typer.Option("-n", parser=count, metavar="N", help=N_("Number of last entries to print first"))
    ] = 20,
    after: Annotated[
        int | None, typer.Option("--after", parser=number, metavar="NUMBER", help=N_("Everything after this number"))
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the journal; with -f also new entries as they come."""
    with opened(ctx) as company:
        start = max(0, company.read(journal.last) - n) if after is None else after
        if after is not None and (first := company.read(journal.first)) > after + 1:
            note("Entries before {n} are not kept any more.", n=first)
        last = _catch_up(company, start, as_json=as_json)
        if follow:
            company.database.make()
            _follow(company, last, as_json=as_json)


def _catch_up(company: Company, last: int, *, as_json: bool) -> int:
    """Print the entries after a position; returns the position after them and what is hidden now."""
    while True:
        entries, last = company.read(partial(journal.page_after, number=last))
        if not entries:
            return last
        for entry in entries:
            _print(entry, as_json=as_json)


def _follow(company: Company, last: int, *, as_json: bool) -> None:
    """Print what comes, as long as the login holds: what may be seen is decided anew before every look."""
    import asyncio
    import os

    from chatapp_cli.runtime import identity, login_token

    token = login_token.token(os.environ, company.settings.company)

    async def forever() -> None:
        seen = last
        while True:
            await company.world.clock.sleep(EVERY)
            seen = _catch_up(identity.as_acting(company, token), seen, as_json=as_json)

    asyncio.run(forever())


def _print(entry: JournalEntry, *, as_json: bool) -> None:
    if as_json:
        printing.json_line(documents.news(entry))
        return
    where = f"[{entry.event.dialog}]" if entry.event.dialog else ""
    who = f"({entry.actor})" if entry.actor else ""
    line = " ".join(filter(None, [printing.moment(entry.at), where, show(sentence(entry)), who]))
    typer.echo(f"{entry.id}\t{printing.shortened(printing.one_line(line))}")
