"""Checks the spelling of what is written: misspelt words are underlined, and a key suggests other spellings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.timer import Timer
from textual.worker import Worker

from chatapp_cli.i18n import _

if TYPE_CHECKING:
    from chatapp_cli.runtime.speller import Speller
    from chatapp_cli.tui.widgets.underlined import Underlined

PAUSE = 0.4
"""Seconds without a key after which the words are checked."""
_LEARN = "\n"
"""The value of the choice that adds the word to the dictionary."""


class Asks(Protocol):
    """The page with the text."""

    def say(self, words: str) -> None:
        """Show a message to the person."""

    async def choose(self, title: str, options: Sequence[tuple[str, str]], *, keys: Sequence[str]) -> str | None:
        """Ask for one of several options; ``None`` if none is chosen."""


class Spelling:
    """The speller of one window, started with the first word, and the person's own dictionary."""

    def __init__(self, own_words: Path | None, program: Callable[[], list[str]] | None = None) -> None:
        """``program`` finds the command of the speller; without it nothing is checked."""
        self._file, self._program = own_words, program
        self._speller: Speller | None = None
        self._later: Timer | None = None

    def soon(self, text: Underlined) -> None:
        """Check the words after `PAUSE`, unless this is called again before."""
        if self._program is None:
            return
        if self._later is not None:
            self._later.stop()
        self._later = text.set_timer(PAUSE, partial(self._start_check, text))

    def _start_check(self, text: Underlined) -> Worker[None]:
        return text.run_worker(partial(self._check_quietly, text), group="spelling")

    async def _check_quietly(self, text: Underlined) -> None:
        with suppress(Exception):  # without a speller the text can still be written and sent
            await self.look(text)

    async def look(self, text: Underlined) -> None:
        """Underline the words that are misspelt now."""
        words = text.words()
        if self._program is not None and words:
            text.mark(await self._running().wrong(words))

    async def correct(self, page: Asks, text: Underlined) -> None:
        """Let the person choose another spelling of the word under the cursor, or add it to their dictionary."""
        await self.look(text)
        found = text.wrong_word()
        if found is None or self._program is None:
            page.say(_("There is no misspelt word.") if self._program else _("This machine has no dictionary."))
            return
        word, begins, ends = found
        meant = await self._running().meant(word)
        options = [*((other, other) for other in meant), (_LEARN, _("Add «{word}» to the dictionary", word=word))]
        chosen = await page.choose(_("Instead of «{word}»", word=word), options, keys=_numbers(len(options)))
        if chosen == _LEARN:
            self._learn(word)
        elif chosen is not None:
            text.replace(chosen, begins, ends)
        await self.look(text)

    def _running(self) -> Speller:
        if self._speller is None:
            from chatapp_cli.runtime.speller import Speller

            self._speller = Speller(self._program() if self._program else [])
            for word in self._own_words():
                self._speller.learn(word)
        return self._speller

    def _own_words(self) -> list[str]:
        if self._file is None or not self._file.exists():
            return []
        return self._file.read_text("utf-8", errors="replace").split()  # a full disk may cut the last word

    def _learn(self, word: str) -> None:
        self._running().learn(word)
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file.touch(mode=0o600, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as words:
                words.write(f"{word}\n")

    async def aclose(self) -> None:
        """Stop the speller's process."""
        if self._speller is not None:
            await self._speller.aclose()


def _numbers(n: int) -> list[str]:
    return [str(at) for at in range(1, n + 1)]
