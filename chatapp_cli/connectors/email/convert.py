"""From the bytes of a mail to what it means for the desk. Pure: the same mail is always the same arrival."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

from chatapp_cli.connectors.email import bounce
from chatapp_cli.connectors.email.headers import ids, people, words
from chatapp_cli.connectors.email.parts import Content, content
from chatapp_cli.connectors.email.quotes import cut
from chatapp_cli.domain.event import Arrival, Event, IncomingFile, MessageArrived, Peer, Person
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.subject import plain_subject, subject_key

_FORWARD = re.compile(r"^\s*(?:fwd?|пересл)\s*:", re.IGNORECASE)
_LINK = re.compile(r"\(?\b(?:(?:https?|ftp)://|www\.)[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*)*\)?", re.IGNORECASE)
_NOBODY = Person(id="unknown@sender.invalid", email="unknown@sender.invalid")
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
    """All of it, or its beginning when ``size`` is larger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the owner of a mailbox wants its mails to be read."""

    own_address: str
    by_subject: bool = True
    remove_links: bool = False

    @property
    def domain(self) -> str:
        """The part of our address behind the @."""
        return self.own_address.rpartition("@")[2]


def arrival(mail: Mail, reading: Reading) -> Arrival:
    """Understand a mail; one that cannot be understood is kept, with the reason."""
    try:
        message = message_from_bytes(mail.raw)
        ext_id = next(iter(ids(message, "Message-ID")), None) or _digest(mail)
        return Arrival(provider_id=ext_id, raw=mail.raw, events=_events(message, ext_id, mail, reading))
    except Exception as error:  # noqa: BLE001 - whatever somebody managed to send, the next mail must arrive
        problem = f"{type(error).__name__}: {error}"
        return Arrival(provider_id=_digest(mail), raw=mail.raw, problem=problem)


def _digest(mail: Mail) -> str:
    """What a mail without a Message-ID is known by: the same after the server renumbered everything."""
    return f"sha256:{hashlib.sha256(mail.raw).hexdigest()}"


def _events(message: Message, ext_id: str, mail: Mail, reading: Reading) -> Sequence[Event]:
    news = bounce.news(message, mail.raw, domain=reading.domain, at=mail.at)
    return (_message(message, ext_id, mail, reading),) if news is None else news


def _message(message: Message, ext_id: str, mail: Mail, reading: Reading) -> MessageArrived:
    sender = _sender(message, reading)
    own = sender.email == reading.own_address
    echo = own and bounce.is_own_id(ext_id, reading.domain)
    subject = words(message, "Subject")[:_LONGEST_SUBJECT]
    parts = content(message, quotes=_is_forward(subject))
    return MessageArrived(
        peer=_peer(_recipient(message) if echo else sender, subject, reading),
        ext_id=ext_id,
        at=mail.at,
        text=_shown(subject, parts, reading),
        subject=subject,
        sender=sender,
        from_us=echo,
        files=(*parts.files, *_missing(mail)),
        reply_to=next(iter(ids(message, "In-Reply-To")), ""),
        thread=ids(message, "References", "In-Reply-To")[-_LONGEST_THREAD:],
        automatic=own or bounce.is_automatic(message, sender.email),
    )


def _sender(message: Message, reading: Reading) -> Person:
    """Whom an answer goes to: Reply-To unless it is ourselves, else From, else who handed it in."""
    author = next(iter(people(message, "From")), None)
    answers = next((person for person in people(message, "Reply-To") if person.email != reading.own_address), None)
    if answers is not None and not (author and author.email == reading.own_address):
        return answers if answers.name or not author else Person(id=answers.id, email=answers.email, name=author.name)
    others = (person for name in ("Sender", "Return-Path") for person in people(message, name))
    return author or next(others, _NOBODY)


def _recipient(message: Message) -> Person:
    return next(iter(people(message, "To")), _NOBODY)


def _peer(person: Person, subject: str, reading: Reading) -> Peer:
    if not reading.by_subject:
        return Peer(key=person.email, address=person.email, title=person.name or person.email)
    title = plain_subject(subject) or person.name or person.email
    key = subject_key(person.email, subject) if subject else person.email
    return Peer(key=key, address=person.email, title=title)


def _is_forward(subject: str) -> bool:
    return _FORWARD.match(subject) is not None


def _shown(subject: str, parts: Content, reading: Reading) -> str:
    text = parts.text if _is_forward(subject) else cut(parts.text)
    if reading.remove_links:
        text = without_links(text)
    if reading.by_subject or not subject:
        return text
    return f"[{subject}] {text}".rstrip()


def without_links(text: str) -> str:
    """A text whose web links are left out."""
    return "\n".join(map(_without_links, text.split("\n"))).strip()


def _without_links(line: str) -> str:
    rest, links = _LINK.subn("", line)
    return re.sub(r" {2,}", " ", rest).rstrip() if links else line


def _missing(mail: Mail) -> Sequence[IncomingFile]:
    """A mark for what was left at the server."""
    if mail.size <= len(mail.raw):
        return ()
    return (
        IncomingFile(
            kind="document", name="message.eml", mime="message/rfc822", size=mail.size, problem="mail_too_big"
        ),
    )
