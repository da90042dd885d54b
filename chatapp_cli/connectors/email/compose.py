"""Compose a mail from a message of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any, Final, NamedTuple

from chatapp_cli.connectors.email import errors
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.addresses import ascii_form, halves
from chatapp_cli.connectors.email.below import below
from chatapp_cli.connectors.email.formatting import as_html, asks_for_html
from chatapp_cli.connectors.email.identity import message_id, plain_id
from chatapp_cli.connectors.email.sender import is_nobody
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.invitation import InvitationAnswer
from chatapp_cli.domain.moment import local
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.domain.recipients import unique, written_to
from chatapp_cli.domain.subject import plain_subject

_LATEST = 20
"""The most Message-IDs in References: enough for every mail program, short enough for every server."""


class _Ids(UnstructuredHeader):
    """Message-IDs, one per line: the standard folding makes encoded words of long ones, which nothing recognises."""

    def fold(self, *, policy: Policy) -> str:
        """Fold the field for sending."""
        return f"{self.name}: {f'{policy.linesep} '.join(str(self).split())}{policy.linesep}"  # type: ignore[attr-defined]


def _policy(**changes: Any) -> Policy:
    registry = HeaderRegistry()
    for name in ("message-id", "in-reply-to", "references"):
        registry.map_to_type(name, _Ids)  # type: ignore[arg-type]  # a mixin, like the standard ones
    return SMTP.clone(header_factory=registry, **changes)


_SEVEN_BIT = _policy(cte_type="7bit")
_EIGHT_BIT = _policy(cte_type="8bit")
_UTF8 = _policy(cte_type="8bit", utf8=True)
_LONGEST_LINE = 998
"""The longest line of a mail in bytes, without its end (RFC 5322 §2.1.1)."""


class Offer(NamedTuple):
    """What a server takes beyond ASCII."""

    eight_bit: bool = False
    """Text as it is (8BITMIME, RFC 6152)."""
    utf8: bool = False
    """Addresses with letters other than Latin before the @ (SMTPUTF8, RFC 6531)."""


ASCII_ONLY: Final = Offer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail ready to be sent."""

    message_id: str
    recipients: Sequence[str]
    """Who gets it: the client, then those who get a copy."""
    content: bytes
    requires: Offer
    """What the server has to take beyond ASCII."""


def compose(message: Outbound, account: Account, now: Millis, offer: Offer = ASCII_ONLY) -> Letter:
    """Compose the mail for a server. Reads files, so run it on a thread. Raises Rejected for an unusable address."""
    recipients, ext_id = envelope(message), message_id(message.key, account.domain)
    sender = _own_address(message, (account.address, *account.aliases), offer)
    required = _required(recipients, offer, sender)
    mail = EmailMessage(policy=_UTF8 if required.utf8 else _EIGHT_BIT if required.eight_bit else _SEVEN_BIT)
    addressed = _addressed(message, recipients[0], _named(sender, account.sender_name), now)
    for name, value in (*addressed, ("Message-ID", ext_id), *_about(message), *_thread(message), *_automatic(message)):
        mail[name] = value
    _write(mail, message.text, below(message, quotes_original=account.quotes_original))
    if message.invitation:
        _answer(mail, message.invitation, account, now)
    for file in message.files:
        _attach(mail, file)
    return Letter(message_id=ext_id, recipients=recipients, content=mail.as_bytes(), requires=required)


def written_fields(message: Outbound, own: Sequence[str], name: str, at: Millis) -> Sequence[tuple[str, str]]:
    """The fields of a mail of ours for people, with Bcc, which does not go out; none for an unusable address.

    ``own``: the addresses of the mailbox; ``name``: what stands before the one that it goes from.
    """
    mail = EmailMessage(policy=_UTF8)
    try:
        sender = _named(_own_address(message, own, Offer(utf8=True)), name)
        hidden = (("Bcc", [_recipient(one) for one in map(mail_address, message.bcc)]),) if message.bcc else ()
        addressed = _addressed(message, mail_address(message.address), sender, at)
    except Rejected:
        return ()
    for field, value in (*addressed, *hidden, *_about(message)):
        mail[field] = value
    return [(field, str(value)) for field, value in mail.items()]


def _addressed(message: Outbound, client: str, sender: Address, at: Millis) -> Iterator[tuple[str, Any]]:
    """From whom it goes, to whom and when."""
    yield "From", sender
    yield "To", _recipient(client, message.title)
    if copies := _copies(message, client):
        yield "Cc", copies
    yield "Date", format_datetime(local(at))


def _required(recipients: Sequence[str], offer: Offer, sender: str) -> Offer:
    """What the server has to take for a mail to these from this address. Raises Rejected if it does not."""
    foreign = next((one for one in recipients if not one.isascii()), None)
    if foreign is not None and not offer.utf8:
        raise errors.between_commands(Rejected("no_smtputf8", foreign))
    return Offer(eight_bit=offer.eight_bit, utf8=foreign is not None or not sender.isascii())


def _own_address(message: Outbound, own: Sequence[str], offer: Offer) -> str:
    """Which address of ours it is from: the one that was invited or that the client wrote to.

    The mailbox's own if there is none, or if that one has letters that the server does not take.
    """
    named = (*_invited(message), *(message.answered.to if message.answered else ()))
    try:
        found = ascii_form(written_to(named, own))
    except ValueError:  # an alias of an earlier version, which took any text
        return own[0]
    return found if found.isascii() or offer.utf8 else own[0]


def _invited(message: Outbound) -> Sequence[str]:
    if message.invitation is None:
        return ()
    from chatapp_cli.connectors.email import invitation_answer  # few mails answer an invitation

    return invitation_answer.invited(message.invitation.calendar)


def _copies(message: Outbound, client: str) -> Sequence[Address]:
    """Those in Cc, without the client."""
    called = {mail_address(address): name for address, name in message.names.items()}
    return [_recipient(one, called.get(one, "")) for one in unique(map(mail_address, message.cc), but=(client,))]


def envelope(message: Outbound) -> Sequence[str]:
    """Everybody who gets the mail, each once: the client first. Raises Rejected for what is no address."""
    return [*unique(map(mail_address, (message.address, *message.cc, *message.bcc)))]


def mail_address(address: str) -> str:
    """The address with a domain that every server accepts: пример.рф in ASCII. Raises Rejected."""
    if is_nobody(address):
        raise Rejected("no_sender")
    try:
        found = ascii_form(address)
    except ValueError as error:
        raise Rejected("bad_address", str(error)) from None
    if "." not in halves(found)[1].strip("."):
        raise Rejected("bad_address", address)
    return found


def ascii_address(address: str) -> str:
    """The same for an address that has to be ASCII as a whole. Raises Rejected."""
    found = mail_address(address)
    if not found.isascii():
        raise Rejected("bad_address", address)
    return found


def _recipient(recipient: str, name: str = "") -> Address:
    """A recipient; a name that looks like an address is left out."""
    return _named(recipient, "" if "@" in name else name)


def _named(address: str, name: str) -> Address:
    local_part, domain = halves(address)
    return Address(display_name=_one_line(name), username=local_part, domain=domain)


def _write(mail: EmailMessage, text: str, below: str) -> None:
    """Set the text with what stands below it, and HTML beside both if the text has links or bold words."""
    mail.set_content(text + below, cte=_encoding(mail, text + below))
    if asks_for_html(text):
        html = as_html(text + below)
        mail.add_alternative(html, subtype="html", cte=_encoding(mail, html))


def _encoding(mail: EmailMessage, text: str) -> str | None:
    """How a text goes: as it is, if the server takes that and no line is too long; ``None``: the library decides."""
    if mail.policy.cte_type == "7bit" or text.isascii():
        return None
    lines = text.encode("utf-8", "surrogatepass").splitlines()
    return "8bit" if max(map(len, lines), default=0) <= _LONGEST_LINE else "quoted-printable"


def _answer(mail: EmailMessage, said: InvitationAnswer, account: Account, now: Millis) -> None:
    """Add the answer to an invitation for programs (RFC 6047 §2.4)."""
    from chatapp_cli.connectors.email import invitation_answer  # see _invited

    own = mail["From"].addresses[0].addr_spec
    calendar = invitation_answer.answer(said.calendar, said.decision, address=own, name=account.sender_name, now=now)
    mail.add_alternative(calendar, subtype="calendar", params={"method": "REPLY"}, cte=_encoding(mail, calendar))


def _about(message: Outbound) -> Sequence[tuple[str, str]]:
    subject = _one_line(message.subject)
    if not subject:
        return ()
    bears_its_own = message.typed_subject or message.forwards or message.invitation
    answers = bool(message.thread or message.reply_to) and not bears_its_own
    return (("Subject", f"Re: {plain_subject(subject)}" if answers else subject),)


def _thread(message: Outbound) -> Sequence[tuple[str, str]]:
    """The mail being answered and the latest before it, oldest first (RFC 5322 §3.6.4); none for one that is passed on.

    Mails without a Message-ID are left out, because their digest means nothing to others, and those whose Message-ID a
    header field cannot hold (RFC 5322 §3.6.4 allows ASCII only).
    """
    if message.forwards:
        return ()
    known = [*filter(None, map(plain_id, message.thread))]
    answered = plain_id(message.reply_to) or next(reversed(known), "")
    chain = [ext_id for ext_id in dict.fromkeys(known) if ext_id != answered]
    ids = [ext_id for ext_id in (*chain, answered) if _is_quotable(ext_id)][-_LATEST:]
    replies = (("In-Reply-To", answered),) if _is_quotable(answered) else ()
    return (*replies, *((("References", " ".join(ids)),) if ids else ()))


def _is_quotable(ext_id: str) -> bool:
    return ext_id != "" and ext_id.isascii() and ext_id.isprintable()


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
