"""The names of dialogs in questions and notices about them."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.i18n import ngettext
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.reading.cells import cut, line

_NAME = 40


def named(card: DialogCard) -> str:
    """The dialog's name, in at most `_NAME` cells."""
    return cut(line(card.name), _NAME)


def about(question: str, cards: Sequence[DialogCard]) -> str:
    """A question and the dialogs that it is about."""
    return f"{question} · {_whose(cards)}"


def sentence(words: str, cards: Sequence[DialogCard]) -> str:
    """A sentence about dialogs, with their names before it."""
    return f"{_whose(cards)}: {words}"


def _whose(cards: Sequence[DialogCard]) -> str:
    return named(cards[0]) if len(cards) == 1 else ngettext("{n} dialog", "{n} dialogs", len(cards))
