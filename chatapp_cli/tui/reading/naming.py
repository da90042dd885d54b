"""Whose dialog something is done with: named in every question and every notice."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.i18n import ngettext
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.reading.cells import cut, line

_NAME = 40


def named(card: DialogCard) -> str:
    """The dialog as a notice names it."""
    return cut(line(card.name), _NAME)


def about(question: str, cards: Sequence[DialogCard]) -> str:
    """A question with the dialogs that it is about."""
    return f"{question} · {_whose(cards)}"


def sentence(words: str, cards: Sequence[DialogCard]) -> str:
    """Something that is said of dialogs."""
    return f"{_whose(cards)}: {words}"


def _whose(cards: Sequence[DialogCard]) -> str:
    return named(cards[0]) if len(cards) == 1 else ngettext("{n} dialog", "{n} dialogs", len(cards))
