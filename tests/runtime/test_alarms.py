"""How people are told of alarms."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.crm.events import CrmArrival
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, Rejected
from chatapp_cli.domain.health import Health
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.alarms import AlarmWatch
from chatapp_cli.runtime.restarting import WorkerState
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import alarms, channels, crm_intake, ingest, lines, links, onward, options, outbox, waiting
from tests.runtime.alarming import told, with_command
from tests.stores import NOON, OWNER, HeldClock, hand_over, said

MINUTES = 60_000
CLIENT = said("Здравствуйте", ext_id="1", at=NOON)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock(NOON)


@pytest.fixture
def desk(companies: Callable[..., Company], clock: HeldClock, tmp_path: Path) -> Company:
    return with_command(companies, clock, tmp_path)


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


Verdict = Receipt | ChannelError | None


def decide(desk: Company, channel: ChannelId, verdict: Verdict) -> bool:
    """Let the provider answer to the next message, if there is one; ``None``: it waits."""
    claim = verdict and desk.write(lambda tx: hand_over(tx, desk.media, channel))
    if not claim:
        return False
    if isinstance(verdict, Receipt):
        return desk.write(lambda tx: outbox.succeed(tx, claim, verdict))
    if isinstance(verdict, OutcomeUnknown):
        return desk.write(lambda tx: outbox.leave_uncertain(tx, claim, verdict))
    desk.write(lambda tx: outbox.fail(tx, claim, verdict))
    desk.write(lambda tx: onward.continue_chain(tx, desk.capabilities, claim.message.id))
    return True


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
        assert words.startswith("main: Bot: stopped: ")
        healthy(desk, bot, Health.OK)
        for _ in range(3):
            await watch.turn()
        healed, over = told(desk)[2:]
        assert healed == "channel healed"
        assert over.startswith("main: over since ")
    assert desk.read(alarms.open_alarms) == []


async def test_a_channel_that_gives_no_sign_of_life_is_told_but_not_because_the_daemon_was_down(
    desk: Company, clock: HeldClock
) -> None:
    bot = bound(desk, "telegram_bot", "Bot")
    pass_minutes(desk, clock, 60)
    async with watching(desk) as watch:
        await watch.turn()
        assert desk.read(alarms.open_alarms) == [], "the daemon has just begun"
        pass_minutes(desk, clock, 4)
        await watch.turn()
        (silent,) = desk.read(alarms.open_alarms)
        assert show(alarms.sentence(silent)) == "Bot: gives no sign of life"
    async with watching(desk) as watch:
        await watch.turn()
        assert desk.read(alarms.open_alarms) == [silent], "the next daemon has not heard of it either"
        pass_minutes(desk, clock, 0, bot)
        await watch.turn()
        assert desk.read(alarms.open_alarms) == []


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
        assert sent[2].startswith("main: Old mail: stopped: ")


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
        (alarm,) = desk.read(alarms.open_alarms)
        assert alarm.tries < 10, "the pause doubles"
        healthy(desk, mail, Health.OK)
        for _ in range(90):
            await watch.turn()
            pass_minutes(desk, clock, 1, mail)
    ((channel, to, words),) = written(desk)
    assert (channel, to) == ("Mail", "olga@shop.example")
    assert words.startswith("main: over since ")
    desk.close()


@pytest.mark.parametrize(
    ("command", "verdict", "is_told"),
    [
        ("exit 0", None, True),
        ("exit 0", Rejected("not_found"), True),
        ("exit 1", None, False),
        ("exit 1", Rejected("not_found"), False),
        ("exit 1", OutcomeUnknown("timeout"), False),
        ("exit 1", Receipt(ids=("m1",)), True),
        ("", Receipt(ids=("m1",)), True),
        ("", Rejected("not_found"), False),
    ],
)
async def test_an_alarm_is_told_once_the_command_ended_well_or_a_message_was_sent_and_not_before(
    desk: Company, clock: HeldClock, tmp_path: Path, command: str, verdict: Verdict, *, is_told: bool
) -> None:
    (tmp_path / "tell").write_text(f"#!/bin/sh\n{command}\n")
    desk = desk if command else replace(desk, settings=replace(desk.settings, alarm_command=""))
    mail = bound(desk, "email", "Mail")
    told_by_message(desk, "olga@shop.example")
    desk.write(lambda tx: alarms.raise_(tx, "other", "", T("It broke")))
    async with watching(desk) as watch:
        await watch.turn()
        decide(desk, mail, verdict)
        clock.at += 59_000
        await watch.turn()
        (alarm,) = [one for one in desk.read(alarms.open_alarms) if one.kind == "other"]
        assert (alarm.told_at is not None) == is_told
        clock.at += 1_000
        await watch.turn()
    waits = [words for _, _, words in written(desk) if "It broke" in words]
    assert len(waits) == int(verdict is None or not is_told), "what failed is written again, and nothing twice"


async def test_what_one_way_could_not_tell_is_told_by_the_others_after_pauses_that_double(
    desk: Company, clock: HeldClock
) -> None:
    first, second = bound(desk, "email", "First"), bound(desk, "email", "Second")
    by_messages = replace(desk, settings=replace(desk.settings, alarm_command=""))
    told_by_message(desk, f"{first}:olga@shop.example, olga@shop.example")
    desk.write(lambda tx: alarms.raise_(tx, "other", "", T("It broke")))
    began, tried = clock.at, []
    async with watching(by_messages) as watch:
        for _ in range(16):
            await watch.turn()
            for channel in (first, second):
                while decide(desk, channel, Rejected("not_found")):
                    tried.append(((clock.at - began) // MINUTES, channel))
            pass_minutes(desk, clock, 1, first, second)
        assert sorted({minute for minute, _ in tried}) == [0, 1, 3, 7, 15]
        assert {channel for minute, channel in tried if minute == 0} == {first, second}, "a chain goes on at once"
        (alarm,) = desk.read(alarms.open_alarms)
        assert alarm.told_at is None
        pass_minutes(desk, clock, 16, first, second)
        await watch.turn()
        decide(desk, first, Receipt(ids=("m1",)))
        await watch.turn()
        (alarm,) = desk.read(alarms.open_alarms)
        assert alarm.told_at is not None


async def test_a_message_that_waits_in_a_channel_that_stopped_is_taken_back_and_goes_by_another(
    desk: Company, clock: HeldClock
) -> None:
    first, second = bound(desk, "email", "First"), bound(desk, "email", "Second")
    by_messages = replace(desk, settings=replace(desk.settings, alarm_command=""))
    told_by_message(desk, "olga@shop.example")
    desk.write(lambda tx: alarms.raise_(tx, "other", "", T("It broke")))
    async with watching(by_messages) as watch:
        await watch.turn()
        assert [row[0] for row in written(desk)] == ["First"]
        healthy(desk, first, Health.NEEDS_REBIND, "unauthorized")
        pass_minutes(desk, clock, 1, second)
        await watch.turn()
        assert [row[0] for row in written(desk)] == ["Second"]
        healthy(desk, second, Health.NEEDS_REBIND, "unauthorized")
        pass_minutes(desk, clock, 2)
        await watch.turn()
        assert [row[0] for row in written(desk)] == ["Second"], "there is no other way: it waits"
        desk.write(lambda tx: alarms.heal(tx, "other", ""))
        healthy(desk, first, Health.OK)
        await watch.turn()
    ((channel, _, words),) = written(desk)
    assert channel == "First"
    assert words.startswith("main: over since "), "that it broke is no news any more"


async def test_each_state_of_a_link_is_told_if_it_lasts_and_once_more_when_it_is_over_and_so_are_dead_letters(
    desk: Company, clock: HeldClock
) -> None:
    portal = Bound(account="n.bitrix24.ru", title="Portal", hook_key="k")
    link = desk.write(lambda tx: links.save(tx, desk.vault, portal, kind="bitrix24"))
    heard: dict[str, list[str]] = {}

    async def lasts(state: LinkState, code: str = "") -> None:
        """Let a link be so for five minutes; what is told at once and what then is kept."""
        desk.write(lambda tx: links.set_state(tx, link, state, code))
        before = len(told(desk))
        await watch.turn()
        pass_minutes(desk, clock, 5)
        await watch.turn()
        lines = told(desk)[before:]
        heard[f"{state} {code}".strip()] = [
            f"{about}: {words.partition('Portal: ')[2].partition('.')[0].partition(' (')[0]}"
            for about, words in zip(lines[::2], lines[1::2], strict=True)
        ]

    async with watching(desk) as watch:
        await lasts(LinkState.LIMITED, "unreachable")
        await lasts(LinkState.AUTH_LOST, "grant_refused")
        desk.write(lambda tx: crm_intake.keep(tx, link, [CrmArrival(provider_id="1", event=None, raw=b"?")]))
        await lasts(LinkState.PAYMENT, "payment")
        await lasts(LinkState.SUSPENDED, "suspended")
        await lasts(LinkState.OK)
        (letter,) = desk.read(crm_intake.dead)
        desk.write(lambda tx: crm_intake.delete(tx, letter.id))
        await lasts(LinkState.OK, "again")
    away, access = "The portal cannot be reached", "Bitrix24 gives no more tokens for this application"
    unpaid, dead = "The portal's subscription has ended", "1 things could not be told or used"
    closed = "Bitrix24 has blocked the application for its load, or the portal is closed, for a while or for good"
    assert heard == {
        "limited unreachable": [f"crm raised: {away}"],
        "auth_lost grant_refused": [f"crm healed: {away}", f"crm raised: {access}"],
        "payment payment": [f"crm healed: {access}", f"crm raised: {unpaid}", f"crm raised: {dead}"],
        "suspended suspended": [f"crm healed: {unpaid}", f"crm raised: {closed}"],
        "ok": [f"crm healed: {closed}"],
        "ok again": [f"crm healed: {dead}"],
    }
    assert desk.read(alarms.open_alarms) == []


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
