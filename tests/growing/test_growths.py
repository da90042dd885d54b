"""A growth of each kind, as ``docs/extending.md`` prints it, keeps its promise in a daemon that may be killed."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import DialogId, LineId
from chatapp_cli.domain.journal.base import topic
from chatapp_cli.domain.journal.lines import LineAdded, LineConfigured
from chatapp_cli.domain.option import OptionLevel, OptionTarget
from chatapp_cli.sandbox.telegram_bot.server import TelegramBotSandbox
from chatapp_cli.services import dialogs, journal, lines, operators, options, passwords
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.store.tx import Tx
from tests.contract.connector_contract import ANNA, BORIS
from tests.daemons import DAY, SECOND, Child
from tests.growing.grown import Grown
from tests.growing.page import growths
from tests.runtime.desk import bound, eventually, the_dialogs

pytestmark = pytest.mark.timeout(180)
Grow = Callable[[str], Grown]


@pytest.fixture
def grow(tmp_path: Path) -> Grow:
    """The program with the example of a section of the page in it."""
    return lambda title: Grown(tmp_path, growths()[title])


@pytest.fixture
def company_of() -> Iterator[Callable[[Grown], Company]]:
    """The store as the test sees it."""
    opened: list[Company] = []

    def open_company(grown: Grown) -> Company:
        opened.append(grown.serving.company())
        return opened[-1]

    yield open_company
    for company in opened:
        company.close()


DeskOf = Callable[[Grown], Company]


def named(company: Company, line: str) -> str | None:
    """The name that customers know a line by, where it has one of its own."""
    target = OptionTarget(OptionLevel.LINE, company.read(lambda tx: lines.find(tx, line)).id)
    return company.read(lambda tx: options.stored(tx, target)).get("company_name")


def configured(company: Company) -> Counter[str]:
    """How often the options of each line were changed."""
    entries = company.read(lambda tx: journal.after(tx, 0))
    return Counter(entry.event.name for entry in entries if isinstance(entry.event, LineConfigured))


def add_lines(company: Company, *names: str) -> list[LineId]:
    return [company.write(lambda tx, name=name: lines.add(tx, name)) for name in names]


def as_an_older_version_did(tx: Tx, name: str) -> None:
    """Add a line without asking what its name looks like."""
    tx.insert("lines.add", name=name, now=tx.now)
    tx.emit(LineAdded(name=name))


async def health(child: Child) -> dict[str, Any]:
    async with httpx.AsyncClient() as http:
        told: dict[str, Any] = (await http.get(f"{child.address}/healthz")).json()
    return told


async def heard(company: Company, telegram: TelegramBotSandbox, text: str = "Ау") -> DialogRow:
    """Let a client write, and find the dialog."""
    await telegram.say(ANNA, text)
    found: Any = await eventually(lambda: [one for one in the_dialogs(company) if one.preview == text], seconds=60)
    (dialog,) = found
    return dialog


def house_test(grown: Grown, *tests: str) -> None:
    """The project's own tests of such a thing hold in the grown sources."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests],
        check=False,
        cwd=grown.root,
        env={**os.environ, "PYTHONPATH": str(grown.root), "CHATAPP_TEST_POSTGRES": "0"},
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stdout[-3000:]


async def test_a_worker_is_woken_and_one_that_breaks_is_named_and_stops_nothing_else(
    grow: Grow, company_of: DeskOf
) -> None:
    grown = grow("A worker")
    company, file = company_of(grown), grown.folder / "monitor" / "waiting"
    file.parent.write_text("in the way of the folder")
    async with TelegramBotSandbox() as telegram:
        await bound(company, telegram)
        async with grown.daemon() as child:
            await eventually(lambda: _broken(child, "waiting", "FileExistsError"), seconds=30)
            await heard(company, telegram)
            file.parent.unlink()
            grown.serving.clock.move(passed=400 * SECOND)
            await eventually(file.exists, seconds=30)
            assert file.read_text() == "1\n"
            await telegram.say(BORIS, "И я")
            await eventually(lambda: file.read_text() == "2\n", seconds=30)
            await eventually(lambda: _passing(grown, child), seconds=30)


async def _broken(child: Child, worker: str, why: str) -> bool:
    told = await health(child)
    return told["workers"].get(worker) == why and told["status"] == "degraded"


async def _passing(grown: Grown, child: Child) -> bool:
    grown.serving.clock.move(passed=20 * SECOND)
    return (await health(child))["status"] == "ok"


async def test_a_follower_plans_once_for_what_came_while_nothing_ran(grow: Grow, company_of: DeskOf) -> None:
    grown = grow("A follower with a durable cursor")
    company = company_of(grown)
    add_lines(company, "Раньше")
    async with grown.daemon() as child:
        await grown.order("chatapp_cli.services.lines:everything")
        await eventually(lambda: company.read(lambda tx: tx.value("followers.place", name="names")) is not None)
        add_lines(company, "Опт")
        await eventually(lambda: named(company, "Опт") == "Опт", seconds=30)
        add_lines(company, "Розница")
        await child.kill()
    (gone,) = add_lines(company, "Ушла")
    company.write(lambda tx: as_an_older_version_did(tx, "В две\nстроки"))
    add_lines(company, "Склад")
    company.write(lambda tx: lines.remove(tx, lines.find(tx, str(gone)), force=True))
    async with grown.daemon():
        await eventually(lambda: named(company, "Склад") == "Склад", seconds=30)
    assert (named(company, "Розница"), named(company, "Раньше")) == ("Розница", None)
    assert configured(company) == Counter(["Опт", "Розница", "Склад"])


async def test_a_timer_fires_once_at_its_time_though_nothing_ran_when_it_came(grow: Grow, company_of: DeskOf) -> None:
    grown = grow("A timer")
    company = company_of(grown)
    (line,) = add_lines(company, "Опт")
    until = company.world.clock.now() + DAY
    async with grown.daemon() as child:
        await grown.order("season:begin", line, "Ёлки", until)
        assert named(company, "Опт") == "Ёлки"
        grown.serving.clock.move(passed=DAY - 60 * SECOND)
        await asyncio.sleep(2)
        assert named(company, "Опт") == "Ёлки"
        await child.kill()
    grown.serving.clock.move(passed=120 * SECOND)
    for _ in range(2):
        async with grown.daemon():
            await eventually(lambda: named(company, "Опт") is None, seconds=30)
            await grown.order("chatapp_cli.services.lines:everything")
    assert configured(company) == Counter({"Опт": 2}), "begun once and ended once"


async def test_a_queue_is_carried_to_its_end_though_the_daemon_is_killed_in_the_middle(grow: Grow) -> None:
    grown = grow("A queue with the carrier")
    folder = grown.folder / "labels"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "3.txt")
    (folder / "5.txt").mkdir()
    async with grown.daemon() as child:
        for number in range(1, 21):
            assert await grown.order("chatapp_cli.services.labels:add", f"Заказ {number}") == number
        await eventually(lambda: states(grown) == Counter(printed=18, failed=1, claimed=1), seconds=30)
        await child.kill()
    (folder / "3.txt").unlink()
    async with grown.daemon():
        await eventually(lambda: states(grown) == Counter(printed=19, failed=1), seconds=30)
    printed = {int(file.stem): file.read_text() for file in folder.glob("*.txt") if file.is_file()}
    assert printed == {number: f"Заказ {number}" for number in range(1, 21) if number != 5}
    house_test(grown, "tests/store", "-k", "test_statement and (labels or tables or used) or test_head")


def states(grown: Grown) -> Counter[str]:
    """How many labels there are of each state; the store speaks a newer revision than the test."""
    with closing(sqlite3.connect(grown.folder / "chatapp.db")) as connection:
        return Counter(state for (state,) in connection.execute("SELECT state FROM label"))


async def test_an_effect_stands_and_falls_with_its_event(grow: Grow, company_of: DeskOf) -> None:
    grown = grow("An event with an effect")
    company = company_of(grown)
    async with TelegramBotSandbox() as telegram:
        await bound(company, telegram)
        async with grown.daemon():
            dialog = (await heard(company, telegram)).id
            before = company.read(journal.last)
            add = "chatapp_cli.services.complaints:add"
            assert await grown.order(add, dialog, "Долго везли", "undone") == "undone"
            assert (topics(company, dialog, before), company.read(lambda tx: dialogs.card(tx, dialog)).pinned) == (
                [],
                0,
            )
            await grown.order(add, dialog, "Долго везли")
            assert topics(company, dialog, before) == ["dialog.complaint", "dialog.changed"]
            assert company.read(lambda tx: dialogs.card(tx, dialog)).pinned == 1
            assert "Complaint: Долго везли" in (await grown.serving.chatapp("tail"))[1]
    house_test(grown, "tests/unit/test_journal.py", "tests/meta/test_access.py", "-k", "Complained or access")


def topics(company: Company, dialog: DialogId, after: int) -> list[str]:
    """What happened in a dialog since then; the test does not know the type of the new event."""
    entries = company.read(lambda tx: journal.after(tx, after))
    return [topic(entry.event) for entry in entries if entry.event.dialog == dialog]


async def test_a_right_is_refused_given_and_taken_back_while_one_daemon_runs(grow: Grow, company_of: DeskOf) -> None:
    grown = grow("A right")
    company = company_of(grown)
    company.write(lambda tx: operators.add(tx, "Анна", passwords.hashed("eine lange Parole"), []))
    read, rights = "chatapp_cli.services.audit:read", ("user", "rights", "Анна")
    async with grown.daemon():
        assert len(await grown.order(read)) == 1
        assert await grown.order(read, by="Анна") == "Анна may not read what everybody did."
        assert (await grown.serving.chatapp(*rights, "+audit"))[0] == 0
        assert len(await grown.order(read, by="Анна")) == 2
        assert (await grown.serving.chatapp(*rights, "-audit"))[0] == 0
        assert await grown.order(read, by="Анна") == "Анна may not read what everybody did."
    house_test(grown, "tests/meta/test_access.py")


async def test_a_filter_is_known_to_command_help_view_and_query(grow: Grow, company_of: DeskOf) -> None:
    grown = grow("A filter of the dialog list")
    company, chatapp = company_of(grown), grown.serving.chatapp
    async with TelegramBotSandbox() as telegram:
        await bound(company, telegram)
        async with grown.daemon():
            dialog = await heard(company, telegram)
            await telegram.say(BORIS, "И я")
            await eventually(lambda: len(the_dialogs(company)) == 2, seconds=30)
            listing = ("dialog", "list", "--lost", "--json")
            assert json.loads((await chatapp(*listing))[1]) == []
            await telegram.block(ANNA)
            await eventually(lambda: not company.read(lambda tx: dialogs.card(tx, dialog.id)).reachable, seconds=30)
            assert [row["id"] for row in json.loads((await chatapp(*listing))[1])] == [dialog.id]
            assert "Only those who cannot be reached any more" in (await chatapp("dialog", "list", "--help"))[1]
            assert (await chatapp("view", "add", "Потерянные", "--lost"))[0] == 0
            assert json.loads((await chatapp("view", "list", "--json"))[1])[0]["wanted"] == '{"lost": true}'


async def test_an_option_holds_at_once_and_the_narrowest_wins(grow: Grow, company_of: DeskOf) -> None:
    grown = grow("An option of a line")
    company, chatapp = company_of(grown), grown.serving.chatapp
    here, there = add_lines(company, "Опт", "Розница")

    async def minutes(line: LineId) -> int:
        return int(await grown.order("chatapp_cli.services.promptness:due", "options", line, 0)) // 60_000

    async with grown.daemon():
        assert [await minutes(here), await minutes(there)] == [60, 60]
        assert (await chatapp("company", "configure", "--set", "answer_within=30"))[0] == 0
        assert (await chatapp("line", "configure", "--line", "Опт", "--set", "answer_within=5"))[0] == 0
        assert [await minutes(here), await minutes(there)] == [5, 30]
        code, said = await chatapp("line", "configure", "--line", "Опт", "--set", "answer_within=soon")
        assert (code, "answer_within has to be a whole number" in said) == (2, True)
        assert "answer_within" in (await chatapp("config", "list"))[1]
        assert (await chatapp("line", "configure", "--line", "Опт", "--set", "answer_within="))[0] == 0
        assert [await minutes(here), await minutes(there)] == [30, 30]


def test_a_part_of_the_window_is_seen_and_its_key_is_known_wherever_keys_are(grow: Grow) -> None:
    grown = grow("A part of the window")
    files = (f"tests/tui/{name}.py" for name in ("grown_part", "test_keymap", "test_palette"))
    known = "promised or lists_every_action or two_things or palette_of_its_place and inbox"
    house_test(grown, *files, "-k", f"grown_part or {known}")
