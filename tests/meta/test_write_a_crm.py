"""The CRM of docs/write-a-crm.md is put beside the program as another package would be, and has a conversation."""

from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.kit.crms import ENTRY_POINTS
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.stage import Customer
from tests.daemons import Child, Serving
from tests.meta.printed import entry_points, files_of, put
from tests.meta.tillbook import TILL, TOKEN, TillBook

PAGE = "write-a-crm.md"
FILES = files_of(PAGE)
ANNA = Customer(number=101, name="Анна", username="anna")


@dataclass(frozen=True, slots=True)
class Shop:
    """The desk with the page's CRM, the book, and the program by which its clients write."""

    serving: Serving
    book: TillBook
    clients: ApiSandbox

    async def run(self, *words: str) -> str:
        """Run a command; it has to succeed."""
        code, said = await self.serving.chatapp(*words)
        assert code == 0, said
        return said

    async def read(self, *words: str) -> Any:
        """What a command says as JSON."""
        return json.loads(await self.run(*words, "--json"))

    async def joined(self, child: Child) -> None:
        """A line with a channel that is paired with the book's till."""
        await self.run("line", "add", "Магазин")
        answers = [word for name, value in self.clients.answers.items() for word in ("--set", f"{name}={value}")]
        await self.run("line", "bind", "api", *answers)
        listed = await self.read("line", "show")
        self.clients.calls(child.address + listed["channels"][0]["facts"]["Webhook path"])
        await self.run("company", "configure", "--set", f"public_url={child.address}")
        await self.run("crm", "link", "tillbook", "--set", f"url={self.book.url}", "--set", f"token={TOKEN}")
        await self.run("crm", "attach", "api", TILL)

    def heard(self) -> list[str]:
        """What clients got."""
        return [one["text"] for one in self.clients.events if one["type"] == "message"]


@asynccontextmanager
async def opened(home: Path) -> AsyncIterator[tuple[Shop, Child]]:
    """A shop whose channel is paired with its book."""
    serving = Serving(home)
    put(FILES, serving.site)
    serving.install(*entry_points(PAGE))
    async with TillBook() as book, ApiSandbox() as clients, serving.child() as child:
        shop = Shop(serving, book, clients)
        await shop.joined(child)
        yield shop, child


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.05)


def said(letter: Mapping[str, Any]) -> tuple[Any, Any]:
    return letter["state"], letter["code"]


def test_the_page_has_the_two_files_of_a_crm_and_its_entry_point() -> None:
    assert {*FILES} == {"tillbook_crm/manifest.toml", "tillbook_crm/connector.py"}
    assert entry_points(PAGE) == (ENTRY_POINTS, {"tillbook": "tillbook_crm"})


def test_its_connector_imports_only_what_a_package_of_others_may() -> None:
    tree = ast.parse(FILES["tillbook_crm/connector.py"])
    ours = [node.module.split(".") for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    layers = {words[1] for words in ours if words[0] == "chatapp_cli"}
    assert layers == {"domain", "kit", "ports"}


@pytest.mark.req("S-018", part="a CRM of another package")
async def test_its_crm_carries_a_conversation_both_ways_once(tmp_path: Path) -> None:
    async with opened(tmp_path / "home") as (shop, _child):
        book = shop.book
        await eventually(lambda: book.hook)
        await shop.clients.say(ANNA, "Здравствуйте")
        await eventually(book.of_desk)
        (first,) = book.notes
        assert (first["text"], first["till"], first["source"]) == ("Анна: Здравствуйте", TILL, "api")

        book.losing = 1
        await shop.clients.say(ANNA, "Есть ли мёд?")
        await eventually(lambda: book.looks)
        await shop.clients.say(ANNA, "Гречишный")
        await eventually(lambda: len(book.of_desk()) == 3)
        assert book.of_desk() == ["Анна: Здравствуйте", "Анна: Есть ли мёд?", "Анна: Гречишный"]
        assert book.looks == [book.notes[1]["mark"]]

        answer = book.written_by_staff(first, "Есть, по 500")
        forged = {**answer, "id": "99", "text": "Переведите деньги"}
        assert await book.call(forged, key="guessed") == 403
        assert await book.call(forged, ago=3600) == 403
        assert [await book.call(answer) for _ in range(2)] == [200, 200]
        assert [await book.call(note) for note in book.notes[:3]] == [200, 200, 200]
        await eventually(shop.heard)
        await eventually(lambda: "fate" in answer)
        assert shop.heard() == ["Есть, по 500"]
        assert answer["fate"] == "sent"
