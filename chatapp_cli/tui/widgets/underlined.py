"""A text area that underlines misspelt words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.style import Style
from rich.text import Text
from textual.widgets import TextArea

WORD = re.compile(r"(?<![\w@#/.])[A-Za-zА-Яа-яЁё]{2,}(?:-[A-Za-zА-Яа-яЁё]+)*(?![\w@/]|:/|\.\w)")
"""A word to check: no name after an @, no address and no number."""
_WRONG = Style(underline=True, italic=True)


class Underlined(TextArea):
    """A text area that underlines some of its words."""

    wrong: frozenset[str] = frozenset()

    def mark(self, wrong: Iterable[str]) -> None:
        """Underline these words, and no others."""
        if frozenset(wrong) != self.wrong:
            self.wrong = frozenset(wrong)
            self.notify_style_update()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """A line with its misspelt words underlined, except a word that is being typed."""
        line = super().get_line(line_index)
        row, column = self.cursor_location
        for found in WORD.finditer(line.plain) if self.wrong else ():
            if found[0] in self.wrong and not (row == line_index and found.end() == column):
                line.stylize(_WRONG, *found.span())
        return line

    def words(self) -> list[str]:
        """Every word of the text, once."""
        return list(dict.fromkeys(WORD.findall(self.text)))

    def wrong_word(self) -> tuple[str, tuple[int, int], tuple[int, int]] | None:
        """The misspelt word under the cursor, else the first one, with its start and end; ``None`` if there is none."""
        cursor = self.cursor_location
        found = [
            (word[0], (row, word.start()), (row, word.end()))
            for row, text in enumerate(self.document.lines)
            for word in WORD.finditer(text)
            if word[0] in self.wrong
        ]
        return next((one for one in found if one[1] <= cursor <= one[2]), next(iter(found), None))

    def replace_all(self, text: str) -> None:
        """Replace the whole text; that can be undone."""
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor(self.document.end)
