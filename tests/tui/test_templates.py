"""Templates in the window: the composer says why no text may go, and P sends an approved one."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.template import Template, TemplateState
from chatapp_cli.services import approvals, channels, lines, outbox
from chatapp_cli.tui.popups import Confirm
from chatapp_cli.tui.questions.templates import Fill
from chatapp_cli.tui.screens.inbox import InboxScreen
from tests.tui.conftest import Opener, Window
from tests.tui.stage import DAY, HOUR, HeldClock, Stage

pytestmark = pytest.mark.req("S-090")
BODY = "Здравствуйте, {{name}}! Заказ {{number}} готов."
FYODOR = Profile(id="RU.77", name="Фёдор Громов", phone="+79160000077")


@pytest.fixture
def channel(company: Company, stage: Stage) -> ChannelId:
    line = company.read(lines.everything)[0].id
    return stage.channel(line, "whatsapp", "1065", "+7 495 000-00-42")


def known(company: Company, channel: ChannelId, *found: tuple[str, str, TemplateState]) -> None:
    row = company.read(lambda tx: channels.one(tx, channel))
    every = [Template(name=name, body=body, state=state) for name, body, state in found]
    company.write(lambda tx: approvals.learn(tx, company.capabilities, row, every))


async def opens(it: Window, name: str) -> None:
    await it.sees(name)
    await it.press("home", "enter")
    await it.sees("Choose an approved template: P")


async def test_the_composer_tells_that_the_window_is_closed_and_p_sends_a_template(
    window: Opener, company: Company, stage: Stage, channel: ChannelId
) -> None:
    stage.hear(channel, FYODOR, "Готово?", ago=DAY + HOUR)
    known(company, channel, ("order_ready", BODY, "approved"), ("sale", "Скидки!", "rejected"))
    async with window() as it:
        await it.press("/")
        await it.type("Громов")
        await it.press("enter")
        await opens(it, "Фёдор Громов")
        await it.sees("could be written to freely until 2026-11-20")
        await it.press("P")
        await it.sees("Which template?", "order_ready/ru")
        assert "sale" not in it.text()
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, Fill))
        await it.press("Ф", "enter")
        await it.sees("Здравствуйте, Ф! Заказ {{number}} готов.", "Nothing fills {{number}}")
        await it.press("1", "5", "enter")
        await it.sees("Здравствуйте, Ф! Заказ 15 готов.")
    claim = company.write(lambda tx: outbox.claim(tx, company.media, channel))
    assert claim is not None
    assert claim.outbound.template is not None
    assert claim.outbound.template.values == (("name", "Ф"), ("number", "15"))


async def test_a_template_without_gaps_is_sent_after_a_look(
    window: Opener, company: Company, stage: Stage, channel: ChannelId
) -> None:
    stage.hear(channel, FYODOR, "Готово?", ago=DAY + HOUR)
    known(company, channel, ("ready", "Ваш заказ готов", "approved"))
    async with window() as it:
        await it.press("/")
        await it.type("Громов")
        await it.press("enter")
        await opens(it, "Фёдор Громов")
        await it.press("P")
        await it.sees("Which template?")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, Confirm))
        await it.sees("Ваш заказ готов")
        await it.press("y")
        await it.sees("◷ Ваш заказ готов")
    claim = company.write(lambda tx: outbox.claim(tx, company.media, channel))
    assert claim is not None
    assert claim.outbound.text == "Ваш заказ готов"


async def test_within_the_window_anything_may_be_written_and_without_templates_that_is_said(
    window: Opener, company: Company, stage: Stage, channel: ChannelId
) -> None:
    stage.hear(channel, FYODOR, "Готово?", ago=HOUR)
    async with window() as it:
        await it.press("/")
        await it.type("Громов")
        await it.press("enter")
        await it.sees("Фёдор Громов")
        await it.press("home", "enter")
        await it.sees("Write an answer")
        await it.press("ctrl+t")
        await it.until(lambda: any("No template of this channel" in note.message for note in it.app._notifications))


async def test_the_window_closes_while_somebody_writes_and_the_words_stay(
    window: Opener, company: Company, stage: Stage, channel: ChannelId, clock: HeldClock
) -> None:
    stage.hear(channel, FYODOR, "Готово?", ago=DAY - HOUR)
    async with window() as it:
        await it.press("/")
        await it.type("Громов")
        await it.press("enter")
        await it.sees("Фёдор Громов")
        await it.press("home", "enter")
        await it.sees("Write an answer")
        await it.type("Да")
        clock.at += HOUR + 1
        assert isinstance(it.app.screen, InboxScreen)
        it.app.screen.freshness.tick()
        await it.sees("Choose an approved template: P", "Да")
