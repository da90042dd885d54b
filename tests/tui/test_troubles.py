"""What needs a person is counted, listed and settled in the window; files leave the store."""

from __future__ import annotations

from pathlib import Path

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, DeliveryChanged, Profile
from chatapp_cli.domain.message import DELAYED, State
from chatapp_cli.domain.text import T
from chatapp_cli.services import alarms, channels, deadletters, ingest, transcript
from chatapp_cli.store.rows.outbox import OutboxRow
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.screens.lines import LinesScreen
from tests.stores import said
from tests.tui.conftest import Opener, Window
from tests.tui.stage import DAY, HOUR, NOON, Stage


def not_understood(company: Company) -> None:
    bot = next(c for c in company.read(channels.everything) if c.kind == "telegram_bot")
    letter = Arrival(provider_id="odd", raw=b"{}", problem="no such field: chat")
    company.write(lambda tx: ingest.ingest(tx, bot.id, Batch(arrivals=(letter,))))


async def test_the_status_bar_counts_what_needs_a_person_and_a_key_lists_it(window: Opener, company: Company) -> None:
    not_understood(company)
    async with window() as it:
        await it.sees("! 3 F3")
        await it.press("f3")
        await it.sees("✗ Вера Ильина", "? Kirill", "✉ @teply_dom_bot", "no such field: chat", "◷ Гостиница «Север»")


async def test_below_the_list_stand_the_whole_reason_of_the_chosen_row_and_what_to_do(window: Opener) -> None:
    async with window() as it:
        await it.press("f3")
        await it.sees("✗ Вера Ильина")
        listed, found = it.app.screen.query_one("OptionList"), it.app.screen._found
        listed.highlighted = next(n for n, one in enumerate(found) if "Вера" in one.shown.plain)
        await it.sees("→ Write later, or reach the client by another channel")
        listed.highlighted = next(n for n, one in enumerate(found) if "Гостиница" in one.shown.plain)
        await it.sees_no("→ Write later")


async def test_a_mail_that_is_late_is_listed_and_shown_with_the_servers_words(
    window: Opener, company: Company, stage: Stage
) -> None:
    mail = next(c for c in company.read(channels.everything) if c.account == "hello@teply-dom.example")
    zoya = Profile(id="zoya@pochta.example", name="Зоя Лунина", email="zoya@pochta.example")
    stage.hear(mail.id, zoya, "Где счёт?", ago=DAY)
    number = stage.say(stage.dialog(mail.id, zoya), "Вот счёт", ago=HOUR)
    ext_id = company.read(lambda tx: transcript.message(tx, number)).ext_id
    late = DeliveryChanged(ext_id=ext_id, state=State.SENT, at=NOON, code=DELAYED, detail="4.4.1 timed out")
    stage.happen(mail.id, late)
    async with window() as it:
        await it.press("f3")
        await it.sees("◷ Зоя Лунина", "The mail is late")
        listed = it.app.screen.query_one("OptionList")
        listed.highlighted = next(n for n, one in enumerate(it.app.screen._found) if "Зоя" in one.shown.plain)
        await it.sees(
            "keeps trying to deliver it (4.4.1 timed out)",
            "→ Wait: if that server gives up, the mail fails with its reason.",
        )
        await it.press("s")
        refused = "Only a message that failed and a dead letter can be tried again."
        await it.until(lambda: [note.message for note in it.app._notifications] == [refused])
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen) and it.app.screen.opening)
        await it.sees("Вот счёт", "◷ The mail is late")


async def test_a_failed_message_is_sent_again_from_the_list(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.press("f3")
        await it.sees("✗ Вера Ильина")
        listed = it.app.screen.query_one("OptionList")
        listed.highlighted = next(n for n, one in enumerate(it.app.screen._found) if "Вера" in one.shown.plain)
        dialog = it.app.screen._found[listed.highlighted].dialog
        await it.press("s")
        await it.until(lambda: company.read(lambda tx: tx.all(OutboxRow, "outbox.of_dialog", dialog=dialog)))
        await it.sees("◷ Вера Ильина")


async def test_an_uncertain_message_is_sent_again_only_after_a_question(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.press("f3")
        await it.sees("? Kirill")
        listed = it.app.screen.query_one("OptionList")
        listed.highlighted = next(n for n, one in enumerate(it.app.screen._found) if one.uncertain)
        dialog = it.app.screen._found[listed.highlighted].dialog

        def queued() -> list[str]:
            return [row.action for row in company.read(lambda tx: tx.all(OutboxRow, "outbox.of_dialog", dialog=dialog))]

        for answer in ("n", "y"):
            assert queued() == []
            await it.press("s")
            await it.sees("Send it again?", "It may have got through already")
            await it.press(answer)
            await it.sees_no("Send it again?")
        await it.sees("◷ Kirill")
    assert queued() == ["send"]


async def test_enter_opens_the_dialog_of_a_trouble(window: Opener) -> None:
    async with window() as it:
        await it.press("f3")
        await it.sees("? Kirill", "◷ Гостиница «Север»")
        listed = it.app.screen.query_one("OptionList")
        listed.highlighted = next(n for n, one in enumerate(it.app.screen._found) if "Kirill" in one.shown.plain)
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen) and it.app.screen.opening)
        assert it.app.screen.opening.card.name == "Kirill"


async def test_a_dead_letter_is_forgotten_after_a_question(window: Opener, company: Company) -> None:
    not_understood(company)
    async with window() as it:
        await it.press("f3")
        await it.sees("✉ @teply_dom_bot")
        listed = it.app.screen.query_one("OptionList")
        listed.highlighted = next(n for n, one in enumerate(it.app.screen._found) if one.letter is not None)
        await it.press("d")
        await it.sees("Delete this dead letter?")
        await it.press("y")
        await it.sees_no("✉ @teply_dom_bot")
        assert company.read(deadletters.count) == 0


async def test_a_received_file_is_saved_where_the_person_says(window: Opener, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    async with window() as it:
        await it.open("Анна")
        transcript = it.app.screen.query_one("Transcript")
        photo = next(e for e in transcript.entries if any(f.name == "плед.jpg" for f in e.files))
        await it.press("up")
        transcript.choose(photo.message.id)
        await it.press("S")
        await it.sees("Save into the folder")
        it.app.screen.query_one("Input").value = str(folder)
        await it.press("enter")
        await it.until((folder / "плед.jpg").exists)
    assert (folder / "плед.jpg").read_bytes() == b"photo" * 9


async def test_a_channel_that_breaks_warns_in_the_open_dialog_at_once(
    window: Opener, company: Company, stage: Stage
) -> None:
    bot = next(c for c in company.read(channels.everything) if c.kind == "telegram_bot")
    async with window() as it:
        await it.open("Анна")
        await it.sees("Доплачу")
        stage.health(bot.id, "needs_rebind", "token_refused")
        await it.sees("@teply_dom_bot: stopped, since 12:00. Your messages wait")


async def test_an_alarm_is_listed_first_and_goes_from_the_list_when_it_heals(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.press("f3")
        company.write(lambda tx: alarms.raise_(tx, "disk", "", T("The disk is almost full: {n} MB", n=12)))
        await it.sees("! Alarm", "The disk is almost full: 12 MB")
        assert "Alarm" in it.app.screen._found[0].shown.plain
        company.write(lambda tx: alarms.heal(tx, "disk", ""))
        await it.until(lambda: "Alarm" not in it.app.screen._found[0].shown.plain)


async def choose(it: Window, words: str) -> None:
    """Choose the row with these words."""
    listed = it.app.screen.query_one("OptionList")
    listed.highlighted = next(n for n, one in enumerate(it.app.screen._found) if words in one.shown.plain)
    await it.pilot.pause()


async def test_enter_on_an_alarm_of_a_channel_opens_the_lines_at_that_channel(window: Opener, company: Company) -> None:
    last = company.read(channels.everything)[-1]
    company.write(lambda tx: alarms.raise_(tx, "channel", str(last.id), T("It stands still"), last.id))
    async with window() as it:
        await it.press("f3")
        await it.sees("! Alarm", "It stands still")
        await choose(it, "It stands still")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen) and it.app.screen._chosen_channel())
        assert it.app.screen._chosen_channel().id == last.id


async def test_enter_on_an_alarm_of_dead_letters_goes_to_the_first_of_them(window: Opener, company: Company) -> None:
    not_understood(company)
    bot = next(c for c in company.read(channels.everything) if c.kind == "telegram_bot")
    company.write(lambda tx: alarms.raise_(tx, "deadletter", str(bot.id), T("Something arrived"), bot.id))
    async with window() as it:
        await it.press("f3")
        await it.sees("! Alarm", "Something arrived")
        await choose(it, "Something arrived")
        await it.press("enter")
        await it.until(lambda: it.app.screen._chosen.letter is not None)


async def test_a_key_that_does_nothing_with_a_row_says_why(window: Opener, company: Company) -> None:
    company.write(lambda tx: alarms.raise_(tx, "disk", "", T("The disk is almost full: {n} MB", n=12)))
    said = {
        "enter": "Make room on the disk: once it is full, nothing can be stored.",
        "s": "Only a message that failed and a dead letter can be tried again.",
        "v": "That is for dead letters only.",
        "d": "That is for dead letters only.",
    }
    async with window() as it:
        await it.press("f3")
        await it.sees("! Alarm", "The disk is almost full")
        await choose(it, "The disk is almost full")
        await it.sees("→ Make room on the disk")
        for key, words in said.items():
            it.app.clear_notifications()
            await it.press(key)
            await it.until(lambda words=words: [note.message for note in it.app._notifications] == [words])


async def test_a_dead_letter_says_who_when_and_why_and_a_key_shows_how_it_came(
    window: Opener, company: Company
) -> None:
    bot = next(c for c in company.read(channels.everything) if c.kind == "telegram_bot")
    shown = said("", who="zoya", ext_id="odd", at=company.world.clock.now(), placeholder=True)
    letter = Arrival(provider_id="odd", raw=b'{"odd": \x1b[2J}', problem="no such field: chat", events=(shown,))
    homeless = Arrival(provider_id="lost", raw=b'{"lost": 1}', problem="no such field: peer")
    company.write(lambda tx: ingest.ingest(tx, bot.id, Batch(arrivals=(letter, homeless))))
    async with window() as it:
        await it.press("f3")
        await it.sees("✉ Zoya", "not understood: no such field: chat")
        rows = [one.shown.plain for one in it.app.screen._found if one.letter is not None]
        assert [" ".join(row.partition("  arrival")[0].split()) for row in rows] == [
            "✉ @teply_dom_bot 12:00 not understood: no such field: peer",
            "✉ Zoya 12:00 not understood: no such field: chat",
        ]
        await choose(it, "no such field: peer")
        await it.press("v")
        await it.sees("How arrival", "12:00 · @teply_dom_bot", "not understood: no such field: peer", '{"lost": 1}')
        await it.press("escape")
        await choose(it, "no such field: chat")
        await it.press("v")
        await it.sees("How arrival", "From: Zoya", '{"odd": ')
        await it.press("escape", "enter")
        await it.sees("[Something came that cannot be shown]")
        await it.press("enter", "escape", "tab", "G", "B")
        await it.sees("How arrival", "not understood: no such field: chat", '{"odd": ')
