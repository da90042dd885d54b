"""What a daemon with nothing to do costs: memory beside the bare libraries that its channels need, and processor."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.harness import Case
from benchmarks.shop import company, serving
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.sandbox.directory import has_sandbox, sandbox
from chatapp_cli.sandbox.stage import Sandbox

BASE = ["email", "api"]
LIBRARIES = (
    *("asyncio", "sqlite3", "ssl", "structlog", "cryptography.fernet", "msgspec"),
    *("starlette.applications", "uvicorn", "httptools", "aiohttp"),
    *("aioimaplib", "aiosmtplib", "email.mime.text", "standardwebhooks"),
)
"""What one would import to receive webhooks, read and send mail, and store it."""
HEAVY = ("aiogram", "telethon", "phonenumbers")
"""What the other channels need beside; WhatsApp's library lives in a process of its own."""
EVERY = [kind for kind in manifests() if has_sandbox(kind)]
SECONDS = 10
PAGE = os.sysconf("SC_PAGE_SIZE")
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
    with idle([*BASE, "telegram"]) as pid:
        yield Case(
            "daemon's memory: with Telegram account; bare imports",
            "MB",
            ours=partial(megabytes, pid),
            peer=partial(imported, [*LIBRARIES, "telethon"]),
            at_most=1.25,
            warm_up=False,
        )
    took: list[float] = []
    with idle(EVERY, ready=took) as pid:
        yield Case(
            "daemon's memory: every channel; bare imports",
            "MB",
            ours=partial(megabytes, pid),
            peer=partial(imported, [*LIBRARIES, *HEAVY]),
            at_most=1.25,
            warm_up=False,
        )
        yield Case(
            "daemon's processor at rest: every channel",
            "%",
            ours=partial(busy, pid),
            limit=1,
            at_most=1,
            rounds=3,
            warm_up=False,
        )
        yield Case(
            "daemon ready: every channel; bare imports",
            "s",
            ours=lambda: took[0],
            peer=partial(seconds_to_import, [*LIBRARIES, *HEAVY]),
            at_most=1.5,
            rounds=1,
            warm_up=False,
        )


@contextmanager
def idle(kinds: Sequence[str], ready: list[float] | None = None) -> Iterator[int]:
    """A daemon whose channels are bound to providers in miniature; it has settled down.

    ``ready`` is told the seconds that it took until it answered.
    """
    with company() as made, ExitStack() as stages:
        for kind in kinds:
            made.bind(kind, stages.enter_context(staged(sandbox(kind))))
        began = time.monotonic()
        with serving(made) as (_port, pid):
            if ready is not None:
                ready.append(time.monotonic() - began)
            time.sleep(SECONDS / 2)
            yield pid


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


def megabytes(pid: int) -> float:
    """Resident now."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE / 1e6


def megabytes_of_this() -> float:
    """Resident now, of this process."""
    return megabytes(os.getpid())


def imported(libraries: Sequence[str]) -> float:
    """Resident megabytes of an interpreter that imported these and does nothing."""
    code = BARE.format(", ".join(libraries))
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return int(done.stdout) * PAGE / 1e6


def seconds_to_import(libraries: Sequence[str]) -> float:
    """Seconds that an interpreter takes to start and import these."""
    began = time.monotonic()
    imported(libraries)
    return time.monotonic() - began


def busy(pid: int) -> float:
    """Percent of one processor over some seconds."""
    before = processor(pid)
    time.sleep(SECONDS)
    return (processor(pid) - before) / SECONDS * 100


def processor(pid: int) -> float:
    """Seconds that its threads computed so far; the kernel counts nanoseconds here, and elsewhere only hundredths."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text("ascii").split()[0]) for thread in threads) / 1e9
