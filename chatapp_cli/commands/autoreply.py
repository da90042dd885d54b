"""``chatapp autoreply``: the four kinds of automatic answers, each a rule that only answers (S-141)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing, rule_table
from chatapp_cli.commands.base import Json, Verb, noun, opened
from chatapp_cli.commands.crm_rules import ByChannels, Exact, OfKinds
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.input_checks import may_be_empty, minutes
from chatapp_cli.i18n import N_, show

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.automation import RuleWanted

app = noun()


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the automatic answers in the order in which they are tried."""
    from chatapp_cli.commands import automating
    from chatapp_cli.documents import automation as documents
    from chatapp_cli.domain.automation import RuleKind

    with opened(ctx) as company:
        rules, names = automating.known(company)
        found = [(place, one) for place, one in enumerate(rules, 1) if one.wanted.kind is RuleKind.AUTOREPLY]
        if as_json:
            printing.document([documents.rule(one, place, names) for place, one in found])
            return
        rule_table.show_all(found, names)
        rule_table.say_stopped(company)
    if not found:
        note("There are no automatic answers.")


@app.command(cls=Verb)
def add(
    ctx: typer.Context,
    *,
    outside_hours: Annotated[bool, typer.Option("--outside-hours", help=N_("While the line is closed"))] = False,
    keyword: Annotated[
        list[str] | None,
        typer.Option("--keyword", metavar="WORDS", help=N_("To a message with this word or phrase; repeatable")),
    ] = None,
    first: Annotated[bool, typer.Option("--first", help=N_("To the client's first message ever"))] = False,
    unanswered: Annotated[
        int | None,
        typer.Option(
            "--unanswered",
            metavar="MINUTES",
            parser=minutes,
            help=N_("When nobody answers for so many open minutes"),
        ),
    ] = None,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help=N_("What to answer"))] = "",
    reply: Annotated[
        str, typer.Option("--reply", metavar="QUICK", help=N_("Quick reply to answer with, with its files"))
    ] = "",
    button: Annotated[
        list[str] | None,
        typer.Option("--button", metavar="TEXT", help=N_("Button below the text; pressed it is a keyword; repeatable")),
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help=N_("Name; without it the kind's"))] = "",
    line: Annotated[
        str | None,
        typer.Option("--line", "-l", parser=may_be_empty, metavar="LINE", help=N_("Line; without it every line")),
    ] = None,
    kind: OfKinds = None,
    channel: ByChannels = None,
    exact: Exact = None,
    disabled: Annotated[bool, typer.Option("--disabled", help=N_("Add it switched off"))] = False,
) -> None:
    """Add an automatic answer and print its number. Conditions hold together."""
    from chatapp_cli.commands import automating
    from chatapp_cli.commands.asked_conditions import AskedConditions
    from chatapp_cli.services import auto_short

    short = auto_short.ShortAnswer(
        outside_hours=outside_hours, keywords=keyword or (), first=first, unanswered=unanswered
    )
    called, act = show(short.called()), auto_short.answer_with(text, reply, button or ())
    asked = AskedConditions(kinds=kind, channels=channel, words=keyword, exact=exact)
    asked.require_full()
    said = automating.SaidRule(asked=asked, line=line, enabled=not disabled)
    with opened(ctx) as company:
        number, made = automating.add(company, short.wanted(name or called, None, act), said)
        rule_table.added(company, number)
        _say_hours(company, made)


def _say_hours(company: Company, made: RuleWanted) -> None:
    """Say which lines have no hours, so that they never close."""
    from chatapp_cli.runtime.automation import desk_of
    from chatapp_cli.services import auto_short

    for one in company.read(partial(auto_short.never_closing, desk=desk_of(company), wanted=made)):
        say(one.what, one.next_step)


@app.command(cls=Verb)
def enable(ctx: typer.Context, rules: rule_table.SeveralNamed = None) -> None:
    """Switch automatic answers on."""
    rule_table.switch(ctx, rules or (), on=True)


@app.command(cls=Verb)
def disable(ctx: typer.Context, rules: rule_table.SeveralNamed = None) -> None:
    """Switch automatic answers off; what they planned is cancelled."""
    rule_table.switch(ctx, rules or (), on=False)


@app.command(cls=Verb)
def remove(ctx: typer.Context, rule: rule_table.Named) -> None:
    """Remove an automatic answer; what it answered stays."""
    rule_table.remove(ctx, rule)
