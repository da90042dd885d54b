"""Cut the quoted earlier mail from a reply; the raw mail keeps it."""

from __future__ import annotations

import re

_WEEKDAY = r"(?:пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье)"
_MONTH = r"(?:янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек)\w*\.?"
_ADDRESS = r"[^\s@<]@[^\s@<>:]++>*+"
"""An address from the character before the @ on."""
_DATE = rf"(?:\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}\s+{_MONTH}\s+\d{{4}})"

_INTRODUCTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^[>\s]*+(?:{_WEEKDAY},?\s+)?{_DATE}.{{0,200}}(?:{_ADDRESS}|пишет|написала?|от\s.+):?\s*:$",
        rf"^[>\s]*+(?:{_WEEKDAY}),\s.{{0,200}}\sот\s.{{1,200}}:$",
        r"^[>\s]*+.{0,300}\b(?:пишет|написал|написала|написал\(а\)|wrote|writes):$",
    )
)
_DIVIDER = re.compile(
    r"^[\s>]*-{2,}\s*(?:исходное сообщение|исходное письмо|original message|ответ на сообщение)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^(?:[^\S\n]|>)*+-{2,}+\s*+(?:перес\w+ (?:сообщение|письмо)|forwarded message|начало переадресованного сообщения)",
    re.IGNORECASE | re.MULTILINE,
)
_FROM = re.compile(r"^\s*\**(?:от(?: кого)?|from)\s*:\**\s*\S", re.IGNORECASE)
_SENT = re.compile(r"^\s*\**(?:отправлено|дата|date|sent|кому|to)\s*:\**\s*\S", re.IGNORECASE)
_LONGEST_INTRODUCTION = 3
_LONGEST_LINE = 500


def cut(text: str) -> str:
    """The newly written text; the whole text if it cannot be separated.

    Replies between quoted lines and forwarded mails keep the whole text.
    """
    if _FORWARDED.search(text):
        return text
    lines = text.split("\n")
    found = _quote(lines)
    if found is None:
        return text
    start, quoted = found
    above, below = "\n".join(lines[:start]).strip(), _after_quoted(lines[quoted:])
    if above and below:
        return text
    return above or below or text


def _quote(lines: list[str]) -> tuple[int, int] | None:
    """The line where the first quotation is introduced, and the line where it begins."""
    for index, line in enumerate(lines):
        if len(line) > _LONGEST_LINE:
            continue
        if _DIVIDER.match(line) or _is_header_block(lines, index):
            return index, len(lines)
        length = _introduction(lines, index)
        if length:
            return index, index + length
        if line.startswith(">"):
            return index, index
    return None


def _introduction(lines: list[str], index: int) -> int:
    """The number of lines that introduce a quotation: mail programs wrap them."""
    joined = ""
    for length, line in enumerate(lines[index : index + _LONGEST_INTRODUCTION], 1):
        if not line.strip() or len(line) > _LONGEST_LINE:
            break
        joined = f"{joined} {line.strip()}".lstrip()
        if joined.endswith(":") and any(pattern.match(joined) for pattern in _INTRODUCTIONS):
            return length
    return 0


def _is_header_block(lines: list[str], index: int) -> bool:
    return bool(_FROM.match(lines[index])) and any(_SENT.match(line) for line in lines[index + 1 : index + 4])


def _after_quoted(lines: list[str]) -> str:
    """The text after the quoted lines; empty if the mail program does not mark quoted lines."""
    if not any(line.startswith(">") for line in lines):
        return ""
    return "\n".join(line for line in lines if not line.startswith(">")).strip()
