"""What a mail contains: its text and its files (RFC 2045, RFC 2183)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from email.message import Message
from itertools import islice, repeat
from typing import TYPE_CHECKING

from chatapp_cli.connectors.email import signed
from chatapp_cli.connectors.email.alternatives import is_text, leaves
from chatapp_cli.connectors.email.armor import is_encrypted
from chatapp_cli.connectors.email.file_names import given_name
from chatapp_cli.connectors.email.files import file, hidden_file
from chatapp_cli.connectors.email.headers import parsed
from chatapp_cli.connectors.email.texts import payload, text
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import IncomingFile
from chatapp_cli.domain.invitation import EventInvitation
from chatapp_cli.i18n import _
from chatapp_cli.kit.understanding import readable

if TYPE_CHECKING:
    from chatapp_cli.connectors.email.tnef import Winmail

_CALENDARS = frozenset({"text/calendar", "application/ics"})
_MOST_PARTS = 1000
"""The most parts of a mail that are read: each file becomes one of the message."""
_MOST_CALENDARS = 20
_WINMAIL = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_CONTROL = "application/pgp-encrypted"
"""A part for programs, beside the encrypted one."""


@dataclass(frozen=True, slots=True)
class Content:
    """The text shown to a person, and the files."""

    text: str
    files: Sequence[IncomingFile]
    notes: Sequence[str] = ()
    """What is said of the mail below its text: the invitation in words, and that it is signed, encrypted or cut off."""
    events: Sequence[str] = ()
    """The events of its calendars, each in words."""
    invitation: EventInvitation | None = None


@dataclass(slots=True)
class _Parts:
    """The parts of a mail by their use."""

    bodies: list[Message] = field(default_factory=list)
    files: list[Message] = field(default_factory=list)
    calendars: dict[bytes, Message] = field(default_factory=dict)
    """By their words, apart from the breaks between lines."""
    winmails: list[Winmail] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ends_with_file: bool = False


def content(message: Message, *, cut: bool = False) -> Content:
    """Read a mail's parts; of a ``cut`` mail only the beginning is there, so that its last file is not whole."""
    parts, leaves_there = _Parts(), _leaves_and_signed_ones(message)
    for part in islice(leaves_there, _MOST_PARTS):
        _place(part, parts)
    left_out = sum(1 for _part in leaves_there)
    said = _texts(parts.bodies) or _paragraphs(winmail.text for winmail in parts.winmails)
    files, unread = readable(parts.files, file)
    if cut and parts.ends_with_file and files and not left_out:
        files[-1] = replace(files[-1], content=None, size=border.NOTHING, problem="mail_too_big")
    files += [hidden_file(one) for winmail in parts.winmails for one in winmail.files]
    events = _events([*parts.calendars.values()], described=not said)
    told = [words for words, _invitation in events]
    notes = [*told, *parts.notes]
    if left_out:
        notes.append(f"[{_('Parts left out here: {n}; the mail as it came has all', n=left_out)}]")
    if cut:
        notes.append(f"[{_('Only the beginning of this mail is here')}]")
    shown = _paragraphs([said, *repeat(_("[attachment]"), unread)])
    invitation = next((one for _words, one in events if one is not None), None)
    return Content(shown, files, tuple(dict.fromkeys(notes)), tuple(told), invitation)


def is_calendar(part: Message) -> bool:
    """Whether a part is a calendar, which may have an event."""
    return part.get_content_type() in _CALENDARS


def _leaves_and_signed_ones(message: Message) -> Iterator[Message]:
    """The parts that have no parts. A part that holds a signed mail follows the parts of that mail."""
    for leaf in leaves(message):
        for mail in readable((leaf,), signed.opened)[0]:
            yield from leaves(parsed(mail)) if mail else ()
        yield leaf


def _place(part: Message, found: _Parts) -> None:
    """Keep a part by its use. A text with a name is a file unless the mail begins with it."""
    kind = part.get_content_type()
    if note := signed.note(part):
        found.notes.append(note)
    if is_calendar(part):
        _place_calendar(part, found)
        return
    winmails = _winmails(part) if kind in _WINMAIL else ()
    is_body = is_text(part) and not ((found.bodies or found.files) and given_name(part))
    found.winmails += winmails
    found.ends_with_file = not (is_body or winmails)
    if is_body:
        found.bodies.append(part)
    if (found.ends_with_file and kind != _CONTROL) or (is_body and is_encrypted(payload(part))):
        found.files.append(part)


def _winmails(part: Message) -> Sequence[Winmail]:
    from chatapp_cli.connectors.email import tnef  # few mails have one

    return readable((payload(part),), tnef.read)[0]


def _place_calendar(part: Message, found: _Parts) -> None:
    """Keep a calendar as an invitation and as a file, once: many programs send it twice, with a name and without."""
    words = b" ".join(payload(part).split())
    double = found.calendars.get(words)
    if double is not None and not given_name(double):
        found.files.remove(double)
    if double is None or not given_name(double):
        found.files.append(part)
        found.calendars[words] = part
    found.ends_with_file = True


def _texts(bodies: Sequence[Message]) -> str:
    found, unread = readable(bodies, text)
    return _paragraphs([*found, *repeat(_("[text]"), unread)])


def _paragraphs(texts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, texts))


def _events(parts: Sequence[Message], *, described: bool) -> Sequence[tuple[str, EventInvitation | None]]:
    """The events of the first calendars, in words and as far as they can be answered; unreadable ones stay files."""
    texts, _unread = readable(parts[:_MOST_CALENDARS], text)
    found, _unread = readable(map(border.text, texts), lambda one: _event(one, described=described))
    return [event for event in found if event is not None]


def _event(calendar: str, *, described: bool) -> tuple[str, EventInvitation | None] | None:
    from chatapp_cli.connectors.email import invitations, invited  # few mails have one

    event = invitations.read(calendar)
    if event is None:
        return None
    return invitations.words(event, described=described), invited.kept_of([(calendar, event)])
