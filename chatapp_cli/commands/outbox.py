"""``chatapp outbox``: what waits to be sent, and what did not get through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import (
    Channel,
    Json,
    Line,
    Message,
    Verb,
    channel_names,
    completing,
    noun,
    opened,
    typed,
)
from chatapp_cli.commands.errors import INTERRUPTED, note, say
from chatapp_cli.commands.interrupt import interruptible
from chatapp_cli.commands.progress import Progress
from chatapp_cli.commands.served import note_if_unsent
from chatapp_cli.documents import sending as documents
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.health import STOPPED, ChannelState
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import turns, waiting, words

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.manifest import Capabilities
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.dialogs import WaitingRow
    from chatapp_cli.store.rows.messages import TroubledRow
    from chatapp_cli.store.tx import Tx

NOW = "now"
_HOLDS = frozenset({ChannelState.STOPPED, ChannelState.RECEIVES_ONLY, ChannelState.SILENT, ChannelState.RETRYING})
"""What a channel does that sends nothing for another reason than time."""
app = noun()


@app.callback()
def outbox() -> None:
    """Waiting, uncertain and failed messages."""


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show waiting messages with time and reason, and uncertain or failed ones."""
    with opened(ctx) as company:
        waits, troubled = company.read(lambda tx: (_waits(tx, company.capabilities), waiting.troubled(tx)))
        if waits:
            note_if_unsent(company)
    if as_json:
        printing.document(
            [
                *(
                    documents.waiting(row, reason.code, _waiting_why(row, reason), reason.standing)
                    for row, reason in waits
                ),
                *(documents.troubled(row, _troubled_why(row)) for row in troubled),
            ]
        )
        return
    columns = (_("Message"), _("State"), _("To"), _("Channel"), _("When"), _("Why"), _("Text"))
    printing.table(columns, [*(_waiting_row(*one) for one in waits), *map(_troubled_row, troubled)])
    if not waits and not troubled:
        note("Nothing waits, and nothing went wrong.")


@app.command(cls=Verb)
def undelivered(
    ctx: typer.Context,
    *,
    channel: Annotated[
        str,
        typer.Option(
            "--channel",
            metavar="CHANNEL",
            help=N_("Channel by kind, account or number"),
            autocompletion=completing(channel_names),
        ),
    ] = "",
    line: Line = "",
    since: Annotated[str, typer.Option("--since", metavar="TIME", help=N_("Such as: 2h, 1d, 2026-12-01 10:00"))] = "",
    as_json: Json = False,
) -> None:
    """Show what did not arrive or is late: why, in the words of the server, and what to do."""
    from chatapp_cli.commands.binding import wanted
    from chatapp_cli.domain import when

    with opened(ctx) as company:
        start = when.since(since, now=company.world.clock.now()) if since else 0
        channels = [row.id for row in wanted(company, channel, line)] if channel or line else [None]
        look = lambda tx: [row for one in channels for row in waiting.undelivered(tx, channel=one, since=start)]  # noqa: E731
        found = sorted(company.read(look), key=lambda row: row.id, reverse=True)
    if as_json:
        printing.document([documents.undelivered(row, *_what_and_step(row)) for row in found])
        return
    columns = (_("Message"), _("State"), _("To"), _("Channel"), _("When"), _("Why"), _("What to do"), _("Text"))
    printing.table(columns, [_undelivered_row(row) for row in found])
    if not found:
        note("Everything that was sent has arrived, as far as is known.")


@app.command(cls=Verb)
def edit(
    ctx: typer.Context,
    message: Message,
    *,
    text: Annotated[str, typer.Option("--text", "-t", help=N_("The new text; - reads standard input"))] = "",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help=N_("Such as: now, 18:30, +30m, tomorrow at 9"))] = "",
) -> None:
    """Change the text or the time of a message that has not gone out yet."""
    from chatapp_cli.domain import when
    from chatapp_cli.services import channels, dialogs, later, transcript

    if not (text or at):
        raise UsageError(T("Nothing is to be changed."), T("Name a new --text, a new --at, or both."), field="text")
    number, new_text = MessageId(message), typed(text)
    with opened(ctx) as company:
        moment = when.when(at, now=company.world.clock.now()) if at and at != NOW else None

        def change(tx: Tx) -> None:
            card = dialogs.card(tx, transcript.message(tx, number).dialog_id)
            can = company.capabilities(channels.one(tx, card.channel_id))
            if new_text:
                later.reword(tx, can, number, new_text)
            if at:
                later.reschedule(tx, can, number, moment)

        company.write(change)
    note("Message {n} is changed.", n=message)


@app.command(cls=Verb)
def replay(
    ctx: typer.Context,
    channel: Channel,
    since: Annotated[str, typer.Option("--since", metavar="TIME", help=N_("Such as: 2h, 1d, 2026-12-01 10:00"))],
    line: Line = "",
) -> None:
    """Resend everything sent since a time, if the other side recognises duplicates."""
    from chatapp_cli.commands.binding import spelled
    from chatapp_cli.domain import when
    from chatapp_cli.services import channels, lines, sending

    with opened(ctx) as company:
        start = when.since(since, now=company.world.clock.now())
        at = company.read(lambda tx: lines.find(tx, line).id) if line else None
        row = company.read(lambda tx: channels.find(tx, spelled(tx, channel), line=at))
        can = company.capabilities(row)
        wanted = company.read(lambda tx: sending.sent_since(tx, row, start))
        n = sum(_resent(company, row, can, wanted))
    note("{n} messages are resent.", n=n)


def _resent(company: Company, channel: ChannelRow, can: Capabilities, wanted: Sequence[MessageId]) -> Iterator[int]:
    """Resend these piece by piece; the number in each."""
    from chatapp_cli.runtime.pieces import in_pieces
    from chatapp_cli.services import sending

    with Progress(_("Queueing"), len(wanted)) as progress, interruptible() as interrupt:
        for n, done in in_pieces(company, wanted, lambda tx, some: sending.replay(tx, channel, can, some)):
            progress.at(done)
            yield n
            if interrupt.pressed and done < len(wanted):
                say(
                    T("Interrupted: {n} of {total} messages are resent, the others are not.", n=done, total=len(wanted))
                )
                raise typer.Exit(INTERRUPTED)


class WaitReason(NamedTuple):
    """What the channel of a waiting message does, and why the message waits: a code, and the provider's own words."""

    standing: ChannelState
    code: str
    detail: str = ""


def _waits(tx: Tx, able: Able) -> list[tuple[WaitingRow, WaitReason]]:
    """A waiting message and why: a pause of the channel that lasts until its turn goes before its own reason."""
    from chatapp_cli.services import channels, resting
    from chatapp_cli.services.standings import state_of

    accounts = {row.id: row for row in channels.everything(tx)}

    def reason(row: WaitingRow) -> WaitReason:
        account = accounts[row.channel_id]
        standing = state_of(account, tx.now)
        behind_it = resting.rests(account, tx.now) and account.paused_until >= row.not_before
        if behind_it and account.paused_code and row.health not in STOPPED:
            return WaitReason(standing, account.paused_code, account.paused_detail)
        return WaitReason(standing, waiting.reason(row))

    return [(row, reason(row)) for row in turns.expected(tx, able, waiting.everything(tx))]


def _waiting_why(row: WaitingRow, reason: WaitReason) -> str:
    return _why(row.kind, reason.code, reason.detail) if reason.code else ""


def _why(kind: str, code: str, detail: str = "") -> str:
    from chatapp_cli.kit.manifests import manifest

    return show(words.why(manifest(kind), code, detail)[0])


def _waiting_row(row: WaitingRow, reason: WaitReason) -> tuple[object, ...]:
    """Its own state, and the channel's unless that sends."""
    from chatapp_cli.services.standings import STATES

    state = show(words.state(row.state))
    if reason.standing in _HOLDS:
        state = f"{state}; {_(STATES[reason.standing])}"
    when = printing.moment(waiting.goes_at(row)) or _("at once")
    doing = "" if row.action == "send" else f" ({show(words.action(row.action))})"
    return row.message_id, state + doing, waiting.recipient(row), row.channel, when, _waiting_why(row, reason), row.text


def _troubled_row(row: TroubledRow) -> tuple[object, ...]:
    state, when = show(words.state(row.state)), printing.moment(row.at)
    return row.id, state, waiting.recipient(row), row.channel, when, _troubled_why(row), row.text


def _undelivered_row(row: TroubledRow) -> tuple[object, ...]:
    state, (why, step) = show(words.state(row.state, row.code)), _what_and_step(row)
    return row.id, state, waiting.recipient(row), row.channel, printing.moment(row.at), why, step, row.text


def _what_and_step(row: TroubledRow) -> tuple[str, str]:
    from chatapp_cli.kit.manifests import manifest

    if not row.code:
        return "", ""
    what, step = words.why(manifest(row.kind), row.code, row.detail)
    return show(what), "" if step is None else show(step)


def _troubled_why(row: TroubledRow) -> str:
    return _why(row.kind, row.code, row.detail) if row.code else ""
