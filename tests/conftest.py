"""Keeps the developer's machine out of the tests: its settings, its home, its memory, its language and its network."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from chatapp_cli import i18n
from chatapp_cli.commands.next_steps import command
from tests import postgres

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

HOME = pytest.StashKey[Path]()
MEMORY = pytest.StashKey[Path]()
KEPT = ("CHATAPP_TEST_POSTGRES",)
NAMED = 80
"""Characters of a value that the name of its test repeats."""


def pytest_configure(config: pytest.Config) -> None:
    """Give the whole run, collection included, an empty home and no settings."""
    home = config.stash[HOME] = Path(tempfile.mkdtemp(prefix="home-"))
    for name in list(os.environ):
        foreign = name.startswith("CHATAPP_") and name not in KEPT
        if foreign or name.startswith(("XDG_", "LC_")) or name in {"LANG", "LANGUAGE", "COLUMNS", "LINES", "NO_COLOR"}:
            del os.environ[name]
    memory = config.stash[MEMORY] = Path(tempfile.mkdtemp(prefix="memory-"))
    os.environ |= {"HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8", "RUNTIME_DIRECTORY": str(memory)}
    time.tzset()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a case of much text by its beginning: every worker tells the names of all its tests, each several times."""
    words = val if isinstance(val, str) else val.decode("latin-1") if isinstance(val, bytes) else ""
    return f"{ascii(words[:NAMED])[1:-1]}..." if len(words) > NAMED else None


def pytest_unconfigure(config: pytest.Config) -> None:
    for folder in (HOME, MEMORY):
        shutil.rmtree(config.stash[folder], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Write the requirements that a test proves into its report, each with the part that it proves."""
    for item in items:
        for mark in item.iter_markers("req"):
            part = f" ({mark.kwargs['part']})" if "part" in mark.kwargs else ""
            item.user_properties += [("req", f"{line}{part}") for line in mark.args]


def pytest_collection_finish() -> None:
    """Let the collector of cycles pass over the tests and modules, which stay to the end, and look as rarely as the
    program does: it took a seventh of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(autouse=True)
def english() -> None:
    """Every test starts in the source language and with a log of its own, whatever the one before it said."""
    i18n.use("en")
    i18n.say_steps(command)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    """A real PostgreSQL, started when the first test asks for it."""
    if os.environ.get("CHATAPP_TEST_POSTGRES") == "0":
        pytest.skip("CHATAPP_TEST_POSTGRES=0 leaves PostgreSQL out")
    with postgres.running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.Postgres) -> Iterator[str]:
    """An empty database of its own for one test."""
    url = postgres_server.fresh()
    yield url
    postgres_server.drop(url)
