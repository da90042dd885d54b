"""Views and the filters by dates from the command line."""

import pytest

from tests.commands.conftest import Shell, Write


@pytest.mark.req("S-117")
def test_a_filter_is_kept_counted_shown_moved_and_forgotten(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Сколько стоит ель?")
    client_writes("Спасибо", ext_id="in-2", key="client-8", name="Борис")
    chatapp("dialog", "no-answer", "2")
    assert chatapp("view", "add", "Очередь", "--waiting").out == "1\n"
    chatapp("view", "add", "Всё моё", "--assignee", "me", "--mine")
    seen = chatapp("view", "list", "--json").json
    assert [(row["name"], row["operator"], row["dialogs"]) for row in seen] == [
        ("Очередь", "", 1),
        ("Всё моё", "Ольга", 0),
    ]
    assert [(row["filter"], row["wanted"]) for row in seen] == [
        ({"waiting": True}, '{"waiting": true}'),
        ({"assignee": "@me"}, '{"assignee": "@me"}'),
    ]
    assert [row["id"] for row in chatapp("view", "show", "очередь", "--json").json] == [1]
    chatapp("view", "move", "Всё моё", "1")
    assert [row[1] for row in chatapp("view", "list").rows] == ["Всё моё", "Очередь"]
    assert [row[1] for row in chatapp("view", "list", CHATAPP_OPERATOR="Пётр").rows] == ["Очередь"]
    chatapp("view", "remove", "Очередь")
    gone = chatapp.run("view", "show", "Очередь")
    assert (gone.code, gone.err.splitlines()[0]) == (1, "There is no view Очередь.")


@pytest.mark.req("S-117")
def test_dialogs_are_listed_by_the_time_of_their_last_message(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Сколько стоит ель?")
    last = chatapp("dialog", "list", "--json").json[0]["last_at"]
    assert [row["id"] for row in chatapp("dialog", "list", "--from", last, "--json").json] == [1]
    assert chatapp("dialog", "list", "--until", last, "--json").json == []
    assert chatapp.run("dialog", "list", "--from", "вчера-то").code == 2


@pytest.mark.req("S-116")
def test_a_name_with_a_slip_is_offered_and_marked(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Сколько стоит ель?", name="Анна Кузнецова")
    found = chatapp("dialog", "list", "--search", "Кузнецва", "--json").json
    assert [(row["name"], row["near"]) for row in found] == [("Анна Кузнецова", True)]
    assert chatapp("dialog", "list", "--search", "Кузнецва").rows[0][2] == "≈ Анна Кузнецова"
    exact = chatapp("dialog", "list", "--search", "кузнецова", "--json").json
    assert [(row["name"], row["near"]) for row in exact] == [("Анна Кузнецова", False)]


@pytest.mark.req("S-117")
def test_a_view_is_shown_page_by_page_as_dialogs_are_listed(chatapp: Shell, client_writes: Write) -> None:
    for n in range(5):
        client_writes("Сколько стоит ель?", ext_id=f"m{n}", key=f"client-{n}", name=f"Клиент {n}")
    chatapp("dialog", "pin", "3")
    for flags in (("--waiting",), ("--search", "клиент")):
        chatapp("view", "add", "Все ели", *flags)
        listed = [row["id"] for row in chatapp("dialog", "list", *flags, "--json").json]
        first = chatapp("view", "show", "Все ели", "--limit", "2", "--json").json
        second = chatapp("view", "show", "Все ели", "-n", "2", "--after", first[-1]["id"], "--json").json
        rest = chatapp("view", "show", "Все ели", "--after", second[-1]["id"]).rows
        shown = [row["id"] for row in (*first, *second)]
        assert [*shown, *(int(row[0]) for row in rest)] == listed
        assert (len(listed), len(rest)) == (5, 1)
    assert chatapp.run("view", "show", "Все ели", "--after", "99").code == 1
