"""The beginning of a text that may be of any length: a mail of megabytes, a note from before there was a limit."""

from __future__ import annotations

from typing import Final, NamedTuple

LONGEST: Final = 8_000
"""Characters that are shown of one text; no messenger carries as many, only mails do."""
MOST_LINES: Final = 300
_TAIL: Final = 200
"""Characters before the end in which a line end or a space is looked for, so that no word is cut."""


class Excerpt(NamedTuple):
    """The beginning of a text, and the number of characters that it leaves out."""

    text: str
    left_out: int


def excerpt(text: str) -> Excerpt:
    """A text if it is short, otherwise its beginning; the time that it takes does not depend on the length."""
    head = text[: LONGEST + 1]
    if len(head) > LONGEST:
        head = head[: _last_gap(head)]
    head = "\n".join(head.split("\n", MOST_LINES)[:MOST_LINES])
    return Excerpt(head, len(text) - len(head))


def _last_gap(head: str) -> int:
    """Where the last whole word ends."""
    gaps = (head.rfind(sign, LONGEST - _TAIL) for sign in "\n ")
    return next((at for at in gaps if at > 0), LONGEST)
