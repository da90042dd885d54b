"""What ``chatapp message show`` prints of a mail beside what the conversation shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

import typer

from chatapp_cli.commands import printing
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.text import T

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company


class MailPart(StrEnum):
    """A part of a mail, by the option that prints it."""

    WHOLE = "whole"
    HTML = "html"
    HEADERS = "headers"
    RAW = "raw"


def one_of(**chosen: bool) -> MailPart | None:
    """The part that is asked for, by the names of the options. Raises UsageError for more than one."""
    found = [MailPart(name) for name, wanted in chosen.items() if wanted]
    if len(found) > 1:
        named = ", ".join(f"--{part}" for part in found)
        raise UsageError(T("Only one of these at a time: {allowed}", allowed=named), field=found[1])
    return next(iter(found), None)


def show(company: Company, message: MessageId, part: MailPart) -> None:
    """Print one part of a mail. Raises NotFound, and Refused for a message that is no mail."""
    _PRINTED[part](company, message)


def _whole(company: Company, message: MessageId) -> None:
    from chatapp_cli.i18n import show as show_text
    from chatapp_cli.runtime import whole_mails
    from chatapp_cli.services import transcript, words

    typer.echo(printing.plain(whole_mails.text(company, message)))
    mail = company.read(partial(transcript.entry, wanted=message)).mail
    if mail is not None and mail.invitation:
        typer.echo(f"\n{show_text(words.invitation(mail.invitation))}")


def _html(company: Company, message: MessageId) -> None:
    from chatapp_cli.runtime import whole_mails

    found = whole_mails.whole(company, message).html
    if not found:
        raise NotFound(T("The mail of message {n} has no HTML.", n=message))
    typer.echo(printing.plain(found))


def _headers(company: Company, message: MessageId) -> None:
    from chatapp_cli.runtime import whole_mails

    for name, value in whole_mails.whole(company, message).headers:
        typer.echo(f"{printing.one_line(name)}: {printing.one_line(value)}")


def _raw(company: Company, message: MessageId) -> None:
    from chatapp_cli.runtime import whole_mails

    typer.echo(whole_mails.raw(company, message), nl=False)


_PRINTED: Mapping[MailPart, Callable[[Company, MessageId], None]] = {
    MailPart.WHOLE: _whole,
    MailPart.HTML: _html,
    MailPart.HEADERS: _headers,
    MailPart.RAW: _raw,
}
