"""Buttons below an answer (S-144), and the numbered list that stands for them where a channel has none."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.text import T, is_whole

MOST: Final = 10
"""Buttons of one answer."""
BETWEEN: Final = "|"
"""What people type between buttons."""
LONGEST: Final = 64
"""Characters on a button."""
_NUMBER: Final = re.compile(r"\s*[«\"(]?\s*([1-9][0-9]?)\s*[.)]?\s*[»\")]?\s*")


class ButtonLimits(NamedTuple):
    """What buttons a channel carries; beyond these limits a numbered list is sent."""

    most: int = 0
    """Buttons of one message; 0: the channel has none."""
    longest: int = LONGEST
    """Characters on one."""
    most_text: int = 0
    """Characters of the text above them; 0: as without them."""
    chats: Collection[str] = ("private", "group", "channel")
    """The kinds of chats that have them."""

    def carry(self, text: str, buttons: Sequence[str]) -> bool:
        """Whether a message with this text can have these."""
        fits = 0 < len(buttons) <= self.most and all(len(one) <= self.longest for one in buttons)
        return fits and (not self.most_text or len(text) <= self.most_text)


NO_BUTTONS: Final = ButtonLimits()
"""Of a channel without buttons."""


def checked(texts: Iterable[str]) -> tuple[str, ...]:
    """The buttons that somebody asked for, without spaces around. Raises UsageError for what nobody could press."""
    found = tuple(" ".join(one.split()) for one in texts)
    if len(found) > MOST:
        raise UsageError(
            T("{n} buttons are too many; the limit is {limit}.", n=len(found), limit=MOST), field="buttons"
        )
    for one in found:
        _require_sound(one)
    if len(set(map(fold, found))) < len(found):
        raise UsageError(T("Two buttons say the same."), T("Name each button once."), field="buttons")
    return found


def typed(line: str) -> tuple[str, ...]:
    """The buttons of a line in which people separate them. Raises UsageError as ``checked`` does."""
    return checked(one for one in line.split(BETWEEN) if one.strip())


def as_typed(found: Sequence[str]) -> str:
    """Buttons as a line in which people change them."""
    return f" {BETWEEN} ".join(found)


def _require_sound(text: str) -> None:
    if not text or not is_whole(text):
        raise UsageError(T("A button needs a text."), field="buttons")
    if len(text) > LONGEST:
        raise UsageError(
            T("The button “{text}” has {n} characters; the limit is {limit}.", text=text, n=len(text), limit=LONGEST),
            T("Say it shorter."),
            field="buttons",
        )


def listed(text: str, buttons: Sequence[str]) -> str:
    """A text with a numbered list of buttons below."""
    return text.rstrip() + _below(buttons)


def unlisted(text: str, buttons: Sequence[str]) -> str:
    """The text above a numbered list."""
    return text.removesuffix(_below(buttons))


def ends_with_list(text: str, buttons: Sequence[str]) -> bool:
    """Whether a text still has its numbered list."""
    return text.rstrip().endswith(_below(buttons))


def _below(buttons: Sequence[str]) -> str:
    lines = (f"{n}. {one}" for n, one in enumerate(buttons, 1))
    return "\n\n" + "\n".join(lines)


def is_number(text: str) -> bool:
    """Whether a text is nothing but a number that a list may have."""
    return _NUMBER.fullmatch(text) is not None


def named(text: str, buttons: Sequence[str]) -> str:
    """The button that a bare number names, such as ``1``, ``1.`` or ``«1)»``; empty: none."""
    found = _NUMBER.fullmatch(text)
    at = int(found[1]) if found else 0
    return buttons[at - 1] if 0 < at <= len(buttons) else ""


def as_json(buttons: Sequence[str]) -> str:
    """Buttons in stored form; empty for none."""
    return json.dumps(list(buttons), ensure_ascii=False) if buttons else ""


def from_json(stored: str) -> tuple[str, ...]:
    """Buttons as they were stored."""
    found: list[Any] = json.loads(stored) if stored else []
    return tuple(map(str, found))
