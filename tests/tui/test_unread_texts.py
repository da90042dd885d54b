"""A dialog opens at the beginning of what is unread, and pages lead through a message taller than the view."""

from __future__ import annotations

import re
from functools import partial

import pytest

from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.services import dialogs, persons
from chatapp_cli.tui.conversation.read_marks import DWELL
from chatapp_cli.tui.reading.conversations import PAGE
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import SMALL, Opener, Window
from tests.tui.stage import HOUR, MAIL, MINUTE, Stage

BORIS = Profile(id="b@savin.example\nпрайс", name="Борис Савин", email="b@savin.example")
LINES = 200


def a_long_mail(stage: Stage, *, ago: int = MINUTE) -> None:
    stage.hear(MAIL, BORIS, "\n".join(f"строка {n};" for n in range(1, LINES + 1)), subject="Прайс", ago=ago)


def all_is_read(stage: Stage) -> None:
    dialog = stage.dialog(MAIL, BORIS)
    stage.company.write(lambda tx: dialogs.read(tx, dialog))


def lines_in_view(it: Window) -> set[int]:
    """The numbers of the mail's lines to the right of the list."""
    return {int(n) for n in re.findall(r"│.*строка (\d+);", it.text())}


def shown(it: Window) -> Transcript:
    return it.app.screen.query_one(Transcript)


def unread(it: Window, stage: Stage) -> int:
    opened = it.app.screen.opening.card.id
    return stage.company.read(lambda tx: dialogs.card(tx, opened)).unread


@pytest.mark.parametrize("size", [SMALL, (120, 35)])
async def test_a_dialog_opens_at_the_beginning_of_a_long_unread_mail_and_is_read_at_its_end(
    window: Opener, stage: Stage, size: tuple[int, int]
) -> None:
    stage.hear(MAIL, BORIS, "Жду прайс", subject="Прайс", ago=3 * MINUTE)
    all_is_read(stage)
    a_long_mail(stage)
    stage.hear(MAIL, BORIS, "и последнее", subject="Прайс")
    async with window(size) as it:
        await it.open("Савин")
        await it.until(lambda: min(lines_in_view(it), default=0) == 1)
        await it.pilot.pause(DWELL + 0.3)
        assert min(lines_in_view(it)) == 1
        assert unread(it, stage) == 2
        await it.press("up")
        assert shown(it).selected.message.text.startswith("строка 1;")
        assert min(lines_in_view(it)) == 1
        await it.press("end")
        await it.sees(f"строка {LINES};", "и последнее")
        await it.until(lambda: unread(it, stage) == 0)


async def test_pages_show_every_line_of_a_message_that_is_taller_than_the_view(window: Opener, stage: Stage) -> None:
    a_long_mail(stage)
    async with window() as it:
        await it.open("Савин")
        await it.until(lambda: lines_in_view(it))
        await it.press("up")
        seen, pages = lines_in_view(it), 0
        while LINES not in lines_in_view(it):
            before = lines_in_view(it)
            await it.press("pagedown")
            assert min(lines_in_view(it)) <= max(before) + 1
            seen |= lines_in_view(it)
            pages += 1
        assert seen == set(range(1, LINES + 1))
        assert pages == pytest.approx(LINES / (shown(it).size.height - 1), abs=1)
        for _ in range(pages):
            await it.press("pageup")
        assert min(lines_in_view(it)) == 1


async def test_pages_and_single_steps_choose_messages_around_a_tall_one(window: Opener, stage: Stage) -> None:
    stage.hear(MAIL, BORIS, "Первое", subject="Прайс", ago=40 * MINUTE)
    a_long_mail(stage, ago=20 * MINUTE)
    stage.hear(MAIL, BORIS, "Последнее", subject="Прайс")

    async def chosen_after(it: Window, key: str) -> str:
        await it.press(key)
        return str(shown(it).selected.message.text.split("\n")[0])

    async with window() as it:
        await it.open("Савин")
        assert await chosen_after(it, "up") == "Первое"
        assert await chosen_after(it, "pagedown") == "строка 1;"
        assert await chosen_after(it, "pagedown") == "строка 1;"
        assert await chosen_after(it, "j") == "Последнее"
        await it.sees("Последнее")
        assert await chosen_after(it, "k") == "строка 1;"
        assert 1 in lines_in_view(it)
        assert await chosen_after(it, "up") == "Первое"
        assert await chosen_after(it, "down") == "строка 1;"
        assert 1 in lines_in_view(it)
        assert await chosen_after(it, "end") == "Последнее"
        assert await chosen_after(it, "home") == "Первое"
        assert shown(it).scroll_offset.y == 0


async def test_what_is_unread_and_has_room_is_shown_at_the_end(window: Opener, stage: Stage) -> None:
    a_long_mail(stage, ago=20 * MINUTE)
    all_is_read(stage)
    stage.hear(MAIL, BORIS, "Последнее", subject="Прайс")
    async with window() as it:
        await it.open("Савин")
        await it.sees("Последнее", f"строка {LINES};")
        assert shown(it).at_end


async def test_headings_above_what_is_unread_need_no_room(window: Opener, stage: Stage) -> None:
    async with window() as it:
        await it.open("Олег")
        room = shown(it).size.height
    stage.hear(MAIL, BORIS, "\n".join(f"строка {n};" for n in range(1, room - 3)), subject="Прайс")
    async with window() as it:
        await it.open("Савин")
        await it.until(lambda: 1 in lines_in_view(it))
        assert shown(it).scroll_offset.y > 0
        assert shown(it).at_end


async def test_what_is_sent_from_the_middle_of_a_long_mail_is_in_view(window: Opener, stage: Stage) -> None:
    a_long_mail(stage)
    async with window() as it:
        await it.open("Савин")
        await it.until(lambda: 1 in lines_in_view(it))
        await it.type("Спасибо, получили")
        await it.press("enter")
        await it.until(lambda: re.search("│.*Спасибо, получили", it.text()))
        await it.until(lambda: shown(it).at_end)


async def test_with_more_unread_messages_than_are_read_at_once_a_dialog_opens_at_the_latest(
    window: Opener, stage: Stage
) -> None:
    for n in range(PAGE + 1):
        stage.hear(MAIL, BORIS, f"сообщение {n};", subject="Прайс")
    async with window() as it:
        await it.open("Савин")
        await it.sees(f"│   сообщение {PAGE};")
        assert shown(it).at_end


async def test_what_the_same_person_wrote_elsewhere_does_not_count(window: Opener, stage: Stage) -> None:
    site, there = stage.channel(stage.line("Зима"), "api", "winter", "Зимний сайт"), Profile(id="k-9", name="Боря")
    stage.hear(site, there, "и здесь", ago=HOUR)
    for n in range(PAGE):
        stage.hear(MAIL, BORIS, f"сообщение {n};", subject="Прайс", ago=HOUR)
    all_is_read(stage)
    a_long_mail(stage)
    both = [stage.company.read(partial(dialogs.card, dialog=one)) for one in _dialogs(stage, site, there)]
    stage.company.write(partial(persons.merge, kept=both[0].contact_id, gone=both[1].contact_id))
    async with window() as it:
        await it.open("Савин")
        await it.until(lambda: 1 in lines_in_view(it))


def _dialogs(stage: Stage, site: ChannelId, there: Profile) -> tuple[DialogId, DialogId]:
    return stage.dialog(MAIL, BORIS), stage.dialog(site, there)
