"""The CRM of docs/write-a-crm.md is put beside the program as another package would be, and has a conversation."""

from __future__ import annotations

import ast
import asyncio
import json
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.kit import crms
from chatapp_cli.kit.crms import ENTRY_POINTS
from chatapp_cli.sandbox.api import ApiSandbox, chat_id
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.services import link_codes
from tests.daemons import Child, Serving
from tests.meta.codes import raised
from tests.meta.printed import entry_points, files_of, put
from tests.meta.tillbook import PICTURE, TILL, TOKEN, TillBook

FILES = files_of("write-a-crm.md")
PROJECT = FILES["pyproject.toml"]
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


def installed(home: Path) -> Serving:
    """A desk beside which the page's package is installed."""
    serving = Serving(home)
    put(FILES, serving.site)
    serving.install(*entry_points(PROJECT))
    return serving


@asynccontextmanager
async def opened(home: Path) -> AsyncIterator[Shop]:
    """A shop whose channel is paired with its book."""
    serving = installed(home)
    async with TillBook() as book, ApiSandbox() as clients, serving.child() as child:
        shop = Shop(serving, book, clients)
        await shop.joined(child)
        yield shop


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.05)


def test_the_page_packs_the_files_of_a_crm_and_names_its_entry_point() -> None:
    assert {*FILES} == {"pyproject.toml", "tillbook_crm/manifest.toml", "tillbook_crm/connector.py"}
    assert entry_points(PROJECT) == (ENTRY_POINTS, {"tillbook": "tillbook_crm"})
    packed = tomllib.loads(PROJECT)["tool"]["setuptools"]
    assert packed == {"packages": ["tillbook_crm"], "package-data": {"tillbook_crm": ["manifest.toml"]}}


def test_every_code_that_it_may_raise_is_explained(tmp_path: Path) -> None:
    put(FILES, tmp_path)
    about = crms.parse("tillbook", tomllib.loads(FILES["tillbook_crm/manifest.toml"]))
    codes = set(raised(tmp_path / "tillbook_crm" / "connector.py"))
    assert {"erased", "strange_answer", "payment"} <= codes
    assert [code for code in sorted(codes) if link_codes.of_link(about, code) is None] == []


def test_its_connector_imports_only_what_a_package_of_others_may() -> None:
    tree = ast.parse(FILES["tillbook_crm/connector.py"])
    ours = [node.module.split(".") for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    layers = {words[1] for words in ours if words[0] == "chatapp_cli"}
    assert layers == {"domain", "kit", "ports"}


@pytest.mark.req("S-018", part="a CRM of another package")
async def test_its_crm_carries_a_conversation_both_ways_once(tmp_path: Path) -> None:
    async with opened(tmp_path / "home") as shop:
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
        assert len(book.notes) == 4


async def test_what_it_refuses_is_shown_with_its_code_and_the_dialog_goes_on(tmp_path: Path) -> None:
    async with opened(tmp_path / "home") as shop:
        shop.book.erased = {"мой номер"}
        await shop.clients.say(ANNA, "мой номер 5")
        await shop.clients.say(ANNA, "Алло?")
        await eventually(shop.book.of_desk)
        assert shop.book.of_desk() == ["Анна: Алло?"]
        (entry,) = await shop.read("crm", "outbox", "list")
        assert (entry["state"], entry["code"], entry["detail"]) == ("dead", "erased", "erased on request")
        (shown,) = (await shop.run("crm", "outbox", "list")).splitlines()
        assert shown.split("\t")[1:3] == ["Corner shop", "Анна"]
        assert "The customer was erased from the book" in shown
        (listed,) = (await shop.run("crm", "list")).splitlines()
        assert listed.split("\t")[1:4] == ["Corner shop", "Till book", "works"]

        assert await shop.book.call(b'{"id": "5"') == 200
        (letter,) = await shop.read("crm", "deadletter", "list")
        assert "Expecting ',' delimiter" in letter["problem"]
        assert shop.heard() == []


async def test_what_was_written_in_an_outage_and_what_its_code_misread_reach_the_client_once(tmp_path: Path) -> None:
    serving = installed(tmp_path / "home")
    code = serving.site / "tillbook_crm" / "connector.py"
    code.write_text(
        code.read_text("utf-8").replace("read_as(request.body, Note)", "read_as(request.body, int)"), "utf-8"
    )
    async with TillBook() as book, ApiSandbox() as clients:
        shop = Shop(serving, book, clients)
        async with serving.child() as child:
            await shop.joined(child)
            await shop.clients.say(ANNA, "Здравствуйте")
            await eventually(book.of_desk)
            ours, misread = book.notes[0], book.written_by_staff(book.notes[0], "Сейчас посмотрю")
            for note in (ours, misread):
                assert await book.call(note) == 200
            book.notes.remove(misread)
        put(FILES, serving.site)
        missed = book.written_by_staff(ours, "Мы закрыты до десяти")
        async with serving.child() as child:
            await eventually(shop.heard)
            assert shop.heard() == ["Мы закрыты до десяти"]
            for letter in await shop.read("crm", "deadletter", "list"):
                await serving.chatapp("crm", "deadletter", "retry", str(letter["id"]))  # one cannot be read still
            await shop.run("crm", "catchup")
            await eventually(lambda: len(shop.heard()) == 2)
            await shop.run("company", "configure", "--set", f"public_url={child.address}")
            await eventually(lambda: book.hook["url"].startswith(child.address))
            assert await book.call(missed) == 200
            await eventually(lambda: "fate" in missed)
            assert shop.heard() == ["Мы закрыты до десяти", "Сейчас посмотрю"]
            (letter,) = await shop.read("crm", "deadletter", "list")
            code, said = await serving.chatapp("crm", "deadletter", "retry", str(letter["id"]))
            assert (code, "nobody of the staff wrote this note" in said) == (1, True)


async def test_changes_of_clients_and_pictures_of_the_staff_arrive_and_the_card_is_shown(tmp_path: Path) -> None:
    async with opened(tmp_path / "home") as shop:
        book, clients = shop.book, shop.clients
        letter = await clients.say(ANNA, "Есть мёд?")
        await eventually(book.of_desk)
        about = {"id": letter, "chat_id": chat_id(ANNA)}
        await clients.tell({"type": "message.edited", "text": "Есть липовый мёд?", **about})
        await eventually(lambda: book.of_desk() == ["Анна: Есть липовый мёд?"])

        answer = book.written_by_staff(book.notes[0], "Есть")
        assert await book.call({**answer, "picture": PICTURE}) == 200
        await eventually(lambda: "fate" in answer)
        (heard,) = await clients.heard(ANNA)
        assert (heard.text, [file.content for file in heard.files]) == ("Есть", [b"a jar of honey"])

        (dialog,) = await shop.read("dialog", "list")
        (crm,) = await shop.read("crm", "card", str(dialog["id"]))
        assert [(one["card"], one["title"]) for one in crm["cards"]] == [(f"contact:{answer['customer']}", "Анна")]
        assert [one["name"] for one in await shop.read("crm", "employees")] == ["Вера"]
        await clients.tell({"type": "messages.deleted", "ids": [letter], "chat_id": chat_id(ANNA)})
        await eventually(lambda: book.of_desk() == [])


async def test_it_is_checked_and_answers_its_own_command_and_a_link_that_ends_leaves_no_hook(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path / "home") as shop:
        book = shop.book
        await eventually(lambda: book.hook)
        found = {one["name"]: one["ok"] for one in await shop.read("crm", "check")}
        assert found == {"book": True, "hook": True}
        assert await shop.run("crm", "places") == "1\tCounter\ton\t\n"
        assert await shop.run("crm", "book", "staff") == "Вера, vera@corner.example\n"
        assert await shop.read("crm", "book", "staff", "--named", "вер") == [
            {"name": "Вера", "email": "vera@corner.example"}
        ]
        assert await shop.read("crm", "book", "staff", "--named", "олег") == []
        assert "Only those whose names contain this" in await shop.run("crm", "book", "staff", "--help")
        (link,) = await shop.read("crm", "list")
        assert (link["title"], link["state"], link["waiting"], book.notes) == ("Corner shop", "ok", 0, [])
        assert "Corner shop is not linked any more. Delete the token in the book too." in await shop.run(
            "crm", "unlink"
        )
        assert book.hook == {}
        assert await shop.read("crm", "list") == []


@pytest.mark.req("S-198")
async def test_amocrm_and_bitrix24_are_the_crms_and_another_one_comes_as_a_package(tmp_path: Path) -> None:
    for serving, kinds in (
        (Serving(tmp_path / "bare"), "amocrm, bitrix24"),
        (installed(tmp_path / "home"), "amocrm, bitrix24, tillbook"),
    ):
        code, said = await serving.chatapp("crm", "link", "megaplan")
        assert (code, said) == (1, f"There is no kind of CRM megaplan.\n→ Known kinds: {kinds}\n")


async def test_a_wrong_answer_is_blamed_on_its_field_and_links_nothing(tmp_path: Path) -> None:
    serving = installed(tmp_path / "home")
    async with TillBook() as book:
        code, said = await serving.chatapp("crm", "link", "tillbook", "--set", f"url={book.url}", "--set", "token=x")
        assert (code, "A CRM calls this desk from outside" in said) == (2, True)
        await serving.chatapp("company", "configure", "--set", "public_url=https://desk.example.ru")
        for url, token, why in (
            (book.url, "x", "The book does not know this token."),
            ("http://127.0.0.1:1", TOKEN, "No till book answers there."),
        ):
            code, said = await serving.chatapp(
                "crm", "link", "tillbook", "--set", f"url={url}", "--set", f"token={token}"
            )
            assert (code, why in said) == (2, True)
        code, said = await serving.chatapp("crm", "link", "--set", f"url={book.url}")
        assert (code, "Say which kind of CRM." in said, "tillbook" in said) == (2, True, True)
        assert await serving.chatapp("crm", "list", "--json") == (0, "[]\n")
