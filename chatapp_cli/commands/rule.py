"""``chatapp rule``: what the desk does by itself, and why it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing, rule_table
from chatapp_cli.commands.base import Json, Line, Verb, noun, opened
from chatapp_cli.commands.crm_rules import (
    ByChannels,
    Every,
    Exact,
    HasWord,
    OfKinds,
    OnLines,
    Tree,
    Without,
)
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import amount, may_be_empty, minutes, number
from chatapp_cli.i18n import N_, _, show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from chatapp_cli.services.auto_silence import Silence
    from chatapp_cli.store.rows.automation import AutoActRow
    from chatapp_cli.store.tx import Tx


app = noun()

When = Annotated[
    str | None,
    typer.Option(
        "--when",
        metavar="EVENT",
        help=N_(
            "What it waits for: message.arrived, message.sent, message.failed, dialog.created, dialog.assigned, "
            "tag.added, tag.removed, contact.changed, crm.stage, time.due; without it message.arrived"
        ),
    ),
]
About = Annotated[
    str | None,
    typer.Option(
        "--about", parser=may_be_empty, metavar="NAME", help=N_("Only events about this tag, operator, field or stage")
    ),
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help=N_("It runs by the clock: 09:00 mon-fri, 18:00 working, every 30m")),
]
OfLine = Annotated[
    str | None,
    typer.Option(
        "--line", "-l", parser=may_be_empty, metavar="LINE", help=N_("Line whose rule it is; without it the company's")
    ),
]
Acts = Annotated[
    list[str] | None,
    typer.Option(
        "--do",
        metavar="ACT=VALUE",
        help=N_(
            "What to do, such as tag=vip; repeatable, in order: send, reply, tag, untag, assign, distribute, join, "
            "note, snooze, waive, comment, webhook, and in a file robot"
        ),
    ),
]
Buttons = Annotated[
    list[str] | None,
    typer.Option("--button", metavar="TEXT", help=N_("Button below what --do send=TEXT sends; repeatable")),
]
Otherwise = Annotated[
    list[str] | None,
    typer.Option(
        "--else", parser=may_be_empty, metavar="ACT=VALUE", help=N_("What to do if nobody is there; repeatable")
    ),
]
Stop = Annotated[bool | None, typer.Option("--stop/--go-on", help=N_("Whether no later rule is asked once it holds"))]
Match = Annotated[
    list[str] | None,
    typer.Option("--match", parser=may_be_empty, metavar="REGEX", help=N_("Regular expression; repeatable")),
]
HasTag = Annotated[
    list[str] | None,
    typer.Option("--tagged", parser=may_be_empty, metavar="TAG", help=N_("Only dialogs with this tag; repeatable")),
]
Untagged = Annotated[
    list[str] | None,
    typer.Option("--untagged", parser=may_be_empty, metavar="TAG", help=N_("Only dialogs without it; repeatable")),
]
Assignee = Annotated[
    list[str] | None,
    typer.Option("--assignee", parser=may_be_empty, metavar="NAME", help=N_("Operator, nobody or anybody; repeatable")),
]
Chats = Annotated[
    list[str] | None,
    typer.Option("--chat", parser=may_be_empty, metavar="KIND", help=N_("private, group or channel; repeatable")),
]
AtStage = Annotated[
    list[str] | None,
    typer.Option("--stage", parser=may_be_empty, metavar="STAGE", help=N_("A card stands at this stage; repeatable")),
]
From = Annotated[
    list[str] | None,
    typer.Option(
        "--from", parser=may_be_empty, metavar="ADDRESS", help=N_("The chat or who wrote has this address; repeatable")
    ),
]
Known = Annotated[
    list[str] | None,
    typer.Option(
        "--known",
        parser=may_be_empty,
        metavar="WHAT",
        help=N_("name, phone, email or username of the client is known; repeatable"),
    ),
]
Unknown = Annotated[
    list[str] | None,
    typer.Option(
        "--unknown", parser=may_be_empty, metavar="WHAT", help=N_("One of these is not known of the client; repeatable")
    ),
]
First = Annotated[
    str | None,
    typer.Option(
        "--first", parser=may_be_empty, metavar="ever|day", help=N_("The client's first message ever, or of the day")
    ),
]
Waited = Annotated[
    int | None,
    typer.Option(
        "--waited", parser=minutes, metavar="MINUTES", help=N_("The client has waited so long in working hours")
    ),
]
Open = Annotated[bool | None, typer.Option("--open/--closed", help=N_("Whether the line is open"))]


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the rules in the order in which they are asked."""
    from chatapp_cli.commands import automating
    from chatapp_cli.documents import automation as documents

    with opened(ctx) as company:
        rules, names = automating.known(company)
        if as_json:
            printing.document([documents.rule(one, place, names) for place, one in enumerate(rules, 1)])
            return
        rule_table.show_all(list(enumerate(rules, 1)), names)
        rule_table.say_lacking(company, rules)
        rule_table.say_stopped(company)
    if not rules:
        note("There are no rules: the desk does nothing by itself.")


@app.command("show", cls=Verb)
def show_(ctx: typer.Context, rule: rule_table.Named, as_json: Json = False) -> None:
    """Show one rule, as a file has it."""
    from chatapp_cli.commands import automating
    from chatapp_cli.documents import automation as documents
    from chatapp_cli.services import auto_form

    with opened(ctx) as company:
        found, place, names = automating.one(company, rule)
        if as_json:
            printing.document(documents.rule(found, place, names))
            return
        typer.echo(auto_form.written([found], names), nl=False)
        rule_table.say_troubles([found])
        rule_table.say_lacking(company, [found])


@app.command(cls=Verb)
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=N_("Name of the rule"))],
    *,
    when: When = None,
    about: About = None,
    at: At = None,
    line: OfLine = None,
    on_line: OnLines = None,
    kind: OfKinds = None,
    channel: ByChannels = None,
    word: HasWord = None,
    every: Every = None,
    exact: Exact = None,
    without: Without = None,
    match: Match = None,
    chat: Chats = None,
    stage: AtStage = None,
    from_: From = None,
    known: Known = None,
    unknown: Unknown = None,
    tagged: HasTag = None,
    untagged: Untagged = None,
    assignee: Assignee = None,
    first: First = None,
    waited: Waited = None,
    is_open: Open = None,
    tree: Tree = None,
    do: Acts = None,
    button: Buttons = None,
    otherwise: Otherwise = None,
    stop: Stop = None,
    disabled: Annotated[bool, typer.Option("--disabled", help=N_("Add it switched off"))] = False,
) -> None:
    """Add a rule behind the others and print its number; without conditions it always holds."""
    from chatapp_cli.commands import automating
    from chatapp_cli.commands.asked_conditions import AskedConditions
    from chatapp_cli.domain.automation import RuleWanted

    asked = AskedConditions(
        lines=on_line, kinds=kind, channels=channel, words=word, every=every, exact=exact, without=without
    )
    asked.require_full()
    said = automating.SaidRule(
        asked=asked, tree=tree, of_dialog=_of_dialog(
            first, waited, is_open, match=match, chats=chat, tags=tagged, untagged=untagged, assignee=assignee,
            stages=stage, known=known, unknown=unknown, **{"from": from_},
        ),
        name=name, event=when, about=about, at=at, line=line, acts=do or (), buttons=button or (),
        otherwise=otherwise, stop=stop, enabled=not disabled,
    )  # fmt: skip
    with opened(ctx) as company:
        rule_table.added(company, automating.add(company, RuleWanted(name=name), said)[0])


def _of_dialog(
    first: str | None, waited: int | None, is_open: bool | None, **lists: Sequence[str] | None
) -> Mapping[str, Any]:
    """Conditions on the dialog; of a list only an empty value empties it."""
    full = {name: None if said is None else [one for one in said if one] for name, said in lists.items()}
    return {**full, "first": first, "waited": waited, "open": is_open}


@app.command(cls=Verb)
def edit(
    ctx: typer.Context,
    rule: rule_table.Named,
    *,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help=N_("Another name"))] = None,
    when: When = None,
    about: About = None,
    at: At = None,
    line: OfLine = None,
    on_line: OnLines = None,
    kind: OfKinds = None,
    channel: ByChannels = None,
    word: HasWord = None,
    every: Every = None,
    exact: Exact = None,
    without: Without = None,
    match: Match = None,
    chat: Chats = None,
    stage: AtStage = None,
    from_: From = None,
    known: Known = None,
    unknown: Unknown = None,
    tagged: HasTag = None,
    untagged: Untagged = None,
    assignee: Assignee = None,
    first: First = None,
    waited: Waited = None,
    is_open: Open = None,
    tree: Tree = None,
    do: Acts = None,
    button: Buttons = None,
    otherwise: Otherwise = None,
    stop: Stop = None,
) -> None:
    """Change what is said of a rule; an empty value takes a condition away. What it planned is cancelled."""
    from chatapp_cli.commands import automating
    from chatapp_cli.commands.asked_conditions import AskedConditions

    asked = AskedConditions(
        lines=on_line, kinds=kind, channels=channel, words=word, every=every, exact=exact, without=without
    )
    said = automating.SaidRule(
        asked=asked, tree=tree, of_dialog=_of_dialog(
            first, waited, is_open, match=match, chats=chat, tags=tagged, untagged=untagged, assignee=assignee,
            stages=stage, known=known, unknown=unknown, **{"from": from_},
        ),
        name=name, event=when, about=about, at=at, line=line, acts=do, buttons=button or (),
        otherwise=otherwise, stop=stop,
    )  # fmt: skip
    with opened(ctx) as company:
        row, gone = automating.edit(company, rule, said)
        note("Rule {name} is changed.", name=row.name)
        rule_table.note_cancelled(gone)
        rule_table.say_doubts(company, row.id)


@app.command(cls=Verb)
def enable(
    ctx: typer.Context, rules: rule_table.SeveralNamed = None, *, every: rule_table.RestingRules = False
) -> None:
    """Switch rules on; they see what happens from now on."""
    rule_table.switch(ctx, rules or (), on=True, every=every)


@app.command(cls=Verb)
def disable(ctx: typer.Context, rules: rule_table.SeveralNamed = None, *, every: rule_table.EveryRule = False) -> None:
    """Switch rules off; what they planned is cancelled."""
    rule_table.switch(ctx, rules or (), on=False, every=every)


@app.command(cls=Verb)
def remove(ctx: typer.Context, rule: rule_table.Named) -> None:
    """Remove a rule; what it planned is cancelled, what it did stays."""
    rule_table.remove(ctx, rule)


@app.command(cls=Verb)
def order(
    ctx: typer.Context,
    rules: Annotated[list[str], typer.Argument(metavar="RULE…", help=N_("Rules by name or number, in order"))],
) -> None:
    """Put rules into an order: those named first, then the others as they were."""
    from chatapp_cli.services import auto_rules

    with opened(ctx) as company:
        company.write(lambda tx: auto_rules.order(tx, [auto_rules.find(tx, one).id for one in rules]))
    note("The rules are asked in that order now.")


@app.command("test", cls=Verb)
def trial(
    ctx: typer.Context,
    rules: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RULE]…", help=N_("Rules to try, on or off; without it all that are on")),
    ] = None,
    *,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help=N_("What the client writes"))] = "",
    source: Annotated[
        str, typer.Option("--source", metavar="CHANNEL", help=N_("Channel by kind, account or number"))
    ] = "",
    line: Line = "",
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help=N_("When, by the clocks of the line; without it now"))
    ] = "",
    wrote_before: Annotated[bool, typer.Option("--wrote-before", help=N_("The client wrote before"))] = False,
    known: Annotated[bool, typer.Option("--known", hidden=True)] = False,
    tagged: Annotated[list[str] | None, typer.Option("--tagged", metavar="TAG", help=N_("Tag of the dialog"))] = None,
    last: Annotated[
        str,
        typer.Option("--last", metavar="SPAN", help=N_("Try the last days, hours or minutes, such as 7d, 12h, 30m")),
    ] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", parser=amount, help=N_("How many acts to show"))] = 50,
    as_json: Json = False,
) -> None:
    """Try rules on a message, or on what happened lately; nothing is done. The exit code is 1 if none would act."""
    from chatapp_cli.commands import rule_trial

    wrote_before |= known  # as it was spelled in 0.1

    with opened(ctx) as company:
        if last:
            acted = rule_trial.on_history(company, rules or (), last, limit, as_json=as_json)
        else:
            client = rule_trial.TriedClient(text, source, line, at, wrote_before=wrote_before, tagged=tagged or ())
            acted = rule_trial.on_message(company, rules or (), client, as_json=as_json)
    raise typer.Exit(0 if acted else 1)


@app.command(cls=Verb)
def log(
    ctx: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="[RULE]", help=N_("Only of this rule, by name or number"))] = "",
    *,
    dialog: Annotated[int, typer.Option("--dialog", metavar="N", parser=number, help=N_("Only in this dialog"))] = 0,
    limit: Annotated[int, typer.Option("--limit", "-n", parser=amount, help=N_("How many at most"))] = 50,
    as_json: Json = False,
) -> None:
    """List what rules did of late or did not do, for whom and why, the latest first."""
    from chatapp_cli.documents import automation as documents
    from chatapp_cli.domain.ids import DialogId
    from chatapp_cli.services import auto_log, auto_rules, auto_silence

    def read(tx: Tx) -> tuple[list[AutoActRow], list[Silence]]:
        one, where = auto_rules.find(tx, rule).id if rule else None, DialogId(dialog) if dialog else None
        silent = [] if where is None else list(auto_silence.latest(tx, where, n=limit))
        return auto_log.latest(tx, rule=one, dialog=where, n=limit), silent

    with opened(ctx) as company:
        found, silent = company.read(read)
    if as_json:
        printing.document([documents.act(one) for one in found])
        return
    columns = (_("When"), _("Rule"), _("Act"), _("Dialog"), _("Message"), _("State"), _("Result"), _("Why"))
    printing.records(columns, [_logged(one) for one in found])
    for one in silent:
        note("Message {n}: {why}", n=one.message, why=one.why)
    if not found:
        note("Rules have done nothing yet.")


def _logged(one: AutoActRow) -> Sequence[object]:
    from chatapp_cli.domain.automation import STATES, PlannedState
    from chatapp_cli.domain.stored_text import recalled
    from chatapp_cli.services import auto_kinds

    outcome = show(recalled(one.outcome)) if one.outcome else ""
    when = printing.moment(one.ended_at or one.due_at)
    state, why = show(STATES[PlannedState(one.state)]), show(recalled(one.why))
    return when, one.name, show(auto_kinds.by_name(one.kind)), one.dialog_id, one.message_id or "", state, outcome, why


@app.command(cls=Verb)
def secret(
    ctx: typer.Context,
    rule: rule_table.Named,
    *,
    new: Annotated[bool, typer.Option("--new", help=N_("Replace it at once; the old one is valid no longer"))] = False,
    as_json: Json = False,
) -> None:
    """Print the secret that signs what a rule tells other programs; they check the signature with it."""
    from chatapp_cli.commands import automating

    with opened(ctx) as company:
        found = automating.secret(company, rule, new=new)
    if as_json:
        printing.document({"secret": found})
    else:
        typer.echo(found)


@app.command(cls=Verb)
def resume(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help=N_("Channel by kind, account or number"))],
) -> None:
    """Let a channel answer automatically again, after there were too many answers."""
    from chatapp_cli.commands.binding import found
    from chatapp_cli.services import auto_guards

    with opened(ctx) as company:
        row = found(company, channel, "")
        resumed = company.write(lambda tx: auto_guards.resume(tx, row.id))
    if resumed:
        note("{title} answers automatically again.", title=row.title)
    else:
        note("{title} was not stopped.", title=row.title)


@app.command("export", cls=Verb)
def export_(ctx: typer.Context) -> None:
    """Print all rules as a YAML file that import reads."""
    from chatapp_cli.commands import automating
    from chatapp_cli.services import auto_form

    with opened(ctx) as company:
        rules, names = automating.known(company)
    typer.echo(auto_form.written(rules, names), nl=False)


@app.command("import", cls=Verb)
def import_(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help=N_("YAML or JSON file of rules; - reads standard input"))],
) -> None:
    """Add the rules of a file, all or none; a rule whose name is there already is changed."""
    from chatapp_cli.commands import automating

    with opened(ctx) as company:
        numbers = automating.take(company, file)
        for one in numbers:
            rule_table.added(company, one)
    note("Rules that are kept: {n}", n=len(numbers))
