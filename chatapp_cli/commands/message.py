"""``chatapp message``: show and change one message."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Message, Verb, noun, opened, typed, write
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.input_checks import number
from chatapp_cli.commands.served import note_if_unserved
from chatapp_cli.documents import messages as documents
from chatapp_cli.domain.errors import ChatappError, NotFound
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.invitation import Decision
from chatapp_cli.domain.message import Operation
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _
from chatapp_cli.services import files, sending, transcript
from chatapp_cli.services.message_request import InDialog, ToAddress
from chatapp_cli.services.sending import SendOptions

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.manifest import Capabilities
    from chatapp_cli.services.transcript import TranscriptEntry
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.store.rows.messages import FileRow
    from chatapp_cli.store.tx import Tx

app = noun()


class Resolution(StrEnum):
    """What a person found out about an uncertain message."""

    SENT = "sent"
    FAILED = "failed"


@app.command(cls=Verb)
def show(
    ctx: typer.Context,
    message: Message,
    *,
    whole: Annotated[bool, typer.Option("--whole", help=N_("Only the whole text of a mail"))] = False,
    html: Annotated[bool, typer.Option("--html", help=N_("Only the HTML of a mail"))] = False,
    headers: Annotated[bool, typer.Option("--headers", help=N_("Only the headers of a mail"))] = False,
    raw: Annotated[bool, typer.Option("--raw", help=N_("The mail as it came, to the byte"))] = False,
    as_json: Json = False,
) -> None:
    """Show a message with its files, reactions and state; of a mail also what the conversation does not show."""
    from chatapp_cli.commands import mails, transcripts

    part = mails.one_of(whole=whole, html=html, headers=headers, raw=raw)
    with opened(ctx) as company:
        if part is not None:
            mails.show(company, MessageId(message), part)
            return
        entry, card, channel = company.read(lambda tx: _looked_at(company, tx, MessageId(message)))
    if as_json:
        printing.document(documents.message(entry))
        return
    typer.echo(_("Dialog {n}: {name}, {channel}", n=card.id, name=printing.one_line(card.name), channel=card.channel))
    for line in transcripts.entry_lines(entry, card, company.manifest(channel)):
        typer.echo(line)


def _looked_at(company: Company, tx: Tx, message: MessageId) -> tuple[TranscriptEntry, DialogCard, ChannelRow]:
    """A message with its continuation and its place in the queue, its dialog, and its channel."""
    from chatapp_cli.services import chains, channels, dialogs, turns

    entries = chains.with_onward(tx, [transcript.entry(tx, message)])
    (entry,) = turns.with_places(tx, company.capabilities, entries)
    card = dialogs.card(tx, entry.message.dialog_id)
    return entry, card, channels.one(tx, card.channel_id)


def _change(ctx: typer.Context, message: int, action: Operation, value: str) -> None:
    """Queue a change in the outbox; the daemon carries it out."""
    with opened(ctx) as company:
        company.write(lambda tx: _ask(company, tx, MessageId(message), action, value))
        note("It is in the outbox.")
        note_if_unserved(company)


def _ask(company: Company, tx: Tx, message: MessageId, action: Operation, value: str) -> None:
    can = _capabilities(company, tx, transcript.message(tx, message).dialog_id)
    options = SendOptions(key=company.world.chance.key())
    sending.change(tx, can, message, action, value, options=options)


@app.command(cls=Verb)
def edit(
    ctx: typer.Context,
    message: Message,
    text: Annotated[str, typer.Argument(metavar="TEXT", help=N_("The new text; - reads standard input"))],
) -> None:
    """Change the text of a sent message."""
    _change(ctx, message, Operation.EDIT, typed(text))


@app.command(cls=Verb)
def delete(ctx: typer.Context, message: Message) -> None:
    """Delete a message at the provider."""
    _change(ctx, message, Operation.DELETE, "")


@app.command(cls=Verb)
def react(
    ctx: typer.Context,
    message: Message,
    emoji: Annotated[str, typer.Argument(metavar="EMOJI", help=N_("The reaction; empty: remove it"))] = "",
) -> None:
    """React to a message."""
    _change(ctx, message, Operation.REACT, emoji)


@app.command(cls=Verb)
def forward(
    ctx: typer.Context,
    messages: Annotated[
        list[int], typer.Argument(metavar="MESSAGE…", parser=number, help=N_("Numbers of the messages"))
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="DIALOG|ADDRESS", help=N_("The number of the dialog, or the address"))
    ],
    channel: Annotated[
        str,
        typer.Option("--channel", help=N_("For an address: the channel, by kind, account or number, if not the same")),
    ] = "",
    text: Annotated[
        str, typer.Option("--text", help=N_("Your own words above what is forwarded; - reads standard input"))
    ] = "",
    as_json: Json = False,
) -> None:
    """Forward messages with their files to another dialog or a new address, in any channel."""
    from chatapp_cli.services import forwarding

    with opened(ctx) as company:
        options = SendOptions(key=company.world.chance.key())
        chosen, words = [MessageId(one) for one in messages], typed(text)

        def carry_out(tx: Tx) -> tuple[list[MessageId], str]:
            target = _forwarded_to(tx, chosen[0], to, channel)
            made = forwarding.forward(tx, company.capabilities, chosen, target, options, text=words)
            return made, forwarding.recipient(tx, made[0])

        made, whom = company.write(carry_out)
    if as_json:
        printing.document([documents.forwarded(old, new) for old, new in zip(chosen, made, strict=True)])
        return
    for one in made:
        typer.echo(one)
    note("It is in the outbox, to {name}.", name=whom)


def _forwarded_to(tx: Tx, message: MessageId, to: str, channel: str) -> InDialog | ToAddress:
    """A dialog by its number, otherwise an address; a phone number begins with a plus."""
    from chatapp_cli.services import forwarding

    if to.isdecimal() and not channel:
        return InDialog(DialogId(number(to)))
    return ToAddress(forwarding.through(tx, message, channel), to)


def _capabilities(company: Company, tx: Tx, dialog: DialogId) -> Capabilities:
    from chatapp_cli.services import channels, dialogs

    return company.capabilities(channels.one(tx, dialogs.card(tx, dialog).channel_id))


@app.command(cls=Verb)
def history(ctx: typer.Context, message: Message, as_json: Json = False) -> None:
    """Show what a message said before it was edited, the first text first."""
    with opened(ctx) as company:
        revisions = company.read(lambda tx: transcript.revisions(tx, MessageId(message)))
    if as_json:
        printing.document([documents.revision(one) for one in revisions])
        return
    printing.table((_("Until"), _("Text")), [(printing.moment(one.until), one.text) for one in revisions])
    if not revisions:
        note("Message {n} was never edited.", n=message)


@app.command(cls=Verb)
def cancel(ctx: typer.Context, message: Message) -> None:
    """Cancel a message that has not been sent."""
    write(ctx, lambda tx: sending.cancel(tx, MessageId(message)))
    note("Message {n} is cancelled.", n=message)


@app.command(cls=Verb)
def retry(ctx: typer.Context, message: Message) -> None:
    """Send again what failed or is uncertain."""
    write(ctx, lambda tx: sending.retry(tx, MessageId(message)))
    note("Message {n} is in the outbox again.", n=message)


@app.command(cls=Verb)
def resolve(
    ctx: typer.Context,
    message: Message,
    verdict: Annotated[Resolution, typer.Argument(metavar="sent|failed", help=N_("What you found out"))],
) -> None:
    """Record what became of an uncertain message."""
    write(ctx, lambda tx: sending.resolve(tx, MessageId(message), verdict.value))
    note("Message {n} is settled.", n=message)


@app.command(cls=Verb)
def invitation(
    ctx: typer.Context,
    message: Message,
    answer: Annotated[
        Decision, typer.Argument(metavar="accepted|tentative|declined", help=N_("What the organizer is told"))
    ],
    *,
    to_organizer: Annotated[
        bool, typer.Option("--to-organizer", help=N_("Also if the organizer is not the sender of the mail"))
    ] = False,
) -> None:
    """Accept or decline an invitation that came by mail."""
    from chatapp_cli.services import invitations

    with opened(ctx) as company:
        options, wanted = SendOptions(key=company.world.chance.key()), MessageId(message)
        found = company.read(lambda tx: invitations.find(tx, wanted))
        made = company.write(
            lambda tx: invitations.answer(tx, company.capabilities, wanted, answer, options, elsewhere=to_organizer)
        )
        typer.echo(made)
        note("The answer goes to {address}.", address=found.invitation.organizer)
        if found.is_over:
            note("The event is over.")
        note_if_unserved(company)


@app.command(cls=Verb)
def save(
    ctx: typer.Context,
    message: Message,
    target: Annotated[Path, typer.Option("--to", metavar="FOLDER", help=N_("Where to put them"))] = Path(),
    file: Annotated[
        int, typer.Option("--file", parser=number, metavar="N", help=N_("Only the file with this number"))
    ] = 0,
) -> None:
    """Copy a message's files out."""
    with opened(ctx) as company:
        entry = company.read(lambda tx: transcript.entry(tx, MessageId(message)))
        wanted = [one for one in entry.files if file in {0, one.id}]
        if not wanted:
            raise NotFound(T("Message {n} has no such file.", n=message))
        failed = [error for one in wanted if (error := _saved(company, one, target)) is not None]
    for error in failed[:-1]:
        say(error.what, error.next_step)
    if failed:
        raise failed[-1]


def _saved(company: Company, file: FileRow, target: Path) -> ChatappError | None:
    """Copy one file and print its path; an error is returned, so that it does not take the other files with it."""
    try:
        typer.echo(files.copy_out(company.media, file, target))
    except ChatappError as error:
        return error
    return None


@app.command(cls=Verb)
def transcribe(ctx: typer.Context, message: Message, as_json: Json = False) -> None:
    """Transcribe a voice message, with or without a daemon."""
    import asyncio

    from chatapp_cli.runtime import transcriber

    with opened(ctx) as company:
        entry = company.read(lambda tx: transcript.entry(tx, MessageId(message)))
        found = asyncio.run(transcriber.asked(company, entry))
    if as_json:
        printing.document([documents.file(file) for file in found])
    else:
        for file in found:
            typer.echo(printing.plain(file.words))
