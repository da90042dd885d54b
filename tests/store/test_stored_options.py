"""A store of the revision before: what could be configured of a channel moves into the table of options."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from chatapp_cli.services import channels
from chatapp_cli.store import migrate
from chatapp_cli.store.database import Database, driver_for
from tests.stores import HeldClock

EMAIL = {"login": "shop@example.org", "group_by_subject": "off", "sender_name": "Ёлочный базар"}
FOREIGN = {"url": "https://example.org", "mood": "kind"}


def test_options_of_channels_move_into_their_table_and_are_read_as_before(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = request.getfixturevalue("postgres_url") if dialect == "postgresql" else f"sqlite:///{tmp_path}/old.db"
    driver = driver_for(url)
    migrate.upgrade(driver, "0005")
    mark = {"sqlite": "?", "postgresql": "%s"}[dialect]
    with closing(driver.connect()) as connection:
        connection.execute("INSERT INTO line (id, name, created_at) VALUES (1, 'Розница', 1)")
        for number, kind, settings in ((1, "email", EMAIL), (2, "pigeon", FOREIGN)):
            connection.execute(
                "INSERT INTO channel (id, line_id, kind, account, title, settings, facts, capabilities, secrets,"
                " revision, health, health_code, health_detail, health_since, paused_until, created_at)"
                f" VALUES ({mark}, 1, {mark}, 'a', 't', {mark}, '{{}}', '{{}}', {mark}, 4, 'ok', '', '', 1, 0, 1)",
                (number, kind, json.dumps(settings, ensure_ascii=False), b""),
            )
    migrate.ensure_current(driver)
    with closing(Database(driver, HeldClock())) as database:
        email, pigeon = database.read(channels.everything)
        kept = database.read(lambda tx: tx.all(lambda *row: row, "options.of", subject="channel", id=1))
    assert (email.settings, pigeon.settings) == (EMAIL, FOREIGN)
    assert kept == [("group_by_subject", "off"), ("sender_name", "Ёлочный базар")]
    assert json.loads(email.settings_text) == {"login": "shop@example.org"}
    assert json.loads(pigeon.settings_text) == FOREIGN
