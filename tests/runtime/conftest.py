"""A desk with a store of its own, made quickly."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import Clock, World
from chatapp_cli.settings import Settings
from tests.hurried import hurried
from tests.stores import OWNER, dialect, driver, templates

__all__ = ["dialect", "driver", "templates"]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated store, to be copied."""
    home = tmp_path_factory.mktemp("template")
    open_company(Settings(home=str(home))).close()
    return home / "main" / "chatapp.db"


@pytest.fixture
def companies(tmp_path: Path, empty_store: Path) -> Iterator[Callable[..., Company]]:
    """Open desks on one store, as several processes would."""
    folder = tmp_path / "home" / "main"
    folder.mkdir(parents=True)
    shutil.copy(empty_store, folder / "chatapp.db")
    opened: list[Company] = []

    def open_one(*, clock: Clock | None = None, **changes: object) -> Company:
        settings = replace(Settings(home=str(tmp_path / "home"), http_port=0), **changes)  # type: ignore[arg-type]
        if clock is None:
            company = hurried(open_company(settings))
        else:
            company = open_company(settings, World(clock=clock, chance=SystemChance(), place=settings.folder))
        opened.append(company.seen_by(OWNER))
        return opened[-1]

    yield open_one
    for company in opened:
        company.close()


@pytest.fixture
def company(companies: Callable[..., Company]) -> Company:
    """The one desk that most tests need."""
    return companies()
