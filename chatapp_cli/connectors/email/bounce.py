"""What mail servers report about our mails: that one failed or is late (RFC 3464, and older forms)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.message import Message
from enum import Enum, auto

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
"""Who writes reports. Exchange writes those for its own organisation as its *Microsoft Exchange recipient*, whose
address is ``MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@`` and the domain, as ``Get-OrganizationConfig`` shows
it under ``MicrosoftExchangeRecipientPrimarySmtpAddress``; other digits are allowed, as none are documented."""
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
_REFUSAL = re.compile(r"[45]\d\d[ -]#?[45]\.\d")
"""How a server refuses in SMTP, which no person writes."""
_LONGEST_DETAIL = 300


class _Outcome(Enum):
    """What happened to a mail, the worst last."""

    PASSED_ON = auto()
    LATE = auto()
    FAILED = auto()


_OUTCOMES = {"delayed": _Outcome.LATE, "failed": _Outcome.FAILED}
"""By the actions of RFC 3464 §2.3.3; after the others, *delivered*, *relayed* and *expanded*, the mail goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What a server reports about a mail."""

    about: border.ExternalId = border.NO_ID
    """The Message-ID of the mail; empty if the report does not say which one."""
    changes: Sequence[DeliveryChanged] = ()
    """What became of it, with the recipients of each outcome; a late mail is *sent*, with a code."""

    @property
    def is_good(self) -> bool:
        """Whether it says that a mail was passed on, and of nobody anything else."""
        return bool(self.changes) and all(one.state is State.SENT and not one.code for one in self.changes)


def report_of(message: Message, content: bytes, *, domain: str, at: border.At) -> DeliveryReport | None:
    """The report that a mail is, for the mailbox of this domain; ``None`` if it is none of a server."""
    if not _is_report(message, domain):
        return None
    text, about = reports.text_of(message), reports.groups(message)
    said = reports.before_copy(text)
    answer = reports.answer(said) or ("" if about else _worded(said))
    tells = bool(about or _REFUSAL.match(answer) or (answer and not _may_be_a_notice(message)))
    original = _original(message, text, content, domain, tells=tells)
    if original is None:
        return None if _may_be_a_notice(message) else DeliveryReport()
    base = DeliveryChanged(
        ext_id=border.external_id(original), state=State.SENT, at=at, key=border.external_id(own_key(original, domain))
    )
    changes = _by_groups(base, message, about, answer) if about else _by_words(base, message, said, answer)
    return DeliveryReport(about=base.ext_id, changes=changes)


def _by_groups(
    base: DeliveryChanged, message: Message, about: Sequence[Group], answer: str
) -> Sequence[DeliveryChanged]:
    """What a report in the form of RFC 3464 says; only the desk knows which recipients the mail was written to."""
    found = []
    for outcome in _Outcome:
        those = [one for one in about if _OUTCOMES.get(one.action, _Outcome.PASSED_ON) is outcome]
        if those:
            detail = _detail(those, answer, named=len(about) > 1) or words(message, "Subject")
            found.append(_changed(replace(base, about=_named(those)), outcome, detail))
    return tuple(found)


def _by_words(base: DeliveryChanged, message: Message, said: str, answer: str) -> Sequence[DeliveryChanged]:
    """What a report in words only says."""
    named = tuple(one.email for one in people(message, "X-Failed-Recipients"))
    return (_changed(replace(base, about=named), _worded_outcome(message, said), answer or words(message, "Subject")),)


def _named(about: Sequence[Group]) -> Sequence[border.Address]:
    """The recipients of these groups; empty if they do not name each of them."""
    named = [group.recipient for group in about]
    return tuple(map(border.address, named)) if all(named) else ()


def _may_be_a_notice(message: Message) -> bool:
    """Whether it may as well be an absent person's answer: those have the same marks, and times of delivery in them."""
    formal = message.get_content_type() == "multipart/report" or "X-Failed-Recipients" in message
    return not formal and machines.is_automatic_reply(message)


def _changed(base: DeliveryChanged, outcome: _Outcome, detail: str) -> DeliveryChanged:
    if outcome is _Outcome.PASSED_ON:
        return base
    detail = detail[:_LONGEST_DETAIL]
    failed = outcome is _Outcome.FAILED
    state, code = (State.FAILED, refusal(detail)) if failed else (State.SENT, DELAYED)
    return replace(base, state=state, code=border.name(code), detail=border.name(detail))


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


def _worded_outcome(message: Message, said: str) -> _Outcome:
    """What a report in words says: that a mail is late, if its subject or its text does; otherwise that it failed."""
    named_late, goes_on = _LATE.match(words(message, "Subject")), _GOES_ON.search(said)
    late = named_late and goes_on if "X-Failed-Recipients" in message else named_late or goes_on
    return _Outcome.LATE if late else _Outcome.FAILED


def _detail(about: Sequence[Group], answer: str, *, named: bool) -> str:
    """The server's reason, for each of these recipients; with their names, if the report is about others too."""
    return "; ".join(dict.fromkeys(_reason(group, answer, named=named) for group in about))


def _worded(said: str) -> str:
    """A line that tells the reason without a code."""
    return next((line.strip() for line in said.splitlines() if refusal(line) != "refused"), "")


def _reason(group: Group, answer: str, *, named: bool) -> str:
    reason = f"{group.status} {group.diagnosis or answer}".strip()
    return f"{group.recipient}: {reason}" if named and group.recipient else reason
