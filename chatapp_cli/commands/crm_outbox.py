"""``chatapp crm outbox`` and ``chatapp crm deadletter``: what CRMs are still to be told, and what was unusable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import listing, printing
from chatapp_cli.commands.base import Json, Verb, noun, opened
from chatapp_cli.commands.crm_own import app
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.input_checks import number
from chatapp_cli.documents import crm as documents
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import EntryId
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import crm_intake, crm_run_entries, ledger, links, robot_results, words

if TYPE_CHECKING:
    from chatapp_cli.store.rows.crm import ShownEntryRow
    from chatapp_cli.store.rows.robots import RunRow
    from chatapp_cli.store.tx import Tx

outbox = noun()
letters = noun()
app.add_typer(outbox, name="outbox", help=N_("What CRMs are still to be told, and what they refused"))
app.add_typer(letters, name="deadletter", help=N_("Events of CRMs that could not be used"))

Entry = Annotated[int, typer.Argument(metavar="NUMBER", parser=number, help=N_("Number of the entry"))]
Letter = Annotated[int, typer.Argument(metavar="NUMBER", parser=number, help=N_("Number of the dead letter"))]


@outbox.command("list", cls=Verb)
def outbox_list(ctx: typer.Context, limit: listing.Limit = 100, as_json: Json = False) -> None:
    """Show what CRMs are still to be told, refused entries first."""
    with opened(ctx) as company:
        found, rows = company.read(lambda tx: (_with_runs(tx, limit), links.everything(tx)))
    if as_json:
        printing.document([documents.entry(*each) for each in found])
        return
    columns = (_("No."), _("CRM"), _("Dialog"), _("What"), _("State"), _("Since"), _("Text"))
    kinds = {row.id: row.kind for row in rows}
    printing.records(columns, [_in_line(row, kinds[row.link_id], run) for row, run in found])
    if not rows:
        note("No CRM is linked yet. Link one: chatapp crm link KIND")
    elif limit and not found:
        note("The CRMs have been told everything.")


def _with_runs(tx: Tx, limit: int) -> list[tuple[ShownEntryRow, RunRow | None]]:
    return [(row, crm_run_entries.run_of(tx, row)) for row in ledger.everything(tx, n=limit)]


def _in_line(row: ShownEntryRow, kind: str, run: RunRow | None) -> tuple[object, ...]:
    from chatapp_cli.kit.crms import manifest

    state = show(words.ENTRY_STATES[row.state])
    if row.code:
        why = show(words.what_there(manifest(kind), row.code))
        state = f"{state}: {why.rstrip('.')}"
    return (
        row.id,
        row.link,
        row.name,
        show(words.ACTS[Act(row.act)]),
        state,
        printing.moment(row.created_at),
        row.text if run is None else ", ".join(map(str, filter(None, _of_run(run).values()))),
    )


def _of_run(run: RunRow) -> Mapping[str, object]:
    return {
        _("Robot"): show(robot_results.title(run)),
        _("Run"): show(T("run {n}", n=run.id)),
        _("Card"): run.card,
    }


@outbox.command("show", cls=Verb)
def outbox_show(ctx: typer.Context, entry: Entry, as_json: Json = False) -> None:
    """Show one entry."""
    with opened(ctx) as company:
        row, kind, run = company.read(lambda tx: _with_kind(tx, EntryId(entry)))
    if as_json:
        printing.document(documents.entry(row, run))
    else:
        printing.facts(_entry(row) if run is None else {**_entry(row), **_of_run(run), _("Run"): run.id})
        _say_refusal(row, kind)


def _with_kind(tx: Tx, entry: EntryId) -> tuple[ShownEntryRow, str, RunRow | None]:
    row = ledger.one(tx, entry)
    return row, links.one(tx, row.link_id).kind, crm_run_entries.run_of(tx, row)


def _entry(row: ShownEntryRow) -> Mapping[str, object]:
    return {
        _("No."): row.id,
        _("CRM"): row.link,
        _("Dialog"): f"{row.name} ({row.dialog_id})" if row.dialog_id else "",
        _("Message"): row.message_id,
        _("What"): show(words.ACTS[Act(row.act)]),
        _("State"): show(words.ENTRY_STATES[row.state]),
        _("Since"): printing.moment(row.created_at),
        _("Tries"): row.tries,
        _("Tries again"): printing.moment(row.not_before),
        _("Text"): row.text,
    }


def _say_refusal(row: ShownEntryRow, kind: str) -> None:
    from chatapp_cli.kit.crms import manifest

    if row.code:
        what, step = words.why_there(manifest(kind), row.link_id, row.code, row.detail)
        say(what, step)


@outbox.command("retry", cls=Verb)
def outbox_retry(
    ctx: typer.Context,
    entry: Annotated[
        str, typer.Argument(metavar="NUMBER", help=N_("Number of the entry; with --all a CRM by address or number"))
    ] = "",
    *,
    everything: Annotated[bool, typer.Option("--all", help=N_("All that was refused, in order"))] = False,
) -> None:
    """Tell the CRM again what it refused: one entry, or with --all everything."""
    with opened(ctx) as company:
        if everything:
            link = company.read(lambda tx: links.find(tx, entry)).id if entry else None
            n = company.write(lambda tx: ledger.retry_all(tx, link))
            note("Told again: {n}.", n=n)
            return
        one = _entry_number(entry)
        company.write(lambda tx: ledger.retry(tx, one))
    note("Entry {n} is told again.", n=one)


def _entry_number(said: str) -> EntryId:
    if not said:
        raise UsageError(T("Which entry?"), T("See what waits: {how}", how=to_do(Next.LEDGER)), field="entry")
    return EntryId(number(said))


@outbox.command("drop", cls=Verb)
def outbox_drop(ctx: typer.Context, entry: Entry) -> None:
    """Give up telling the CRM something."""
    with opened(ctx) as company:
        company.write(lambda tx: ledger.drop(tx, EntryId(entry)))
    note("Entry {n} is dropped.", n=entry)


@letters.command("list", cls=Verb)
def letters_list(ctx: typer.Context, limit: listing.Limit = 100, as_json: Json = False) -> None:
    """Show events of CRMs that could not be used."""
    with opened(ctx) as company:
        found = company.read(lambda tx: crm_intake.dead(tx, n=limit))
    if as_json:
        printing.document([documents.dead_letter(row) for row in found])
        return
    printing.records(
        (_("No."), _("When"), _("CRM"), _("Problem")),
        [(row.id, printing.moment(row.at), row.link, show(row.problem)) for row in found],
    )
    if found:
        note("Try one again, or forget it: chatapp crm deadletter retry NUMBER, chatapp crm deadletter forget NUMBER")
    elif limit:
        note("There are no dead letters.")


@letters.command("retry", cls=Verb)
def letters_retry(ctx: typer.Context, letter: Letter) -> None:
    """Try a dead letter again."""
    from chatapp_cli.commands import crm_letters

    with opened(ctx) as company:
        crm_letters.retry(company, letter)
    note("Dead letter {n} is tried again, if the daemon runs.", n=letter)


@letters.command("forget", cls=Verb)
def letters_forget(ctx: typer.Context, letter: Letter) -> None:
    """Delete a dead letter."""
    with opened(ctx) as company:
        company.write(lambda tx: crm_intake.delete(tx, letter))
    note("Dead letter {n} is forgotten.", n=letter)
