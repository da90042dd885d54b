"""An open dialog is honest about a channel that stands still, and about what waits behind others."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.services import channels, outbox
from tests.tui.conftest import Opener
from tests.tui.stage import MINUTE, HeldClock, Stage


@pytest.mark.parametrize(
    ("health", "words"),
    [
        ("retrying", "@teply_dom_bot: tries again, since 11:45. Your messages are sent once it works."),
        ("starting", "@teply_dom_bot: not started yet, since 11:45. Your messages are sent once it works."),
    ],
)
async def test_a_channel_that_stands_still_says_since_when_and_what_becomes_of_what_one_writes(
    window: Opener, company: Company, stage: Stage, health: str, words: str
) -> None:
    bot = next(c for c in company.read(channels.everything) if c.kind == "telegram_bot")
    stage.health(bot.id, health, ago=15 * MINUTE)
    async with window((160, 35)) as it:
        await it.open("Анна")
        await it.sees(words)
        stage.health(bot.id, "ok")
        await it.sees_no("Your messages")


async def test_a_sign_of_life_ends_the_notice_of_an_open_dialog_as_it_does_in_the_last_line(
    window: Opener, company: Company, clock: HeldClock
) -> None:
    bot = next(c for c in company.read(channels.everything) if c.kind == "telegram_bot")
    async with window((160, 35)) as it:
        await it.open("Анна")
        clock.at += 4 * MINUTE
        await it.sees("@teply_dom_bot: gives no sign of life, since 11:59. Your messages are sent once it works.")
        company.write(lambda tx: channels.prove(tx, bot.id))
        await it.app.screen.freshness.tell_bars()
        await it.sees_no("gives no sign of life, since")


async def test_a_channel_that_a_provider_paused_says_until_when(window: Opener, company: Company) -> None:
    bot = next(c for c in company.read(channels.everything) if c.kind == "telegram_bot")
    company.write(lambda tx: outbox.show_pause(tx, bot.id, seconds=480))
    async with window((160, 35)) as it:
        await it.open("Анна")
        await it.sees("@teply_dom_bot is paused until 12:08. Your messages are sent then.")


async def test_a_waiting_message_tells_its_place_in_the_queue(window: Opener, company: Company, stage: Stage) -> None:
    bot = next(c for c in company.read(channels.everything) if c.kind == "telegram_bot")
    igor = stage.dialog(bot.id, Profile(id="502"))
    stage.say(igor, "Пришлите фото, пожалуйста", state=None)
    stage.say(stage.dialog(bot.id, Profile(id="501")), "Да, положим", state=None)
    async with window() as it:
        await it.open("Анна")
        await it.sees("No. 2 in the queue")
