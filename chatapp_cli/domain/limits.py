"""The longest texts that people and programs may give to the desk: one table, asked by the services.

What providers send is checked at the border (``domain/border.py``), and the text of a message by the capabilities of
its channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text

_SHORTER: Final = T("Shorten it.")


@dataclass(frozen=True, slots=True)
class TextLimit:
    """The longest text of one kind."""

    what: Text
    most: int
    """In characters."""
    next_step: Text = _SHORTER

    def why_not(self, text: str) -> Text | None:
        """Why a text is too long; ``None`` if it is not."""
        if len(text) <= self.most:
            return None
        return T(
            "{what}: {n} characters are too many; the limit is {limit}.", what=self.what, n=len(text), limit=self.most
        )

    def require(self, text: str, *, field: str) -> None:
        """Raise UsageError for a text that is too long."""
        if (why := self.why_not(text)) is not None:
            raise UsageError(why, self.next_step, field=field)


NAME: Final = TextLimit(T("A name"), 200, T("Choose a shorter one."))
"""Of a line, an operator, a view, a section, a dialog, a client or a template."""
TAG: Final = TextLimit(T("Tag"), 100)
TITLE: Final = TextLimit(T("Title"), 200)
CATEGORY: Final = TextLimit(T("Category"), 100)
KEYWORDS: Final = TextLimit(T("Keywords"), 2_000, T("Leave only the words that clients use."))
LANGUAGE: Final = TextLimit(T("Language"), 35, T("Write it as a code, such as: ru"))
SUBJECT: Final = TextLimit(T("Subject"), 500)
ADDRESS: Final = TextLimit(T("Address"), 500, T("Write one e-mail, phone, @username or chat id."))
SEARCH: Final = TextLimit(T("Search"), 500)
REACTION: Final = TextLimit(T("Reaction"), 100, T("Choose one emoji."))
REASON: Final = TextLimit(T("Reason"), 2_000)
CHAIN: Final = TextLimit(T("Chain"), 2_000, T("Name each kind of channel once."))
OPTION: Final = TextLimit(T("Value"), 2_000)
"""Of an option or an answer of one line."""
SECRET: Final = TextLimit(T("Value"), 65_536, T("Check that it is the right file or key."))
"""Of an answer that may have lines, such as a certificate."""
NOTE: Final = TextLimit(T("Note"), 20_000, T("Shorten it, or write several notes."))
TEMPLATE: Final = TextLimit(T("Template"), 20_000)
REPLY: Final = TextLimit(T("Quick reply"), 65_536, T("Shorten it, or attach the text as a file."))
REQUEST: Final = TextLimit(T("Request"), 100_000, T("Split it into several requests."))
DRAFT: Final = TextLimit(T("Draft"), 1_000_000, T("Shorten it, or attach the text as a file."))
"""Twice what any channel carries, so that a text can be shortened where it was pasted."""
