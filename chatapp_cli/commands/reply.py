"""``chatapp reply``: an answer in a dialog."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands.base import Dialog, Json, Verb, completing, opened, single
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import number
from chatapp_cli.commands.quick import titles
from chatapp_cli.commands.send_options import MessageOptions, UnlessHeard, channel_of, composed, send_off
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.manifest import Capabilities

app = single()


@app.command(cls=Verb)
@composed
def reply(
    ctx: typer.Context,
    dialog: Dialog,
    *,
    options: MessageOptions,
    quick: Annotated[
        str,
        typer.Option(
            "--quick",
            metavar="REPLY",
            help=N_("Quick reply: TITLE, or SECTION/TITLE"),
            autocompletion=completing(titles),
        ),
    ] = "",
    quote: Annotated[
        int,
        typer.Option(
            "--quote",
            parser=number,
            metavar="MESSAGE",
            help=N_("Message that is answered; the author of a mail gets a copy"),
        ),
    ] = 0,
    everybody: Annotated[
        bool, typer.Option("--all", help=N_("Copy to all whom the mail that is answered names, beside --cc"))
    ] = False,
    unless_heard: UnlessHeard = False,
    as_json: Json = False,
) -> None:
    """Answer in a dialog and wait for the verdict."""
    from chatapp_cli.services.message_request import InDialog

    options, to = replace(options, quick=quick, unless_heard=unless_heard), InDialog(DialogId(dialog))
    quoted, answers = MessageId(quote) if quote else None, None
    with opened(ctx) as company:
        channel = company.read(lambda tx: channel_of(tx, to.dialog))
        can = company.capabilities(channel)
        if everybody:
            options, answers = _to_all(company, can, to.dialog, options, quoted)
        elif quoted:
            options = _to_author(company, can, quoted, options)
        if not quoted:
            _note_unknown_author(company, to.dialog)
        with options.request(company, to, [channel], reply_to=quoted, answers=answers) as request:
            code = send_off(company, request, wait=options.wait, as_json=as_json)
    raise typer.Exit(code)


def _note_unknown_author(company: Company, dialog: DialogId) -> None:
    """Say that the last mail was written by somebody else, to us alone, if that is so."""
    from chatapp_cli.services import answering

    author = company.read(lambda tx: answering.author_unknown_to_client(tx, dialog))
    if author:
        note("The last mail is from {address}; the answer goes to the client.", address=author)


def _to_all(
    company: Company, can: Capabilities, dialog: DialogId, options: MessageOptions, quoted: MessageId | None
) -> tuple[MessageOptions, MessageId | None]:
    """The options with everybody in copy whom the answered mail names, and that mail if it was not named.

    Raises Refused for channels without copies.
    """
    from chatapp_cli.domain.draft import no_copies
    from chatapp_cli.services import answering

    if not can.copies:
        raise no_copies()
    mail, others = company.read(lambda tx: answering.to_all(tx, can, dialog, options.subject, quoted))
    return replace(options, cc=[*(options.cc or ()), *others]), None if quoted else mail


def _to_author(company: Company, can: Capabilities, answered: MessageId, options: MessageOptions) -> MessageOptions:
    """The options with the author of the answered mail in copy, if the dialog is somebody else's."""
    from chatapp_cli.services import addressing

    found = company.read(lambda tx: addressing.author_beside(tx, can, answered))
    for address in found:
        note("{address} wrote the mail that is answered and gets a copy.", address=address)
    return replace(options, cc=[*(options.cc or ()), *found])
