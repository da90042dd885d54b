"""What a daemon with nothing to do costs: memory beside the bare libraries that its channels need, and processor."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import psutil

from benchmarks.harness import Case
from benchmarks.shop import company, serving
from chatapp_cli.sandbox.directory import sandbox
from chatapp_cli.sandbox.stage import Sandbox

BASE = ["email", "api"]
LIBRARIES = (
    *("asyncio", "sqlite3", "ssl", "structlog", "cryptography.fernet", "msgspec"),
    *("starlette.applications", "uvicorn", "httptools", "aiohttp"),
    *("aioimaplib", "aiosmtplib", "email.mime.text", "standardwebhooks"),
)
"""What one would import to receive webhooks, read and send mail, and store it."""
SECONDS = 10
BARE = "import {}, os; print(open(f'/proc/{{os.getpid()}}/statm').read().split()[1])"


def cases() -> Iterator[Case]:
    with idle(BASE) as pid:
        yield Case(
            "daemon's memory: mail, API",
            "MB",
            ours=partial(megabytes, pid),
            limit=80,
            at_most=1,
            rounds=1,
            warm_up=False,
        )
        yield Case(
            "daemon's memory: mail, API; bare imports",
            "MB",
            ours=partial(megabytes, pid),
            peer=partial(imported, LIBRARIES),
            at_most=1.25,
            warm_up=False,
        )
        yield Case(
            "daemon's processor at rest", "%", ours=partial(busy, pid), limit=1, at_most=1, rounds=3, warm_up=False
        )
    with idle([*BASE, "telegram_bot"]) as pid:
        yield Case(
            "daemon's memory: with Telegram bot; bare imports",
            "MB",
            ours=partial(megabytes, pid),
            peer=partial(imported, [*LIBRARIES, "aiogram"]),
            at_most=1.25,
            warm_up=False,
        )


@contextmanager
def idle(kinds: Sequence[str]) -> Iterator[psutil.Process]:
    """A daemon whose channels are bound to providers in miniature; it has settled down."""
    with company() as made, ExitStack() as stages:
        for kind in kinds:
            made.bind(kind, stages.enter_context(staged(sandbox(kind))))
        with serving(made) as (_port, pid):
            time.sleep(SECONDS / 2)
            yield psutil.Process(pid)


@contextmanager
def staged(provider: Sandbox) -> Iterator[Mapping[str, str]]:
    """Let a provider in miniature serve from a thread; yields what binding it takes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(provider.__aenter__(), loop).result()
        yield provider.answers
        asyncio.run_coroutine_threadsafe(provider.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def megabytes(process: psutil.Process) -> float:
    """Resident now."""
    return float(process.memory_info().rss / 1e6)


def imported(libraries: Sequence[str]) -> float:
    """Resident megabytes of an interpreter that imported these and does nothing."""
    code = BARE.format(", ".join(libraries))
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return int(done.stdout) * 4096 / 1e6


def busy(process: psutil.Process) -> float:
    """Percent of one processor over some seconds."""
    before = process.cpu_times()
    time.sleep(SECONDS)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / SECONDS * 100
