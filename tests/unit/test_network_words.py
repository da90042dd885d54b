"""Why a provider was not reached: kept in English, and told in the reader's language."""

from __future__ import annotations

import errno

import pytest

from chatapp_cli.domain import network_words, os_words
from chatapp_cli.domain.errors import Retryable
from chatapp_cli.domain.stored_text import kept, recalled
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show, speaking

REFUSED = os_words.why(OSError(errno.ECONNREFUSED, "отказано"))


@pytest.mark.parametrize(
    ("why", "where", "russian"),
    [
        (REFUSED, "desk.example:443", "desk.example:443: соединение отклонено"),
        (network_words.CLOSED, "", "соединение закрыто"),
        (network_words.NO_SUCH_NAME, "[::1]:80", "[::1]:80: имя не найдено"),
    ],
)
def test_a_reason_is_kept_as_plain_words_and_told_in_the_language_of_whoever_reads_it(
    why: Text, where: str, russian: str
) -> None:
    detail = network_words.kept(why, where)
    assert detail == f"{where}: {why}".removeprefix(": ")
    with speaking("ru"):
        error = Retryable("unreachable", detail)
        assert show(T("{detail}", detail=error.said)) == russian
        assert russian in show(error.what)
    assert error.detail == detail


@pytest.mark.parametrize("words", ["", "25 букв", "QUERY_LIMIT: too many requests", "Connection refused by policy"])
def test_the_words_of_others_stay_as_they_are(words: str) -> None:
    assert network_words.said(words) == words


@pytest.mark.parametrize(
    "text", [T("{a} {b}", a=T("the connection was closed"), b=3), T("Chat {chat} is not known.", chat="{x}")]
)
def test_a_sentence_is_kept_in_a_column_and_plain_words_of_before_are_said_as_they_are(text: Text) -> None:
    assert recalled(kept(text)) == text
    assert str(recalled("no such {chat}")) == "no such {chat}"
