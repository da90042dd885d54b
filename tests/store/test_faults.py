"""What a person reads when the store is newer, damaged, full, closed to us or busy; nothing is acknowledged then."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatapp_cli.domain.errors import Busy, NotFound, StoreAway, StoreError
from chatapp_cli.services import journal, lines
from chatapp_cli.store import migrate
from chatapp_cli.store.database import Database, driver_for
from chatapp_cli.store.drivers import Driver, Sqlite
from chatapp_cli.store.media import Media
from chatapp_cli.store.secrets import Vault
from tests.stores import ON_SQLITE, OWNER, HeldClock, Shop

ROOT = Path(__file__).parents[2]


def says(error: pytest.ExceptionInfo[StoreError], words: str) -> bool:
    return words in str(error.value) and bool(str(error.value.next_step))


@pytest.fixture
def file(database: Database, dialect: str) -> Path:
    assert isinstance(database.driver, Sqlite)
    return database.driver.path


def test_a_store_of_a_newer_program_is_left_alone(driver: Driver) -> None:
    with closing(driver.connect()) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError) as error:
        migrate.ensure_current(driver)
    assert says(error, "newer chatapp (revision 9999")


def test_a_migration_that_was_killed_halfway_can_be_repeated(templates: object, tmp_path: Path) -> None:
    driver = driver_for(f"sqlite:///{tmp_path}/new.db")
    script = f"""
import os, sqlite3
from chatapp_cli.store import migrate, database
driver = database.driver_for({driver.url!r})
connect = driver.connect
def traced():
    connection = connect()
    connection.set_trace_callback(lambda sql: os._exit(9) if "ix_dialog_waiting" in sql else None)
    return connection
driver.connect = traced
migrate.ensure_current(driver)
"""
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 9
    migrate.ensure_current(driver)
    assert migrate.revision_of(driver) == migrate.HEAD


def test_programs_that_start_together_on_an_empty_store_make_it_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    script = f"from chatapp_cli.store import migrate, database; migrate.ensure_current(database.driver_for({url!r}))"
    both = [subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) for _ in range(3)]
    assert [one.wait(60) for one in both] == [0, 0, 0]


@ON_SQLITE
@pytest.mark.parametrize(
    "damage", [lambda data: b"\x00garbage" * 512, lambda data: data[:4096] + b"\xff" * (len(data) - 4096)]
)
def test_a_damaged_file_is_named_with_the_way_out(
    file: Path, clock: HeldClock, damage: Callable[[bytes], bytes]
) -> None:
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(StoreError) as error:
        Database(Sqlite(file), clock).write(lambda tx: lines.add(tx.by(OWNER), "Опт"))
    assert says(error, "is damaged")


@ON_SQLITE
def test_a_full_disk_acknowledges_nothing_and_loses_nothing(file: Path, shop: Shop) -> None:
    shop.line("Розница")
    pages = shop.connection().execute("PRAGMA page_count").fetchone()[0]
    shop.connection().execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError) as error:
        [shop.line(f"Линия {number}" + "я" * 180) for number in range(5000)]
    assert says(error, "disk is full")
    there = len(shop.read(lines.everything))
    shop.connection().execute("PRAGMA max_page_count = 1000000")
    shop.line("Опт")
    assert [line.name for line in shop.read(lines.everything)][-1] == "Опт"
    assert len(shop.read(lines.everything)) == there + 1


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that may be looked into and not written."""
    with tempfile.TemporaryDirectory(prefix="closed-") as folder:
        Path(folder).chmod(0o555)
        yield Path(folder)
        Path(folder).chmod(0o755)


def as_nobody(code: str) -> str:
    """Run as an ordinary user, whom a folder's rights bind; returns what was said."""
    script = f"""
import hashlib, json, os, shutil, sqlite3, tempfile
from pathlib import Path
import cryptography.fernet
from chatapp_cli.domain.errors import StoreError
from chatapp_cli.store.database import driver_for
from chatapp_cli.store.media import Media
from chatapp_cli.store.secrets import Vault
if os.geteuid() == 0:
    os.setuid(65534)
try:
    {code}
except StoreError as error:
    print(error, "|", error.next_step)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("driver_for('sqlite:///{}/new.db').connect()", "cannot be written"),
        ("driver_for('sqlite:///{}/deep/new.db').connect()", "cannot be written"),
        ("Vault(Path('{}/secret.key')).seal({{}})", "cannot be made"),
        ("Media(Path('{}/media')).put(b'x')", "cannot be saved"),
    ],
)
def test_a_folder_that_is_closed_to_us_is_named(closed: Path, code: str, words: str) -> None:
    said = as_nobody(code.format(closed))
    assert words in said
    assert "Check the disk" in said


def test_the_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    sealed = Vault(file).seal({"token": "дубль"})
    assert Vault(file).open(sealed) == {"token": "дубль"}
    assert (file.stat().st_mode & 0o777, sorted(path.name for path in tmp_path.iterdir())) == (0o600, ["secret.key"])


@pytest.mark.parametrize(
    ("key", "words"),
    [(b"", "is missing"), (b"x", "is invalid"), (b"A" * 43 + b"=", "does not fit")],
)
def test_a_key_that_is_missing_or_wrong_is_told_apart(tmp_path: Path, key: bytes, words: str) -> None:
    file = tmp_path / "secret.key"
    sealed = Vault(file).seal({"token": "x"})
    file.unlink()
    if key:
        file.write_bytes(key)
    with pytest.raises(StoreError) as error:
        Vault(file).open(sealed)
    assert says(error, words)


@ON_SQLITE
def test_secrets_cannot_be_read_in_the_file(file: Path, shop: Shop) -> None:
    shop.channel(secrets={"token": "open-sesame-123"}, settings={"host": "mail.example.org"})
    shop.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"mail.example.org" in file.read_bytes()
    assert b"open-sesame-123" not in file.read_bytes()


def test_a_new_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with closing(driver_for(f"sqlite:///{tmp_path}/home/new.db").connect()):
        assert (tmp_path / "home" / "new.db").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_a_missing_file_to_attach_is_the_persons_mistake(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Media(tmp_path).put_file(tmp_path / "none.pdf")


@ON_SQLITE
def test_a_writer_waits_for_another_and_then_gives_up_with_words(database: Database, file: Path) -> None:
    database.driver.patience = 0.05
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="another process"):
            database.write(lambda tx: lines.add(tx.by(OWNER), "Опт"))
        other.execute("ROLLBACK")
    assert database.write(lambda tx: lines.add(tx.by(OWNER), "Опт")) == 1


def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(shop: Shop) -> None:
    shop.line("Опт")
    with shop.reading() as tx:
        writing = threading.Thread(target=shop.line, args=("Розница",))
        writing.start()
        writing.join()
        seen = [line.name for line in lines.everything(tx)]
    assert (seen, [line.name for line in shop.read(lines.everything)]) == (["Опт"], ["Опт", "Розница"])


def test_an_error_rolls_everything_back(shop: Shop) -> None:
    def both(tx: object) -> None:
        lines.add(tx, "Опт")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shop.write(both)
    assert shop.read(lines.everything) == []


@pytest.mark.parametrize("url", ["mysql://anna:secret@db.example.org/chat", "chatapp.db"])
def test_an_address_of_another_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StoreError) as error:
        driver_for(url)
    assert "secret" not in str(error.value)


def test_a_server_that_does_not_answer_is_named(clock: HeldClock, tmp_path: Path) -> None:
    away = Database(driver_for(f"postgresql://nobody@/none?host={tmp_path}"), clock)
    with pytest.raises(StoreError) as error:
        away.read(lines.everything)
    assert says(error, "does not answer")


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and says nothing, as one that was stopped does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql://desk@127.0.0.1:{server.getsockname()[1]}/chatapp?connect_timeout=2"


def test_a_server_that_takes_connections_and_hangs_is_given_up_in_time(clock: HeldClock, silent: str) -> None:
    began = time.monotonic()
    with pytest.raises(StoreAway) as error:
        Database(driver_for(silent), clock).read(lines.everything)
    assert says(error, "The database does not answer: connection timeout expired.")
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("words", ["line list", "send anna --text Да -c email", "serve --no-http"])
def test_a_command_whose_server_hangs_says_so_and_ends_with_3(silent: str, tmp_path: Path, words: str) -> None:
    env = {"CHATAPP_DATABASE_URL": silent, "CHATAPP_HOME": str(tmp_path), "CHATAPP_LANG": "en", "PATH": os.defpath}
    command = [sys.executable, "-m", "chatapp_cli", *words.split()]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("The database does not answer: connection timeout expired.\n→ Check CHATAPP_DATA")


@pytest.mark.parametrize("how", ["replaced", "removed"])
def test_a_store_whose_file_was_replaced_or_removed_is_neither_read_nor_written_by_who_had_it_open(
    tmp_path: Path, how: str
) -> None:
    file = tmp_path / "desk" / "chatapp.db"
    driver = Sqlite(file)
    migrate.ensure_current(driver)
    database = Database(driver, HeldClock())
    database.read(journal.last)
    moved = file.rename(tmp_path / "old.db")
    if how == "replaced":
        shutil.copy(moved, file)
    for job in (database.read, database.write, database.touch):
        with pytest.raises(StoreError, match="replaced or removed"):
            job(journal.last)
    with pytest.raises(StoreError, match="replaced or removed"):
        driver.connect()
    assert file.exists() is (how == "replaced"), "nothing new is made in its place"
