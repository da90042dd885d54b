"""Subjects of mails: when two belong to the same conversation."""

from __future__ import annotations

import re

from chatapp_cli.domain.finding import fold

_PREFIX = re.compile(r"^\s*(?:(?:re|fwd?|aw|sv|на|отв|ha|пер|пересл)\s*+(?:\[\d++\]\s*+)?[:：]\s*+)+", re.IGNORECASE)


def plain_subject(subject: str) -> str:
    """The subject without «Re:», «Fwd:», «Отв:» and their likes."""
    return _PREFIX.sub("", subject).strip()


def subject_key(address: str, subject: str) -> str:
    """The key of a dialog that is one subject of one address (S-098)."""
    return f"{address}\n{fold(plain_subject(subject))}"


def is_subject_of(key: str, address: str) -> bool:
    """Whether a dialog's key is for one subject of this address."""
    return key.startswith(f"{address}\n")
