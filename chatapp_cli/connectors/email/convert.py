"""Convert the bytes of a mail to an arrival. Pure: the same mail always gives the same arrival."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

from chatapp_cli.connectors.email import bounce, machines, receipts
from chatapp_cli.connectors.email.headers import Parsed, ids, people, words
from chatapp_cli.connectors.email.identity import Identity, identity, is_own_id
from chatapp_cli.connectors.email.parts import Content, content
from chatapp_cli.connectors.email.quotes import cut
from chatapp_cli.connectors.email.sender import Correspondence, correspondence, is_nobody
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival, IncomingFile, MessageArrived, Peer, PeerChanged, Profile, ProviderEvent
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.subject import plain_subject, subject_key
from chatapp_cli.kit.understanding import guarded

_FORWARD = re.compile(r"^\s*(?:fwd?|пересл)\s*:", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Reading options of a mailbox."""

    own_address: str
    by_subject: bool = True
    newsletters_wait: bool = True
    plain_until: Millis = 0
    """Mails received until then were read by a version that identified a mail by its Message-ID alone."""

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
        glimpse=lambda content: glimpse(content, at, reading),
    )


def glimpse(raw: bytes, at: border.At, reading: Reading) -> MessageArrived:
    """The placeholder of a mail that cannot be read, by its head."""
    message = message_from_bytes(raw, Parsed)
    known = identity(message, raw)
    between = correspondence(message, known.message_id, reading.own_address)
    subject = _subject(message)
    return MessageArrived(
        peer=_peer(between.other, subject, reading),
        ext_id=_ext_id(known, between, reading),
        at=at,
        subject=subject,
        sender=between.sender,
        from_us=between.from_us,
        thread=_thread(message),
        placeholder=True,
    )


def _subject(message: Message) -> border.ExternalText:
    return border.name(words(message, "Subject")[:_LONGEST_SUBJECT])


def _thread(message: Message) -> Sequence[border.ExternalId]:
    found = ids(message, "References", "In-Reply-To")[-_LONGEST_THREAD:]
    return tuple(map(border.external_id, found))


def _arrival(content: bytes, mail: Mail, reading: Reading, at: border.At) -> Arrival:
    message = message_from_bytes(content, Parsed)
    known = identity(message, content)
    old = 0 < mail.at <= reading.plain_until
    events = _events(message, known, mail, reading, at)
    return Arrival(provider_id=border.external_id(known.shown if old else known.own), raw=content, events=events)


def _events(message: Message, known: Identity, mail: Mail, reading: Reading, at: border.At) -> Sequence[ProviderEvent]:
    news = bounce.news(message, mail.raw, domain=reading.domain, at=at)
    if news is not None:
        return news
    arrived = _message(message, known, mail, reading, at)
    if not is_nobody(arrived.peer.address):
        return (arrived,)
    return (arrived, PeerChanged(peer=arrived.peer, at=at, reachable=False, code="no_sender"))


def _message(message: Message, known: Identity, mail: Mail, reading: Reading, at: border.At) -> MessageArrived:
    between = correspondence(message, known.message_id, reading.own_address)
    subject = _subject(message)
    parts = content(message, quotes=_is_forward(subject))
    return MessageArrived(
        peer=_peer(between.other, subject, reading),
        ext_id=_ext_id(known, between, reading),
        spare_id=border.external_id("" if between.from_us else known.own),
        at=at,
        text=border.text(_shown(subject, parts, reading)),
        subject=subject,
        sender=between.sender,
        from_us=between.from_us,
        files=(*parts.files, *_missing(mail)),
        reply_to=border.external_id(next(iter(ids(message, "In-Reply-To")), "")),
        thread=_thread(message),
        automatic=between.own_name or machines.is_automatic(message, between.sender.email),
        silent=_is_silent(message, between, reading),
    )


def _ext_id(known: Identity, between: Correspondence, reading: Reading) -> border.ExternalId:
    """Only our own mail gets an id of ours: another sender's mail with that id merely repeats what we sent."""
    ours = is_own_id(known.message_id, reading.domain)
    return border.external_id(known.own if ours and not between.from_us else known.shown)


def _is_silent(message: Message, between: Correspondence, reading: Reading) -> bool:
    """Whether no operator needs to look; never true if an answer would reach a person."""
    if between.from_us or between.personal:
        return False
    if machines.is_receipt(message):
        return receipts.says_nothing_more(message)
    if machines.is_delivery_report(message):
        return machines.is_by_a_server(message, [profile.email for profile in people(message, "From")])
    by_choice = not reading.newsletters_wait and machines.is_newsletter(message)
    return by_choice or machines.is_answer_of_a_machine(message)


def _peer(profile: Profile, subject: str, reading: Reading) -> Peer:
    if not reading.by_subject:
        title = border.name(profile.name or profile.email)
        return Peer(key=border.external_id(profile.email), address=profile.email, title=title)
    title = border.name(plain_subject(subject) or profile.name or profile.email)
    key = border.external_id(subject_key(profile.email, subject) if subject else profile.email)
    return Peer(key=key, address=profile.email, title=title)


def _is_forward(subject: str) -> bool:
    return _FORWARD.match(subject) is not None


def _shown(subject: str, parts: Content, reading: Reading) -> str:
    text = parts.text if _is_forward(subject) else cut(parts.text)
    if reading.by_subject or not subject:
        return text
    return f"[{subject}] {text}".rstrip()


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
