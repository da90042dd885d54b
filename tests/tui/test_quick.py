"""Quick replies in the window: the popup over the composer, and the page where they are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, TextArea

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.services import files, replies
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.popups import Confirm, TextPrompt
from chatapp_cli.tui.questions.quick import QuickPick
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.screens.replies import RepliesScreen
from chatapp_cli.tui.screens.reply_form import ReplyForm
from chatapp_cli.tui.widgets.composer import Composer, Pen
from tests.stores import owner
from tests.tui.conftest import SMALL, Opener, Window
from tests.tui.stage import ME

HELLO = QuickReplyDraft(
    title="Приветствие", text="{имя клиента}, здравствуйте! Это {имя оператора}.", keywords="добрый день"
)
READY = QuickReplyDraft(title="Заказ готов", text="Заказ {номер заказа} ждёт вас.", keywords="самовывоз")
PLAIN = QuickReplyDraft(title="Адрес", text="Садовая, 5")


def keep(company: Company, *answers: QuickReplyDraft, section: str = "Магазин", actor: str = ME) -> None:
    def job(tx: Tx) -> None:
        replies.add_section(tx.by(owner(actor)), section)
        for one in answers:
            replies.add(tx.by(owner(actor)), replies.section(tx, section), one)

    company.write(job)


def used(company: Company) -> dict[str, int]:
    return {row.title: row.used for row in company.read(replies.everything)}


def written(it: Window) -> str:
    return str(it.app.screen.query_one(Pen).text)


async def shown(it: Window, page: type) -> None:
    await it.until(lambda: isinstance(it.app.screen, page), page)


@pytest.mark.req("S-139", "S-140")
async def test_a_slash_in_an_empty_text_finds_a_reply_and_enter_puts_it_there_filled(
    window: Opener, company: Company
) -> None:
    keep(company, HELLO, READY, PLAIN)
    async with window() as it:
        await it.open("Анна")
        await it.press("/")
        await shown(it, QuickPick)
        await it.sees("Приветствие", "Заказ готов", "Садовая, 5")
        await it.type("день доб")
        await it.sees("Анна Кузнецова, здравствуйте! Это Марина.")
        await it.sees_no("Заказ готов")
        await it.press("enter")
        await shown(it, InboxScreen)
        await it.until(lambda: written(it) == "Анна Кузнецова, здравствуйте! Это Марина.")
        assert it.app.screen.query_one(Pen).has_focus
    assert used(company) == {"Приветствие": 1, "Заказ готов": 0, "Адрес": 0}


@pytest.mark.req("S-139", "S-140")
@pytest.mark.parametrize("key", ["enter", "tab"])
async def test_a_missing_value_is_asked_before_the_reply_joins_what_is_written(
    window: Opener, company: Company, key: str
) -> None:
    keep(company, HELLO, READY)
    async with window() as it:
        await it.open("Анна")
        await it.type("Да/нет? ")
        await it.press("ctrl+r")
        await shown(it, QuickPick)
        await it.type("готов")
        await it.sees("Заказ {номер заказа} ждёт вас.")
        await it.press(key)
        await shown(it, TextPrompt)
        await it.type("15")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen) and "ждёт" in written(it))
        assert written(it) == "Да/нет? Заказ 15 ждёт вас."


async def test_whoever_leaves_the_popup_or_a_gap_finds_the_text_as_it_was(window: Opener, company: Company) -> None:
    keep(company, READY, PLAIN)
    async with window() as it:
        await it.open("Анна")
        await it.press("ctrl+r")
        await shown(it, QuickPick)
        await it.type("такого нет")
        await it.sees("There is no such quick reply.")
        await it.press("enter", "escape")
        await shown(it, InboxScreen)
        await it.press("ctrl+r")
        await shown(it, QuickPick)
        await it.sees("Садовая, 5")
        await it.press("down")
        await it.sees("Заказ {номер заказа} ждёт вас.")
        await it.press("up", "down", "enter")
        await shown(it, TextPrompt)
        await it.press("enter")
        await shown(it, InboxScreen)
        assert written(it) == ""
    assert used(company) == {"Адрес": 0, "Заказ готов": 0}


async def test_a_replys_files_lie_beside_the_text(window: Opener, company: Company, tmp_path: Path) -> None:
    price = tmp_path / "прайс.txt"
    price.write_text("900", "utf-8")
    keep(company, QuickReplyDraft(title="Прайс", text="Вот прайс", files=(files.stage(company.media, price),)))
    async with window() as it:
        await it.open("Анна")
        await it.press("/")
        await shown(it, QuickPick)
        await it.press("enter")
        await it.sees("Вот прайс", "прайс.txt")
        assert [file.name for file in it.app.screen.query_one(Composer).state.files] == ["прайс.txt"]


async def test_without_any_reply_the_way_to_make_one_is_told(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("/")
        await it.until(lambda: any("F5 makes them" in note.message for note in it.app._notifications))


async def fill_form(it: Window, title: str, text: str) -> None:
    await shown(it, ReplyForm)
    it.app.screen.query_one("#title", Input).value = title
    it.app.screen.query_one(TextArea).text = text
    it.app.screen.query_one("#category", Input).focus()
    await it.press("enter")


@pytest.mark.req("S-135", "S-136", "S-137")
async def test_sections_and_replies_are_made_changed_and_removed_on_their_page(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        await it.press("f5")
        await shown(it, RepliesScreen)
        await it.sees("Press s to make one.")
        await it.press("s")
        await shown(it, TextPrompt)
        await it.type("Магазин")
        await it.press("enter")
        await it.sees("Магазин  Editors: everybody")
        await it.press("a")
        await fill_form(it, "", "Садовая, 5")
        await it.sees("A quick reply needs a title.")
        await fill_form(it, "Адрес", "Садовая, 5")
        await it.sees("Адрес", "Садовая, 5")
        await it.press("down", "e")
        await fill_form(it, "Адрес", "Садовая, 7")
        await it.sees("Садовая, 7")
        await it.press("e")
        await shown(it, ReplyForm)
        it.app.screen.query_one("#buttons", Input).value = "Приеду | Доставьте"
        await fill_form(it, "Адрес", "Садовая, 7")
        await shown(it, RepliesScreen)
        [row] = company.read(replies.everything)
        assert row.buttons == '["Приеду", "Доставьте"]'
        await it.press("home", "enter")
        await shown(it, TextPrompt)
        await it.type("Лавка")
        await it.press("enter")
        await it.sees("Лавка")
        await it.press("d")
        await shown(it, Confirm)
        await it.sees("Its quick replies go with it: 1.", "  No  ", "  Remove  ")
        await it.press("n")
        await it.press("down", "d")
        await shown(it, Confirm)
        await it.press("y")
        await it.sees_no("Садовая")
    assert [(row.name, row.replies) for row in company.read(replies.sections)] == [("Лавка", 0)]


@pytest.mark.req("S-136")
async def test_editors_are_invited_and_others_are_told_whom_to_ask(window: Opener, company: Company) -> None:
    keep(company, PLAIN)
    keep(company, READY, section="Опт", actor="Иван")
    company.write(lambda tx: replies.invite(tx.by(owner("Иван")), replies.section(tx, "Опт"), "Иван"))
    async with window() as it:
        await it.press("g", "r")
        await shown(it, RepliesScreen)
        await it.sees("Editors: Иван", "Editors: everybody")
        await it.press("v")
        await shown(it, TextPrompt)
        await it.type("Пётр")
        await it.press("enter")
        await it.sees("Editors: Марина, Пётр")
        await it.press("u")
        await it.sees("Who may no longer edit it?")
        await it.press("down", "enter")
        await it.sees_no("Пётр")
        await it.press("end", "e")
        await it.until(lambda: any("may not edit the section Опт" in note.message for note in it.app._notifications))
        await it.press("/")
        await it.type("садов")
        await it.sees_no("Опт")
        await it.sees("Адрес")
        await it.press("enter", "escape")
        await shown(it, InboxScreen)


async def test_files_are_attached_to_a_reply_and_dropped(window: Opener, company: Company, tmp_path: Path) -> None:
    keep(company, PLAIN)
    price = tmp_path / "прайс.txt"
    price.write_text("900", "utf-8")

    def attached() -> list[str]:
        return company.read(lambda tx: [file.name for file in replies.files(tx, replies.find(tx, "Адрес").id)])

    async with window() as it:
        await it.press("f5")
        await shown(it, RepliesScreen)
        await it.sees("Адрес")
        await it.press("down", "f")
        await shown(it, TextPrompt)
        it.app.screen.query_one(Input).value = str(price)
        await it.press("enter")
        await it.until(lambda: attached() == ["прайс.txt"])
        await it.press("f")
        await it.sees("Attached: прайс.txt. Empty: remove them.")
        await it.press("enter")
        await it.until(lambda: attached() == [])


async def test_the_form_fits_into_a_small_terminal(window: Opener, company: Company) -> None:
    keep(company, QuickReplyDraft(title="Возврат", text="строка\n" * 14))
    async with window(SMALL) as it:
        await it.press("f5")
        await shown(it, RepliesScreen)
        await it.sees("Возврат")
        await it.press("down", "e")
        await shown(it, ReplyForm)
        await it.sees("Возврат", "строка", "Filled in automatically", "Save")


async def test_a_key_that_was_pressed_twice_leaves_a_page_once(window: Opener, company: Company) -> None:
    keep(company, PLAIN)
    async with window() as it:
        await it.open("Анна")
        await it.press("/")
        await shown(it, QuickPick)
        await it.sees("Садовая, 5")
        pick = it.app.screen
        pick.action_pick()
        pick.action_pick()
        await it.until(lambda: written(it) == "Садовая, 5")
        assert [type(screen) for screen in it.app.screen_stack] == [InboxScreen]


@pytest.mark.req("S-136", "S-137")
async def test_all_of_it_goes_into_a_file_and_comes_back_from_it(
    window: Opener, company: Company, tmp_path: Path
) -> None:
    keep(company, HELLO, PLAIN)
    book = tmp_path / "book.yaml"
    async with window() as it:
        await it.press("f5", "x")
        await shown(it, TextPrompt)
        it.app.screen.query_one(Input).value = str(book)
        await it.press("enter")
        await it.until(lambda: book.is_file() and "Садовая" in book.read_text("utf-8"))
        book.write_text(book.read_text("utf-8").replace("Садовая, 5", "Лесная, 2"), "utf-8")
        await take_over(it, book)
        await it.sees("Лесная, 2")
        book.write_text("sections:\n- name: Опт\n  replies:\n  - text: Да\n", "utf-8")
        await take_over(it, book)
        await it.sees("4, title: A quick reply needs a title.")
        assert [row.name for row in company.read(replies.sections)] == ["Магазин"]


async def take_over(it: Window, book: Path) -> None:
    await shown(it, RepliesScreen)
    await it.press("i")
    await shown(it, TextPrompt)
    it.app.screen.query_one(Input).value = str(book)
    await it.press("enter")


@pytest.mark.req("S-140")
async def test_a_usual_category_is_found_by_its_name_in_either_language(window: Opener, company: Company) -> None:
    keep(company, HELLO, QuickReplyDraft(title="Скидка", text="От 50 штук", category="Продажи"))
    async with window() as it:
        await it.press("f5")
        await it.sees("Скидка", "sales")
        await it.press("/")
        await it.type("sales")
        await it.sees_no("Приветствие")
        await it.sees("Скидка")


@pytest.mark.req("S-144", part="in the window")
async def test_a_reply_with_buttons_takes_them_along_and_they_are_seen_before_and_after(
    window: Opener, company: Company
) -> None:
    keep(company, QuickReplyDraft(title="Меню", text="Что вас интересует?", buttons=("Цены", "Доставка", "Прочее")))
    async with window() as it:
        await it.open("Анна")
        await it.press("/")
        await shown(it, QuickPick)
        await it.press("enter")
        await shown(it, InboxScreen)
        await it.sees("[ Цены ]", "[ Доставка ]", "[ Прочее ]")
        it.app.screen.query_one(Composer).drop()
        await it.sees_no("[ Прочее ]")
        await it.press("enter")
        await it.sees("▎ [ Цены ]  [ Доставка ]")


@pytest.mark.req("S-144", part="in the window")
async def test_buttons_are_typed_below_what_is_written_and_wrong_ones_are_told(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("Перезвонить?")
        await it.press("shift+tab", "_")
        await shown(it, TextPrompt)
        await it.type("Да | да")
        await it.press("enter")
        await it.sees("Two buttons say the same.")
        await it.press("backspace", "backspace")
        await it.type("Нет")
        await it.press("enter")
        await shown(it, InboxScreen)
        await it.sees("[ Да ]", "[ Нет ]")
        assert written(it) == "Перезвонить?"
        await it.press("enter")
        await it.sees("▎ [ Да ]  [ Нет ]")
