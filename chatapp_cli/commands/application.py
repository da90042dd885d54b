"""``chatapp application``: the application that a provider requires before a channel works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Line, Verb, noun, opened
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import number
from chatapp_cli.commands.line import Answers, Kind, Set
from chatapp_cli.documents import channels as documents
from chatapp_cli.domain.application import ApplicationStage
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.ids import ApplicationId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import applications, lines, words

if TYPE_CHECKING:
    from chatapp_cli.store.rows.channels import ApplicationRow

app = noun()

Application = Annotated[int, typer.Argument(metavar="APPLICATION", parser=number, help=N_("Number of the application"))]
Reason = Annotated[str, typer.Option("--reason", metavar="WORDS", help=N_("Why it was rejected"))]


@app.command(cls=Verb)
def new(ctx: typer.Context, kind: Kind, line: Line = "", given: Set = None, answers: Answers = "") -> None:
    """Fill in an application; the documents are made from it."""
    import asyncio

    from chatapp_cli.commands.binding import asker, gathered, known_kind
    from chatapp_cli.runtime import applying

    about = known_kind(kind)
    with opened(ctx) as company:
        wanted = company.read(lambda tx: lines.find(tx, line)).id
        ask = asker(gathered(given or [], answers))
        made = asyncio.run(applying.apply(company, ask, line=wanted, kind=about.kind))
    typer.echo(made)
    note("Documents made. Get the statement: chatapp application document {n}", n=made)


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, line: Line = "", as_json: Json = False) -> None:
    """Show the applications, the latest first."""
    with opened(ctx) as company:
        number = company.read(lambda tx: lines.find(tx, line)).id if line else None
        rows = company.read(lambda tx: applications.everything(tx, line=number))
    if as_json:
        printing.document([documents.application(row) for row in rows])
        return
    columns = (_("No."), _("Application"), _("Line"), _("Status"), _("Changed"))
    printing.table(columns, [_cells(row) for row in rows])
    if not rows:
        note("There is no application yet. Make one: chatapp application new KIND")


def _cells(row: ApplicationRow) -> tuple[object, ...]:
    return (row.id, _title(row), row.line, show(words.stage(row.state)), printing.moment(row.updated_at))


def _title(row: ApplicationRow) -> str:
    return _("Statement of {who}", who=row.title)


@app.command("show", cls=Verb)
def show_(ctx: typer.Context, application: Application, as_json: Json = False) -> None:
    """Show an application's form and stage."""
    from chatapp_cli.runtime import applying

    with opened(ctx) as company:
        row = company.read(lambda tx: applications.one(tx, ApplicationId(application)))
        if as_json:
            answers = company.read(lambda tx: applications.answers(tx, company.vault, row.id))
            printing.document(documents.filled_in(row, answers))
            return
        filled = applying.filled_in(company, row)
    printing.facts(
        {
            _("Application"): _title(row),
            _("Line"): row.line,
            _("Status"): show(words.stage(row.state)),
            _("Why"): row.reason,
            _("Document"): row.document_name,
            _("Made"): printing.moment(row.created_at),
            _("Changed"): printing.moment(row.updated_at),
            **filled,
        }
    )


@app.command(cls=Verb)
def document(
    ctx: typer.Context,
    application: Application,
    to: Annotated[Path, typer.Option("--to", metavar="PATH", help=N_("Folder or file to write to"))] = Path(),
) -> None:
    """Write the statement to a file, to be signed and sent."""
    from chatapp_cli.runtime import applying

    with opened(ctx) as company:
        name, content = applying.document(company, ApplicationId(application))
    target = to
    try:
        if to.is_dir():
            target = to / name
        with target.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise UsageError(T("{path} is there already.", path=target), T("Name another file with --to.")) from error
    except OSError as error:
        raise NotFound(
            T("{path} cannot be written: {why}.", path=target, why=error.strerror or error),
            T("Name another file with --to."),
        ) from error
    typer.echo(target)
    note("Sign it and send it; then: chatapp application sent {n}", n=application)


@app.command(cls=Verb)
def sent(ctx: typer.Context, application: Application) -> None:
    """Record that the signed statement was sent."""
    _move(ctx, application, ApplicationStage.SENT)


@app.command(cls=Verb)
def decide(
    ctx: typer.Context,
    application: Application,
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help=N_("checking, approved or rejected"))],
    reason: Reason = "",
) -> None:
    """Record the provider's answer."""
    verdicts = {
        str(stage): stage for stage in (ApplicationStage.CHECKING, ApplicationStage.APPROVED, ApplicationStage.REJECTED)
    }
    if verdict not in verdicts:
        raise UsageError(T("A verdict is one of: {allowed}", allowed=", ".join(verdicts)), field="verdict")
    _move(ctx, application, verdicts[verdict], reason)


def _move(ctx: typer.Context, application: int, stage: ApplicationStage, reason: str = "") -> None:
    with opened(ctx) as company:
        company.write(lambda tx: applications.move(tx, ApplicationId(application), stage, reason=reason))
        row = company.read(lambda tx: applications.one(tx, ApplicationId(application)))
    note("{title}: {state}", title=_title(row), state=show(words.stage(row.state)))
    if stage is ApplicationStage.APPROVED:
        note("Now bind the channel: chatapp line bind {kind} --line '{line}'", kind=row.kind, line=row.line)
