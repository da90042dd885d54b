"""What ``chatapp rule`` and ``chatapp autoreply`` share: the list of rules, and how they are switched."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import opened
from chatapp_cli.commands.errors import note, say
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.ids import AutoRuleId
    from chatapp_cli.services.auto_rules import AutoRule
    from chatapp_cli.services.conditions import SourceNames
    from chatapp_cli.store.rows.automation import AutoRuleRow
    from chatapp_cli.store.tx import Tx

SeveralNamed = Annotated[list[str] | None, typer.Argument(metavar="[RULE]…", help=N_("Rules by name or number"))]
EveryRule = Annotated[bool, typer.Option("--all", help=N_("All rules and automatic answers that are on"))]
RestingRules = Annotated[bool, typer.Option("--all", help=N_("All that were on when all were switched off"))]
Named = Annotated[str, typer.Argument(metavar="RULE", help=N_("Rule by name or number"))]


def show_all(rules: Sequence[tuple[int, AutoRule]], names: SourceNames) -> None:
    """Print rules with their places, and what is wrong with them."""
    columns = (_("Turn"), _("Number"), _("Name"), _("Line"), _("When"), _("If"), _("Then"), _("State"))
    printing.records(columns, [_row(place, one, names) for place, one in rules])
    say_troubles([one for _place, one in rules])


def _row(place: int, one: AutoRule, names: SourceNames) -> Sequence[object]:
    from chatapp_cli.domain.automation import EVENTS
    from chatapp_cli.services import auto_kinds, rule_words

    wanted = one.wanted
    line = _("all") if wanted.line is None else names.lines.get(wanted.line, wanted.line)
    acts = show(auto_kinds.all_in_words(wanted))
    state = _("on") if one.works else _("stopped") if one.halted or one.problem else _("off")
    when = f"{show(EVENTS[wanted.event])} {wanted.about}".strip()
    return place, one.id, wanted.name, line, when, show(rule_words.condition(wanted.asked, names)), acts, state


def say_troubles(rules: Sequence[AutoRule]) -> None:
    """Say why rules are passed over or stopped."""
    for one in rules:
        if one.problem is not None:
            what = T("Rule {name} is passed over: {what}", name=one.wanted.name, what=one.problem.what)
            say(what, one.problem.next_step)
        if one.halted is not None:
            what = T("Rule {name} is stopped: {what}", name=one.wanted.name, what=one.halted)
            say(what, T("Switch it on again: {how}", how=f"chatapp rule enable {one.id}"))


def say_stopped(company: Company) -> None:
    """Say which channels do not answer automatically any more, and since when."""
    from chatapp_cli.services import auto_log

    for channel, since in company.read(auto_log.stops):
        title, at = channel.title, printing.moment(since)
        what = T(
            "{title}: automatic answers have been stopped since {time}, as there were too many", title=title, time=at
        )
        say(what, T("Let it answer again: {how}", how=to_do(Next.RESUME_ANSWERS, n=channel.id)))


def say_lacking(company: Company, shown: Sequence[AutoRule]) -> None:
    """Say what rules name that is not there, and which are never asked."""
    from chatapp_cli.commands import automating
    from chatapp_cli.services import auto_gone

    rules = automating.known(company)[0]
    numbers = {one.id for one in shown}
    for one in rules:
        for what in company.read(partial(auto_gone.lacking, rule=one, others=rules)) if one.id in numbers else ():
            told = T("Rule {name}: {what}", name=one.wanted.name, what=what)
            say(told, T("Change it: {how}", how=f"chatapp rule edit {one.id}"))


def added(company: Company, number: AutoRuleId) -> None:
    """Print the number of a new rule, and say what of it may be meant otherwise."""
    typer.echo(number)
    say_doubts(company, number)


def say_doubts(company: Company, number: AutoRuleId) -> None:
    """Say which words of a rule are in no dictionary or ambiguous, and which rules it starts that start it."""
    from chatapp_cli.runtime.automation import desk_of
    from chatapp_cli.services import auto_doubts

    for one in company.read(partial(auto_doubts.of_rule, desk=desk_of(company), rule=number)):
        say(one.what, one.next_step)


def note_cancelled(n: int) -> None:
    """Say how many planned acts are cancelled, if any are."""
    if n:
        note("Planned acts that are cancelled: {n}", n=n)


def switch(ctx: typer.Context, rules: Sequence[str], *, on: bool, every: bool = False) -> None:
    """Switch rules on or off; ``every``: all that are on, or that were until all were switched off."""
    from chatapp_cli.services import auto_rules

    if bool(rules) is every:
        raise UsageError(T("Say which rules."), T("Name them, or all: --all"), field="rule")

    def save(tx: Tx) -> tuple[list[AutoRuleRow], int]:
        if every:
            return auto_rules.switch_all(tx, on=on)
        rows = [auto_rules.find(tx, one) for one in rules]
        return rows, sum(auto_rules.switch(tx, row.id, on=on) for row in rows)

    with opened(ctx) as company:
        rows, gone = company.write(save)
    for row in rows:
        if on:
            note("Rule {name} is on.", name=row.name)
        else:
            note("Rule {name} is off.", name=row.name)
    if not rows:
        note("There is no rule to switch.")
    note_cancelled(gone)


def remove(ctx: typer.Context, rule: str) -> None:
    """Remove a rule."""
    from chatapp_cli.services import auto_rules

    with opened(ctx) as company:
        row = company.read(lambda tx: auto_rules.find(tx, rule))
        gone = company.write(lambda tx: auto_rules.remove(tx, row.id))
    note("Rule {name} is removed.", name=row.name)
    note_cancelled(gone)
