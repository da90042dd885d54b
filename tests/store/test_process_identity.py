"""Who holds a lease now: a process is known by what it wrote about itself, and counts while it may live."""

from __future__ import annotations

import os
import subprocess

import pytest

from chatapp_cli.store.process_identity import holder_of, read_holder, this_process
from chatapp_cli.store.rows.lease import LASTS, LeaseRow
from tests.leases import ELSEWHERE

HOLDERS = {
    "nobody": "",
    "here": str(this_process("key")),
    "killed": str(this_process("key")._replace(started="1")),
    "elsewhere": ELSEWHERE,
}


def test_a_process_is_known_by_more_than_its_number() -> None:
    me = this_process("key")
    assert read_holder(str(me)) == me
    assert (me.is_here, me.is_gone) == (True, False)
    assert me._replace(started="1").is_gone, "the number was used again"
    assert not me._replace(machine="another", started="1").is_gone, "nobody can tell from here"
    with subprocess.Popen(["true"]) as other:
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert me._replace(process=other.pid, started="").is_gone, "a zombie does nothing more"


@pytest.mark.parametrize(
    ("who", "late", "locks", "holds"),
    [
        ("nobody", False, False, False),
        ("nobody", True, True, False),
        ("here", False, False, True),
        ("here", False, True, True),
        ("here", True, False, False),
        ("here", True, True, True),
        ("killed", False, False, False),
        ("killed", False, True, False),
        ("elsewhere", False, False, True),
        ("elsewhere", False, True, True),
        ("elsewhere", True, False, False),
        ("elsewhere", True, True, False),
    ],
)
def test_a_lease_is_its_holders_until_it_is_late_or_gone_and_here_for_as_long_as_the_store_is_locked(
    who: str, late: bool, locks: bool, holds: bool
) -> None:
    row = LeaseRow(epoch=1, holder=HOLDERS[who], kind="daemon", beat_at=1_000)
    at = row.beat_at + int(LASTS * 1000) - (not late)
    assert holder_of(row, at, locks=locks) == (read_holder(row.holder) if holds else None)
