"""A message is one message, whichever way it was sent: the same rows, column by column."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chatapp_cli.bootstrap import Company
from chatapp_cli.cli import app
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.message import Priority
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.plain.plain import Plain
from chatapp_cli.tui.popups import Confirm
from chatapp_cli.tui.screens.begin import BeginScreen
from chatapp_cli.tui.session.workspace import Workspace
from tests.tui.conftest import GOOD, Window
from tests.tui.stage import ME, HeldClock, opened

TEXT = "До встречи в 19:00"
POLINA, FYODOR = DialogId(8), DialogId(13)
OURS = frozenset({"id", "key", "asked", "message_id"})
"""What differs between two messages, and between two ways to name whom they go to."""
SEEN = frozenset({"unread", "early"})
"""What of a dialog differs for whoever looked at it."""
Rows = Mapping[str, Any]
Way = Callable[[Path], Awaitable[None]]


def _rows(folder: Path, dialog: DialogId) -> Rows:
    """What is stored of the newest message of ours, and of its dialog."""
    company = opened(folder, HeldClock())

    def table(store: Any, query: str, *values: object) -> list[dict[str, Any]]:
        found = store.execute(query, values)
        names = [column[0] for column in found.description]
        return [{n: v for n, v in zip(names, row, strict=True) if n not in OURS} for row in found.fetchall()]

    with company.database.driver.connect() as store:
        (number,) = store.execute("SELECT MAX(id) FROM message WHERE direction = 'out'").fetchone()
        rows = {
            "message": table(store, "SELECT * FROM message WHERE id = ?", number),
            "outbox": table(store, "SELECT * FROM outbox WHERE message_id = ?", number),
            "journal": table(store, "SELECT * FROM journal WHERE message_id = ? ORDER BY id", number),
            "dialog": table(store, "SELECT * FROM dialog WHERE id = ?", dialog),
            "dialogs": store.execute("SELECT COUNT(*) FROM dialog").fetchone()[0],
            "keys": [len(key) for (key,) in store.execute("SELECT key FROM message WHERE id = ?", [number])],
        }
    company.close()
    (card,) = rows["dialog"]
    rows["dialog"] = [{name: value for name, value in card.items() if name not in SEEN}]
    return rows


# The ways


def _command(folder: Path, *words: object, stdin: str = "") -> None:
    env = {"CHATAPP_HOME": str(folder), "CHATAPP_CONFIG": str(folder / "config.toml"), "CHATAPP_UNDO_SEND": "7"}
    world = World(clock=HeldClock(), chance=SystemChance())
    options = ["--company", "home", "--lang", "en", "--operator", ME, *map(str, words)]
    done = CliRunner().invoke(app, options, env=env, obj=world, input=stdin)
    assert done.exit_code == 0, (done.stdout, done.stderr)


def _said(*words: object, stdin: str = "") -> Way:
    async def way(folder: Path) -> None:
        await asyncio.to_thread(_command, folder, *words, stdin=stdin)

    return way


@asynccontextmanager
async def _window(folder: Path) -> AsyncIterator[Window]:
    company = opened(folder, HeldClock(), undo_send=7)
    inbox = InboxApp(company, alone=True)
    async with inbox.run_test(size=GOOD) as pilot:
        it = Window(inbox, pilot)
        await it.until(lambda: inbox.screen.query_one("DialogList").order is not None)
        yield it
    assert not inbox.guard.unexpected
    company.close()


async def _composed(folder: Path) -> None:
    async with _window(folder) as it:
        await it.open("Полина")
        await it.type(TEXT)
        await it.press("enter")
        await it.until(lambda: _sent(it.app.company))


async def _begun(folder: Path) -> None:
    async with _window(folder) as it:
        page = BeginScreen()
        await it.app.push_screen(page)
        await it.until(lambda: page.query("#outlook") and page.query("#channel #label"))
        page.query_one("#channel").value = 3
        await it.until(lambda: page._form.channel.id == 3)
        page.query_one("#to").value = "k-1844"
        page.query_one("#text").load_text(TEXT)
        page.action_begin()
        await it.until(lambda: _sent(it.app.company))
        await it.until(lambda: page not in it.app.screen_stack)


async def _on_the_page_of_templates(folder: Path) -> None:
    async with _window(folder) as it:
        await it.open("Фёдор")
        await it.press("escape", "P")
        await it.sees("Which template?", "sale/ru")
        await it.press("down", "down", "enter")
        await it.until(lambda: isinstance(it.app.screen, Confirm))
        await it.press("y")
        await it.until(lambda: _sent(it.app.company))


async def _line_by_line(folder: Path) -> None:
    company = opened(folder, HeldClock(), undo_send=7)
    store = AsyncStore(company)
    plain = Plain(Workspace(company, store), lambda _said: None)
    for words in ("найти Полина", "1", f"ответить {TEXT}"):
        await plain.hear(words)
    await store.aclose()
    company.close()


def _sent(company: Company) -> bool:
    newest = "SELECT MAX(at) FROM message WHERE direction = 'out'"
    with company.database.driver.connect() as store:
        return bool(store.execute(newest).fetchone()[0] == company.world.clock.now())


HELD = {"not_before": HeldClock().now() + 7_000, "wait_code": "held"}
"""What the window holds back, where a key takes it back."""
BULK = {"priority": Priority.BULK}
WAYS: Mapping[str, tuple[Way, Mapping[str, object]]] = {
    "send": (_said("send", "k-1844", "-c", 3, "--text", TEXT, "--wait", 0), {}),
    "send to a file": (_said("send", "--to-file", "-", "-c", 3, "--text", TEXT, stdin="k-1844\n"), BULK),
    "composer": (_composed, HELD),
    "new dialog": (_begun, HELD),
    "plain": (_line_by_line, {}),
}
TEMPLATES: Mapping[str, tuple[Way, Mapping[str, object]]] = {
    "send": (_said("send", "+79160000077", "-c", "whatsapp", "--template", "sale", "--wait", 0), {}),
    "page": (_on_the_page_of_templates, HELD),
}


async def _compared(company_folder: Path, tmp_path: Path, answer: Way, way: Way, dialog: DialogId) -> tuple[Rows, Rows]:
    found = []
    for name, one in (("answer", answer), ("other", way)):
        folder = tmp_path / name
        shutil.copytree(company_folder, folder)
        await one(folder)
        found.append(_rows(folder, dialog))
    return found[0], found[1]


def _but_for(rows: Rows, differs: Mapping[str, object]) -> Rows:
    (waits,) = rows["outbox"]
    return {**rows, "outbox": [{**waits, **differs}]}


@pytest.mark.parametrize("name", WAYS)
async def test_the_same_text_leaves_the_same_rows(company_folder: Path, tmp_path: Path, name: str) -> None:
    way, differs = WAYS[name]
    reply = _said("reply", POLINA, "--text", TEXT, "--wait", 0)
    expected, found = await _compared(company_folder, tmp_path, reply, way, POLINA)
    assert expected["message"][0]["text"] == TEXT
    assert found == _but_for(expected, differs)


@pytest.mark.parametrize("name", TEMPLATES)
async def test_the_same_template_leaves_the_same_rows(furnished: Path, tmp_path: Path, name: str) -> None:
    approved = tmp_path / "approved"
    shutil.copytree(furnished, approved)
    _command(approved, "template", "decide", "whatsapp", "sale", "approved")
    way, differs = TEMPLATES[name]
    reply = _said("reply", FYODOR, "--template", "sale", "--wait", 0)
    expected, found = await _compared(approved, tmp_path, reply, way, FYODOR)
    assert expected["message"][0]["template"]
    assert found == _but_for(expected, differs)
