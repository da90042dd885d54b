"""Diagnosis tells when PostgreSQL may lose what was acknowledged to a provider."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from chatapp_cli.bootstrap import open_company
from chatapp_cli.runtime.doctor import examine
from chatapp_cli.settings import LoadedSettings, Settings
from tests import postgres

LOST = "PostgreSQL runs with {}: if it crashes, messages that were taken over are lost"
AS_DELIVERED = "-c max_connections=10"


def said_of_the_store(folder: Path, url: str) -> list[tuple[str, bool]]:
    settings = Settings(home=str(folder), database_url=url)
    open_company(settings).close()
    found = [one for one in examine(LoadedSettings(settings, {}, None)) if one.name == "store"]
    assert all(one.next_step for one in found if not one.ok)
    return [(str(one.what), one.ok) for one in found[1:]]


@pytest.mark.parametrize(
    ("commits", "told"), [("off", "synchronous_commit=off, fsync=off"), ("on", "fsync=off"), ("local", "fsync=off")]
)
def test_a_server_that_forgets_in_a_crash_what_it_committed_is_told(
    tmp_path: Path, postgres_url: str, commits: str, told: str
) -> None:
    database = postgres_url.partition("@/")[2].partition("?")[0]
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {database} SET synchronous_commit = {commits}".encode())
    assert said_of_the_store(tmp_path, postgres_url) == [(LOST.format(told), False)]


def test_a_server_as_it_is_delivered_is_not_complained_of(tmp_path: Path, postgres_server: postgres.Postgres) -> None:
    del postgres_server  # where PostgreSQL is left out, so is this one
    with postgres.running(AS_DELIVERED, in_memory=False) as server:
        assert said_of_the_store(tmp_path, server.fresh()) == []
