"""What becomes of a message that was on its way when its sender ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import DeliveryChanged
from chatapp_cli.domain.errors import OutcomeUnknown, RateLimited, Retryable
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.sender import Sender
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import outbox, trace, transcript
from chatapp_cli.services.delivery_reports import apply_delivery
from tests.runtime.desk import eventually
from tests.runtime.permission import CAN, PatientClock, Provider, Scene, at_work, nothing
from tests.stores import OWNER


class CountedClock(PatientClock):
    """Remembers the short waits too."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(seconds)


@pytest.fixture
def clock() -> CountedClock:
    return CountedClock()


@pytest.fixture
def company(companies: Callable[..., Company], clock: CountedClock) -> Company:
    return open_company(companies().settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)


class Remembering(Provider):
    """A provider that can be asked; it answers one after the other, and ``None`` in the end."""

    def __init__(self, answers: Sequence[Receipt | Exception | None]) -> None:
        super().__init__()
        self.answers = list(answers)

    async def reconcile(self, message: Outbound) -> Receipt | None:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


async def lost(company: Company, clock: CountedClock) -> tuple[Scene, MessageId]:
    """A message is handed over, and its sender ends before the answer."""
    async with at_work(company, clock, Provider(), []) as scene:
        await scene.until(scene.say("до"), "sent")
    number = scene.say("пропало")
    claim = company.write(lambda tx: outbox.claim(tx, company.media, scene.channel))
    assert claim is not None
    assert company.write(lambda tx: outbox.begin(tx, claim))
    return scene, number


async def recovered(scene: Scene, provider: Provider, can: Capabilities, ended: Callable[[], bool]) -> None:
    """Another sender takes over until that is so."""
    store = AsyncStore(scene.company)
    sender = Sender(store, scene.channel, can, count=lambda _word: None, tell=nothing)
    task = asyncio.create_task(sender.run(provider, {}))
    await eventually(ended)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await store.aclose()


FOUND = Receipt(ids=("e1",))


@pytest.mark.parametrize(
    ("answers", "state", "waits"),
    [
        ([FOUND], "sent", []),
        ([None], "uncertain", []),
        ([Retryable("busy"), FOUND], "sent", [2.0]),
        ([Retryable("busy"), RateLimited("slow", retry_after=1), FOUND], "sent", [2.0, 5.0]),
        ([Retryable("busy"), TimeoutError(), Retryable("busy"), FOUND], "uncertain", [2.0, 5.0, 0.0]),
        ([KeyError("x"), FOUND], "uncertain", []),
    ],
)
async def test_the_provider_is_asked_three_times_at_most_whether_it_went(
    company: Company, clock: CountedClock, answers: Sequence[Receipt | Exception | None], state: str, waits: list[float]
) -> None:
    scene, number = await lost(company, clock)
    clock.waits.clear()
    provider = Remembering(answers)
    await recovered(scene, provider, CAN, lambda: scene.state(number) == state)
    assert provider.sent == []
    assert clock.waits[: len(waits)] == waits


async def test_a_provider_that_cannot_tell_says_under_which_id_a_report_of_it_would_come(
    company: Company, clock: CountedClock
) -> None:
    scene, number = await lost(company, clock)
    unknown = OutcomeUnknown("nobody_knows", ids=("e1",))
    await recovered(scene, Remembering([unknown]), CAN, lambda: scene.state(number) == "uncertain")
    report = DeliveryChanged(
        ext_id=border.external_id("e1"), state=State.FAILED, at=border.at(1, 1), code=border.name("no")
    )
    assert company.read(lambda tx: transcript.message(tx, number)).code == "nobody_knows"
    company.write(lambda tx: apply_delivery(tx, scene.channel, report))
    assert scene.state(number) == "failed"


async def test_where_a_key_delivers_once_it_goes_again_at_once_and_that_counts_as_no_attempt(
    company: Company, clock: CountedClock
) -> None:
    scene, number = await lost(company, clock)
    provider = Remembering([FOUND])
    await recovered(scene, provider, replace(CAN, idempotent_send=True), lambda: scene.state(number) == "sent")
    assert provider.sent == ["пропало"]
    verdicts = [one.verdict for one in company.read(lambda tx: trace.life(tx, number)).attempts]
    assert verdicts == ["postponed", "done"]
    assert provider.answers == [FOUND]
