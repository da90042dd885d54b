"""What is done with messages in the window: forwarded, put off, taken back, followed, looked back at."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

from chatapp_cli.bootstrap import Company
from chatapp_cli.services import channels, dialogs, options, transcript
from chatapp_cli.tui.widgets.composer import Composer, Pen
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.stores import owner
from tests.tui.conftest import InboxApp, Opener, Window
from tests.tui.stage import ANNA, HeldClock, Stage, opened


async def choose(it: Window, words: str) -> None:
    """Put the choice on the message with these words."""
    shown = it.app.screen.query_one(Transcript)
    shown.focus()
    entry = next(e for e in shown.entries if words in e.message.text)
    shown.choose(entry.message.id)
    await it.pilot.pause()


async def told(it: Window, *words: str) -> None:
    """Wait until the window has said all of it in passing."""
    await it.until(lambda: all(any(word in note.message for note in it.app._notifications) for word in words), words)


def last_said(it: Window) -> tuple[str, str]:
    dialog = it.app.screen.opening.card.id
    (entry,) = it.app.company.read(lambda tx: transcript.latest(tx, dialog, n=1))
    return entry.message.text, entry.message.state


async def test_chosen_messages_are_forwarded_to_a_dialog_that_is_looked_up(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await choose(it, "Молочный, пожалуйста")
        await it.press("V", "V", "F")
        await it.sees("Forward to")
        await it.type("Игорь")
        await it.until(lambda: it.app.screen.query_one(OptionList).option_count == 1)
        await it.press("enter", "enter")
        await told(it, "Forwarded to Игорь (")
        await it.open("Игорь")
        await it.sees("Молочный, пожалуйста", "350 ₽, два дня", "Анна Кузнецова, ")
        await it.press("escape", "U")
        await told(it, "Taken back.")


async def test_a_message_is_forwarded_to_a_new_address_with_words_of_ones_own(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await choose(it, "Молочный, пожалуйста")
        await it.press("F")
        await it.sees("Forward to")
        await it.type("kollega@example.org")
        await it.until(lambda: {one.name for one in it.app.screen.found} == {"kollega@example.org"})
        await it.press("enter")
        await it.type("Посмотри, пожалуйста")
        await it.press("enter")
        await told(it, "Forwarded to kollega@example.org.")
        await it.open("kollega@example.org")
        await it.sees("Посмотри, пожалуйста", "Молочный, пожалуйста")


async def test_a_message_is_written_for_later_moved_and_sent_now(window: Opener, clock: HeldClock) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("Отправили!")
        await it.press("ctrl+l")
        await it.sees("When should it be sent?")
        await it.type("завтра в 9")
        await it.press("enter")
        await it.sees("Only if the client does not write first")
        await it.press("2")
        await it.sees("Отправили!", "It is scheduled in case the client")
        await choose(it, "Отправили!")
        await it.press("e")
        await it.until(lambda: it.app.screen.query_one(Pen).text == "Отправили!")
        await it.type(" Ждите")
        await it.press("enter")
        await it.until(lambda: last_said(it) == ("Отправили! Ждите", "scheduled"))
        await choose(it, "Отправили!")
        await it.press("W")
        await it.sees("Empty: now.")
        await it.press("enter")
        await it.until(lambda: last_said(it) == ("Отправили! Ждите", "queued"))


async def test_a_time_that_is_none_says_so_and_loses_nothing(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("Отправили!")
        await it.press("ctrl+l")
        await it.sees("When should it be sent?")
        await it.type("потом")
        await it.press("enter")
        await it.sees("потом is not a time.")
        await it.press("escape")
        await it.until(lambda: it.app.screen.query(Pen))
        assert it.app.screen.query_one(Pen).text == "Отправили!"


async def test_what_is_refused_after_all_returns_into_the_text(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        await it.type("Отправили!")
        await it.press("ctrl+l")
        await it.sees("When should it be sent?")
        await it.type("завтра в 9")
        await it.press("enter")
        await it.sees("In any case")
        company.write(lambda tx: dialogs.block(tx.by(owner("Вера")), dialog, blocked=True))
        await it.press("1")
        await it.sees("is on the blacklist")
        await it.press("escape", "escape")
        await it.until(lambda: it.app.screen.query(Composer))
        assert it.app.screen.query_one(Composer).state.text == "Отправили!"


@pytest.fixture
def patient(company_folder: Path, tmp_path: Path, clock: HeldClock) -> InboxApp:
    """The window of somebody who wants seven seconds to think again."""
    import shutil

    shutil.copytree(company_folder, tmp_path / "patient")
    return InboxApp(opened(tmp_path / "patient", clock, undo_send=7), alone=True)


async def test_what_was_just_sent_returns_into_the_text(patient: InboxApp) -> None:
    async with patient.run_test(size=(120, 35)) as pilot:
        it = Window(patient, pilot)
        await it.until(lambda: patient.screen.query_one("DialogList").order is not None)
        await it.open("Анна")
        await it.type("Лена, добрый день")
        await it.press("enter")
        await it.sees("It can still be taken back.")
        assert it.app.screen.query_one(Pen).text == ""
        await it.press("ctrl+z")
        await it.until(lambda: it.app.screen.query_one(Pen).text == "Лена, добрый день")
        await it.until(lambda: last_said(it) == ("Лена, добрый день", "cancelled"))
    patient.company.close()


async def test_the_seconds_to_take_it_back_may_be_set_for_everybody_while_windows_are_open(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        company.write(lambda tx: options.configure_company(tx, {"undo_send": "7"}))
        await it.open("Анна")
        await it.type("Лена, добрый день")
        await it.press("enter")
        await it.sees("It can still be taken back.")


async def test_taking_back_does_not_drop_what_is_being_written(window: Opener, stage: Stage) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("Первое")
        await it.press("enter")
        await it.until(lambda: last_said(it)[0] == "Первое")
        await it.type("Второе")
        await choose(it, "Первое")
        await it.press("z")
        await it.until(lambda: last_said(it) == ("Первое", "cancelled"))
        assert it.app.screen.query_one(Composer).state.text == "Второе"
        await it.press("s")
        await told(it, "Only what failed or is uncertain goes again; what was taken back is written anew.")
        assert last_said(it) == ("Первое", "cancelled")


async def test_why_something_cannot_be_done_is_said_in_words(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await choose(it, "Молочный, пожалуйста")
        for key, reason in (
            ("e", "Only our own messages can be edited."),
            ("z", "Only a message that has not been sent can be cancelled."),
            ("S", "This message has no file."),
            ("l", "There is no picture in this message."),
            ("H", "This message was never edited."),
            ("o", "There is no link, address or phone number in this message."),
            ("W", "Only a scheduled message has a time."),
        ):
            await it.press(key)
            await told(it, reason)


async def test_an_old_message_is_not_taken_back_and_it_says_how_old_is_too_old(
    window: Opener, clock: HeldClock
) -> None:
    clock.at += 3 * 86_400_000
    async with window() as it:
        await it.open("Анна")
        await choose(it, "350 ₽, два дня")
        await it.press("d")
        await told(it, "is older than 48 hours", "takes back only newer ones")


async def test_the_texts_before_an_edit_are_looked_at(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await choose(it, "так быстро ❤")
        await it.press("H")
        await it.sees("What it said before", "что так быстр")
        await it.press("escape")
        await it.sees_no("What it said before")


async def test_a_link_is_copied_and_a_number_is_written_to(window: Opener, stage: Stage) -> None:
    bot = next(row.id for row in stage.company.read(channels.everything) if row.kind == "telegram_bot")
    stage.hear(bot, ANNA, "Мой номер +7 916 555-01-02, почта anna@pochta.example")
    async with window() as it:
        await it.open("Анна")
        await choose(it, "350 ₽, два дня")
        await it.press("o")
        await it.sees("https://teply-dom.example/dostavka", "Open teply-dom.example")
        await it.press("2")
        await told(it, "Copied.")
        assert it.app.clipboard == "https://teply-dom.example/dostavka"
        await choose(it, "Мой номер")
        await it.press("o")
        await it.sees("Which one?", "anna@pochta.example")
        await it.press("1")
        await it.sees("Write first")
        await it.press("1")
        await it.until(lambda: type(it.app.screen).__name__ == "PeopleScreen")
        await it.sees("+79165550102")


async def test_who_is_on_the_blacklist_is_not_written_to_and_the_key_takes_them_off(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        await it.open("Анна")
        dialog = it.app.screen.opening.card.id
        company.write(lambda tx: dialogs.block(tx.by(owner("Вера")), dialog, blocked=True))
        await it.sees("is on the blacklist.", "Take them off it first: b")
        assert it.app.screen.query_one(Pen).disabled
        await it.press("b")
        await it.until(lambda: not it.app.screen.query_one(Pen).disabled)
