"""Convert the bytes of a mail to an arrival: the same bytes, language and time zone give the same arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from email.message import Message

from chatapp_cli.connectors.email import bounce, machines
from chatapp_cli.connectors.email.addressed import Named, addressed
from chatapp_cli.connectors.email.dialog_choice import dialog_moved, peer, possible_peers, thread
from chatapp_cli.connectors.email.folding import Folded, fold
from chatapp_cli.connectors.email.headers import head, ids, parsed, words
from chatapp_cli.connectors.email.identity import Identity, identity, is_own_id, own_key
from chatapp_cli.connectors.email.incoming import Mail, Reading
from chatapp_cli.connectors.email.parts import Content, content
from chatapp_cli.connectors.email.sender import Correspondence, correspondence, is_nobody, written_by_us
from chatapp_cli.connectors.email.silence import is_silent
from chatapp_cli.domain import border
from chatapp_cli.domain.address import mailbox_of
from chatapp_cli.domain.arrival import (
    Arrival,
    DeliveryChanged,
    IncomingFile,
    MailDetails,
    MessageArrived,
    PeerChanged,
    ProviderEvent,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.invitation import EventInvitation
from chatapp_cli.domain.message import State
from chatapp_cli.domain.subject import is_forward, is_reply
from chatapp_cli.i18n import _
from chatapp_cli.kit.understanding import guarded

SENT = "sent:"
"""How the id of a mail from the folder of sent mail begins."""
_LONGEST_SUBJECT = 500


def arrival(mail: Mail, reading: Reading, now: Millis) -> Arrival:
    """Read a mail at this time; an unreadable one is stored with the reason."""
    at = border.at(mail.at, now)
    return guarded(
        mail.raw,
        lambda content: _arrival(content, mail, reading, at),
        glimpse=lambda content: glimpse(content, at, reading, sent=mail.sent),
    )


def glimpse(raw: bytes, at: border.At, reading: Reading, *, sent: bool = False) -> MessageArrived:
    """The placeholder of a mail that cannot be read, by its head."""
    message = parsed(head(raw))
    known = identity(message, raw)
    between = _between(message, known, reading, sent=sent)
    subject = _subject(message)
    return MessageArrived(
        peer=peer(between.other, subject, reading),
        ext_id=_ext_id(known, between, reading),
        at=at,
        subject=subject,
        sender=between.sender,
        from_us=between.from_us,
        thread=thread(message, known, between, reading),
        claims=possible_peers(between, subject, reading),
        placeholder=True,
    )


def _between(message: Message, known: Identity, reading: Reading, *, sent: bool) -> Correspondence:
    if sent:
        return written_by_us(message, reading.own_addresses)
    return correspondence(message, known.message_id, reading.own_addresses)


def _subject(message: Message) -> border.ExternalText:
    return border.name(words(message, "Subject")[:_LONGEST_SUBJECT])


def _arrival(content: bytes, mail: Mail, reading: Reading, at: border.At) -> Arrival:
    message = parsed(content)
    known = identity(message, content)
    read = _sent_events if mail.sent else _events
    return Arrival(
        provider_id=border.external_id(_provider_id(known, mail, reading)),
        raw=content,
        events=read(message, known, mail, reading, at),
    )


def _provider_id(known: Identity, mail: Mail, reading: Reading) -> str:
    if mail.sent:
        return f"{SENT}{known.own}"
    by_message_id_alone = 0 < mail.at <= reading.plain_until
    return known.id_in_dialog if by_message_id_alone else known.own


def _sent_events(
    message: Message, known: Identity, mail: Mail, reading: Reading, at: border.At
) -> Sequence[ProviderEvent]:
    """A mail in the folder of sent mail: our message, in the dialog with whom it was sent to."""
    arrived = _message(message, known, mail, reading, at)
    if is_nobody(arrived.peer.address) or machines.is_receipt(message):
        return ()
    # where the desk sent it itself, it belongs to the dialog of that message, whoever else it names
    arrived = replace(arrived, thread=(*arrived.thread, arrived.ext_id))
    key = own_key(known.message_id, reading.domain)
    proof = DeliveryChanged(ext_id=arrived.ext_id, state=State.SENT, at=at, key=border.external_id(key))
    moved = dialog_moved(arrived, reading)
    return (proof, *moved, arrived) if key else (*moved, arrived)


def _events(message: Message, known: Identity, mail: Mail, reading: Reading, at: border.At) -> Sequence[ProviderEvent]:
    """A mail that came; a server's report stands only if it is about no mail of ours, and then it waits."""
    arrived = _message(message, known, mail, reading, at)
    report = bounce.report_of(message, mail.raw, domain=reading.domain, at=at)
    if report:
        arrived = replace(arrived, silent=mail.settled or report.is_good, reports_on=report.about)
    changes = report.changes if report else ()
    if not is_nobody(arrived.peer.address):
        return (*(changes if report else dialog_moved(arrived, reading)), arrived)
    return (*changes, arrived, PeerChanged(peer=arrived.peer, at=at, reachable=False, code="no_sender"))


def _message(message: Message, known: Identity, mail: Mail, reading: Reading, at: border.At) -> MessageArrived:
    between = _between(message, known, reading, sent=mail.sent)
    subject = _subject(message)
    parts = _doubted(content(message, cut=mail.size > len(mail.raw)), between)
    if bounce.is_doubtful(message, reading.domain):
        said = _("This mail has the form of a report of a mail server, but no server sent it")
        parts = replace(parts, notes=(*parts.notes, f"[{said}]"))
    claims = possible_peers(between, subject, reading)
    named = addressed(message, reading.own_address, reading.aliases)
    left, lines = _folded(message, subject, parts.text, named, reading)
    return MessageArrived(
        peer=peer(between.other, subject, reading),
        ext_id=_ext_id(known, between, reading),
        spare_id=border.external_id("" if between.from_us else known.own),
        at=at,
        text=_shown(left, parts, subject, reading),
        subject=subject,
        sender=between.sender,
        from_us=between.from_us,
        files=(*parts.files, *_missing(mail)),
        reply_to=border.external_id(next(iter(ids(message, "In-Reply-To")), "")),
        thread=thread(message, known, between, reading),
        claims=claims,
        automatic=(between.uses_our_address and not claims) or machines.is_automatic(message, between.sender.email),
        silent=mail.settled or is_silent(message, between, reading),
        mail=MailDetails(
            whole=_shown(parts.text, parts, subject, reading) if lines else border.NO_TEXT,
            folded=border.count(lines),
            notes=border.text("\n\n".join(parts.notes)),
            to=named.to,
            cc=named.cc,
            delivered_as=named.delivered_as,
            also_from=named.also_from,
            left_out=border.count(named.left_out),
            invitation=_invitation(parts, between),
        ),
    )


def _ext_id(known: Identity, between: Correspondence, reading: Reading) -> border.ExternalId:
    """Only our own mail gets an id of ours: another sender's mail with that id merely repeats what we sent."""
    ours = is_own_id(known.message_id, reading.domain)
    return border.external_id(
        known.own if ours and not (between.from_us or between.possible_recipients) else known.id_in_dialog
    )


def _folded(message: Message, subject: str, text: str, named: Named, reading: Reading) -> Folded:
    """The text without the quotation of a reply."""
    if not _is_reply(message, subject):
        return Folded(text, 0)
    people = {*map(mailbox_of, (*reading.own_addresses, *(one.email for one in (*named.to, *named.cc))))}
    answers = bool(ids(message, "In-Reply-To", "References"))
    return fold(text, people=people, titled=is_reply(subject), answers=answers)


def _is_reply(message: Message, subject: str) -> bool:
    """Whether a mail answers another one by its subject, or by its fields without a subject that passes it on."""
    if is_reply(subject):
        return True
    return not is_forward(subject) and bool(ids(message, "In-Reply-To", "References"))


def _shown(text: str, parts: Content, subject: str, reading: Reading) -> border.ExternalText:
    """A text with what is said of its mail below it, and with the subject before it where that is not the title."""
    said = "\n\n".join(filter(None, (text, *parts.notes)))
    return border.text(said if reading.by_subject or not subject else f"[{subject}] {said}".rstrip())


def _invitation(parts: Content, between: Correspondence) -> EventInvitation | None:
    """The client's invitation, or our answer to one; what we invite to and what clients answer are words only."""
    found = None if between.possible_recipients else parts.invitation
    return found if found and between.from_us == (found.decision is not None) else None


def _doubted(parts: Content, between: Correspondence) -> Content:
    """The content with a note where somebody else than the organizer writes of an event."""
    found = parts.invitation
    if found is None or found.decision or mailbox_of(found.organizer) == mailbox_of(between.sender.email):
        return parts
    return replace(parts, notes=(*parts.notes, f"[{_('This mail is not from the organizer of the event')}]"))


def _missing(mail: Mail) -> Sequence[IncomingFile]:
    """A placeholder for a part that was not downloaded."""
    if mail.size <= len(mail.raw):
        return ()
    return (
        IncomingFile(
            kind="document",
            name=border.file_name("message.eml"),
            mime=border.name("message/rfc822"),
            size=border.count(mail.size),
            problem="mail_too_big",
        ),
    )
