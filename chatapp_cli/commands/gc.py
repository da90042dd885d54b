"""``chatapp gc``: delete now what is deleted in the background otherwise, and make the files smaller."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Verb, opened, single
from chatapp_cli.commands.errors import note
from chatapp_cli.documents import operators as documents
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import Busy
from chatapp_cli.i18n import N_, _, show

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.runtime.collecting import Done, Work

app = single()

_MEGABYTE = 1024 * 1024


@app.command(cls=Verb)
def gc(
    ctx: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=N_("Only show what would be deleted or packed"))] = False,
    forget: Annotated[
        str, typer.Option("--forget", metavar="NAME", help=N_("Forget a follower of the journal that stands still"))
    ] = "",
    as_json: Json = False,
) -> None:
    """Delete what is no longer kept, and make the files of the store smaller."""
    from chatapp_cli.runtime.collecting import works
    from chatapp_cli.services import retention

    with opened(ctx) as company:
        company.require(Right.SETTINGS)
        if forget:
            company.write(lambda tx: retention.forget_follower(tx, forget))
            note("{name} is forgotten.", name=forget)
            return
        if company.database.scratch is not None:
            note("There is no store yet.")
            return
        found = works(company)
        if dry_run:
            _print([(work, work.planned) for work in found], as_json=as_json)
            note("{n} MB inside the files are unused.", n=_megabytes(company.database.unused()))
            return
        _print([(work, _done(work)) for work in found], as_json=as_json)
        _compact(company)


def _print(found: Sequence[tuple[Work, Done]], *, as_json: bool) -> None:
    """Print what is to be done, or what was."""
    if as_json:
        printing.document([documents.waste(work.name, done.n, done.size) for work, done in found])
        return
    rows = [(show(work.label), done.n, _megabytes(done.size) if done.size else "") for work, done in found]
    printing.table((_("What"), _("How many"), _("MB")), rows)


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:.1f}"


def _done(work: Work) -> Done:
    """Do it, with a bar for whoever waits at a terminal; returns what was done."""
    from chatapp_cli.runtime.collecting import Done

    pieces: list[Done] = []
    with typer.progressbar(
        length=work.planned.n, label=show(work.label), file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        for piece in work.do():
            bar.update(piece.n)
            pieces.append(piece)
    return Done(sum(one.n for one in pieces), sum(one.size for one in pieces))


def _compact(company: Company) -> None:
    from chatapp_cli.runtime.collecting import compact

    try:
        freed = compact(company, _tell_of_compacting)
    except Busy as busy:
        note("The files keep their size, because the store is in use: {why}", why=busy)
        return
    note("{n} MB are free again.", n=_megabytes(freed))


def _tell_of_compacting() -> None:
    note("The files are written anew; this takes about a second for each 100 MB.")
