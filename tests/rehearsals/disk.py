"""The disk is full, read-only, damaged in the middle, slow: each is told, and nothing is acknowledged in vain."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks import Webhook

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import channels, lines
from chatapp_cli.settings import Settings
from tests.contract.connector_contract import ScriptedAsker
from tests.rehearsals.kill import free_port
from tests.stores import OWNER

SIZE = "48m"
"""Of the small disk."""
LETTER = "ж" * 8000
"""What makes a message large enough to need room."""
UNWRITABLE = "Nothing can be written"
"""What the doctor says of a disk that takes nothing."""
DELAY = 0.8
"""Seconds that a flush takes on the slow disk."""
SLOW_DISK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int late(const char *name, int fd) {
    usleep(%d);
    return ((int (*)(int)) dlsym(RTLD_NEXT, name))(fd);
}
int fsync(int fd) { return late("fsync", fd); }
int fdatasync(int fd) { return late("fdatasync", fd); }
"""
READ_ONLY_DISK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
static int refused(int fd) {
    struct stat ours, file;
    if (access("%s", F_OK) || stat("%s", &ours) || fstat(fd, &file) || file.st_dev != ours.st_dev) return 0;
    errno = EROFS;
    return 1;
}
#define NEXT(name, ...) ((ssize_t (*)(int, ...)) dlsym(RTLD_NEXT, name))(__VA_ARGS__)
ssize_t pwrite(int fd, const void *from, size_t n, off_t at) {
    return refused(fd) ? -1 : NEXT("pwrite", fd, from, n, at);
}
ssize_t pwrite64(int fd, const void *from, size_t n, off_t at) { return pwrite(fd, from, n, at); }
ssize_t write(int fd, const void *from, size_t n) { return refused(fd) ? -1 : NEXT("write", fd, from, n); }
int ftruncate(int fd, off_t n) { return refused(fd) ? -1 : (int) NEXT("ftruncate", fd, n); }
int ftruncate64(int fd, off_t n) { return ftruncate(fd, n); }
"""
"""What a kernel does that mounts a failing disk read-only: files stay open, and each write to them is refused."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many webhooks come before, during and after each mishap."""

    webhooks: int
    patience: float = 30.0
    """Seconds within which a state has to be told, and to be over afterwards."""


FULL = Plan(webhooks=300, patience=60)
TENTH = Plan(webhooks=30)


@dataclass(slots=True)
class Figures:
    """What was acknowledged, and what was told."""

    acknowledged: set[str] = field(default_factory=set)
    refused: int = 0
    stored: set[str] = field(default_factory=set)
    told: dict[str, bool] = field(default_factory=dict)
    """Each place that had to tell a state, and whether it did."""
    seconds: float = 0.0

    def violations(self) -> Iterator[str]:
        """Everything that does not hold."""
        yield from (f"acknowledged and not stored: {text}" for text in sorted(self.acknowledged - self.stored))
        yield from (f"not told: {what}" for what, told in self.told.items() if not told)

    def __str__(self) -> str:
        kept = len(self.acknowledged & self.stored)
        return "\n".join(
            [
                f"{len(self.acknowledged)} acknowledged, {kept} of them stored, {self.refused} refused",
                f"{sum(self.told.values())} of {len(self.told)} places told the state, {self.seconds:.0f} s",
                *(f"  {'told' if told else 'NOT TOLD'}: {what}" for what, told in self.told.items()),
            ]
        )


@dataclass(slots=True)
class Desk:
    """A company on the small disk, its daemon, and who calls it."""

    home: Path
    company: Company
    program: ApiSandbox
    bot: TelegramBotSandbox
    plan: Plan
    say: Callable[[str], None]
    figures: Figures = field(default_factory=Figures)
    port: int = field(default_factory=free_port)
    hook: str = ""
    count: int = 0
    heard: int = 0
    """How much of what the alarm command was told was looked at."""

    @property
    def store(self) -> Path:
        """The file of the store."""
        return self.company.settings.folder / "chatapp.db"

    @property
    def alarms(self) -> list[str]:
        """What the alarm command was told of the store, in order; it writes on another disk."""
        file = self.home.with_name("told")
        said = file.read_text().splitlines() if file.exists() else []
        return [line for line in said if line.startswith("store ")]

    @property
    def env(self) -> Mapping[str, str]:
        """Of our own commands."""
        ours = {"CHATAPP_HOME": str(self.home), "CHATAPP_HTTP_PORT": str(self.port), "CHATAPP_LOG_LEVEL": "error"}
        own = {
            "CHATAPP_LANG": "en",
            "CHATAPP_CONFIG": str(self.home / "none.toml"),
            "CHATAPP_ALARM_COMMAND": self._tell,
        }
        return {**os.environ, **ours, **own}

    @property
    def _tell(self) -> str:
        words = f'echo "$ALARM_KIND $ALARM_STATE $(cat)" >> {self.home.with_name("told")}'
        return shlex.join(["sh", "-c", words])

    def hears(self, act: str, *expected: str) -> None:
        """Note whether the alarm command was told exactly this since it was asked last."""
        told = self.alarms[self.heard :]
        self.heard += len(told)
        fits = len(told) == len(expected) and all(words in line for words, line in zip(expected, told, strict=True))
        self.figures.told[f"{act}: the alarm command, once"] = fits
        self.say(f"told by command: {told}")

    async def set_up(self) -> None:
        """Bind a channel that is called and one that asks."""
        line = self.company.write(lambda tx: lines.add(tx, "Продажи"))
        api = await bind(self.company, ScriptedAsker(self.program.answers), line=line, kind="api")
        await bind(self.company, ScriptedAsker(self.bot.answers), line=line, kind="telegram_bot")
        self.hook = self.company.read(lambda tx: channels.one(tx, api)).hook_key or ""
        self.company.close()

    async def run(self, *words: str, **more: str) -> tuple[int, str, str]:
        """Run a command; its exit code and what it said."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chatapp_cli", *words),
            env={**self.env, **more},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    @asynccontextmanager
    async def serving(self, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """A daemon while this lasts; it may end before."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chatapp_cli", "serve"),
            env={**self.env, **more},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            assert await process.stdout.readline()
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                await process.communicate()

    async def post(self, many: int, *, large: bool = False) -> list[int]:
        """Call the desk; what it acknowledges is noted."""
        statuses = []
        async with httpx.AsyncClient(timeout=60) as http:
            for _ in range(many):
                self.count += 1
                text = f"message {self.count} {LETTER if large else ''}".strip()
                statuses.append(await self._posted(http, text))
                if statuses[-1] == httpx.codes.OK:
                    self.figures.acknowledged.add(f"message {self.count}")
                else:
                    self.figures.refused += 1
        return statuses

    async def _posted(self, http: httpx.AsyncClient, text: str) -> int:
        event = {"type": "message", "id": f"m-{self.count}", "chat_id": "client-1", "text": text}
        body, now = json.dumps(event), datetime.now(UTC)
        signature = Webhook(self.program.answers["secret"]).sign(event["id"], now, body)
        stamp = str(int(now.timestamp()))
        headers = {"webhook-id": event["id"], "webhook-timestamp": stamp, "webhook-signature": signature}
        try:
            answer = await http.post(f"http://127.0.0.1:{self.port}/hooks/{self.hook}", content=body, headers=headers)
        except httpx.HTTPError:
            return 0
        return answer.status_code

    async def get(self, path: str) -> tuple[int, str]:
        """What the daemon answers to a monitor; 0 if it does not."""
        async with httpx.AsyncClient(timeout=20) as http:
            try:
                answer = await http.get(f"http://127.0.0.1:{self.port}{path}")
            except httpx.HTTPError:
                return 0, ""
        return answer.status_code, answer.text

    async def tells(self, what: str, look: Callable[[], Any]) -> None:
        """Note whether something is told within the plan's time."""
        deadline = time.monotonic() + self.plan.patience
        while not (told := await look()) and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
        self.figures.told[what] = bool(told)
        self.say(f"{'told' if told else 'NOT TOLD'}: {what}")

    async def is_ready(self) -> bool:
        """Whether the daemon says that it can store."""
        return (await self.get("/readyz"))[0] == httpx.codes.OK

    async def unready(self, why: str) -> bool:
        """Whether the daemon says why it cannot."""
        status, said = await self.get("/readyz")
        return status == httpx.codes.SERVICE_UNAVAILABLE and why in said

    async def measures(self, line: str) -> bool:
        """Whether a metric has a value."""
        return line in (await self.get("/metrics"))[1].splitlines()

    async def doctor_finds(self, name: str, words: str, **more: str) -> bool:
        """Whether the doctor finds fault with something in these words."""
        _, out, err = await self.run("doctor", "--json", **more)
        if not out:
            self.say(err)
            return False
        return any(one["name"] == name and not one["ok"] and words in one["what"] for one in json.loads(out))

    async def lists(self, words: str) -> bool:
        """Whether the list of lines says so."""
        _, out, err = await self.run("line", "list")
        return words in out + err

    async def was_alarmed(self, words: str) -> bool:
        """Whether the alarm command was told of the store in these words, last of all."""
        return bool(self.alarms[self.heard :]) and self.alarms[-1].startswith(words)

    def keep_stored(self) -> None:
        """Note what is in the store."""
        with closing(sqlite3.connect(self.store)) as connection:
            texts = connection.execute("SELECT text FROM message WHERE direction = 'in'").fetchall()
        self.figures.stored |= {match[0] for (text,) in texts if (match := re.match(r"message \d+", text))}


async def full(desk: Desk) -> None:
    """The disk fills while webhooks come and a channel loses its login."""
    async with desk.serving():
        await desk.tells("full: ready before", desk.is_ready)
        await desk.post(desk.plan.webhooks)
        ballast = desk.home / "ballast"
        _fill(ballast)
        await desk.tells("full: webhooks are refused", lambda: _refuses(desk))
        await desk.bot.end_login()
        await desk.tells("full: /readyz", lambda: desk.unready("disk is full"))
        await desk.tells("full: /metrics", lambda: desk.measures("chatapp_store_ready 0.0"))
        await desk.tells("full: doctor", lambda: desk.doctor_finds("disk", "0 MB are free"))
        await desk.tells("full: the alarm command", lambda: desk.was_alarmed("store raised"))
        await desk.tells("full: the list", lambda: desk.lists("gives no sign of life since"))
        ballast.unlink()
        await desk.tells("full: ready again by itself", desk.is_ready)
        await desk.tells("full: what stopped meanwhile is written", lambda: desk.lists("stopped; looks again at"))
        await desk.tells("full: the alarm command again", lambda: desk.was_alarmed("store healed"))
        await desk.post(desk.plan.webhooks)
    desk.hears("full", "Nothing can be stored: The disk is full", "over since")
    desk.keep_stored()


async def _refuses(desk: Desk) -> bool:
    return httpx.codes.SERVICE_UNAVAILABLE in await desk.post(5, large=True)


def _fill(ballast: Path) -> None:
    """Leave no byte."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while file.write(b"\xff" * size) == size:
                    pass
            except OSError:
                continue


async def read_only(desk: Desk) -> None:
    """The disk was mounted read-only: the daemon does not start, and says so."""
    with _mounted(desk.home, "remount,ro", after="remount,rw"):
        code, _, err = await desk.run("serve")
        desk.figures.told["read-only: serve ends in words"] = code == 2 and "cannot be written" in err
        desk.say(err.strip())
        await desk.run("serve")
        desk.hears("read-only", "store raised")
        await desk.tells("read-only: doctor", lambda: desk.doctor_finds("disk", UNWRITABLE))
        code, out, _ = await desk.run("line", "list")
        desk.figures.told["read-only: what is stored can be read"] = code == 0 and "Продажи" in out


async def turned_read_only(desk: Desk) -> None:
    """The disk turns read-only under a daemon that runs, and becomes writable again."""
    sign = desk.home.with_name("read-only")
    library = _library(desk.home, READ_ONLY_DISK % (sign, desk.home))
    async with desk.serving(LD_PRELOAD=library):
        await desk.tells("turned read-only: ready before, and writable again", desk.is_ready)
        await desk.tells("writable again: the alarm command", lambda: desk.was_alarmed("store healed"))
        await desk.post(desk.plan.webhooks // 10)
        sign.touch()
        statuses = await desk.post(5)
        desk.figures.told["turned read-only: nothing is acknowledged"] = httpx.codes.OK not in statuses
        await desk.tells("turned read-only: /readyz", lambda: desk.unready("cannot be written"))
        await desk.tells("turned read-only: /metrics", lambda: desk.measures("chatapp_store_ready 0.0"))
        await desk.tells("turned read-only: doctor", lambda: desk.doctor_finds("disk", UNWRITABLE, LD_PRELOAD=library))
        await desk.tells("turned read-only: the alarm command", lambda: desk.was_alarmed("store raised"))
        await desk.tells("turned read-only: the list", lambda: desk.lists("gives no sign of life since"))
        sign.unlink()
        await desk.tells("turned read-only: ready again by itself", desk.is_ready)
        await desk.tells("turned read-only: the alarm command again", lambda: desk.was_alarmed("store healed"))
        await desk.post(desk.plan.webhooks // 10)
    desk.hears("turned read-only", "over since", "cannot be written", "over since")
    desk.keep_stored()


async def damaged(desk: Desk) -> None:
    """The middle of the file is overwritten while webhooks come; then the backup is restored."""
    backup = desk.home / "backup.db"
    with closing(sqlite3.connect(desk.store)) as connection:
        connection.execute(f"VACUUM INTO '{backup}'")
    before = set(desk.figures.acknowledged)
    async with desk.serving() as daemon:
        await desk.tells("damaged: ready before", desk.is_ready)
        _overwrite(desk.store)
        statuses = [status for _ in range(10) for status in await desk.post(desk.plan.webhooks // 10)]
        refused = next((n for n, status in enumerate(statuses) if status != httpx.codes.OK), len(statuses))
        desk.figures.told["damaged: nothing is acknowledged after the first sign"] = 200 not in statuses[refused:]
        desk.say(f"{refused} acknowledged before the damage was met")
        # it ends within seconds of the first sign; a monitor that asks meanwhile is told, and after that hears nothing
        ready, (_, said) = await desk.is_ready(), await desk.get("/metrics")
        desk.figures.told["damaged: /readyz"] = not ready
        desk.figures.told["damaged: /metrics"] = not said or "chatapp_store_damaged 1.0" in said.splitlines()
        _, err = await asyncio.wait_for(daemon.communicate(), desk.plan.patience)
        desk.figures.told["damaged: the daemon ends in words"] = daemon.returncode == 2 and b"is damaged" in err
    code, _, err = await desk.run("serve")
    told = code == 2 and "damaged" in err and "docs/operations.md" in err
    desk.figures.told["damaged: it does not start again"] = told
    desk.hears("damaged", "store raised")
    await desk.tells("damaged: doctor", lambda: desk.doctor_finds("store", "damaged"))
    code, out, err = await desk.run("line", "list")
    desk.figures.told["damaged: the list"] = (code, out) == (2, "") and "is damaged" in err
    await _restored(desk, backup)
    desk.figures.acknowledged &= before  # what came after the backup is lost with the file, and was told


async def _restored(desk: Desk, backup: Path) -> None:
    for end in ("-wal", "-shm"):
        desk.store.with_name(desk.store.name + end).unlink(missing_ok=True)
    shutil.move(backup, desk.store)
    _, out, _ = await desk.run("doctor", "--json")
    intact = [one for one in json.loads(out) if one["name"] == "store"]
    desk.figures.told["damaged: doctor finds the backup intact"] = all(one["ok"] for one in intact)
    async with desk.serving():
        await desk.tells("damaged: ready with the backup", desk.is_ready)
        await desk.tells("damaged: the alarm command again", lambda: desk.was_alarmed("store healed"))
        desk.hears("restored", "over since")
        await desk.post(desk.plan.webhooks // 10)
    desk.keep_stored()


def _overwrite(store: Path) -> None:
    """Everything but the beginning and the end."""
    size = store.stat().st_size // 4096
    with store.open("r+b", buffering=0) as file:
        file.seek(2 * 4096)
        file.write(b"\xff" * 4096 * (size - 3))


async def slow(desk: Desk) -> None:
    """Every flush takes most of a second."""
    library = _library(desk.home, SLOW_DISK % int(DELAY * 1_000_000))
    async with desk.serving(LD_PRELOAD=library):
        await desk.tells("slow: ready all the same", desk.is_ready)
        await desk.post(2)
        await desk.tells("slow: /metrics", lambda: _slowest(desk))
        await desk.tells("slow: the list goes on", lambda: desk.lists("Продажи"))
        await desk.tells("slow: doctor", lambda: desk.doctor_finds("disk", "slow", LD_PRELOAD=library))
    desk.keep_stored()


def _library(folder: Path, code: str) -> str:
    """What stands between the program and the kernel."""
    source, library = folder / "disk.c", folder / "disk.so"
    source.write_text(code)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return str(library)


async def _slowest(desk: Desk) -> bool:
    _, said = await desk.get("/metrics")
    found = re.search(r"^chatapp_store_commit_slowest_seconds (\S+)$", said, re.MULTILINE)
    return found is not None and float(found[1]) >= DELAY / 2


@contextmanager
def _mounted(folder: Path, options: str, *, after: str = "") -> Iterator[None]:
    """A small disk, or another state of it."""
    kind: Sequence[str] = () if after else ("-t", "tmpfs", "tmpfs")
    subprocess.run(["mount", *kind, "-o", options, str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", after, str(folder)] if after else ["umount", "-l", str(folder)], check=True)


async def rehearse(folder: Path, plan: Plan, say: Callable[[str], None]) -> Figures:
    """Play it on a disk of its own, as root; ``say`` is told how it goes on."""
    began, home = time.monotonic(), folder / "disk"
    home.mkdir()
    async with AsyncExitStack() as stack:
        stack.enter_context(_mounted(home, f"size={SIZE}"))
        program = await stack.enter_async_context(ApiSandbox())
        bot = await stack.enter_async_context(TelegramBotSandbox())
        company = open_company(Settings(home=str(home))).seen_by(OWNER)
        desk = Desk(home, company, program, bot, plan, say)
        await desk.set_up()
        for act in (full, read_only, turned_read_only, damaged, slow):
            say(f"— {act.__name__}")
            await act(desk)
        desk.figures.seconds = time.monotonic() - began
        return desk.figures
