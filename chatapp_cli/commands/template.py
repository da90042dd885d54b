"""``chatapp template``: texts that a provider must approve before they are sent (S-090)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands import asked, printing
from chatapp_cli.commands.base import Channel, Json, Line, Verb, channel_names, completing, noun, opened, typed
from chatapp_cli.commands.errors import note
from chatapp_cli.documents import channels as documents
from chatapp_cli.domain.errors import Rejected, UsageError
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.domain.template import Template, TemplateState, gaps
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import approvals, channels, lines, templates, words

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.store.rows.channels import ChannelRow, TemplateRow
    from chatapp_cli.store.tx import Tx

app = noun()

Named = Annotated[str, typer.Argument(metavar="TEMPLATE", help=N_("NAME, or NAME/LANGUAGE"))]
Only = Annotated[
    str,
    typer.Option(
        "--channel", "-c", help=N_("Channel by kind, account or number"), autocompletion=completing(channel_names)
    ),
]
State = Annotated[str, typer.Option("--state", help=N_("draft, pending, approved, rejected or paused"))]
Reason = Annotated[str, typer.Option("--reason", metavar="WORDS", help=N_("Why it was rejected or paused"))]
_STATES: Mapping[str, TemplateState] = {
    "draft": "draft",
    "pending": "pending",
    "approved": "approved",
    "rejected": "rejected",
    "paused": "paused",
}
_VERDICTS = ("pending", "approved", "rejected", "paused")


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, channel: Only = "", line: Line = "", state: State = "", as_json: Json = False) -> None:
    """Show templates and what the providers think of them."""
    wanted = _state(state, tuple(_STATES), "state") if state else ""
    with opened(ctx) as company:
        one = _found(company, channel, line).id if channel else None
        rows = company.read(lambda tx: templates.everything(tx, channel=one))
    rows = [row for row in rows if wanted in {"", row.state}]
    if as_json:
        printing.document([documents.template(row) for row in rows])
        return
    columns = (_("Channel"), _("Template"), _("Language"), _("Status"), _("Text"))
    printing.table(columns, [_cells(row) for row in rows])
    if not rows:
        note("There is no template here. Read those of the provider: chatapp template sync CHANNEL")


def _cells(row: TemplateRow) -> tuple[object, ...]:
    return (row.channel_id, row.name, row.language, show(words.template_state(row.state)), row.body)


def _found(company: Company, channel: str, line: str) -> ChannelRow:
    from chatapp_cli.commands.binding import spelled

    def job(tx: Tx) -> ChannelRow:
        return channels.find(tx, spelled(tx, channel), line=lines.find(tx, line).id if line else None)

    return company.read(job)


def _state(name: str, allowed: tuple[str, ...], field: str) -> TemplateState:
    if name not in allowed:
        raise UsageError(T("{said} is not one of: {allowed}", said=name, allowed=", ".join(allowed)), field=field)
    return _STATES[name]


@app.command("show", cls=Verb)
def show_(ctx: typer.Context, channel: Channel, named: Named, line: Line = "", as_json: Json = False) -> None:
    """Show one template with its gaps."""
    with opened(ctx) as company:
        where = _found(company, channel, line)
        row = company.read(lambda tx: templates.find(tx, where, named))
    if as_json:
        printing.document(documents.template(row))
        return
    printing.facts(
        {
            _("Template"): row.name,
            _("Language"): row.language,
            _("Channel"): where.title,
            _("Category"): row.category,
            _("Status"): show(words.template_state(row.state)),
            _("Why"): row.reason,
            _("Gaps"): ", ".join(gaps(row.body)),
            _("Changed"): printing.moment(row.updated_at),
            _("Text"): row.body,
        }
    )


@app.command(cls=Verb)
def add(
    ctx: typer.Context,
    channel: Channel,
    name: Annotated[str, typer.Argument(metavar="NAME", help=N_("What the template is called"))],
    *,
    text: Annotated[
        str, typer.Option("--text", "-t", help=N_("The text, its gaps like {{name}}; - reads standard input"))
    ],
    language: Annotated[str, typer.Option("--language", help=N_("Language of the text"))] = "ru",
    category: Annotated[str, typer.Option("--category", help=N_("The provider's own word, such as UTILITY"))] = "",
    line: Line = "",
) -> None:
    """Save a draft of a template; submit it when it is ready."""
    template = Template(name=name, language=language, body=typed(text), category=category)
    with opened(ctx) as company:
        where = _found(company, channel, line)
        row = company.write(lambda tx: templates.add(tx, where, company.capabilities(where), template))
    _tell(row)
    note("Submit it: chatapp template submit {channel} {name}", channel=where.id, name=row.name)


def _tell(row: TemplateRow) -> None:
    typer.echo(f"{row.name}/{row.language}")
    note("{name}: {state}", name=row.name, state=show(words.template_state(row.state)))


@app.command(cls=Verb)
def submit(
    ctx: typer.Context, channel: Channel, named: Named, line: Line = "", wait: asked.Wait = asked.PATIENCE
) -> None:
    """Ask the provider to approve a template."""
    with opened(ctx) as company:
        where = _found(company, channel, line)
        draft = templates.value(company.read(lambda tx: templates.find(tx, where, named)))
        by_hand = False
        try:
            answer = asked.of(company, where, SessionMethod.SUBMIT, _arguments(draft), seconds=wait)
        except Rejected as refusal:
            if refusal.code != "not_here":
                raise
            answer, by_hand = {**_arguments(draft), "state": "pending"}, True
        row = _judged(company, where, Template(**answer))
    _tell(row)
    if by_hand:
        note(
            "Ask this provider yourself, then record its decision: chatapp template decide {n} {name} approved",
            n=where.id,
            name=row.name,
        )


def _arguments(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "language": template.language,
        "body": template.body,
        "category": template.category,
    }


def _judged(company: Company, where: ChannelRow, template: Template) -> TemplateRow:
    return company.write(lambda tx: approvals.judged(tx, company.capabilities, where, template))


@app.command(cls=Verb)
def sync(ctx: typer.Context, channel: Channel, line: Line = "", wait: asked.Wait = asked.PATIENCE) -> None:
    """Read the provider's templates and what it thinks of each; prints how many changed."""
    with opened(ctx) as company:
        where = _found(company, channel, line)
        found = [Template(**one) for one in asked.of(company, where, SessionMethod.TEMPLATES, {}, seconds=wait)]
        changed = company.write(lambda tx: approvals.learn(tx, company.capabilities, where, found))
    typer.echo(changed)
    note("{n} templates at the provider.", n=len(found))


@app.command(cls=Verb)
def decide(
    ctx: typer.Context,
    channel: Channel,
    named: Named,
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help=N_("pending, approved, rejected or paused"))],
    *,
    reason: Reason = "",
    line: Line = "",
) -> None:
    """Record a moderator's decision, if the desk does not ask the provider."""
    state = _state(verdict, _VERDICTS, "verdict")
    with opened(ctx) as company:
        where = _found(company, channel, line)
        row = company.write(lambda tx: approvals.decide(tx, company.capabilities, where, named, state, reason=reason))
    _tell(row)
