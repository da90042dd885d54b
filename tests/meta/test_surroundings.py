"""The developer's machine stays out, and what the tests need is there."""

import os
import socket
from pathlib import Path

import psycopg
import pytest

from chatapp_cli import i18n


def test_a_test_cannot_reach_the_network() -> None:
    with socket.socket() as outside, pytest.raises(UserWarning, match=r"192\.0\.2\.1"):
        outside.connect(("192.0.2.1", 80))


def test_a_test_sees_neither_the_settings_nor_the_home_of_the_developer() -> None:
    assert not list(Path.home().iterdir())
    assert not [name for name in os.environ if name.startswith("CHATAPP_") and name != "CHATAPP_TEST_POSTGRES"]
    assert i18n.language() == "en"


def test_every_test_gets_an_empty_postgresql_of_its_own(postgres_url: str, postgres_server) -> None:
    with psycopg.connect(postgres_url) as db:
        db.execute("CREATE TABLE client (name text)")
    with psycopg.connect(postgres_server.fresh()) as db:
        assert db.execute("SELECT to_regclass('client')").fetchone() == (None,)
