"""What stands below the text of a mail: the signature, and the mail that it answers."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.moment import spelled
from chatapp_cli.domain.outbound import AnsweredMail, Outbound
from chatapp_cli.domain.recipients import NamedAddress
from chatapp_cli.i18n import _, language

_MARK: Final = "-- "
"""The line by which mail programs recognise a signature (RFC 3676 §4.3)."""
_LONGEST_QUOTE: Final = 100_000
"""The most characters of a mail that are quoted."""


def below(message: Outbound, *, quotes_original: bool) -> str:
    """What follows the text of a mail, with the empty lines before it.

    ``quotes_original``: whether the mailbox quotes every mail that is answered.

    Mail programs take all that stands below the line that marks a signature for the signature: they fold it and leave
    it out of an answer. So a signature with the quoted mail below it has no such line, as in Outlook and Gmail; below a
    long quotation nobody would look for it.
    """
    mail = message.answered
    quoted = _quoted(mail) if mail and mail.text and _quotes(message, mail, quotes_original) else ""
    if not quoted:
        return f"\n\n{_MARK}\n{message.signature}" if message.signature else ""
    return "".join(f"\n\n{part}" for part in (message.signature, quoted) if part)


def _quotes(message: Outbound, mail: AnsweredMail, quotes_original: bool) -> bool:
    """Whether the mailbox says so, or a person chose this mail to answer it."""
    wanted = mail.chosen or quotes_original
    return wanted and not (message.automatic or message.forwards or message.invitation)


def _quoted(mail: AnsweredMail) -> str:
    """The mail as programs quote it: a line that says who wrote it when, then its lines behind a sign.

    Empty for a mail in which its author wrote nothing.
    """
    if not mail.text.strip():
        return ""
    who = NamedAddress.of(mail.author, mail.address)
    said = _("{moment}, {who} wrote:", moment=spelled(mail.at, language()), who=who)
    lines = mail.text[:_LONGEST_QUOTE].strip("\n").split("\n")
    return "\n".join([said, *(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines)])
