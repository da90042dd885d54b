"""Convert the bytes of a mail to an arrival: the same bytes, language and time zone give the same arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.message import Message

from chatapp_cli.connectors.email import bounce, machines, receipts
from chatapp_cli.connectors.email.addressed import Named, addressed
from chatapp_cli.connectors.email.folding import Folded, fold
from chatapp_cli.connectors.email.headers import head, ids, parsed, words
from chatapp_cli.connectors.email.identity import Identity, identity, is_own_id, own_key
from chatapp_cli.connectors.email.parts import Content, content
from chatapp_cli.connectors.email.sender import Correspondence, correspondence, is_nobody, written_by_us
from chatapp_cli.domain import border
from chatapp_cli.domain.address import mailbox_of
from chatapp_cli.domain.arrival import (
    Arrival,
    DeliveryChanged,
    IncomingFile,
    MailDetails,
    MessageArrived,
    Peer,
    PeerChanged,
    PeerMoved,
    Profile,
    ProviderEvent,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.invitation import EventInvitation
from chatapp_cli.domain.message import State
from chatapp_cli.domain.subject import former_subject_key, is_forward, is_reply, plain_subject, subject_key
from chatapp_cli.i18n import _
from chatapp_cli.kit.understanding import guarded

SENT = "sent:"
"""How the id of a mail from the folder of sent mail begins."""
_LONGEST_THREAD = 50
_LONGEST_SUBJECT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as the server keeps it."""

    uid: int
    at: Millis
    """When the server received it."""
    size: int
    raw: bytes = field(repr=False)
    """All of it, or only its beginning if ``size`` is larger."""
    sent: bool = False
    """Whether it lies in the folder of sent mail, so that it is ours."""
    settled: bool = False
    """Whether it is so old that nobody needs to be told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Reading options of a mailbox."""

    own_address: str
    by_subject: bool = True
    newsletters_wait: bool = True
    aliases: Sequence[str] = ()
    """Further addresses of ours."""
    plain_until: Millis = 0
    """Mails received until then were read by a version that identified a mail by its Message-ID alone."""

    @property
    def own_addresses(self) -> Sequence[str]:
        """Every address of ours, the mailbox's first."""
        return (self.own_address, *self.aliases)

    @property
    def domain(self) -> str:
        """The part of our address behind the @."""
        return self.own_address.rpartition("@")[2]


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
        peer=_peer(between.other, subject, reading),
        ext_id=_ext_id(known, between, reading),
        at=at,
        subject=subject,
        sender=between.sender,
        from_us=between.from_us,
        thread=_thread(message, known, between, reading),
        claims=_claims(between, subject, reading),
        placeholder=True,
    )


def _between(message: Message, known: Identity, reading: Reading, *, sent: bool) -> Correspondence:
    if sent:
        return written_by_us(message, reading.own_addresses)
    return correspondence(message, known.message_id, reading.own_addresses)


def _subject(message: Message) -> border.ExternalText:
    return border.name(words(message, "Subject")[:_LONGEST_SUBJECT])


def _thread(
    message: Message, known: Identity, between: Correspondence, reading: Reading
) -> Sequence[border.ExternalId]:
    """The mails that it descends from, and itself if it has an id of ours and so may be known.

    None for a mail to ourselves, which may be forged: it joins no dialog.
    """
    if between.own_name and not between.claims:
        return ()
    found = list(ids(message, "References", "In-Reply-To")[-_LONGEST_THREAD:])
    if between.claims and is_own_id(known.message_id, reading.domain):
        found.append(known.message_id)
    return tuple(map(border.external_id, found))


def _claims(between: Correspondence, subject: str, reading: Reading) -> Sequence[Peer]:
    return tuple(_peer(one, subject, reading) for one in between.claims)


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
    return known.shown if by_message_id_alone else known.own


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
    moved = _moved(arrived, reading)
    return (proof, *moved, arrived) if key else (*moved, arrived)


def _events(message: Message, known: Identity, mail: Mail, reading: Reading, at: border.At) -> Sequence[ProviderEvent]:
    """A mail that came; a server's report stands only if it is about no mail of ours, and then it waits."""
    arrived = _message(message, known, mail, reading, at)
    news = bounce.news(message, mail.raw, domain=reading.domain, at=at)
    before: Sequence[ProviderEvent] = _moved(arrived, reading) if news is None else news
    if news is not None:
        about = news[0].ext_id if news else border.NO_ID
        arrived = replace(arrived, silent=mail.settled or _is_good(news), reports_on=about)
    if not is_nobody(arrived.peer.address):
        return (*before, arrived)
    return (*(news or ()), arrived, PeerChanged(peer=arrived.peer, at=at, reachable=False, code="no_sender"))


def _is_good(news: Sequence[DeliveryChanged]) -> bool:
    """Whether a report says that a mail was passed on, and of nobody anything else."""
    return bool(news) and all(one.state is State.SENT and not one.code for one in news)


def _moved(arrived: MessageArrived, reading: Reading) -> Sequence[PeerMoved]:
    """That a dialog is the same under the key that an earlier version gave it, where that was another one."""
    former = border.external_id(former_subject_key(arrived.peer.address, arrived.subject))
    if not (reading.by_subject and arrived.subject) or former == arrived.peer.key:
        return ()
    return (PeerMoved(old_key=former, peer=arrived.peer, at=arrived.at),)


def _message(message: Message, known: Identity, mail: Mail, reading: Reading, at: border.At) -> MessageArrived:
    between = _between(message, known, reading, sent=mail.sent)
    subject = _subject(message)
    parts = _doubted(content(message, cut=mail.size > len(mail.raw)), between)
    if bounce.is_doubtful(message, reading.domain):
        said = _("This mail has the form of a report of a mail server, but no server sent it")
        parts = replace(parts, notes=(*parts.notes, f"[{said}]"))
    claims = _claims(between, subject, reading)
    named = addressed(message, reading.own_address, reading.aliases)
    left, lines = _folded(message, subject, parts.text, named, reading)
    return MessageArrived(
        peer=_peer(between.other, subject, reading),
        ext_id=_ext_id(known, between, reading),
        spare_id=border.external_id("" if between.from_us else known.own),
        at=at,
        text=_shown(left, parts, subject, reading),
        subject=subject,
        sender=between.sender,
        from_us=between.from_us,
        files=(*parts.files, *_missing(mail)),
        reply_to=border.external_id(next(iter(ids(message, "In-Reply-To")), "")),
        thread=_thread(message, known, between, reading),
        claims=claims,
        automatic=(between.own_name and not claims) or machines.is_automatic(message, between.sender.email),
        silent=mail.settled or _is_silent(message, between, reading),
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
    return border.external_id(known.own if ours and not (between.from_us or between.claims) else known.shown)


def _is_silent(message: Message, between: Correspondence, reading: Reading) -> bool:
    """Whether no operator needs to look; never true if an answer would reach a person."""
    if between.from_us or between.personal:
        return False
    if machines.is_receipt(message):
        return receipts.says_nothing_more(message)
    if machines.is_delivery_report(message):
        return False
    by_choice = not reading.newsletters_wait and machines.is_newsletter(message)
    return by_choice or machines.is_automatic_reply(message)


def _peer(profile: Profile, subject: str, reading: Reading) -> Peer:
    if not reading.by_subject:
        title = border.name(profile.name or profile.email)
        return Peer(key=border.external_id(profile.email), address=profile.email, title=title)
    title = border.name(plain_subject(subject) or profile.name or profile.email)
    key = border.external_id(subject_key(profile.email, subject) if subject else profile.email)
    return Peer(key=key, address=profile.email, title=title)


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
    found = None if between.claims else parts.invitation
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
