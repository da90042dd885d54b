"""``chatapp search``: what it prints, how it ends, and what it says while the index is not whole."""

import re

import pytest

from chatapp_cli.bootstrap import Company
from tests.commands.conftest import Program, Shell, Write


@pytest.mark.req("S-116")
def test_messages_are_found_by_their_words_and_shown_with_what_surrounds_them(
    chatapp: Shell, program: Program, client_writes: Write
) -> None:
    client_writes("Сколько стоят ели?")
    client_writes("Ель привезли, спасибо", ext_id="in-2", key="client-8", name="Борис")
    chatapp("reply", "1", "--text", "Голубая ель — 900 ₽")

    def found(*words: object) -> list[list[str]]:
        return [[row[0], row[3], row[4]] for row in chatapp("search", *words).rows]

    assert found("ель") == [
        ["1", "→ Ольга", "Голубая ель — 900 ₽"],
        ["2", "Борис", "Ель привезли, спасибо"],
        ["1", "Анна", "Сколько стоят ели?"],
    ]
    assert found("ель", "-n", 1) == found("ель", "--dialog", 1, "-n", 1) == found('"голубые ели"')
    assert [row[0] for row in found("ель -голубая", "--channel", "api", "--line", "Магазин")] == ["2", "1"]
    one = chatapp("search", "привезла спасибо", "--json").json[0]
    assert (one["dialog"], one["message"], one["who"]) == (2, 2, "Борис")
    assert [one["snippet"][a:b] for a, b in one["marks"]] == ["привезли", "спасибо"]


def test_nothing_found_is_an_exit_code_of_its_own(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Сколько стоит ель?")
    for words in (
        ["пельмени"],
        ["ель", "--before", "2020-01-01"],
        ["ель", "--after", "2999-01-01"],
    ):
        target = chatapp.run("search", *words)
        assert (target.code, target.out, target.err) == (1, "", "Nothing is found.\n")
    assert chatapp.run("search", "ель", "--after", "вчера").code == 2
    assert chatapp.run("search", "ель", "--tag", "x").code == 2
    assert chatapp.run("search", "ель", "--dialog", "9").err.startswith("There is no dialog 9.")


MANY = """
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 60000)
INSERT INTO message (dialog_id, channel_id, direction, origin, author, ext_id, state, text, at, stored_at,
  code, detail, subject, reply_to, album, automatic)
SELECT 1, 1, 'in', 'client', 'Анна', 'x' || n, 'received', 'Ели по оптовой цене, партия ' || n || ' из лесничества',
  1780000000000 + n * 60000, 1, '', '', '', '', '', 0 FROM n
"""


@pytest.mark.req("S-116")
def test_a_search_answers_with_what_is_indexed_and_says_what_is_not_yet(
    chatapp: Shell, company: Company, client_writes: Write
) -> None:
    client_writes("Сколько стоят ели?")
    company.database.write(lambda tx: tx.compose(str, MANY.strip(), {}))
    found = chatapp("search", "ель", "-n", 3)
    assert found.rows[0][4].startswith("Ели по оптовой цене, партия 60000")
    assert re.fullmatch(r"Messages before .+ are not in the index yet\.\n", found.err)
