"""Subjects of mails: when two belong to the same conversation."""

from __future__ import annotations

import re

from chatapp_cli.domain.finding import fold

_REPLIES = (
    r"re|aw|antw(?:ort)?|sv|res|odp|ynt|vá|atb"
    r"|на|ha|отв(?:ет)?|відп(?:овідь)?|адк|回复|回覆|答复|回信|회신"
)
"""What mail programs put before the subject of an answer, in their languages; «ha» is «на» in Latin letters."""
_FORWARDS = (
    r"fwd?|wg|tr|rv|enc|vb|vs|vl|pd|doorst|ilt"
    r"|пер(?:ен?|есл\w*+|енапр\w*+|еадр\w*+)?|переслано|转发|轉寄|전달"
)
"""The same of a mail that is passed on. VS is that in Danish and Norwegian, and an answer in Finnish."""
_BEHIND = r"\s*+(?:\[\d++\]\s*+)?[:：]"
_PREFIXES = re.compile(rf"^\s*(?:(?:{_REPLIES}|{_FORWARDS}){_BEHIND}\s*+)+", re.IGNORECASE)
_REPLY = re.compile(rf"\s*+(?:{_REPLIES}){_BEHIND}", re.IGNORECASE)
_FORWARD = re.compile(rf"\s*+\[?(?:{_FORWARDS}){_BEHIND}", re.IGNORECASE)
_FORMER = re.compile(r"^\s*(?:(?:re|fwd?|aw|sv|на|отв|ha|пер|пересл)\s*+(?:\[\d++\]\s*+)?[:：]\s*+)+", re.IGNORECASE)
"""The prefixes that version 0.1 knew."""


def plain_subject(subject: str) -> str:
    """The subject without «Re:», «Fwd:», «Ответ:» and their likes."""
    return _PREFIXES.sub("", subject).strip()


def is_reply(subject: str) -> bool:
    """Whether a mail with this subject answers another one."""
    return _REPLY.match(subject) is not None


def is_forward(subject: str) -> bool:
    """Whether a mail with this subject passes on another one."""
    return _FORWARD.match(subject) is not None


def without_subject(text: str, subject: str) -> str:
    """The text of a mail without the subject that stands before it where mails are not grouped by subject."""
    return text.removeprefix(f"[{subject}]").lstrip() if subject else text


def subject_key(address: str, subject: str) -> str:
    """The key of a dialog that is one subject of one address (S-098)."""
    return f"{address}\n{fold(plain_subject(subject))}"


def former_subject_key(address: str, subject: str) -> str:
    """The key that version 0.1 gave such a dialog: it took «Ответ: Заказ» for another subject than «Заказ»."""
    return f"{address}\n{fold(_FORMER.sub('', subject).strip())}"


def is_subject_of(key: str, address: str) -> bool:
    """Whether a dialog's key is for one subject of this address."""
    return key.startswith(f"{address}\n")
