"""``chatapp send`` to several recipients: preview, confirmation and result."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands import input_checks, printing
from chatapp_cli.commands.asking import TerminalAsker
from chatapp_cli.commands.errors import INTERRUPTED, note, say
from chatapp_cli.commands.interrupt import Interrupt, interruptible
from chatapp_cli.commands.progress import Progress
from chatapp_cli.commands.served import note_if_unserved
from chatapp_cli.documents import sending as documents
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import _
from chatapp_cli.runtime.pieces import in_pieces
from chatapp_cli.services import mailing
from chatapp_cli.services.beginning import goes, held
from chatapp_cli.services.mailing import Bad, Going, Mailing, Recipient
from chatapp_cli.services.message_request import MessageRequest
from chatapp_cli.services.routes import Able
from chatapp_cli.store.tx import Tx

_SHOWN = 20
"""The most bad lines that are listed individually."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MassOptions:
    """The options of a mailing."""

    dry: bool
    yes: bool
    as_json: bool
    key: str
    """The key as it is typed to go on."""
    told: bool
    """Whether whoever started it knows the key."""


def listed(named: Sequence[str], file: str) -> Sequence[Recipient]:
    """All recipients named or in the file. Raises UsageError if there are none."""
    try:
        text = (
            "" if not file else input_checks.standard_input() if file == "-" else input_checks.file(file, T("The list"))
        )
    except OSError as error:
        raise UsageError(
            T("The list {file} cannot be read: {why}.", file=file, why=error),
            T("It has to be a text file with one address a line."),
            field="to_file",
        ) from error
    found = mailing.recipients(named, text.splitlines())
    if not found:
        raise UsageError(T("TO is missing."), T("Name somebody, or a file of addresses with --to-file."), field="to")
    return found


def send(company: Company, to: Sequence[Recipient], request: MessageRequest, options: MassOptions) -> int:
    """Accept the message for all recipients, after a confirmation at a terminal; returns the exit code."""
    company.read(lambda tx: mailing.require_same(tx, request, to))
    if options.dry or (len(to) > 1 and not options.yes):
        with interruptible() as interrupt:
            tried, whole = _each_piece(company, to, request, mailing.preview, _("Checking"), interrupt)
        if not whole:
            raise typer.Abort
        if options.dry:
            _report(company, tried, options)
            return 1 if tried.bad else 0
        _require_yes(company, tried)
    if len(to) > 1 and not options.told:
        note("If this is interrupted, the same command with --idempotency-key {key} goes on.", key=options.key)
    with interruptible() as interrupt:
        found, whole = _each_piece(company, to, request, mailing.accept, _("Accepting"), interrupt)
        if not whole:
            return _interrupted(found, to, options)
        interrupt.ignore()
        _report(company, found, options)
        if found.new:
            note_if_unserved(company)
    return 1 if found.bad else 0


def _each_piece(
    company: Company,
    to: Sequence[Recipient],
    request: MessageRequest,
    handle: Callable[[Tx, Able, MessageRequest, Sequence[Recipient], Mailing], Mailing],
    words: str,
    interrupt: Interrupt,
) -> tuple[Mailing, bool]:
    """Preview or accept a list piece by piece; the result, and false if it was interrupted between two pieces."""
    able, found = company.capabilities, Mailing()
    with Progress(words, len(to)) as progress:
        for piece, done in in_pieces(company, to, lambda tx, some: handle(tx, able, request, some, found)):
            found.add(piece)
            progress.at(done)
            if interrupt.pressed and done < len(to):
                return found, False
    found.going = company.read(lambda tx: mailing.in_turn(tx, able, found.going, request.options))
    return found, True


def _interrupted(found: Mailing, to: Sequence[Recipient], options: MassOptions) -> int:
    say(
        T("Interrupted: {n} of {total} addresses were accepted.", n=len(found.going), total=len(to)),
        T("The same command with --idempotency-key {key} goes on; nobody gets it twice.", key=options.key),
    )
    return INTERRUPTED


def _require_yes(company: Company, tried: Mailing) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            T("This goes to {n} recipients.", n=len(tried.new)),
            T("Check it with --dry-run, then use --yes."),
            field="yes",
        )
    _tell(company, tried)
    if not TerminalAsker({}).agrees(_("Send it?")):
        raise typer.Abort


def _report(company: Company, found: Mailing, options: MassOptions) -> None:
    if options.as_json:
        printing.document(
            documents.mailing(found, seconds=mailing.seconds(company.capabilities, found.new), dry=options.dry)
        )
        return
    if options.dry:
        heads = (_("To"), _("Channel"), _("Dialog"), _("Characters"), _("Parts"), _("Encoding"), _("Cost"), _("Goes"))
        now = company.world.clock.now()
        printing.table(heads, [_row(one, now) for one in found.going])
    else:
        for one in found.going:
            typer.echo(one.message)
    _tell(company, found)


def _row(one: Going, now: Millis) -> tuple[object, ...]:
    dialog = (
        _("accepted before") if one.before else _("new dialog") if one.fresh else f"{one.dialog} {_whom(one)}".strip()
    )
    cost = "" if one.cost is None else one.cost
    return one.to.address, one.channel.title, dialog, one.characters, one.parts, _encoding(one), cost, _goes(one, now)


def _whom(one: Going) -> str:
    """The name of an existing dialog, unless it is the address itself."""
    return "" if one.name in {one.address, one.to.address} else printing.plain(one.name)


def _encoding(one: Going) -> str:
    return {None: "", "gsm7": "GSM 7", "ucs2": "UCS-2"}[one.alphabet]


def _goes(one: Going, now: Millis) -> str:
    if held(one.channel, now) is not None:
        return _("waits")
    return printing.moment(one.turn.at) if one.turn.at else _("at once")


def _tell(company: Company, found: Mailing) -> None:
    """Print the totals and the skipped recipients to stderr."""
    new = found.new
    note("Messages: {n}, parts: {parts}", n=len(new), parts=sum(one.parts for one in new))
    if found.cost is not None:
        note("Cost: {cost}", cost=found.cost)
    if took := mailing.seconds(company.capabilities, new):
        note("At the channels' rates it takes {n} s at least.", n=took)
    for why in _held(new, company.world.clock.now()):
        say(why)
    if waits := next((one for one in new if one.turn.at), None):
        say(T("{address}: {why}", address=waits.to.address, why=goes(waits.turn, company.capabilities(waits.channel))))
    if before := len(found.going) - len(new):
        note("Accepted before under the same key: {n}", n=before)
    if found.again:
        note("Twice in the list: {n}", n=found.again)
    for one in found.bad[:_SHOWN]:
        say(_blamed(one), one.why.next_step)
    if len(found.bad) > _SHOWN:
        note("… and {n} more that it cannot be sent to", n=len(found.bad) - _SHOWN)


def _held(new: Sequence[Going], now: Millis) -> list[Text]:
    """A sentence for each channel that does not send now."""
    rows = {one.channel.id: one.channel for one in new}
    return [why for row in rows.values() if (why := held(row, now)) is not None]


def _blamed(one: Bad) -> Any:
    if not one.to.line:
        return T("{address}: {why}", address=one.to.address, why=one.why.what)
    return T("Line {n}, {address}: {why}", n=one.to.line, address=one.to.address, why=one.why.what)
