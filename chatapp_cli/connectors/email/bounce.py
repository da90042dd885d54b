"""What mail servers report about our mails: that one failed or is late (RFC 3464, and older forms)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.message import Message

from chatapp_cli.connectors.email import machines, reports
from chatapp_cli.connectors.email.errors import refusal
from chatapp_cli.connectors.email.headers import ids, people, words
from chatapp_cli.connectors.email.identity import is_own_id, own_key
from chatapp_cli.connectors.email.reports import Group
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import DeliveryChanged
from chatapp_cli.domain.message import DELAYED, State
from chatapp_cli.domain.subject import is_reply

_SERVERS = re.compile(r"(?:mailer-daemon|mail-daemon|postmaster|microsoftexchange[0-9a-f]{32})@")
_PHRASES = re.compile(r"deliver|fail|return|delay|достав|задерж|возвра", re.IGNORECASE)
_LATE = re.compile(
    r"warning: (?:message|mail) [^:]{0,80}\bdelayed|delayed\b|delivery (?:has been |was |is )?delayed"
    r"|delivery status notification \(delay|(?:доставка|письмо|сообщение) [^:]{0,40}задерж",
    re.IGNORECASE,
)
"""How the subject of such a report begins; what follows a colon may be the subject of our own mail."""
_GOES_ON = re.compile(
    r"\b(?:will|continues?|keeps?) (?:be |to |on )?(?:try|retr)|attempts?(?: \w+){0,6} will continue"
    r"|попытк\w*(?: \w+){0,6} (?<!не )(?:продолж|будут)",
    re.IGNORECASE,
)
_FAILED, _PASSED_ON = "failed", ""
_REFUSAL = re.compile(r"[45]\d\d[ -]#?[45]\.\d")
"""How a server refuses in SMTP, which no person writes."""
_LONGEST_DETAIL = 300


def news(message: Message, content: bytes, *, domain: str, at: border.At) -> Sequence[DeliveryChanged] | None:
    """The delivery states that a server reports for a mail; ``None`` if this is no such report.

    Empty if it does not say which mail. A late mail stays *sent*, with a code, until a later report.
    """
    if not _is_report(message, domain):
        return None
    text, about = reports.text_of(message), reports.groups(message)
    said = reports.before_copy(text)
    answer = reports.answer(said) or ("" if about else _worded(said))
    tells = bool(about or _REFUSAL.match(answer) or (answer and not _may_be_a_notice(message)))
    original = _original(message, text, content, domain, tells=tells)
    if original is None:
        return None if _may_be_a_notice(message) else ()
    key = border.external_id(own_key(original, domain))
    if not about:
        named = tuple(one.email for one in people(message, "X-Failed-Recipients"))
        told = _changed(original, _told(message, said), answer or words(message, "Subject"), at, named)
        return (replace(told, key=key),)
    found = []
    for action, those in _by_action(about).items():
        detail = _detail(those, answer, named=len(about) > 1) or words(message, "Subject")
        found.append(replace(_changed(original, action, detail, at, _named(those)), key=key))
    return tuple(found)


def _by_action(about: Sequence[Group]) -> Mapping[str, Sequence[Group]]:
    """What happened to which recipients, the worst last: only the desk knows which of them the mail was written to."""
    of_each = {action: [one for one in about if one.action == action] for action in (DELAYED, _FAILED)}
    passed_on = [one for one in about if one.action not in of_each]
    return {action: those for action, those in ((_PASSED_ON, passed_on), *of_each.items()) if those}


def _named(about: Sequence[Group]) -> Sequence[border.Address]:
    """The recipients of these groups; empty if they do not name each of them."""
    named = [group.recipient for group in about]
    return tuple(map(border.address, named)) if all(named) else ()


def _may_be_a_notice(message: Message) -> bool:
    """Whether it may as well be an absent person's answer: those have the same marks, and times of delivery in them."""
    formal = message.get_content_type() == "multipart/report" or "X-Failed-Recipients" in message
    return not formal and machines.is_automatic_reply(message)


def _changed(
    original: str, action: str, detail: str, at: border.At, about: Sequence[border.Address]
) -> DeliveryChanged:
    changed = DeliveryChanged(ext_id=border.external_id(original), state=State.SENT, at=at, about=about)
    if action == _PASSED_ON:
        return changed
    detail = detail[:_LONGEST_DETAIL]
    failed = action == _FAILED
    state, code = (State.FAILED, refusal(detail)) if failed else (State.SENT, DELAYED)
    return replace(changed, state=state, code=border.name(code), detail=border.name(detail))


def is_doubtful(message: Message, domain: str) -> bool:
    """Whether it has the form of a report, though no server wrote it: anybody can imitate that form."""
    return machines.is_delivery_report(message) and not _is_by_a_server(message, domain)


def _is_by_a_server(message: Message, domain: str) -> bool:
    """Whether a server wrote a report: by its name, by the empty return path (RFC 3464 §2), or as one of our domain."""
    authors = [author.email for author in people(message, "From")]
    by_name = len(authors) == 1 and (_SERVERS.match(authors[0]) or authors[0].rpartition("@")[2] == domain.lower())
    return bool(by_name) or machines.has_no_return_path(message)


def _is_report(message: Message, domain: str) -> bool:
    """Whether a mail server wrote it: only a server may report that a mail of ours failed.

    Old servers do not use ``multipart/report``. For those the sender's name is not enough, because people use such
    names too: the mail must be sent the way servers send and have the form of a report.
    """
    if message.get_content_type() == "multipart/report":
        return machines.is_delivery_report(message) and _is_by_a_server(message, domain)
    by_itself = machines.has_no_return_path(message) or machines.is_auto_submitted(message)
    if "X-Failed-Recipients" not in message and not (by_itself and _is_about_delivery(message)):
        return False
    servers = people(message, "From")
    return len(servers) == 1 and _SERVERS.match(servers[0].email) is not None


def _is_about_delivery(message: Message) -> bool:
    subject = words(message, "Subject")
    return _PHRASES.search(subject) is not None and not is_reply(subject)


def _original(message: Message, text: str, content: bytes, domain: str, *, tells: bool) -> str | None:
    """The Message-ID of the mail that the report is about: one that the desk made, otherwise the first.

    A copy of the mail tells it; references to earlier mails of ours do not count. Without a copy, it is the mail that
    the report answers, but only if it ``tells`` what happened: automatic replies answer mails too.
    """
    copied = reports.returned_ids(message) or reports.told_ids(text) or _raw_ids(message, content)
    answered = (ids(message, "In-Reply-To") or ids(message, "References")[-1:]) if tells else ()
    found = copied or answered
    return next((one for one in found if is_own_id(one, domain)), next(iter(found), None))


def _raw_ids(message: Message, content: bytes) -> Sequence[str]:
    """Ids in a copy that is in no readable part: all but that of the report."""
    found = re.findall(rb"(?im)^message-id:[ \t]*(<[\x21-\x3b=\x3f-\x7e]{1,900}>)", content)
    return [one.decode("ascii") for one in found["Message-ID" in message :]]


def _told(message: Message, said: str) -> str:
    """The same from the words of a report without a form."""
    named_late, goes_on = _LATE.match(words(message, "Subject")), _GOES_ON.search(said)
    late = named_late and goes_on if "X-Failed-Recipients" in message else named_late or goes_on
    return DELAYED if late else _FAILED


def _detail(about: Sequence[Group], answer: str, *, named: bool) -> str:
    """The server's reason, for each of these recipients; with their names, if the report is about others too."""
    return "; ".join(dict.fromkeys(_reason(group, answer, named=named) for group in about))


def _worded(said: str) -> str:
    """A line that tells the reason without a code."""
    return next((line.strip() for line in said.splitlines() if refusal(line) != "refused"), "")


def _reason(group: Group, answer: str, *, named: bool) -> str:
    reason = f"{group.status} {group.diagnosis or answer}".strip()
    return f"{group.recipient}: {reason}" if named and group.recipient else reason
