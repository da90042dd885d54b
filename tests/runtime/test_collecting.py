"""What ``chatapp gc --dry-run`` lists is what a run does, in one run, whatever there is in the store and beside it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.runtime import collecting
from chatapp_cli.runtime.collecting import Done, Work
from chatapp_cli.services import channels, ingest, lines, options, packing, raw_bodies
from chatapp_cli.store import temporary
from tests.stores import NOON, OWNER, HeldClock

DAY = 86_400
LARGE = raw_bodies.LARGE + 1


class Came(NamedTuple):
    """Something that arrived."""

    days: int
    """How long ago."""
    content: int
    """Equal numbers have equal bytes."""
    large: bool
    dead: bool
    packed: bool


class Beside(NamedTuple):
    """A file beside the store that no row needs."""

    days: int
    kind: str
    size: int


CAME = st.builds(
    Came,
    days=st.integers(0, 60),
    content=st.integers(0, 5),
    large=st.booleans(),
    dead=st.booleans(),
    packed=st.booleans(),
)
BESIDE = st.builds(
    Beside,
    days=st.integers(0, 3),
    kind=st.sampled_from(["content", "scratch", "opened"]),
    size=st.integers(0, 5_000),
)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock(NOON)


@pytest.fixture
def desk(
    companies: Callable[..., Company], clock: HeldClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Company:
    """A desk whose copies of opened files are in a folder of its own."""
    (tmp_path / "copies").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "copies"))
    found = open_company(companies().settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)
    line = found.write(lambda tx: lines.add(tx, "Sales"))
    found.write(lambda tx: channels.save(tx, found.vault, Bound(account="a", title="A"), line=line, kind="api"))
    return found


def arrive(desk: Company, number: int, came: Came) -> None:
    raw = bytes([65 + came.content]) * (LARGE if came.large else 90)
    arrival = Arrival(provider_id=f"{desk.world.chance.key()} {number}", raw=raw)
    (kept,) = raw_bodies.store_large(desk.media, Batch(arrivals=(arrival,))).arrivals
    (channel,) = desk.read(channels.everything)
    if came.dead:
        desk.write(lambda tx: ingest.set_aside(tx, channel.id, kept, problem="ValueError"))
    else:
        desk.write(lambda tx: ingest.ingest(tx, channel.id, Batch(arrivals=(kept,))))
    if came.packed:
        pack(desk)


def pack(desk: Company) -> None:
    """As the daemon does behind the intake."""
    piece = desk.read(lambda tx: packing.next_plain(tx, after=0))
    packed = packing.pack_all(piece, desk.write(lambda tx: packing.learn_dictionaries(tx, piece=piece)))
    desk.write(lambda tx: packing.replace(tx, piece=packed))


def put_beside(desk: Company, number: int, one: Beside) -> None:
    if one.kind == "opened":
        folder = Path(tempfile.mkdtemp(prefix=temporary.PREFIX))
        (folder / "file").write_bytes(b"x" * one.size)
        age(folder, one.days)
        return
    content = f"{number}".encode() + os.urandom(one.size)
    made = desk.media.path(desk.media.put(content)) if one.kind == "content" else desk.media.scratch()
    if one.kind == "scratch":
        made.write_bytes(content)
    age(made, one.days)


def age(path: Path, days: float) -> None:
    os.utime(path, (time.time() - days * DAY - 60,) * 2)


def run(found: list[Work]) -> Mapping[str, Done]:
    """Do it all; what was done, by name."""
    return {work.name: added(list(work.do())) for work in found}


def added(pieces: list[Done]) -> Done:
    return Done(sum(one.n for one in pieces), sum(one.size for one in pieces))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    came=st.lists(CAME, max_size=12),
    beside=st.lists(BESIDE, max_size=6),
    keep=st.sampled_from([0, 10, 30, 90]),
    aged=st.booleans(),
)
def test_a_run_does_what_was_listed_and_leaves_nothing_to_list(
    desk: Company, clock: HeldClock, came: list[Came], beside: list[Beside], keep: int, *, aged: bool
) -> None:
    desk.write(lambda tx: options.configure_company(tx, {"keep_raw": str(keep), "keep_journal": "90"}))
    today = clock.at + 400 * DAY * 1000
    for number, one in enumerate(sorted(came, key=lambda one: -one.days)):
        clock.at = today - one.days * DAY * 1000
        arrive(desk, number, one)
    clock.at = today
    if aged:
        for file in desk.media.root.glob("??/*"):
            age(file, 2)
    for number, one in enumerate(beside):
        put_beside(desk, number, one)
    planned = list(collecting.works(desk))
    assert run(planned) == {work.name: work.planned for work in planned}
    assert list(collecting.works(desk)) == []
