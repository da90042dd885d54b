"""The beginning of a long text: whole words, few lines, and how much is left."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.excerpt import LONGEST, MOST_LINES, excerpt


@pytest.mark.parametrize("text", ["", "Да", "ы" * LONGEST, "\n" * (MOST_LINES - 1), " \n" * 100])
def test_a_short_text_is_shown_whole(text: str) -> None:
    assert excerpt(text) == (text, 0)


@pytest.mark.parametrize("text", ["слово " * 5_000, "ы" * 50_000, "строка\n" * 2_000, "\n" * 50_000, "\r\n" * 50_000])
def test_of_a_long_text_the_beginning_is_shown_and_the_rest_counted(text: str) -> None:
    begin, left_out = excerpt(text)
    assert text.startswith(begin)
    assert len(begin) + left_out == len(text)
    assert left_out > 0
    assert len(begin) <= LONGEST
    assert begin.count("\n") < MOST_LINES


def test_no_word_is_cut() -> None:
    begin, _left_out = excerpt("слово " * 5_000)
    assert begin.endswith("слово")
