"""``chatapp crm rules``: in which pipeline of a CRM a client's card is made, and who is responsible for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Line, Verb, noun, opened
from chatapp_cli.commands.crm_names import Link
from chatapp_cli.commands.crm_own import app
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.input_checks import may_be_empty, minutes, number
from chatapp_cli.documents import crm_rules as documents
from chatapp_cli.domain.ids import RuleId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.services import links, rule_troubles, rule_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatapp_cli.domain.ids import LinkId
    from chatapp_cli.services.crm_rules import PipelineRule, RuleAnswer
    from chatapp_cli.store.rows.crm import LinkRow

rules = noun()
app.add_typer(rules, name="rules", help=N_("In which pipeline cards are made: by source, words and hours"))

Number = Annotated[int, typer.Argument(metavar="NUMBER", parser=number, help=N_("Number of the rule"))]
Many = Annotated[list[int], typer.Argument(metavar="NUMBER…", parser=number, help=N_("Numbers of the rules, in order"))]


def _repeated(flag: str, metavar: str, help_: str) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(flag, metavar=metavar, help=help_, parser=may_be_empty)
    return found


OnLines = Annotated[list[str] | None, _repeated("--on-line", "LINE", N_("Only messages of this line; repeatable"))]
OfKinds = Annotated[list[str] | None, _repeated("--kind", "KIND", N_("Only of this kind of channel; repeatable"))]
ByChannels = Annotated[list[str] | None, _repeated("--channel", "CHANNEL", N_("Only of this channel; repeatable"))]
HasWord = Annotated[
    list[str] | None, _repeated("--word", "WORDS", N_("Word or phrase of which one has to occur; repeatable"))
]
Every = Annotated[bool | None, typer.Option("--every/--any", help=N_("Whether all words have to occur, or one"))]
Exact = Annotated[bool | None, typer.Option("--exact/--forms", help=N_("Whether words count in this form alone"))]
Without = Annotated[
    list[str] | None, _repeated("--without", "WORDS", N_("Word or phrase that may not occur; repeatable"))
]
Hours = Annotated[list[str] | None, _repeated("--hours", "09:00-18:00", N_("Hours of the day; repeatable"))]
Days = Annotated[list[str] | None, _repeated("--days", "DAYS", N_("mon-fri, sat, working or off; repeatable"))]
Outside = Annotated[bool | None, typer.Option("--outside/--within", help=N_("Whether those hours are left out"))]
Zone = Annotated[
    str | None,
    typer.Option("--zone", parser=may_be_empty, metavar="ZONE", help=N_("Time zone of the hours: Europe/Moscow")),
]
CalendarName = Annotated[
    str | None,
    typer.Option(
        "--calendar", parser=may_be_empty, metavar="NAME", help=N_("Calendar of working days: ru, or one of yours")
    ),
]
Tree = Annotated[
    str | None,
    typer.Option(
        "--if", parser=may_be_empty, metavar="FILE", help=N_("JSON file with all, any and not; - reads standard input")
    ),
]
Pipeline = Annotated[
    str | None, typer.Option("--pipeline", parser=may_be_empty, metavar="NAME", help=N_("Pipeline by name or id"))
]
Stage = Annotated[
    str | None, typer.Option("--stage", parser=may_be_empty, metavar="NAME", help=N_("First stage by name or id"))
]
Fields = Annotated[list[str] | None, _repeated("--field", "FIELD=VALUE", N_("Field of the card to fill; repeatable"))]
Tags = Annotated[list[str] | None, _repeated("--tag", "TAG", N_("Tag of the card; repeatable"))]
Responsible = Annotated[
    str | None,
    typer.Option(
        "--responsible",
        parser=may_be_empty,
        metavar="WHO",
        help=N_("Employee by number or name; several with commas take turns; or contact, or operator"),
    ),
]
Window = Annotated[
    int | None,
    typer.Option(
        "--window", metavar="MINUTES", parser=minutes, help=N_("Minutes within which a later message may move the card")
    ),
]


@rules.command("list", cls=Verb)
def list_(ctx: typer.Context, link: Link = "", as_json: Json = False) -> None:
    """Show the rules in their order."""
    from chatapp_cli.commands import ruling

    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        found, names = ruling.known(company, row)
    if as_json:
        printing.document([documents.rule(one, place) for place, one in enumerate(found, 1)])
        return
    columns = (_("Turn"), _("Number"), _("Name"), _("If"), _("Pipeline"), _("Responsible"))
    table = [
        (place, one.id, one.name, show(rule_words.condition(one.asked, names)), rule_words.target(one.outcome),
         show(rule_words.responsible(one.outcome)))
        for place, one in enumerate(found, 1)
    ]  # fmt: skip
    printing.records(columns, table)
    _say_troubles(row.id, found)
    if not _say_own_cards(row) and not found:
        note("There are no rules: cards are made where the channels are paired.")


def _say_own_cards(row: LinkRow) -> bool:
    """Say where the CRM makes the cards by itself; whether it does so anywhere."""
    where = manifest(row.kind).own_cards_of(row.settings)
    if where is not None:
        say(where)
    return where is not None


def _say_troubles(link: LinkId, found: Sequence[PipelineRule]) -> None:
    for one in found:
        if one.problem is not None:
            say(T("Rule {name} is passed over: {what}", name=one.name, what=one.problem.what), one.problem.next_step)
        if one.trouble is not None:
            say(T("Rule {name}: {what}", name=one.name, what=one.trouble), rule_troubles.how_to_mend(link))


@rules.command(cls=Verb)
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=N_("Name of the rule"))],
    link: Link = "",
    *,
    on_line: OnLines = None,
    kind: OfKinds = None,
    channel: ByChannels = None,
    word: HasWord = None,
    every: Every = None,
    exact: Exact = None,
    without: Without = None,
    hours: Hours = None,
    days: Days = None,
    outside: Outside = None,
    zone: Zone = None,
    calendar: CalendarName = None,
    tree: Tree = None,
    pipeline: Pipeline = None,
    stage: Stage = None,
    field: Fields = None,
    tag: Tags = None,
    responsible: Responsible = None,
    window: Window = None,
) -> None:
    """Add a rule behind the others; without conditions it fits always and is the default."""
    from chatapp_cli.commands import ruling
    from chatapp_cli.commands.asked_conditions import AskedConditions
    from chatapp_cli.services.rule_answers import SaidOfCard

    asked = AskedConditions(
        lines=on_line, kinds=kind, channels=channel, words=word, every=every, exact=exact, without=without, hours=hours,
        days=days, outside=outside, zone=zone, calendar=calendar, tree=tree,
    )  # fmt: skip
    said = SaidOfCard(pipeline=pipeline, stage=stage, fields=field, tags=tag, responsible=responsible, window=window)
    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        typer.echo(ruling.add(company, row, name, asked, said))


@rules.command(cls=Verb)
def edit(
    ctx: typer.Context,
    rule: Number,
    link: Link = "",
    *,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help=N_("Another name"))] = None,
    on_line: OnLines = None,
    kind: OfKinds = None,
    channel: ByChannels = None,
    word: HasWord = None,
    every: Every = None,
    exact: Exact = None,
    without: Without = None,
    hours: Hours = None,
    days: Days = None,
    outside: Outside = None,
    zone: Zone = None,
    calendar: CalendarName = None,
    tree: Tree = None,
    pipeline: Pipeline = None,
    stage: Stage = None,
    field: Fields = None,
    tag: Tags = None,
    responsible: Responsible = None,
    window: Window = None,
) -> None:
    """Change what is said of a rule; an empty value takes a condition or an outcome away."""
    from chatapp_cli.commands import ruling
    from chatapp_cli.commands.asked_conditions import AskedConditions
    from chatapp_cli.services.rule_answers import SaidOfCard

    asked = AskedConditions(
        lines=on_line, kinds=kind, channels=channel, words=word, every=every, exact=exact, without=without, hours=hours,
        days=days, outside=outside, zone=zone, calendar=calendar, tree=tree,
    )  # fmt: skip
    said = SaidOfCard(pipeline=pipeline, stage=stage, fields=field, tags=tag, responsible=responsible, window=window)
    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        changed = ruling.edit(company, row, RuleId(rule), name, asked, said)
    note("Rule {name} is changed.", name=changed)


@rules.command(cls=Verb)
def order(ctx: typer.Context, numbers: Many, link: Link = "") -> None:
    """Put rules into an order: those named first, then the others as they were."""
    from chatapp_cli.commands import ruling

    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        ruling.order(company, row, [RuleId(one) for one in numbers])
    note("The rules are asked in that order now.")


@rules.command(cls=Verb)
def remove(ctx: typer.Context, rule: Number, link: Link = "") -> None:
    """Remove a rule; cards stay where they are."""
    from chatapp_cli.services import crm_rules

    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        company.write(lambda tx: crm_rules.remove(tx, row.id, RuleId(rule)))
    note("Rule {n} is removed.", n=rule)


@rules.command("test", cls=Verb)
def trial(
    ctx: typer.Context,
    *,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help=N_("What the client writes"))] = "",
    source: Annotated[str, typer.Option("--source", metavar="CHANNEL", help=N_("Channel by kind, account or number"))],
    line: Line = "",
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="TIME", help=N_("When, by the clocks of the rules: 2026-12-31 23:59; without it now")
        ),
    ] = "",
    zone: Zone = None,
    link: Link = "",
    as_json: Json = False,
) -> None:
    """Say which rule a client's first message takes, and why; nothing is changed. The exit code is 1 if none fits."""
    from chatapp_cli.commands import ruling
    from chatapp_cli.domain.moment import iso

    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        answers, time = ruling.tried(company, row, text, (source, line), at, zone or "")
    if as_json:
        printing.document(documents.trial(answers, iso(time.at) or ""))
    else:
        _print_trial(answers)
        _say_own_cards(row)
        if time.zone:
            note("{time} is understood by the clocks of {zone}.", time=at, zone=time.zone)
    raise typer.Exit(0 if answers and answers[-1].holds else 1)


def _print_trial(answers: Sequence[RuleAnswer]) -> None:
    marks = {True: _("yes"), False: _("no")}
    printing.records(
        (_("No."), _("Name"), _("Fits"), _("Why")),
        [(one.rule.id, one.rule.name, marks[one.holds], show(one.why)) for one in answers],
    )
    if answers and answers[-1].holds:
        chosen = answers[-1].rule
        note("Rule {name}: {target}, responsible: {who}", name=chosen.name, target=rule_words.target(chosen.outcome),
             who=show(rule_words.responsible(chosen.outcome)))  # fmt: skip
    else:
        note("No rule fits: the card is made where the channel is paired.")
