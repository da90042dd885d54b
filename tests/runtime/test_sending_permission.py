"""A refusal is about one message or about the account; only the account's own trouble keeps it from sending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest
import structlog

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    RateLimited,
    Rejected,
    Retryable,
    SendingBlocked,
    StoreError,
)
from chatapp_cli.domain.journal.channels import ChannelPaused, ChannelResumed
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.domain.text import T
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.governor import Governor
from chatapp_cli.runtime.handover import Handover
from chatapp_cli.runtime.lifecycle import FIRST_LOOK, LONGEST_LOOK
from chatapp_cli.runtime.outcomes import BEHIND, Outcomes
from chatapp_cli.runtime.sender import Sender
from chatapp_cli.runtime.sending_permission import SendingPermission, SendingTrouble
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import VerdictWriter
from chatapp_cli.services import channels, journal, lines, outbox, sending
from chatapp_cli.services.journal_words import sentence
from chatapp_cli.store.rows.outbox import OutboxRow
from tests.runtime.desk import eventually
from tests.runtime.permission import CAN, PatientClock, Provider, at_work, nothing
from tests.stores import OWNER


class Asked(Provider):
    """One that can be asked about the account."""

    async def prove(self) -> None:
        self.proofs += 1
        if self.against_us:
            raise self.against_us


class Slow(Asked):
    """One that takes its time with one message."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.taken = text, asyncio.Event()

    async def send(self, message: Outbound) -> Receipt:
        if message.text == self.text:
            await self.taken.wait()
        return await super().send(message)


@pytest.fixture
def clock() -> PatientClock:
    return PatientClock()


@pytest.fixture
def company(companies: Callable[..., Company], clock: PatientClock) -> Company:
    return open_company(companies().settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)


@pytest.fixture
def told() -> list[SendingTrouble | None]:
    return []


@pytest.mark.parametrize("refusal", [NeedsRebind("forbidden", "403"), Misconfigured("bad_url")], ids=repr)
async def test_a_refusal_that_the_account_outlives_fails_one_message_alone(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None], refusal: ChannelError
) -> None:
    provider = Asked()
    provider.against_messages["первое"] = refusal
    async with at_work(company, clock, provider, told) as scene:
        await scene.until(scene.say("первое"), "failed", "refused_alone")
        await scene.until(scene.say("второе"), "sent")
    assert provider.sent == ["второе"]
    assert (provider.proofs, told) == (1, [])


async def test_an_account_that_is_let_in_no_longer_rests_and_keeps_its_messages(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Asked()
    provider.against_us = NeedsRebind("token_revoked", "401")
    async with at_work(company, clock, provider, told) as scene:
        number = scene.say("подождёт")
        await eventually(lambda: told)
        await scene.until(number, "queued", "token_revoked")
        row = scene.row
        assert (row.paused_until, row.paused_code, row.paused_detail) == (
            clock.now() + FIRST_LOOK * 1000,
            "token_revoked",
            "401",
        )
        provider.against_us = None
        clock.pass_by(FIRST_LOOK)
        await scene.until(number, "sent")
        assert (scene.row.paused_until, scene.row.paused_code) == (0, "")
    assert [type(one) for one in told] == [NeedsRebind, type(None)]


async def test_looks_become_rarer_and_a_person_may_have_one_at_once(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Asked()
    provider.against_us = Misconfigured("number_gone")
    async with at_work(company, clock, provider, told) as scene:
        number = scene.say("подождёт")
        for looks in range(1, 7):
            await eventually(lambda looks=looks: len(clock.slept) == looks)
            clock.pass_by(LONGEST_LOOK)
        await eventually(lambda: len(clock.slept) == 7)
        assert [round(seconds) for seconds in clock.slept] == [300, 600, 1200, 2400, 3600, 3600, 3600]
        provider.against_us = None
        scene.company.write(lambda tx: channels.resume(tx, scene.channel))
        scene.sender.resume()
        await scene.until(number, "sent")


async def test_a_blocked_account_tries_one_message_after_a_while_without_asking(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Asked()
    provider.against_us = SendingBlocked("unpaid", "131042")
    async with at_work(company, clock, provider, told) as scene:
        numbers = [scene.say(text) for text in ("раз", "два", "три")]
        await eventually(lambda: clock.slept)
        for number in numbers:
            await eventually(lambda n=number: scene.state(n) == "queued")
        provider.against_us = None
        clock.pass_by(FIRST_LOOK + BEHIND)
        for number in numbers:
            await scene.until(number, "sent")
    assert provider.proofs == 0
    assert sorted(provider.sent) == ["два", "раз", "три"]
    assert [type(one) for one in told] == [SendingBlocked, type(None)]


async def test_who_cannot_be_asked_lets_another_message_try_next(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Provider()
    provider.against_messages["раз"] = SendingBlocked("sender_refused")
    async with at_work(company, clock, provider, told) as scene:
        first = scene.say("раз")
        await eventually(lambda: clock.slept)
        second = scene.say("два")
        clock.pass_by(FIRST_LOOK)
        await scene.until(second, "sent")
        assert scene.state(first) in {"queued", "sending"}
    assert [type(one) for one in told[:2]] == [SendingBlocked, type(None)]


async def test_a_refusal_of_our_own_says_nothing_of_the_account(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Asked()
    provider.against_messages |= {
        "раз": SendingBlocked("unpaid"),
        "два": Rejected("too_big"),
        "три": Rejected("too_big"),
    }
    async with at_work(company, clock, provider, told) as scene:
        scene.say("раз")
        await eventually(lambda: clock.slept)
        numbers = [scene.say(text) for text in ("два", "три")]
        clock.pass_by(FIRST_LOOK)
        for number in numbers:
            await scene.until(number, "failed", "too_big")
        assert isinstance(scene.sender.trouble, SendingBlocked)
    assert [type(one) for one in told] == [SendingBlocked]


@pytest.mark.parametrize("refusal", [NeedsRebind("validation", "17"), Misconfigured("bad_url")], ids=repr)
async def test_messages_refused_one_after_another_are_the_accounts_trouble_whatever_its_proof_says(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None], refusal: ChannelError
) -> None:
    provider = Asked()
    texts = ["раз", "два", "три", "четыре", "пять"]
    provider.against_messages = dict.fromkeys(texts, refusal)
    async with at_work(company, clock, provider, told) as scene:
        numbers = []
        for text in texts:
            numbers.append(scene.say(text))
            await eventually(lambda: scene.state(numbers[-1]) == "failed" or clock.slept)
        await eventually(lambda: clock.slept)
        await eventually(lambda: [scene.state(n) for n in numbers] == ["failed"] * 2 + ["queued"] * 3)
        provider.against_messages = {}
        scene.company.write(lambda tx: channels.resume(tx, scene.channel))
        scene.sender.resume()
        for number in numbers[2:]:
            await scene.until(number, "sent")
    assert [type(one) for one in told] == [type(refusal), type(None)]


async def test_a_wait_that_the_provider_asked_for_hides_no_trouble_of_the_account(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Slow("два")
    provider.against_messages |= {"раз": RateLimited("flood", retry_after=1000), "два": SendingBlocked("unpaid")}
    async with at_work(company, clock, provider, told) as scene:
        second = scene.say("два")
        await eventually(lambda: scene.state(second) == "sending")
        scene.say("раз")
        await eventually(lambda: clock.slept)
        provider.taken.set()
        await eventually(lambda: told)
    assert [type(one) for one in told] == [SendingBlocked]


async def test_a_word_to_go_on_that_came_when_nothing_rested_does_not_end_a_later_flood_wait(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Asked()
    async with at_work(company, clock, provider, told) as scene:
        await scene.until(scene.say("до"), "sent")
        scene.sender.resume()
        provider.against_messages["раз"] = RateLimited("flood", retry_after=3600)
        scene.say("раз")
        await eventually(lambda: clock.slept)
        scene.say("два")
        await asyncio.sleep(0.2)
    assert (provider.sent, [round(one) for one in clock.slept]) == (["до"], [3600])


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.499, -5.0])
async def test_a_provider_that_names_no_time_to_wait_is_asked_later_each_time(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None], seconds: float
) -> None:
    provider = Asked()
    provider.against_messages["раз"] = RateLimited("rate_limited", retry_after=seconds)
    async with at_work(company, clock, provider, told) as scene:
        number = scene.say("раз")
        await scene.until(number, "queued", "rate_limited")
        (waiting,) = scene.company.read(lambda tx: tx.all(OutboxRow, "outbox.of_message", message=number))
        assert (waiting.attempts, waiting.not_before > clock.now()) == (1, True)


async def test_what_was_sent_before_the_trouble_began_does_not_end_it(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Slow("раз")
    provider.against_messages["два"] = SendingBlocked("unpaid")
    async with at_work(company, clock, provider, told) as scene:
        first = scene.say("раз")
        await eventually(lambda: scene.state(first) == "sending")
        clock.pass_by(1)
        scene.say("два")
        await eventually(lambda: told)
        provider.taken.set()
        await scene.until(first, "sent")
        assert isinstance(scene.sender.trouble, SendingBlocked)
        assert scene.row.paused_until > clock.now()
    assert [type(one) for one in told] == [SendingBlocked]


async def test_a_new_session_keeps_the_rest_of_the_old_one_and_asks_no_sooner(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Asked()
    provider.against_us = NeedsRebind("token_revoked")
    async with at_work(company, clock, provider, told) as scene:
        scene.say("раз")
        await eventually(lambda: told)
        proofs = provider.proofs
        again = asyncio.create_task(scene.sender.run(provider, {}))
        await asyncio.sleep(0.3)
        again.cancel()
        with suppress(asyncio.CancelledError):
            await again
    assert provider.proofs <= proofs + 1


async def test_a_message_that_is_always_refused_as_if_nothing_could_go_fails_alone_once_others_went(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Provider()
    provider.against_messages["плохое"] = SendingBlocked("sender_refused")
    async with at_work(company, clock, provider, told) as scene:
        bad = scene.say("плохое")
        await eventually(lambda: clock.slept)
        for n in range(3):
            other = scene.say(f"другое {n}")
            clock.pass_by(FIRST_LOOK)
            await scene.until(other, "sent")
            await eventually(lambda n=n: len(clock.slept) > n + 1 or scene.state(bad) == "failed")
        await scene.until(bad, "failed", "refused_alone")


@pytest.mark.parametrize("mistake", [KeyError("x"), RecursionError()], ids=["KeyError", "RecursionError"])
async def test_a_proof_that_stumbles_leaves_no_message_without_a_verdict(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None], mistake: Exception
) -> None:
    class Stumbles(Asked):
        async def prove(self) -> None:
            raise mistake

    provider = Stumbles()
    provider.against_messages["раз"] = NeedsRebind("forbidden")
    async with at_work(company, clock, provider, told) as scene:
        await scene.until(scene.say("раз"), "queued", "unexpected")


async def test_trouble_is_over_when_nothing_is_left_that_could_prove_it(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Provider()
    provider.against_us = SendingBlocked("unpaid")
    async with at_work(company, clock, provider, told) as scene:
        number = scene.say("раз")
        await eventually(lambda: told)
        scene.company.write(lambda tx: sending.cancel(tx, number))
        clock.pass_by(FIRST_LOOK)
        await eventually(lambda: len(told) == 2)
    assert [type(one) for one in told] == [SendingBlocked, type(None)]


@pytest.mark.parametrize("error", [Rejected("chat_gone"), Misconfigured("closed"), KeyError("x")], ids=repr)
async def test_a_lost_message_that_the_provider_cannot_be_asked_about_keeps_nobody_waiting(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None], error: Exception
) -> None:
    class Forgetful(Provider):
        async def reconcile(self, message: Outbound) -> Receipt | None:
            raise error

    provider = Forgetful()
    async with at_work(company, clock, provider, told) as scene:
        await scene.until(scene.say("до"), "sent")
        channel = scene.channel
    lost, after = (scene.say(text) for text in ("пропало", "после"))
    claim = company.write(lambda tx: outbox.claim(tx, company.media, channel))
    assert claim is not None
    assert company.write(lambda tx: outbox.begin(tx, claim))
    store = AsyncStore(company)
    task = asyncio.create_task(Sender(store, channel, CAN, count=lambda _word: None, tell=nothing).run(provider, {}))
    await scene.until(lost, "uncertain", "interrupted")
    await scene.until(after, "sent")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await store.aclose()


async def test_a_daemon_that_is_stopped_while_nothing_can_be_written_ends_all_the_same(company: Company) -> None:
    def full(tx: object) -> None:
        raise StoreError(T("The disk is full."))

    store = AsyncStore(company)
    task = asyncio.create_task(VerdictWriter(store, structlog.get_logger(), grace=0.1).record(full))
    await asyncio.sleep(0.05)
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task
    await store.aclose()


async def test_a_provider_that_cannot_be_reached_for_a_proof_proves_nothing(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    class Silent(Asked):
        async def prove(self) -> None:
            raise Retryable("unreachable")

    provider = Silent()
    provider.against_messages["раз"] = NeedsRebind("forbidden")
    async with at_work(company, clock, provider, told) as scene:
        await scene.until(scene.say("раз"), "queued", "unreachable")
    assert told == []


async def test_the_journal_says_when_a_channel_rests_why_and_when_it_goes_on(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Asked()
    provider.against_us = SendingBlocked("unpaid", "131042")
    async with at_work(company, clock, provider, told) as scene:
        number = scene.say("раз")
        await eventually(lambda: clock.slept)
        provider.against_us = None
        clock.pass_by(FIRST_LOOK + BEHIND)
        await scene.until(number, "sent")
    rows = company.read(lambda tx: journal.after(tx, 0, n=100))
    about = [str(sentence(row)) for row in rows if isinstance(row.event, (ChannelPaused, ChannelResumed))]
    assert about == [
        "Channel 1 sends nothing until 2026-09-21 14:18: unpaid 131042",
        "Channel 1 sends again",
    ]


async def test_what_was_claimed_and_not_handed_over_is_queued_again_after_a_crash_and_the_rest_is_uncertain(
    company: Company, clock: PatientClock, told: list[SendingTrouble | None]
) -> None:
    provider = Provider()
    async with at_work(company, clock, provider, told) as scene:
        channel = scene.channel
        await scene.until(scene.say("до"), "sent")
    waits, handed_over = (scene.say(text) for text in ("ждал очереди", "ушло или нет"))
    first, second = (company.write(lambda tx: outbox.claim(tx, company.media, channel)) for _ in range(2))
    assert (first and first.message.id, second and second.message.id) == (waits, handed_over)
    assert second is not None
    assert company.write(lambda tx: outbox.begin(tx, second))
    store = AsyncStore(company)
    sender = Sender(store, channel, CAN, count=lambda _word: None, tell=nothing)
    task = asyncio.create_task(sender.run(provider, {}))
    await scene.until(waits, "sent")
    await scene.until(handed_over, "uncertain", "interrupted")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await store.aclose()
    assert provider.sent == ["до", "ждал очереди"]


async def test_an_account_without_messages_is_looked_at_again_when_its_rest_ends(
    company: Company, clock: PatientClock
) -> None:
    store, told = AsyncStore(company), []
    line = company.write(lambda tx: lines.add(tx, "Продажи"))
    bound = Bound(account="1", title="Аккаунт")
    channel = company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="any"))

    async def tell(trouble: SendingTrouble | None) -> None:
        told.append(trouble)

    verdicts, governor = VerdictWriter(store, structlog.get_logger()), Governor(clock, [], [])
    permission = SendingPermission(channel, clock, verdicts.record, tell)
    outcomes = Outcomes(CAN, verdicts, permission, company.world.chance, count=lambda _word: None)
    queue = Handover(store, channel, Provider(), governor, outcomes, permission)
    await permission.suspend(governor, Misconfigured("number_gone"))
    assert await queue.next_due(idle=True) == clock.now() + FIRST_LOOK * 1000
    clock.pass_by(FIRST_LOOK)
    assert await queue.next_due(idle=True) is None
    assert [type(one) for one in told] == [Misconfigured, type(None)]
    await store.aclose()
