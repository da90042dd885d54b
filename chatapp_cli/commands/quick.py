"""``chatapp quick``: quick replies, their sections, and who may edit them (S-135 to S-140)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Force, Json, Verb, completing, noun, opened, typed, write
from chatapp_cli.commands.errors import INTERRUPTED, note, say
from chatapp_cli.commands.input_checks import standard_bytes
from chatapp_cli.commands.interrupt import interruptible
from chatapp_cli.commands.progress import Progress
from chatapp_cli.commands.staging import staging
from chatapp_cli.documents import replies as documents
from chatapp_cli.domain import quick_reply
from chatapp_cli.domain.buttons import from_json
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.quick_reply import QuickReplyDraft, category_name, ranked
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import replies

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.services.reply_entries import ReplyFile
    from chatapp_cli.services.reply_sheet import Taken
    from chatapp_cli.store.rows.replies import QuickReplyRow, SectionRow
    from chatapp_cli.store.tx import Tx

app = noun()


def _section_names(company: Company) -> list[str]:
    return [row.name for row in company.read(replies.sections)]


def titles(company: Company) -> list[str]:
    """The titles of all quick replies."""
    return [row.title for row in company.read(replies.everything)]


Named = Annotated[
    str,
    typer.Argument(metavar="REPLY", help=N_("TITLE, SECTION/TITLE or number"), autocompletion=completing(titles)),
]
Section = Annotated[
    str,
    typer.Argument(metavar="SECTION", help=N_("Section by name or number"), autocompletion=completing(_section_names)),
]
InSection = Annotated[
    str,
    typer.Option("--section", "-s", help=N_("Section by name or number"), autocompletion=completing(_section_names)),
]
Title = Annotated[str, typer.Argument(metavar="TITLE", help=N_("What the reply is called"))]
Words = Annotated[
    str | None,
    typer.Option(
        "--text", "-t", help=N_("The text; {client_name} and other names in braces are filled in; - reads it")
    ),
]
Keywords = Annotated[str | None, typer.Option("--keywords", "-k", help=N_("What clients ask when this is the answer"))]
Category = Annotated[
    str | None, typer.Option("--category", help=N_("Such as sales, support, information, or a word of your own"))
]
Files = Annotated[list[Path] | None, typer.Option("--file", metavar="FILE", help=N_("File to attach; repeatable"))]
Buttons = Annotated[
    list[str] | None,
    typer.Option("--button", metavar="TEXT", help=N_("Button below the text, or a numbered list without; repeatable")),
]
Operator = Annotated[str, typer.Argument(metavar="OPERATOR", help=N_("Name that their messages are signed with"))]


@app.command("list", cls=Verb)
def list_(
    ctx: typer.Context,
    section: InSection = "",
    category: Annotated[str, typer.Option("--category", help=N_("Of this category"))] = "",
    search: Annotated[str, typer.Option("--search", help=N_("Words of the title, the keywords or the text"))] = "",
    as_json: Json = False,
) -> None:
    """Find quick replies, the best fitting first."""
    with opened(ctx) as company:
        rows = company.read(lambda tx: _found(tx, section, category))
    rows = ranked(rows, search) if search else rows
    if as_json:
        printing.document([documents.reply(row) for row in rows])
        return
    columns = (_("No."), _("Section"), _("Title"), _("Category"), _("Used"), _("Text"))
    printing.table(columns, [(r.id, r.section, r.title, show(category_name(r.category)), r.used, r.text) for r in rows])
    if not rows:
        note("There is no such quick reply. Add one: chatapp quick add SECTION TITLE --text TEXT")


def _found(tx: Tx, section: str, category: str) -> list[QuickReplyRow]:
    where = replies.section(tx, section).id if section else None
    every = (row for row in replies.everything(tx) if where in {None, row.section_id})
    return [
        row for row in every if not category or quick_reply.category(category) == quick_reply.category(row.category)
    ]


@app.command("show", cls=Verb)
def show_(ctx: typer.Context, named: Named, as_json: Json = False) -> None:
    """Show one quick reply with its files and gaps."""
    from chatapp_cli.domain.variables import gaps

    with opened(ctx) as company:
        row, files = company.read(lambda tx: ((one := replies.find(tx, named)), replies.files(tx, one.id)))
    wanted = list(gaps(row.text).values())
    if as_json:
        printing.document(documents.whole(row, wanted, files))
        return
    printing.facts(
        {
            _("Title"): row.title,
            _("Section"): row.section,
            _("Category"): show(category_name(row.category)),
            _("Keywords"): row.keywords,
            _("Gaps"): ", ".join(wanted),
            _("Buttons"): "  ".join(f"[ {one} ]" for one in from_json(row.buttons)),
            _("Files"): ", ".join(file.name for file in files),
            _("Used"): row.used or "",
            _("Changed"): printing.moment(row.updated_at),
            _("Text"): row.text,
        }
    )


@app.command(cls=Verb)
def add(
    ctx: typer.Context,
    section: Section,
    title: Title,
    *,
    text: Words = None,
    keywords: Keywords = None,
    category: Category = None,
    buttons: Buttons = None,
    files: Files = None,
) -> None:
    """Add a quick reply."""
    new = QuickReplyDraft(title=title, text=typed(text or ""), keywords=keywords or "", category=category or "")
    with opened(ctx) as company, staging(company) as stage:
        ready = replace(new, files=tuple(map(stage, files or ())), buttons=tuple(buttons or ()))
        made = company.write(lambda tx: replies.add(tx, replies.section(tx, section), ready))
    typer.echo(made)


@app.command(cls=Verb)
def edit(
    ctx: typer.Context,
    named: Named,
    *,
    title: Annotated[str | None, typer.Option("--title", help=N_("Another title"))] = None,
    section: InSection = "",
    text: Words = None,
    keywords: Keywords = None,
    category: Category = None,
    buttons: Buttons = None,
    no_buttons: Annotated[bool, typer.Option("--no-buttons", help=N_("Remove its buttons"))] = False,
    files: Files = None,
    no_files: Annotated[bool, typer.Option("--no-files", help=N_("Remove its files"))] = False,
) -> None:
    """Change a quick reply, or move it to another section; what is not named stays."""
    given = {"title": title, "text": None if text is None else typed(text), "keywords": keywords, "category": category}
    changes = {name: value for name, value in given.items() if value is not None}
    with opened(ctx) as company, staging(company) as stage:
        more = tuple(map(stage, files or ()))

        def job(tx: Tx) -> None:
            row = replies.find(tx, named)
            known = replies.answer(tx, row)
            below = tuple(buttons or (() if no_buttons else known.buttons))
            new = replace(known, files=(*(() if no_files else known.files), *more), buttons=below, **changes)
            into = replies.section(tx, section) if section else None
            replies.edit(tx, row, new, into=into)

        company.write(job)


@app.command(cls=Verb)
def remove(ctx: typer.Context, named: Named) -> None:
    """Delete a quick reply."""
    write(ctx, lambda tx: replies.remove(tx, replies.find(tx, named)))


@app.command(cls=Verb)
def sections(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the sections and who may edit each."""

    def look(tx: Tx) -> list[tuple[SectionRow, list[str]]]:
        return [(row, replies.editors(tx, row.id)) for row in replies.sections(tx)]

    with opened(ctx) as company:
        found = company.read(look)
    if as_json:
        printing.document([documents.section(row, editors) for row, editors in found])
        return
    shown = [(row.id, row.name, row.replies, ", ".join(names) or _("everybody")) for row, names in found]
    printing.table((_("No."), _("Section"), _("Quick replies"), _("Editors")), shown)


@app.command("add-section", cls=Verb)
def add_section(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help=N_("Its name"))]) -> None:
    """Add a section; everybody may edit it until somebody is invited."""
    with opened(ctx) as company:
        typer.echo(company.write(lambda tx: replies.add_section(tx, name)))


@app.command("rename-section", cls=Verb)
def rename_section(
    ctx: typer.Context, section: Section, name: Annotated[str, typer.Argument(metavar="NAME", help=N_("New name"))]
) -> None:
    """Rename a section."""
    write(ctx, lambda tx: replies.rename_section(tx, replies.section(tx, section), name))


@app.command("remove-section", cls=Verb)
def remove_section(ctx: typer.Context, section: Section, force: Force = False) -> None:
    """Remove a section."""
    write(ctx, lambda tx: replies.remove_section(tx, replies.section(tx, section), force=force))


@app.command(cls=Verb)
def invite(ctx: typer.Context, section: Section, operator: Operator) -> None:
    """Let an operator edit a section; then only invited operators and you may."""
    write(ctx, lambda tx: replies.invite(tx, replies.section(tx, section), operator))


@app.command(cls=Verb)
def uninvite(ctx: typer.Context, section: Section, operator: Operator) -> None:
    """Revoke an operator's right to edit a section."""
    write(ctx, lambda tx: replies.uninvite(tx, replies.section(tx, section), operator))


Target = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="FILE", help=N_("Write it there; the extension sets the format, and YAML includes files")
    ),
]


@app.command("export", cls=Verb)
def export(
    ctx: typer.Context,
    section: InSection = "",
    *,
    form: Annotated[str, typer.Option("--form", help=N_("csv, json or yaml; else by the file's name"))] = "",
    to: Target = None,
) -> None:
    """Print quick replies as a file, or write them with what is attached to them."""
    from chatapp_cli.services import reply_file

    with opened(ctx) as company:
        rows = company.read(lambda tx: _found(tx, section, ""))
        if to is None:
            typer.echo(company.read(lambda tx: reply_file.text(tx, rows, reply_file.form(form or "csv"))), nl=False)
            return
        company.read(lambda tx: reply_file.save(tx, company.media, rows, to, form))
    typer.echo(to)


@app.command("import", cls=Verb)
def import_(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help=N_("A .csv, .json or .yaml file; - reads standard input"))
    ],
    *,
    form: Annotated[str, typer.Option("--form", help=N_("csv, json or yaml; else by the file's name"))] = "",
    dry: Annotated[bool, typer.Option("--dry-run", help=N_("Only show what would change"))] = False,
    as_json: Json = False,
) -> None:
    """Import a file of quick replies; if it has errors, they are listed by line and nothing is imported."""
    from chatapp_cli.services import reply_file

    with opened(ctx) as company:
        content = standard_bytes() if file == "-" else reply_file.content(Path(file))
        with staging(company) as stage:
            sheet = reply_file.read(company.media, content, Path(file), form, take=stage)
            taken = _taken(company, sheet, dry=dry)
    for fault in (wrong := taken.faults):
        say(fault.sentence)
    if wrong:
        say(T("Nothing was imported: {n} errors.", n=len(wrong)), T("Correct them and import the file again."))
        raise typer.Exit(UsageError.exit_code)
    if as_json:
        printing.document(documents.taken(taken))
    else:
        typer.echo(taken.added + taken.changed)
    note(
        "New: {added}, changed: {changed}, the same: {same}.", added=taken.added, changed=taken.changed, same=taken.same
    )


def _say_interrupted(done: int, total: int) -> None:
    if done:
        what = T("Interrupted: {n} of {total} quick replies are imported, the others are not.", n=done, total=total)
    else:
        what = T("Interrupted: nothing was imported.")
    say(what, T("Import the file again: what is there already stays as it is."))


def _taken(company: Company, sheet: ReplyFile, *, dry: bool) -> Taken:
    """Check all of the file, then take it part by part; interrupted, it goes on when it is imported again."""
    from chatapp_cli.runtime.pieces import in_pieces
    from chatapp_cli.services.reply_sheet import divided, part, take

    head, items = divided(sheet)

    def through(words: str, *, dry: bool) -> Taken:
        found = company.write(lambda tx: take(tx, head, dry=dry))
        with Progress(words, len(items)) as progress, interruptible() as interrupt:
            for taken, done in in_pieces(company, items, lambda tx, some: take(tx, part(some), dry=dry)):
                found.add(taken)
                progress.at(done)
                if interrupt.pressed and done < len(items):
                    _say_interrupted(0 if dry else done, len(items))
                    raise typer.Exit(INTERRUPTED)
        return found

    checked = through(_("Checking"), dry=True)
    return checked if dry or checked.faults else through(_("Importing"), dry=False)
