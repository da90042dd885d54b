"""Compose a mail from a message of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import formatdate

from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.addresses import ascii_form, parts
from chatapp_cli.connectors.email.identity import message_id, plain_id
from chatapp_cli.connectors.email.sender import is_nobody
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.domain.subject import plain_subject

_LATEST = 20
"""The most Message-IDs in References: enough for every mail program, short enough for every server."""


class _Ids(UnstructuredHeader):
    """Message-IDs, one per line: the standard folding makes encoded words of long ones, which nothing recognises."""

    def fold(self, *, policy: Policy) -> str:
        """Fold the field for sending."""
        return f"{self.name}: {f'{policy.linesep} '.join(str(self).split())}{policy.linesep}"  # type: ignore[attr-defined]


def _policy() -> Policy:
    registry = HeaderRegistry()
    for name in ("message-id", "in-reply-to", "references"):
        registry.map_to_type(name, _Ids)  # type: ignore[arg-type]  # a mixin, like the standard ones
    return SMTP.clone(cte_type="7bit", header_factory=registry)


_POLICY = _policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail ready to be sent."""

    message_id: str
    recipient: str
    content: bytes


def compose(message: Outbound, account: Account, now: Millis) -> Letter:
    """Compose the mail. Reads files, so run it on a thread. Raises Rejected for an invalid address."""
    recipient = ascii_address(message.address)
    ext_id = message_id(message.key, account.domain)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(display_name=_one_line(account.sender_name), addr_spec=account.address)
    mail["To"] = _to(recipient)
    mail["Date"] = formatdate(now / 1000)
    mail["Message-ID"] = ext_id
    for name, value in (*_about(message), *_thread(message), *_automatic(message)):
        mail[name] = value
    mail.set_content(message.text)
    for file in message.files:
        _attach(mail, file)
    return Letter(message_id=ext_id, recipient=recipient, content=mail.as_bytes())


def ascii_address(address: str) -> str:
    """The address in the form every server accepts: a domain such as пример.рф in ASCII. Raises Rejected."""
    if is_nobody(address):
        raise Rejected("no_sender")
    try:
        found = ascii_form(address)
        found.encode("ascii")
    except ValueError as error:
        raise Rejected("bad_address", str(error)) from None
    if "." not in parts(found)[1].strip("."):
        raise Rejected("bad_address", address)
    return found


def _to(recipient: str) -> Address:
    local, domain = parts(recipient)
    return Address(username=local, domain=domain)


def _about(message: Outbound) -> Sequence[tuple[str, str]]:
    subject = _one_line(message.subject)
    answers = bool(message.thread or message.reply_to)
    if not subject:
        return ()
    return (("Subject", f"Re: {plain_subject(subject)}" if answers else subject),)


def _thread(message: Outbound) -> Sequence[tuple[str, str]]:
    """The mail being answered and the latest before it, oldest first (RFC 5322 §3.6.4).

    Mails without a Message-ID are left out: their digest means nothing to others.
    """
    known = [*filter(None, map(plain_id, message.thread))]
    answered = plain_id(message.reply_to) or next(reversed(known), "")
    if not answered:
        return ()
    chain = [ext_id for ext_id in dict.fromkeys(known) if ext_id != answered]
    return (("In-Reply-To", answered), ("References", " ".join([*chain, answered][-_LATEST:])))


def _automatic(message: Outbound) -> Sequence[tuple[str, str]]:
    """Header fields that keep autoresponders from answering (RFC 3834)."""
    if not message.automatic:
        return ()
    return (("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _attach(mail: EmailMessage, file: LocalFile) -> None:
    kind, _, subtype = file.mime.partition("/")
    if not subtype or kind in {"message", "multipart"}:
        kind, subtype = "application", "octet-stream"
    mail.add_attachment(file.path.read_bytes(), maintype=kind, subtype=subtype, filename=_one_line(file.name))
