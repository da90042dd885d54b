"""Texts of the portal's chats, which have BBCode, and ours, which have none.

Source: b24-rest-docs ``im`` (formatting of messages); providers' sheet §2.4, B4.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_WORDS: Final = (
    "b|i|u|s|code|quote|url|user|chat|br|img|size|color|p|list|icon|send|put|call|attach|disk|rating|timestamp|context"
)
_TAG: Final = re.compile(rf"\[(?P<end>/?)(?P<tag>{_WORDS}|\*)(?:=(?P<value>[^\[\]\n]{{0,2000}}))?\]", re.IGNORECASE)
_SIGNED: Final = re.compile(r"\[b\]([^\[\]\n]{1,120}):\[/b\] \[br\] ?", re.IGNORECASE)
"""A name as the portal puts it before a text, with a blank before the line break: no heading that somebody wrote."""
_RULE: Final = "-{20,100}"
_TIMED: Final = r"\[[^\[\]\n]{0,40}\d{1,2}[.:]\d{2}[^\[\]\n]{0,40}\]"
_QUOTED_LINES: Final = re.compile(
    rf"\A\s*{_RULE}[ ]*\n[^\n]{{0,200}}{_TIMED}[ ]*\n(?P<words>.*?)\n?{_RULE}[ ]*(?:\n|\Z)", re.DOTALL
)
"""Lines of dashes around a name with a time, and words: those around a list are the employee's own."""
_QUOTED_TAG: Final = re.compile(r"\A\s*\[quote(?:=[^\]\n]*)?\](?P<words>.*?)\[/quote\]\s*", re.IGNORECASE | re.DOTALL)
_EDGE: Final = re.compile(r"\[(?P<end>/?)quote(?:=[^\]\n]*)?\]", re.IGNORECASE)
_OPENS: Final = re.compile(r"\s*\[quote(?:=[^\]\n]*)?\]", re.IGNORECASE)
_IS_RULE: Final = re.compile(rf"{_RULE}[ ]*")
_HEAD: Final = re.compile(rf"{_TIMED}\s*$")
"""The time behind a name, at the end of a quote's first line."""
BREAK: Final = "\u200b"
"""Between a bracket and its word: the portal shows both, and obeys neither."""


class Said(NamedTuple):
    """A message of an employee."""

    text: str
    quoted: str = ""
    """What it quotes, in one line."""
    signature: str = ""
    """The employee's name that the portal put before the text."""


def read(text: str) -> Said:
    """Take a message apart, and turn it into plain text; one that only quotes says what it quotes."""
    signature = ""
    if signed := _SIGNED.match(text):
        signature, text = signed[1].strip(), text[signed.end() :]
    quoted, words = _parted(re.sub(r"\[br\]", "\n", text, flags=re.IGNORECASE))
    if not (said := plain(words)):
        return Said(plain(quoted), signature=signature)
    return Said(said, " ".join(plain(quoted).split()), signature)


def _parted(text: str) -> tuple[str, str]:
    """What a message quotes, and what stands below."""
    found = _nested(text)
    if found is None and (match := _QUOTED_TAG.match(text)):
        found = _without_head(match["words"]), text[match.end() :]
    if found is None and (match := _QUOTED_LINES.match(text)):
        found = match["words"], text[match.end() :]
    if found is None:
        return "", text
    quoted, below = found
    inner = _nested(quoted)
    return quoted if inner is None else inner[1], below


def _nested(text: str) -> tuple[str, str] | None:
    """The same without what the quoted message quotes itself; ``None`` if a text begins with no whole quote."""
    return _nested_tags(text) or _nested_lines(text)


def _nested_tags(text: str) -> tuple[str, str] | None:
    if not _OPENS.match(text):
        return None
    own: list[str] = []
    depth = at = 0
    for edge in _EDGE.finditer(text):
        if depth == 1:
            own.append(text[at : edge.start()])
        depth += -1 if edge["end"] else 1
        at = edge.end()
        if not depth:
            return _without_head("\n".join(own)), text[at:].lstrip()
    return None


def _nested_lines(text: str) -> tuple[str, str] | None:
    own: list[str] = []
    lines = text.lstrip().split("\n")
    depth = at = 0
    while at < len(lines):
        is_rule = _IS_RULE.fullmatch(lines[at]) is not None
        if is_rule and at + 1 < len(lines) and _HEAD.search(lines[at + 1]):
            depth, at = depth + 1, at + 2
            continue
        if is_rule and depth:
            depth -= 1
        if not depth:
            return ("\n".join(own), "\n".join(lines[at + 1 :])) if is_rule and at else None
        if depth == 1 and not is_rule:
            own.append(lines[at])
        at += 1
    return None


def _without_head(words: str) -> str:
    """A quote without its first line, if that is a name and a time."""
    head, _, rest = words.strip().partition("\n")
    return rest if rest and _HEAD.search(head) else words


def plain(text: str) -> str:
    """A text without tags; links keep their address, unknown brackets stay."""
    found: list[str] = []
    links: list[tuple[str, int]] = []
    at = 0
    for tag in _TAG.finditer(text):
        found.append(text[at : tag.start()])
        at = tag.end()
        name, value = tag["tag"].lower(), tag["value"]
        if name == "br":
            found.append("\n")
        elif name == "*":
            found.append("\n- ")
        elif name == "url" and not tag["end"]:
            links.append((value or "", len(found)))
        elif name == "url" and links:
            found.append(_address(*links.pop(), found))
    found.append(text[at:])
    return "".join(found).strip()


def _address(link: str, begun: int, found: list[str]) -> str:
    """What stands behind a link's words: its address, if the words are not the address."""
    words = "".join(found[begun:]).strip()
    return "" if not link or link == words else f" ({link})" if words else link


def shielded(text: str) -> str:
    """A text of ours so that the portal shows its brackets and does not obey them."""
    return _TAG.sub(lambda tag: f"[{BREAK}{tag[0][1:]}", text)
