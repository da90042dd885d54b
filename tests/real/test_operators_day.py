"""An operator's day in a real terminal, and the same day from the command line: thirty clients on three channels."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.directory import sandbox
from chatapp_cli.sandbox.stage import CallsHooks, Customer, Sandbox
from chatapp_cli.services import channels, lines, operators, replies
from chatapp_cli.settings import Settings
from chatapp_cli.store.tx import Tx
from tests.contract.connector_contract import ScriptedAsker
from tests.real.terminal import Terminal, terminal
from tests.rehearsals.kill import free_port
from tests.stores import OWNER, owner

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

PROGRAM = (sys.executable, "-m", "chatapp_cli")
KINDS = ("telegram_bot", "vk", "api")
GIVEN = ("Алла", "Борис", "Вера", "Глеб", "Дина", "Егор", "Жанна", "Захар", "Инна", "Кирилл")
FAMILY = {"telegram_bot": "Рябина", "vk": "Сосна", "api": "Ольха"}
"""Names that bend for nobody, so that each is found by what is typed."""
COLLEAGUE = "Ольга"
HELLO = QuickReplyDraft(
    title="Приветствие", text="Здравствуйте, {имя клиента}! Заказ собран.", keywords="привет, добрый день"
)


def people(kind: str) -> list[Customer]:
    """Ten clients of a channel."""
    first = 100 * (1 + KINDS.index(kind))
    return [
        Customer(number=first + n, name=f"{given} {FAMILY[kind]}", username=f"{kind}_{n}")
        for n, given in enumerate(GIVEN)
    ]


@dataclass(frozen=True, slots=True)
class Shop:
    """A company with three bound channels whose providers are in miniature."""

    company: Company
    env: Mapping[str, str]
    sandboxes: Sequence[Sandbox]

    async def opens(self) -> None:
        """All clients write at once."""
        for provider in self.sandboxes:
            for person in people(provider.kind):
                await provider.say(person, f"Добрый день! Это {person.name}, где мой заказ?")

    async def heard(self) -> Mapping[str, Sequence[str]]:
        """What reached each client, by name."""
        return {
            person.name: [message.text for message in await provider.heard(person)]
            for provider in self.sandboxes
            for person in people(provider.kind)
        }


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with AsyncExitStack() as open_:
        port = free_port()
        company = open_company(Settings(home=str(tmp_path))).seen_by(OWNER)
        open_.callback(company.close)
        found = [await open_.enter_async_context(sandbox(kind)) for kind in KINDS]
        line = company.write(lambda tx: lines.add(tx, "Розница"))
        for one in found:
            channel = await bind(company, ScriptedAsker(one.answers), line=line, kind=one.kind)
            if isinstance(one, CallsHooks):
                key = company.read(lambda tx, c=channel: channels.one(tx, c)).hook_key
                one.calls(f"http://127.0.0.1:{port}/hooks/{key}")
        company.write(_with_replies)
        company.write(lambda tx: operators.add(tx, COLLEAGUE, "", ()))
        yield Shop(company, _around(tmp_path, port), found)


def _with_replies(tx: Tx) -> None:
    replies.add_section(tx.by(owner("Марина")), "Магазин")
    replies.add(tx.by(owner("Марина")), replies.section(tx, "Магазин"), HELLO)


def _around(home: Path, port: int) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CHATAPP_HOME": str(home),
        "CHATAPP_CONFIG": str(home / "config.toml"),
        "CHATAPP_HTTP_PORT": str(port),
        "CHATAPP_LANG": "ru",
        "CHATAPP_OPERATOR": "Марина",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
    }


@asynccontextmanager
async def inbox(shop: Shop, folder: Path, operator: str = "Марина") -> AsyncIterator[Terminal]:
    """The window in a terminal."""
    env = {**shop.env, "CHATAPP_OPERATOR": operator}
    async with terminal(folder, (*PROGRAM, "inbox"), env) as window:
        yield window


async def cli(shop: Shop, *words: str, text: str = "") -> Any:
    """A command as a script runs it; what it printed, read as JSON if it is."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, *words, env=shop.env, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(text.encode())
    assert process.returncode == 0, words
    return json.loads(out) if "--json" in words else out.decode()


# Who gets what, in the window and from the command line alike

EVERYBODY = [person for kind in KINDS for person in people(kind)]
ANSWERS = {person.name: f"Здравствуйте, {person.name}! Заказ собран." for person in EVERYBODY}
WANTED = EVERYBODY[::3]
"""Whose dialogs bear a tag and are given to a colleague."""
SAME = (people("telegram_bot")[0], people("vk")[0])
RUDE, PATIENT, TOMORROW = people("api")[0], people("vk")[1], people("telegram_bot")[1]
LATER = "Курьер будет сегодня"


async def settled(shop: Shop) -> None:
    """Everything that could be known of the day is as it should be."""
    rows = {row["name"]: row for row in await cli(shop, "dialog", "list", "-n", "100", "--json")}
    blocked = {row["name"] for row in await cli(shop, "dialog", "list", "--blocked", "--json")}
    snoozed = {row["name"] for row in await cli(shop, "dialog", "list", "--snoozed", "--json")}
    tagged = {row["name"] for row in await cli(shop, "dialog", "list", "--tag", "заказ", "--json")}
    taken = {row["name"] for row in await cli(shop, "dialog", "list", "--assignee", COLLEAGUE, "--json")}
    assert blocked == {RUDE.name}
    assert snoozed == {PATIENT.name}
    assert set(rows) == {person.name for person in EVERYBODY} - blocked - snoozed
    assert tagged == taken == {person.name for person in WANTED}
    assert await cli(shop, "dialog", "list", "--waiting", "--json") == []
    assert {name: said for name, said in (await shop.heard()).items() if said != [ANSWERS[name]]} == {}
    person = await cli(shop, "contact", "show", f"@{SAME[0].username}", "--json")
    assert {contact["name"] for contact in person["contacts"]} == {one.name for one in SAME}
    waits = await cli(shop, "outbox", "list", "--json")
    assert [(one["dialog"], one["state"]) for one in waits] == [(rows[TOMORROW.name]["id"], "scheduled")]


async def test_a_day_from_the_command_line(shop: Shop) -> None:
    async with serving(shop):
        await shop.opens()
        known = await everybody(shop)
        for person in EVERYBODY:
            number = str(known[person.name])
            await cli(shop, "reply", number, "--quick", HELLO.title, "--wait", "0", "--json")
        for person in WANTED:
            await cli(shop, "dialog", "tag", str(known[person.name]), "заказ")
            await cli(shop, "dialog", "assign", str(known[person.name]), COLLEAGUE)
        await cli(shop, "contact", "merge", f"@{SAME[0].username}", f"@{SAME[1].username}")
        await cli(shop, "dialog", "snooze", str(known[PATIENT.name]), "завтра 9:00")
        await cli(shop, "reply", str(known[TOMORROW.name]), "-t", "-", "--at", "завтра 9:00", "--json", text=LATER)
        await until(shop, lambda heard: all(heard.values()))
        await cli(shop, "dialog", "block", str(known[RUDE.name]))
        await settled(shop)


@asynccontextmanager
async def serving(shop: Shop) -> AsyncIterator[None]:
    """The daemon."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "serve", env=shop.env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    assert await process.stdout.readline()
    try:
        yield
    finally:
        process.terminate()
        await process.communicate()


async def everybody(shop: Shop) -> Mapping[str, int]:
    """The dialogs of all who wrote, by name."""
    async with asyncio.timeout(60):
        while True:
            rows = await cli(shop, "dialog", "list", "--unread", "-n", "100", "--json")
            if len(rows) == len(EVERYBODY):
                return {row["name"]: row["id"] for row in rows}


async def until(shop: Shop, condition: Callable[[Mapping[str, Sequence[str]]], bool]) -> None:
    """Wait until the clients have heard enough."""
    async with asyncio.timeout(60):
        while not condition(await shop.heard()):
            await asyncio.sleep(0.1)


async def test_a_day_in_the_window(shop: Shop, tmp_path: Path) -> None:
    async with inbox(shop, tmp_path) as window:
        await window.sees("Неотвеченные")
        await shop.opens()
        await window.sees("Непрочитанные 30")
        for person in EVERYBODY:
            await find(window, person)
            await answer(window, person)
        await until(shop, lambda heard: all(heard.values()))
        await window.sees_no("Неотвеченные 1")
        for person in WANTED:
            await find(window, person)
            await window.press("Escape", "t")
            await window.type("заказ")
            await window.press("Enter", "A", "Down", "Enter")
            await window.until(lambda screen: "#заказ" in screen and COLLEAGUE in screen, person.name)
        await find(window, SAME[0])
        await window.press("Escape", "g", "=")
        await window.type(SAME[1].name)
        await window.until(lambda screen: f"{SAME[1].name}  " in screen, SAME[1].name)
        await window.press("Enter")
        await find(window, PATIENT)
        await window.press("Escape", "Z")
        await window.type("завтра 9:00")
        await window.press("Enter")
        await find(window, TOMORROW)
        await window.type(LATER)
        await window.press("C-l")
        await window.type("завтра в 9")
        await window.press("Enter", "1")
        await window.until(lambda screen: LATER in "".join(right(screen)) and LATER not in composer(screen), LATER)
        await find(window, RUDE)
        await window.press("Escape", "b", "y")
        await settled(shop)


async def find(window: Terminal, person: Customer) -> None:
    """By name, and open."""
    await window.press("Escape", "Escape", "1", "/")
    await window.type(person.name)
    await window.press("Enter", "Enter")
    await window.until(lambda screen: person.name in right(screen)[0], person.name)
    await window.sees(f"{person.name}, где мой заказ?", "Введите сообщение")


async def answer(window: Terminal, person: Customer) -> None:
    """By a quick reply."""
    said = ANSWERS[person.name]
    await window.press("/")
    await window.sees("Заказ собран")
    await window.type("привет")
    await window.press("Enter")
    await window.until(lambda screen: said in composer(screen), said)
    await window.press("Enter")
    await window.until(lambda screen: said in "".join(right(screen)) and said not in composer(screen), said)


def right(screen: str) -> list[str]:
    """The lines of the conversation's side."""
    return [line.partition("│")[2] for line in screen.splitlines()]


def composer(screen: str) -> str:
    """What stands below the conversation."""
    return screen.rpartition("────")[2]
