"""Views and the filters by dates from the command line."""

import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest
from typer.testing import CliRunner

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.cli import app
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.services import channels, ingest, lines, views
from tests.commands.conftest import Shell, Write
from tests.stores import NOON, OWNER, HeldClock, said

DAY = 86_400_000
BOUND = Bound(account="1", title="Почта магазина")
WROTE = Arrival(provider_id="1", raw=b"{}", events=(said("Здравствуйте", ext_id="1", at=NOON),))


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


@pytest.mark.req("S-117")
def test_a_time_that_is_counted_back_from_now_is_counted_anew_whenever_a_view_is_used(
    env: Mapping[str, str], company: Company
) -> None:
    def run(at: int, *words: str) -> Any:
        world = World(clock=HeldClock(at), chance=SystemChance())
        done = CliRunner().invoke(app, [*words, "--json"] if words[1] != "add" else list(words), env=env, obj=world)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    def shown(at: int) -> tuple[list[int], list[int], list[int]]:
        quiet = [row["id"] for row in run(at, "view", "show", "Молчат")]
        count = [row["dialogs"] for row in run(at, "view", "list")]
        return quiet, [row["id"] for row in run(at, "dialog", "list", "--until", "1d")], count

    with closing(open_company(company.settings, World(clock=HeldClock(NOON), chance=SystemChance()))) as shop:
        line = shop.write(lambda tx: lines.add(tx.by(OWNER), "Опт"))
        channel = shop.write(lambda tx: channels.save(tx.by(OWNER), shop.vault, BOUND, line=line, kind="letters"))
        shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(WROTE,))))
    assert run(NOON, "view", "add", "Молчат", "--until", " 1d ") == 1
    company.write(lambda tx: views.add(tx.by(OWNER), "Молчали тогда", DialogFilter(until=NOON - DAY)))
    (kept, old) = run(NOON, "view", "list")
    assert (kept["filter"], old["filter"]) == ({"until": "1d"}, {"until": NOON - DAY})
    assert shown(NOON) == ([], [], [0, 0])
    assert shown(NOON + DAY + 1) == ([1], [1], [1, 0])


@pytest.mark.parametrize(
    ("words", "said", "step"),
    [
        (("--tag", "возрат"), "There is no tag возрат.", "Did you mean: возврат"),
        (("--tag", "ёлка"), "There is no tag ёлка.", "Known: возврат, опт"),
        (("--assignee", "вери"), "Nobody here is called вери.", "Did you mean: Вера"),
        (("--assignee", "Xenia"), "Nobody here is called Xenia.", "Known: Вера, Ольга"),
    ],
)
@pytest.mark.parametrize("command", [("dialog", "list"), ("view", "add", "Новый")])
def test_a_name_that_nobody_and_nothing_has_is_refused_with_the_nearest_one(
    chatapp: Shell, client_writes: Write, command: tuple[str, ...], words: tuple[str, str], said: str, step: str
) -> None:
    client_writes("Сколько стоит ель?")
    for tag in ("возврат", "опт"):
        chatapp("dialog", "tag", "1", tag)
    chatapp("dialog", "assign", "1", "Вера")
    refused = chatapp.run(*command, *words)
    assert (refused.code, refused.out, refused.err) == (2, "", f"{said}\n→ {step}\n")
    assert chatapp("view", "list", "--json").json == []


@pytest.mark.parametrize("name", ["me", "nobody", "Ольга"])
def test_one_may_ask_for_oneself_and_for_nobody_where_nobody_has_an_account(chatapp: Shell, name: str) -> None:
    assert chatapp("dialog", "list", "--assignee", name, "--json").json == []


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
