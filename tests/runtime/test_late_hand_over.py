"""A session that says itself when a message is handed over: until then the message was certainly not sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from pathlib import Path

import pytest

from chatapp_cli import i18n
from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import DeliveryChanged
from chatapp_cli.domain.errors import OutcomeUnknown, Refused, Rejected, Retryable, StoreError
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.domain.text import T
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.outcomes import MOST_MISTAKES
from chatapp_cli.services import sending, trace, transcript
from chatapp_cli.services.delivery_reports import apply_delivery
from chatapp_cli.services.outbox import LONGEST_WAIT
from tests.runtime.desk import eventually
from tests.runtime.permission import PatientClock, Provider, Scene, at_work
from tests.stores import OWNER


class Late(Provider):
    """Logs in, which takes until ``logged_in``; then it begins, sends, and answers with ``answer``."""

    def __init__(self, *, before: Exception | None = None, answer: Exception | None = None) -> None:
        super().__init__()
        self.before, self.answer, self.tried = before, answer, 0
        self.logging_in, self.logged_in = asyncio.Event(), asyncio.Event()

    async def send_late(self, message: Outbound, begin: Callable[[Sequence[str]], Awaitable[None]]) -> Receipt:
        self.tried += 1
        self.logging_in.set()
        await self.logged_in.wait()
        if self.before:
            raise copy(self.before)  # raised again, one and the same would bear all earlier tracebacks
        await begin(("e1",))
        self.sent.append(message.text)
        if self.answer:
            raise self.answer
        return Receipt(ids=(f"id {len(self.sent)}",))


class Prompt(Late):
    """One that needs no time for its login."""

    def __init__(self, *, before: Exception | None = None, answer: Exception | None = None) -> None:
        super().__init__(before=before, answer=answer)
        self.logged_in.set()


@pytest.fixture
def clock() -> PatientClock:
    return PatientClock()


@pytest.fixture
def company(companies: Callable[..., Company], clock: PatientClock) -> Company:
    return open_company(companies().settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)


def shown(scene: Scene, number: MessageId) -> tuple[str, str]:
    found = scene.company.read(lambda tx: transcript.message(tx, number))
    return found.state, found.code


def attempts(scene: Scene, number: MessageId) -> list[tuple[str, str]]:
    return [(one.verdict, one.code) for one in scene.company.read(lambda tx: trace.life(tx, number)).attempts]


class Speaking(Prompt):
    """Takes down the language in which it writes."""

    def __init__(self) -> None:
        super().__init__()
        self.languages: list[str] = []

    async def send_late(self, message: Outbound, begin: Callable[[Sequence[str]], Awaitable[None]]) -> Receipt:
        self.languages.append(i18n.language())
        return await super().send_late(message, begin)


@pytest.mark.parametrize(("config", "written"), [('lang = "ru"', "ru"), ("", "en")], ids=["set", "not set"])
async def test_what_the_program_adds_to_a_message_is_in_the_language_that_the_settings_file_names(
    company: Company, clock: PatientClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: str, written: str
) -> None:
    (tmp_path / "config.toml").write_text(config, "utf-8")
    monkeypatch.setenv("CHATAPP_CONFIG", str(tmp_path / "config.toml"))
    provider = Speaking()
    async with at_work(company, clock, provider, []) as scene:
        await scene.until(scene.say("раз"), "sent")
    assert (provider.languages, i18n.language()) == ([written], "en")


async def test_a_message_is_handed_over_when_the_session_says_so(company: Company, clock: PatientClock) -> None:
    provider = Late()
    async with at_work(company, clock, provider, []) as scene:
        number = scene.say("раз")
        await provider.logging_in.wait()
        assert (shown(scene, number), attempts(scene, number)) == (("queued", ""), [])
        provider.logged_in.set()
        await scene.until(number, "sent")
        assert attempts(scene, number) == [("done", "")]


@pytest.mark.parametrize(
    ("error", "state", "attempt"),
    [
        (Rejected("no_such_mailbox", "550"), ("failed", "no_such_mailbox"), ("failed", "no_such_mailbox")),
        (Retryable("try_later"), ("queued", "try_later"), ("postponed", "try_later")),
        (OutcomeUnknown("timeout"), ("queued", "timeout"), ("postponed", "timeout")),
        (TimeoutError(), ("queued", "server_silent"), ("postponed", "server_silent")),
        (KeyError("mistake"), ("queued", "unexpected"), ()),
    ],
)
async def test_what_fails_before_that_certainly_did_not_go_and_the_attempt_is_told(
    company: Company, clock: PatientClock, error: Exception, state: tuple[str, str], attempt: tuple[str, ...]
) -> None:
    async with at_work(company, clock, Prompt(before=error), []) as scene:
        number = scene.say("раз")
        await eventually(lambda: shown(scene, number) == state)
        assert attempts(scene, number)[:1] == ([attempt] if attempt else [])


@pytest.mark.parametrize(
    ("error", "attempts", "after"),
    [
        (KeyError("mistake"), MOST_MISTAKES, ("failed", "not_prepared")),
        (PermissionError("no"), MOST_MISTAKES + 1, ("queued", "unexpected")),
    ],
)
async def test_a_message_that_our_own_code_cannot_prepare_fails_after_some_attempts(
    company: Company, clock: PatientClock, error: Exception, attempts: int, after: tuple[str, str]
) -> None:
    provider = Prompt(before=error)
    async with at_work(company, clock, provider, []) as scene:
        number = scene.say("раз")

        def came_to_that() -> bool:
            clock.pass_by(LONGEST_WAIT)
            scene.sender.wake()
            return provider.tried >= attempts and shown(scene, number) == after

        await eventually(came_to_that)


@pytest.mark.parametrize("error", [OutcomeUnknown("outcome_unknown"), KeyError("mistake"), TimeoutError()], ids=repr)
async def test_what_breaks_after_that_is_uncertain(company: Company, clock: PatientClock, error: Exception) -> None:
    async with at_work(company, clock, Prompt(answer=error), []) as scene:
        number = scene.say("раз")
        await eventually(lambda: shown(scene, number)[0] == "uncertain")


@pytest.mark.parametrize("error", [KeyError("mistake"), TimeoutError()], ids=repr)
async def test_a_report_under_the_id_that_it_was_to_have_settles_it(
    company: Company, clock: PatientClock, error: Exception
) -> None:
    async with at_work(company, clock, Prompt(answer=error), []) as scene:
        number = scene.say("раз")
        await eventually(lambda: shown(scene, number)[0] == "uncertain")
        report = DeliveryChanged(ext_id=border.external_id("e1"), state=State.FAILED, at=border.at(1, 1))
        company.write(lambda tx: apply_delivery(tx, scene.channel, report))
        assert shown(scene, number)[0] == "failed"


async def test_a_message_can_be_cancelled_until_then_and_does_not_go(company: Company, clock: PatientClock) -> None:
    provider = Late()
    async with at_work(company, clock, provider, []) as scene:
        number = scene.say("раз")
        await provider.logging_in.wait()
        company.write(lambda tx: sending.cancel(tx, number))
        provider.logged_in.set()
        await scene.until(scene.say("два"), "sent")
        assert shown(scene, number)[0] == "cancelled"
    assert provider.sent == ["два"]


async def test_a_sender_that_ends_before_that_leaves_the_message_in_the_queue(
    company: Company, clock: PatientClock
) -> None:
    provider = Late()
    async with at_work(company, clock, provider, []) as scene:
        number = scene.say("раз")
        await provider.logging_in.wait()
        flying = [task for task in asyncio.all_tasks() if task.get_name() == "carry"]
        for task in flying:
            task.cancel()
        await eventually(lambda: shown(scene, number) == ("queued", "stopped"))
        assert provider.sent == []
        provider.logged_in.set()
        await scene.until(number, "sent")


async def test_a_store_that_cannot_be_written_keeps_the_message_from_going(
    company: Company, clock: PatientClock
) -> None:
    provider = Prompt(before=StoreError(T("full")))
    async with at_work(company, clock, provider, []) as scene:
        number = scene.say("раз")
        await eventually(lambda: shown(scene, number) == ("queued", "stopped"))
        provider.before = None
        await scene.until(number, "sent")
    assert provider.sent == ["раз"]


async def test_once_handed_over_it_cannot_be_cancelled(company: Company, clock: PatientClock) -> None:
    async with at_work(company, clock, Prompt(), []) as scene:
        number = scene.say("раз")
        await scene.until(number, "sent")
        with pytest.raises(Refused):
            company.write(lambda tx: sending.cancel(tx, number))
