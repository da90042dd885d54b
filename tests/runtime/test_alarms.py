"""How people are told of alarms."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.health import Health
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.alarms import AlarmWatch
from chatapp_cli.runtime.restarting import WorkerState
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import alarms, channels, ingest, lines, options, waiting
from tests.stores import NOON, OWNER, HeldClock, said

MINUTES = 60_000
CLIENT = said("Здравствуйте", ext_id="1", at=NOON)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock(NOON)


@pytest.fixture
def desk(companies: Callable[..., Company], clock: HeldClock, tmp_path: Path) -> Company:
    """A desk whose alarm command writes what it is told, and for what, into a file."""
    script = tmp_path / "tell"
    script.write_text(f"#!/bin/sh\n(echo $ALARM_KIND $ALARM_STATE; cat) >> {tmp_path}/told\n")
    script.chmod(0o755)
    settings = companies(alarm_command=str(script)).settings
    return open_company(settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)


def told(desk: Company) -> list[str]:
    """What the command was told."""
    file = Path(desk.settings.home).parent / "told"
    return file.read_text().splitlines() if file.exists() else []


@asynccontextmanager
async def watching(desk: Company, workers: Sequence[WorkerState] = ()) -> AsyncIterator[AlarmWatch]:
    store = AsyncStore(desk)
    try:
        yield AlarmWatch(store, lambda: workers)
    finally:
        await store.aclose()


def bound(desk: Company, kind: str, title: str) -> ChannelId:
    """A channel that works and has just given a sign of life."""
    line = desk.write(lambda tx: lines.add(tx, f"Line of {title}"))
    binding = Bound(account=title, title=title)
    number = desk.write(lambda tx: channels.save(tx, desk.vault, binding, line=line, kind=kind))
    healthy(desk, number, Health.OK)
    return number


def healthy(desk: Company, channel: ChannelId, health: Health, code: str = "") -> None:
    desk.write(lambda tx: channels.set_health(tx, channel, health, code))


def written(desk: Company) -> list[tuple[str, str, str]]:
    """What waits to be sent: by which channel, to whom, and what."""
    rows = desk.read(waiting.everything)
    return sorted((row.channel, row.name, row.text) for row in rows)


def told_by_message(desk: Company, to: str) -> None:
    desk.write(lambda tx: options.configure_company(tx, {"alarm": to}))


def pass_minutes(desk: Company, clock: HeldClock, minutes: int, *alive: ChannelId) -> None:
    """Time passes, and these channels give signs of life."""
    clock.at += minutes * MINUTES
    for channel in alive:
        desk.write(lambda tx, channel=channel: channels.prove(tx, channel))


async def test_a_channel_that_stopped_is_told_after_five_minutes_and_once_and_once_more_when_it_works(
    desk: Company, clock: HeldClock
) -> None:
    bot = bound(desk, "telegram_bot", "Bot")
    healthy(desk, bot, Health.NEEDS_REBIND, "unauthorized")
    async with watching(desk) as watch:
        await watch.turn()
        assert told(desk) == []
        pass_minutes(desk, clock, 5)
        for _ in range(3):
            await watch.turn()
            pass_minutes(desk, clock, 1)
        (broke, words) = told(desk)
        assert broke == "channel raised"
        assert words.startswith("main: Bot does not work: ")
        healthy(desk, bot, Health.OK)
        for _ in range(3):
            await watch.turn()
        healed, over = told(desk)[2:]
        assert healed == "channel healed"
        assert over.startswith("main: over since ")
    assert desk.read(alarms.open_) == []


async def test_a_channel_that_gives_no_sign_of_life_is_told_but_not_because_the_daemon_was_down(
    desk: Company, clock: HeldClock
) -> None:
    bot = bound(desk, "telegram_bot", "Bot")
    pass_minutes(desk, clock, 60)
    async with watching(desk) as watch:
        await watch.turn()
        assert desk.read(alarms.open_) == [], "the daemon has just begun"
        pass_minutes(desk, clock, 4)
        await watch.turn()
        (silent,) = desk.read(alarms.open_)
        assert show(alarms.sentence(silent)) == "Bot gives no sign of life"
    async with watching(desk) as watch:
        await watch.turn()
        assert desk.read(alarms.open_) == [silent], "the next daemon has not heard of it either"
        pass_minutes(desk, clock, 0, bot)
        await watch.turn()
        assert desk.read(alarms.open_) == []


async def test_an_alarm_goes_by_another_channel_than_the_one_that_failed_and_to_nobody_but_those_it_is_for(
    desk: Company, clock: HeldClock
) -> None:
    bot, mail, broken = (
        bound(desk, "telegram_bot", "Bot"),
        bound(desk, "email", "Mail"),
        bound(desk, "email", "Old mail"),
    )
    desk.write(
        lambda tx: ingest.ingest(tx, bot, Batch(arrivals=(Arrival(provider_id="1", raw=b"", events=(CLIENT,)),)))
    )
    told_by_message(desk, "email:olga@shop.example, telegram_bot:@boss")
    healthy(desk, broken, Health.MISCONFIGURED, "unauthorized")
    async with watching(desk) as watch:
        await watch.turn()
        pass_minutes(desk, clock, 5, bot, mail)
        await watch.turn()
        await watch.turn()
        (sent,) = written(desk)
        assert sent[:2] == ("Mail", "olga@shop.example")
        assert sent[2].startswith("main: Old mail does not work: ")


async def test_what_is_wrong_with_the_only_channel_is_not_told_by_it_and_does_not_go_in_circles(
    companies: Callable[..., Company], clock: HeldClock
) -> None:
    settings = companies().settings
    desk = open_company(settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)
    mail = bound(desk, "email", "Mail")
    told_by_message(desk, "olga@shop.example")
    healthy(desk, mail, Health.RETRYING, "timeout")
    async with watching(desk) as watch:
        for _ in range(90):
            await watch.turn()
            pass_minutes(desk, clock, 1)
        assert written(desk) == []
        (alarm,) = desk.read(alarms.open_)
        assert alarm.tries < 10, "the pause doubles"
        healthy(desk, mail, Health.OK)
        for _ in range(90):
            await watch.turn()
            pass_minutes(desk, clock, 1, mail)
    ((channel, to, words),) = written(desk)
    assert (channel, to) == ("Mail", "olga@shop.example")
    assert words.startswith("main: over since ")
    desk.close()


async def test_a_worker_that_keeps_failing_a_dead_letter_and_an_uncertain_message_are_told(
    desk: Company, clock: HeldClock
) -> None:
    bot, worker = bound(desk, "telegram_bot", "Bot"), WorkerState("upkeep")
    worker.failed(ValueError("secret"))
    dead = Arrival(provider_id="1", raw=b"?", problem="KeyError: 'x'")
    desk.write(lambda tx: ingest.ingest(tx, bot, Batch(arrivals=(dead,))))
    async with watching(desk, [worker]) as watch:
        await watch.turn()
        assert told(desk) == ["deadletter raised", told(desk)[1]]
        assert ": Bot: something arrived that could not be understood" in told(desk)[1]
        pass_minutes(desk, clock, 5, bot)
        await watch.turn()
        assert told(desk)[2] == "worker raised"
        assert ": upkeep keeps failing: ValueError" in told(desk)[3]
        worker.well()
        await watch.turn()
        assert told(desk)[4] == "worker healed"
    assert "secret" not in "".join(told(desk))


async def test_the_command_gets_the_words_on_its_input_and_none_of_our_secrets(
    desk: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATAPP_SECRET_KEY", "hush")
    (tmp_path / "tell").write_text(f"#!/bin/sh\ncat > {tmp_path}/told\nenv >> {tmp_path}/told\n")
    desk.write(lambda tx: alarms.raise_(tx, "other", "", T("The disk of {name} is full.", name="shop")))
    async with watching(desk) as watch:
        await watch.turn()
    words = "\n".join(told(desk))
    assert words.startswith("main: The disk of shop is full. (since ")
    assert f"PATH={os.environ['PATH']}" in words
    assert "hush" not in words
