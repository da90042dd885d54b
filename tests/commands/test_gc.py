"""``chatapp gc``: what it shows, deletes, packs and leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, IncomingFile
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime import rereading
from chatapp_cli.runtime.lease import holding
from chatapp_cli.services import ingest, journal
from chatapp_cli.store import temporary
from tests.commands.conftest import Program, Shell, Write
from tests.services.packed import raw, stored_row

DAY = 86_400


def age(file: Path, *, days: float = 2) -> Path:
    """Let it be of another day."""
    os.utime(file, (time.time() - days * DAY,) * 2)
    return file


def rows(said: str) -> dict[str, str]:
    return dict(line.split("\t")[:2] for line in said.splitlines())


def arrive(company: Company, number: int) -> None:
    """Let so many arrive that mean nothing to anybody."""
    arrivals = tuple(Arrival(provider_id=f"u{n}", raw=raw(n)) for n in range(number))
    company.write(lambda tx: ingest.ingest(tx, ChannelId(1), Batch(arrivals=arrivals)))


def test_files_that_nothing_needs_go_after_a_day_and_others_stay(
    chatapp: Shell, program: Program, client_writes: Write, company: Company
) -> None:
    used = age(company.media.path(company.media.put(b"used")))
    client_writes("Вот", files=(IncomingFile(kind="document", name="a", size=4, sha256=used.name),))
    unused = age(company.media.path(company.media.put(b"unused")))
    young = company.media.path(company.media.put(b"young"))
    half = age(company.media.scratch())
    assert rows(chatapp("gc", "--dry-run").out)["Files that no message needs"] == "1"
    assert unused.exists()
    chatapp("gc")
    assert [file.exists() for file in (used, unused, young, half)] == [True, False, True, False]


def test_a_draft_needs_its_files(chatapp: Shell, client_writes: Write, company: Company) -> None:
    client_writes("Ёлка есть?")
    kept = age(company.media.path(company.media.put(b"price")))
    sheet = f'{{"text": "", "subject": "", "files": [{{"sha256": "{kept.name}"}}], "reply_to": "", "edits": null}}'
    company.write(lambda tx: tx.run("drafts.keep", operator="Ольга", dialog=1, sheet=sheet, at=1))
    chatapp("gc")
    assert kept.exists()


def test_arrivals_are_packed_and_the_file_gets_smaller(chatapp: Shell, client_writes: Write, company: Company) -> None:
    client_writes("Ёлка есть?")
    arrive(company, 5_000)
    company.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = company.database.driver.path.stat().st_size  # type: ignore[attr-defined]
    dry = chatapp("gc", "--dry-run")
    assert rows(dry.out)["Raw arrivals to pack"] == "5001"
    assert chatapp("gc", "--dry-run", "--json").json == [{"name": "plain", "n": 5001, "bytes": 0}]
    assert dry.err.endswith("MB inside the files are unused.\n")
    done = chatapp("gc")
    assert done.err.endswith("MB are free again.\n")
    after = company.database.driver.path.stat().st_size  # type: ignore[attr-defined]
    assert after < before * 0.6
    letter = company.read(lambda tx: stored_row(tx, 1_500))
    assert (letter.packed > 0, rereading.raw(company, letter)) == (True, raw(1_498))
    assert chatapp("gc", "--dry-run").out == ""


def test_while_a_daemon_carries_the_store_the_files_keep_their_size_and_all_else_is_done(
    chatapp: Shell, client_writes: Write, company: Company
) -> None:
    client_writes("Ёлка есть?")
    with holding(company):
        said = chatapp("gc").err
    assert "The files keep their size, because the store is in use:" in said
    assert "are written anew" not in said
    assert chatapp("gc", "--dry-run").out == ""


def test_a_follower_that_stands_still_is_named_by_doctor_and_can_be_forgotten(
    chatapp: Shell, client_writes: Write, company: Company
) -> None:
    client_writes("Ёлка есть?")
    company.write(lambda tx: tx.run("followers.move", name="crm", until=1, now=1))
    company.database.connection().execute("UPDATE journal SET at = 1780000000000")
    waiting = company.read(journal.last) - 1
    found = chatapp.run("doctor")
    said = found.out + found.err
    assert f"crm has not read the journal since 2026-05-28 20:26; {waiting} entries wait for it and are kept" in said
    assert "if its package was removed, forget it: chatapp gc --forget crm" in said
    assert chatapp("gc", "--forget", "crm").err == "crm is forgotten.\n"
    assert "crm" not in chatapp.run("doctor").out
    again = chatapp.run("gc", "--forget", "crm")
    assert (again.code, again.err.splitlines()[0]) == (1, "Nothing by the name crm follows the journal.")


def test_copies_that_were_opened_go_with_the_next_day(
    chatapp: Shell, client_writes: Write, company: Company, tmp_path: Path
) -> None:
    client_writes("Ёлка есть?")
    old, new = (tmp_path / f"{temporary.PREFIX}{name}" for name in ("old", "new"))
    new.mkdir()
    old.mkdir()
    (old / "смета.pdf").write_bytes(b"x" * 2_000_000)
    age(old)
    env = {**os.environ, "TMPDIR": str(tmp_path), "CHATAPP_HOME": company.settings.home, "CHATAPP_LANG": "en"}
    found, removed = (
        subprocess.run([sys.executable, "-m", "chatapp_cli", "gc", *given], env=env, check=True, capture_output=True)
        for given in (["--dry-run"], [])
    )
    assert b"Opened copies of files\t1\t1.9" in found.stdout
    assert b"Opened copies of files" in removed.stdout
    assert (old.exists(), new.exists()) == (False, True)
