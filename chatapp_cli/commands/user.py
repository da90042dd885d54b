"""``chatapp user``: operators with accounts (S-128)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import attendance
from chatapp_cli.commands.base import Json, Verb, completing, line_names, noun, opened, write
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import may_be_empty
from chatapp_cli.documents import operators as documents
from chatapp_cli.domain.access import RIGHTS, Right
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _
from chatapp_cli.services import login_identities, operators

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.ids import LineId
    from chatapp_cli.store.tx import Tx

app = noun()
app.registered_commands += attendance.app.registered_commands


def account_names(company: Company) -> list[str]:
    """The names of the accounts."""
    return [who.name for who in company.read(operators.everything)]


Name = Annotated[
    str, typer.Argument(metavar="NAME", help=N_("Name of the account"), autocompletion=completing(account_names))
]
Lines = Annotated[
    list[str] | None,
    typer.Option("--line", help=N_("A line that the operator sees; repeatable"), autocompletion=completing(line_names)),
]


OnlyOwn = Annotated[
    bool, typer.Option("--only-own", help=N_("Only dialogs assigned to them, and those they take part in"))
]


@app.command(cls=Verb)
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=N_("Name, as colleagues and the journal know it"))],
    line: Lines = None,
    *,
    only_own: OnlyOwn = False,
) -> None:
    """Add an account; the password is asked for, or read from standard input. Without --line it sees every line."""
    from chatapp_cli.commands.login import password
    from chatapp_cli.runtime.login import hashed

    with opened(ctx) as company:
        company.require(Right.USERS)
        kept, whole = hashed(company, name, password(new=True)), company.whole
        made = whole.write(lambda tx: operators.add(tx, name, kept, numbers(tx, line or ()), only_own=only_own))
    note("{name} can log in now: chatapp login", name=made.name)


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the accounts, the lines and dialogs they see, and whether they are there."""
    from chatapp_cli.commands import attended, printing
    from chatapp_cli.runtime.login import accounts

    with opened(ctx) as company:
        found = accounts(company)
        there = [attended.one(company, one.who.name) for one in found]
    if as_json:
        printing.document(list(map(documents.account, found, there)))
        return
    rows = [
        (
            one.who.name,
            _("cannot log in") if one.who.disabled else _("can log in"),
            _seen(one),
            _seen_dialogs(one),
            attended.words(now),
        )
        for one, now in zip(found, there, strict=True)
    ]
    printing.table((_("Operator"), _("State"), _("Lines"), _("Dialogs"), _("Now")), rows)


def _seen(one: operators.OperatorAccount) -> str:
    return _("all") if one.lines is None else ", ".join(line.name for line in one.lines)


def _seen_dialogs(one: operators.OperatorAccount) -> str:
    return _("only their own") if one.who.only_own else _("all")


@app.command(cls=Verb)
def disable(ctx: typer.Context, name: Name) -> None:
    """Disable an account; its operator is logged out at once."""
    write(ctx, lambda tx: operators.disable(tx, name), whole=True)


@app.command(cls=Verb)
def enable(ctx: typer.Context, name: Name) -> None:
    """Enable an account."""
    write(ctx, lambda tx: operators.enable(tx, name), whole=True)


@app.command(cls=Verb)
def remove(ctx: typer.Context, name: Name) -> None:
    """Delete an account; its messages and changes stay."""
    write(ctx, lambda tx: operators.remove(tx, name), whole=True)


@app.command("password", cls=Verb)
def password_(ctx: typer.Context, name: Name) -> None:
    """Set your password, or any as the owner: asked for or read from standard input. Logins with the old one end."""
    from chatapp_cli.commands.login import password
    from chatapp_cli.runtime.login import new_password

    with opened(ctx) as company:
        if name != company.acting_name:
            company.require(Right.USERS)
        company.whole.read(lambda tx: operators.find(tx, name))
        new_password(company, name, password(new=True))


@app.command(cls=Verb)
def email(
    ctx: typer.Context,
    name: Name,
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS", parser=may_be_empty, help=N_("E-mail address, as in the CRMs; an empty text removes it")
        ),
    ],
) -> None:
    """Set the e-mail address by which CRMs know an operator; the employee with the same one is joined with them."""
    write(ctx, lambda tx: operators.set_email(tx, name, address), whole=True)


@app.command(cls=Verb)
def lines(
    ctx: typer.Context,
    name: Name,
    line: Lines = None,
    every: Annotated[bool, typer.Option("--all", help=N_("Every line, those to come too"))] = False,
) -> None:
    """Set which lines an operator sees; without an option, show which."""
    if not every and not line:
        _show_seen(ctx, name)
        return
    if every and line:
        raise UsageError(T("Name the lines with --line, or use --all."))
    write(ctx, lambda tx: operators.see_lines(tx, name, None if every else numbers(tx, line or ())), whole=True)


def _show_seen(ctx: typer.Context, name: str) -> None:
    """Show what an account sees: one's own, or anybody's to who may change them."""
    from chatapp_cli.commands import printing
    from chatapp_cli.runtime.login import accounts

    with opened(ctx) as company:
        if company.acting_name != name:
            company.require(Right.USERS)
        company.whole.read(lambda tx: operators.find(tx, name))
        [one] = [one for one in accounts(company) if one.who.name == name]
    printing.facts({_("Operator"): name, _("Lines"): _seen(one), _("Dialogs"): _seen_dialogs(one)})


@app.command(cls=Verb)
def dialogs(
    ctx: typer.Context,
    name: Name,
    *,
    only_own: OnlyOwn = False,
    every: Annotated[bool, typer.Option("--all", help=N_("Every dialog of their lines"))] = False,
) -> None:
    """Set which dialogs of their lines an operator sees; without an option, show which."""
    if not every and not only_own:
        _show_seen(ctx, name)
        return
    if every and only_own:
        raise UsageError(T("Use --only-own, or --all."))
    write(ctx, lambda tx: operators.see_only_own(tx, name, only_own=only_own), whole=True)


@app.command(cls=Verb, context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
def rights(
    ctx: typer.Context,
    name: Name,
    changes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[+RIGHT|-RIGHT]...", help=N_("+lines grants a right, -lines revokes it")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show an operator's rights, or grant and revoke them."""
    given, taken = operators.changes(changes or ())
    with opened(ctx) as company:
        if given or taken:
            company.whole.write(lambda tx: operators.allow(tx, name, given, taken))
        if company.acting is None or company.acting.name != name:
            company.require(Right.USERS)
        found = company.whole.read(lambda tx: operators.may(tx, name))
    _show_rights(name, found, as_json=as_json)


@app.command(cls=Verb)
def ways(
    ctx: typer.Context,
    name: Name,
    amo: Annotated[
        str,
        typer.Option(
            "--amo", metavar="NUMBER", help=N_("The user of amoCRM who may log in as this operator; 0: nobody")
        ),
    ] = "",
    link: Annotated[str, typer.Option("--link", metavar="LINK", help=N_("Number of the link to amoCRM"))] = "",
    as_json: Json = False,
) -> None:
    """Show how an operator can log in besides the password, or connect them with a user of amoCRM."""
    from chatapp_cli.commands import login_ways

    with opened(ctx) as company:
        if amo:
            login_ways.connect(company, name, amo, link)
        elif company.acting_name != name:
            company.require(Right.USERS)
        found = company.whole.read(lambda tx: login_identities.of(tx, name))
    login_ways.print_ways(name, found, as_json=as_json)


def _show_rights(name: str, found: frozenset[Right], *, as_json: bool) -> None:
    from chatapp_cli.commands import printing
    from chatapp_cli.i18n import show

    if as_json:
        printing.document(documents.rights(name, found))
        return
    rows = [(right, _("yes") if right in found else _("no"), show(what)) for right, what in RIGHTS.items()]
    printing.table((_("Right"), _("Has it"), _("What it allows")), rows)


def numbers(tx: Tx, named: Sequence[str]) -> list[LineId]:
    """The numbers of lines by name."""
    from chatapp_cli.services.lines import find

    return [find(tx, name).id for name in named]
