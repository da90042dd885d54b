"""The CRM of docs/write-a-crm.md is put beside the program as another package would be, and has a conversation."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from chatapp_cli.bootstrap import open_company
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.services import links
from chatapp_cli.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "write-a-crm.md").read_text("utf-8")
FILES = dict(re.findall(r"^`(notebook_crm/[\w.]+)`\n\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
GROUP = re.search(r'"(chatapp\.crms)"\]\n(.*?)\n```', PAGE, re.DOTALL)
ANNA = Customer(number=101, name="Анна", username="anna")
WORD = "lamp"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Where the page's package is installed."""
    site = tmp_path / "site"
    for name, text in {**FILES, "notebook_crm/__init__.py": ""}.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, "utf-8")
    assert GROUP is not None
    info = site / "notebook_crm-1.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: notebook-crm\nVersion: 1\n", "utf-8")
    info.joinpath("entry_points.txt").write_text(f"[{GROUP[1]}]\n{GROUP[2].replace(chr(34), '')}\n", "utf-8")
    return {
        **os.environ,
        "PYTHONPATH": f"{site}{os.pathsep}{ROOT}",
        "CHATAPP_HOME": str(tmp_path / "home"),
        "CHATAPP_LANG": "en",
        "CHATAPP_HTTP_PORT": "0",
    }


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with the program and the notebook."""

    environment: dict[str, str]
    notebook: Path

    async def run(self, *words: str) -> str:
        """Run a command; it has to succeed."""
        command = [sys.executable, "-m", "chatapp_cli", *words]
        done = await asyncio.to_thread(
            subprocess.run, command, env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done
        return done.stdout

    def lines(self) -> list[dict[str, str]]:
        text = self.notebook.read_text("utf-8") if self.notebook.exists() else ""
        return [json.loads(line) for line in text.splitlines()]


@asynccontextmanager
async def serving(environment: dict[str, str]) -> AsyncIterator[str]:
    """``chatapp serve``; yields its address."""
    pipe = asyncio.subprocess.PIPE
    daemon = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chatapp_cli", "serve", env=environment, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    assert daemon.stdout is not None
    try:
        yield (await asyncio.wait_for(daemon.stdout.readline(), 30)).decode().strip()
    finally:
        daemon.terminate()
        await daemon.communicate()


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.05)


def texts(program: ApiSandbox) -> list[str]:
    """What Анна got."""
    return [one["text"] for one in program.events if one["type"] == "message"]


def test_the_page_has_the_two_files_of_a_crm() -> None:
    assert {*FILES} == {"notebook_crm/manifest.toml", "notebook_crm/connector.py"}


@pytest.mark.req("S-018", part="a CRM of another package")
async def test_its_crm_carries_a_conversation_both_ways_once(environment: dict[str, str], tmp_path: Path) -> None:
    reader = Reader(environment, tmp_path / "notebook.jsonl")
    await reader.run("line", "add", "Магазин")
    async with ApiSandbox() as program, serving(environment) as address:
        answers = [word for name, value in program.answers.items() for word in ("--set", f"{name}={value}")]
        await reader.run("line", "bind", "api", *answers)
        listed = json.loads(await reader.run("line", "show", "--json"))
        program.calls(address + listed["channels"][0]["facts"]["Webhook path"])
        await reader.run("company", "configure", "--set", f"public_url={address}")
        await reader.run("crm", "link", "notebook", "--set", f"file={reader.notebook}", "--set", f"word={WORD}")
        await reader.run("crm", "attach", "api", "1")
        await program.say(ANNA, "Здравствуйте")
        await eventually(reader.lines)
        (line,) = reader.lines()
        assert line["text"] == "Анна: Здравствуйте"
        with closing(open_company(Settings(home=environment["CHATAPP_HOME"]))) as company:
            (link,) = company.read(links.everything)
        body = json.dumps({"id": "a-1", "chat": line["chat"], "text": "Добрый день"})
        async with aiohttp.ClientSession() as http:
            for word, status in (("other", 403), (WORD, 200), (WORD, 200)):
                headers = {"X-Word": word}
                async with http.post(f"{address}/hooks/{link.hook_key}/say", data=body, headers=headers) as answer:
                    assert answer.status == status
        await eventually(lambda: texts(program))
        assert texts(program) == ["Добрый день"]
        assert "works" in await reader.run("crm", "list")
        assert len(reader.lines()) == 1
