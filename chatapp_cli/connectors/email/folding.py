"""Fold the quotation of a reply where it is unmistakable: whatever a person may have written stays."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from chatapp_cli.domain.address import mailbox_of

_YEAR = r"(?:\b(?:19|20)\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2}\b)"
_WEEKDAY = r"(?:пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье)"
_WROTE = (
    r"(?:пишет|пишете|писал[аи]?|написал[аи]?|написал\(а\)|пише|написав|писали|wrote|writes|schrieb|a écrit|escribió)"
)
_INTRODUCTION = re.compile(
    rf"(?=.*{_YEAR})(?:.*(?:<[^\s<>@]+@[^\s<>]+>|\b{_WROTE}.{{0,60}})|{_WEEKDAY},.*\sот\s.*)\s?:?\s?:$", re.IGNORECASE
)
"""The words before quoted lines: a date, and who wrote."""
_DIVIDER = re.compile(
    r"^\s*-{2,}\s*(?:исходное сообщение|исходное письмо|original message|ответ на сообщение)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*[_-]{5,}\s*$")
_FORWARDED = re.compile(
    r"^[\s-]*+(?:(?:(?<=-)|(?<=- ))(?:перес\w+ (?:сообщение|письмо)|forwarded message)"
    r"|начало (?:переадресованного|пересылаемого) сообщения|begin forwarded (?:text|message))",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^[\s*]*(?:(?P<sender>от(?: кого)?|from|von|від)|(?P<sent>отправлено|sent|gesendet|надіслано)|(?P<date>дата|date)"
    r"|(?P<to>кому|to|an)|(?P<cc>копия|cc)|(?P<subject>тема|subject|betreff))\s?:[\s*]*(?=\S)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d:\d\d")
_DATED = re.compile(_YEAR)
_ADDRESS = re.compile(r"[^\s<>@:;,()\[\]\"']+@[^\s<>@:;,()\[\]\"']+")
_LONGEST_INTRODUCTION = 3
_LONGEST_BLOCK = 8
_LONGEST_GAP = 2
"""The most empty lines between an introduction and what it introduces."""
_LONGEST_LINE = 500
_FEWEST_LEFT = 3
"""The fewest quoted lines with words that are folded without an introduction."""


class Folded(NamedTuple):
    """A text without its quotation."""

    text: str
    lines: int
    """How many lines with words are left out; 0: the text is whole."""


def fold(text: str, *, people: Collection[str], titled: bool, answers: bool) -> Folded:
    """Leave out the earlier mail that a reply quotes; the text stays whole if anything is in doubt.

    Words between quoted lines need them, so nothing is folded there. A whole mail below a block of headers is folded
    if ``people``, the addresses that the reply goes to, have its sender: otherwise it was passed on to us. A sender
    without an address needs a reply that is ``titled`` as one. Quoted lines without an introduction are folded only at
    the end of a mail that ``answers``: its head names the answered one.
    """
    lines = text.split("\n")
    end = _original(lines, people, titled=titled)
    if any(_FORWARDED.match(line[:_LONGEST_LINE]) for line in lines[:end]):
        return Folded(text, 0)
    folded = {*_quoted(lines[:end], answers=answers), *range(end, len(lines))}
    left = "\n".join(line for index, line in enumerate(lines) if index not in folded).strip()
    n = sum(bool(lines[index].strip(" >\t\r")) for index in folded)
    return Folded(left, n) if left and n else Folded(text, 0)


def _quoted(lines: Sequence[str], *, answers: bool) -> Sequence[int]:
    """The quoted lines with their introductions; none if others are quoted without, as where answers stand between."""
    folded: list[int] = []
    index = 0
    while index < len(lines):
        if not lines[index].startswith(">"):
            index += 1
            continue
        first, index = index, _end_of_quoted(lines, index)
        begin = _introduction(lines, first, index)
        if begin is None and answers and index == len(lines) and _is_left_below(lines, first):
            begin = first
        if begin is None:
            return ()
        folded += range(begin, index)
    return folded


def _is_left_below(lines: Sequence[str], first: int) -> bool:
    """Whether the last lines are what a program left of the answered mail: people quote less, or say what follows."""
    if not first or lines[first - 1].strip():
        return False
    said = next((line.rstrip() for line in reversed(lines[:first]) if line.strip()), ":")
    quoted = "\n".join(lines[first:]).rstrip().split("\n")
    with_words = sum(bool(line.strip("> \t\r")) for line in quoted)
    return not said.endswith(":") and with_words >= _FEWEST_LEFT and all(line.startswith(">") for line in quoted)


def _end_of_quoted(lines: Sequence[str], index: int) -> int:
    while index < len(lines) and (lines[index].startswith(">") or not lines[index].strip()):
        index += 1
    return index


def _introduction(lines: Sequence[str], first: int, end: int) -> int | None:
    """Where the introduction of quoted lines begins: mail programs wrap it, and some quote it too."""
    above = first
    while above > max(0, first - _LONGEST_GAP) and not lines[above - 1].strip():
        above -= 1
    for length in range(1, _LONGEST_INTRODUCTION + 1):
        if above >= length and _introduces(lines[above - length : above]):
            return above - length
        if first + length < end and _introduces(lines[first : first + length]):
            return first
    return None


def _introduces(lines: Sequence[str]) -> bool:
    said = [line.strip("> \t\r") for line in lines]
    if not all(said) or sum(map(len, said)) > _LONGEST_LINE:
        return False
    return _INTRODUCTION.match(" ".join(said)) is not None


def _original(lines: Sequence[str], people: Collection[str], *, titled: bool) -> int:
    """Where the whole earlier mail begins, with the divider above its headers; the end of the lines without one."""
    for index in range(len(lines)):
        divided = _DIVIDER.match(lines[index]) is not None if len(lines[index]) <= _LONGEST_LINE else False
        block = _block(lines, index + 1 + _gap(lines, index + 1) if divided else index)
        if _is_original(block, divided=divided) and _is_answered(block["sender"], people, titled=titled):
            return index if divided else _with_rule(lines, index)
    return len(lines)


def _gap(lines: Sequence[str], index: int) -> int:
    return next((n for n, line in enumerate(lines[index : index + _LONGEST_GAP]) if line.strip()), _LONGEST_GAP)


def _with_rule(lines: Sequence[str], index: int) -> int:
    """The line that programs draw above the headers, if there is one."""
    above = next((n for n in range(index - 1, max(-1, index - 2 - _LONGEST_GAP), -1) if lines[n].strip()), -1)
    return above if above >= 0 and _RULE.match(lines[above][:_LONGEST_LINE]) else index


def _block(lines: Sequence[str], index: int) -> dict[str, str]:
    """The headers that stand from this line on, by name."""
    found: dict[str, str] = {}
    for line in lines[index : index + _LONGEST_BLOCK]:
        field = _FIELD.match(line[:_LONGEST_LINE])
        if field is None and (not found or not line.strip()):
            break
        if field is not None and field.lastgroup:
            found[field.lastgroup] = line[field.end() : _LONGEST_LINE]
    return found if next(iter(found), "") == "sender" else {}


def _is_original(block: dict[str, str], *, divided: bool) -> bool:
    """Whether these are headers as mail programs put them above an earlier mail."""
    if divided and "sender" in block:
        return True
    if _DATED.search(block.get("sent", "")):
        return "to" in block or "subject" in block
    dated = block.get("date", "")
    return {"to", "subject"} <= block.keys() and bool(_DATED.search(dated) and _CLOCK.search(dated))


def _is_answered(sender: str, people: Collection[str], *, titled: bool) -> bool:
    address = _ADDRESS.search(sender)
    if address is None:
        return titled
    return mailbox_of(address[0]) in people
