"""A mail in the window: what it quotes is folded, and all of it is a key away."""

from __future__ import annotations

import asyncio
from time import perf_counter

import pytest
from textual.widgets import OptionList

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.services import channels, dialogs, outbox, packing
from chatapp_cli.tui.conversation.read_marks import DWELL
from chatapp_cli.tui.keys.keymap import actions
from chatapp_cli.tui.widgets.reader import Paragraph, Reader, wrapped
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import Opener, Window
from tests.tui.furniture import boris_answers_all
from tests.tui.stage import MAIL, Stage


async def _at_the_mail(it: Window) -> None:
    await it.open("Счёт 17")
    await it.press("escape", "tab", "G")


@pytest.mark.req("S-097")
async def test_a_key_unfolds_what_a_mail_quotes_and_folds_it_again(window: Opener, stage: Stage) -> None:
    boris_answers_all(stage)
    async with window() as it:
        await _at_the_mail(it)
        await it.sees("Берём двенадцать", "… 3 more lines: Y unfold")
        assert "резерв до пятницы" not in it.text()
        await it.press("Y")
        await it.sees("> Счёт во вложении, резерв до пятницы.", "… Y fold")
        await it.press("Н")  # the same key in the Russian layout
        await it.sees("… 3 more lines: Y unfold")
        assert "резерв до пятницы" not in it.text()


async def test_a_click_on_the_folded_lines_unfolds_them(window: Opener, stage: Stage) -> None:
    boris_answers_all(stage)
    async with window() as it:
        await _at_the_mail(it)
        await it.sees("more lines")
        rows = it.text().split("\n")
        y = next(n for n, line in enumerate(rows) if "more lines" in line)
        await it.pilot.click(offset=(rows[y].index("more lines"), y))
        await it.sees("резерв до пятницы")


async def test_another_dialog_begins_folded(window: Opener, stage: Stage) -> None:
    boris_answers_all(stage)
    async with window() as it:
        await _at_the_mail(it)
        await it.press("Y")
        await it.sees("резерв до пятницы")
        await it.press("escape")
        await it.open("Анна")
        await it.press("escape")
        await _at_the_mail(it)
        await it.sees("… 3 more lines: Y unfold")


@pytest.mark.req("S-126")
async def test_the_others_who_got_a_mail_stand_below_its_subject(window: Opener, stage: Stage) -> None:
    boris_answers_all(stage)
    async with window() as it:
        await _at_the_mail(it)
        await it.sees("To: hello@teply-dom.example, Склад <sklad@teply-dom.example>")
        await it.sees("Cc: Ирина Савина <irina@savin.example>")


@pytest.mark.req("S-097")
async def test_a_page_shows_all_of_a_mail(window: Opener, stage: Stage) -> None:
    boris_answers_all(stage)
    async with window() as it:
        await _at_the_mail(it)
        await it.press("g", "m")
        await it.sees(
            "From: Борис Савин <boris@savin.example>",
            "Date: Thu, 19 Nov 2026 10:15:00 +0300",
            "на карте (https://savin.example/sklad)",
            "Плед «Облако» | 8",
            "> Счёт во вложении, резерв до пятницы.",
            "act-17.pdf",
        )
        assert "Message-ID" not in it.text()
        await it.press("H")
        await it.sees("Message-ID: <17@savin.example>")
        await it.press("H", "S")
        await it.sees("Save into the folder")
        await it.press("escape", "o")
        await it.sees("Which one?")
        await it.press("escape", "escape")
        await it.sees("more lines: Y unfold")


async def test_a_mail_that_is_not_there_as_it_came_shows_its_text(window: Opener, stage: Stage) -> None:
    boris_answers_all(stage)
    newest = stage.company.read(lambda tx: tx.value("retention.last_arrived"))
    stage.company.write(lambda tx: packing.replace(tx, [packing.PackedRaw(int(newest), packing.GONE, b"")]))
    async with window() as it:
        await _at_the_mail(it)
        await it.press("g", "m")
        await it.sees("The mail is not in the store as it came: only its text is.", "резерв до пятницы")


async def test_our_own_mail_has_a_page_too(window: Opener) -> None:
    async with window() as it:
        await it.open("Вера")
        await it.press("escape", "tab", "G", "g", "m")
        await it.until(lambda: type(it.app.screen).__name__ == "MailScreen")
        await it.sees("Вера, пришлите, пожалуйста, номер заказа.")
        assert "not in the store" not in it.text()


async def test_a_message_without_a_quotation_has_nothing_to_unfold(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "tab", "G", "Y")
        await it.until(
            lambda: [note.message for note in it.app._notifications] == ["Nothing is folded in this message."]
        )


async def test_a_page_of_a_long_mail_is_read_to_its_end_at_once(window: Opener, stage: Stage) -> None:
    rows = "".join(f"<p>Строка {n} <a href='https://lavka.example/{n}'>тут</a></p>" for n in range(6000))
    head = "From: b@savin.example\r\nSubject: Прайс\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    stage.mail(MAIL, (head + rows + "<p>конец").encode())
    async with window() as it:
        await it.open("Прайс")
        await it.press("escape", "tab", "G")
        await it.until(lambda: it.app.screen.query_one(Transcript).selected)
        began = perf_counter()
        await it.press("g", "m")
        await it.sees("Строка 1 тут")
        await it.press("G")
        await it.sees("конец")
        assert perf_counter() - began < 5
        assert it.app.screen.query_one(Reader).virtual_size.height > 12_000


LONG = "https://lavka.example/" + "kover-" * 30 + "37"


async def test_a_click_on_the_beginning_of_a_broken_link_follows_all_of_that_link(window: Opener, stage: Stage) -> None:
    head = "From: b@savin.example\r\nSubject: Ссылки\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    stage.mail(MAIL, (head + f"Раз https://lavka.example/1\r\n\r\n{LONG}\r\n").encode())
    async with window() as it:
        await it.open("Ссылки")
        await it.press("escape", "tab", "G", "g", "m")
        await it.sees("kover-")
        rows = it.text().split("\n")
        y = next(n for n, line in enumerate(rows) if "example/kover-" in line)
        await it.pilot.click(offset=(rows[y].index("https") + 3, y))
        await it.sees("Open lavka.example")
        assert "Which one?" not in it.text()
        await it.press("2")
        await it.until(lambda: it.app.clipboard == LONG)


async def test_the_window_goes_on_while_a_long_mail_is_wrapped(window: Opener, stage: Stage) -> None:
    async with window() as it:
        await it.open("Анна")
        reader = Reader(it.app.screen.appearance)
        await it.app.screen.mount(reader)
        text = [Paragraph("слово " * 30) for _ in range(30_000)]
        steps = 0
        reader.read(text)
        while reader.virtual_size.height < len(text):
            await asyncio.sleep(0)
            steps += 1
        assert reader.virtual_size.height >= 2 * len(text)
    assert steps > 20, "the loop stood still while the text was wrapped"


@pytest.mark.req("S-098")
@pytest.mark.parametrize(("size", "shown"), [((80, 24), "Борис Са… · Счёт 17"), ((120, 35), "Борис Савин · Счёт 17")])
async def test_who_wrote_stands_before_the_subject_in_the_list(
    window: Opener, stage: Stage, size: tuple[int, int], shown: str
) -> None:
    boris_answers_all(stage)
    async with window(size) as it:
        await it.sees(shown)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("раз два три", ["раз два", "три"]),
        ("", [""]),
        ("абвгдежзиклм", ["абвгдежз", "иклм"]),
        ("漢字漢字漢字", ["漢字漢字", "漢字"]),
        ("x\x1b[31m", ["x [31m"]),
    ],
)
def test_lines_break_between_words_and_never_beyond_the_width(text: str, parts: list[str]) -> None:
    assert [*wrapped(text, 8)] == parts


def _told(it: Window) -> list[str]:
    return [note.message for note in it.app._notifications]


def a_mail(n: int, who: str, subject: str, text: str) -> bytes:
    head = f"From: {who}\r\nTo: hello@teply-dom.example\r\nSubject: {subject}\r\nMessage-ID: <{n}@e.org>\r\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}".encode()


def three_mails(stage: Stage) -> None:
    """Two mails of one subject and one of another, which stands below it in the list."""
    stage.mail(MAIL, a_mail(0, "olga@e.org", "Аренда", "Пора платить"), ago=9_000)
    stage.mail(MAIL, a_mail(1, "b@e.org", "Поставка", "Первое письмо"), ago=3_000)
    stage.mail(MAIL, a_mail(2, "b@e.org", "Поставка", "Второе письмо"), ago=2_000)


async def _at_the_newest(it: Window) -> None:
    await it.press("2")
    await it.until(lambda: it.app.screen.query_one("DialogList").order.dialog_filter.unread)
    await it.press("home", "down", "enter")  # below the pinned one
    await it.sees("Первое письмо", "Write an answer…")


def unread(it: Window, stage: Stage) -> int:
    opened = it.app.screen_stack[0].opening.card.id
    return stage.company.read(lambda tx: dialogs.card(tx, opened)).unread


async def test_one_key_goes_to_the_next_mail_of_the_dialog_then_of_the_list(window: Opener, stage: Stage) -> None:
    three_mails(stage)
    async with window() as it:
        await _at_the_newest(it)
        await it.press("up", "k", "g", "m")
        await it.sees("Первое письмо", "J next")
        await it.press("J")
        await it.sees("Второе письмо")
        await it.press("right")
        await it.sees("Пора платить")
        await it.press("K")
        await it.sees("Второе письмо")
        await it.press("escape")
        await it.until(lambda: it.app.screen.query_one(Transcript).selected.message.text == "Второе письмо")


async def test_the_way_goes_on_through_the_list_that_an_answered_mail_has_left(window: Opener, stage: Stage) -> None:
    three_mails(stage)
    async with window() as it:
        await it.press("3")
        await it.until(lambda: it.app.screen.query_one("DialogList").order.dialog_filter.waiting)
        key = "olga@e.org\nаренда"
        rent = stage.company.read(lambda tx: tx.value("dialogs.at_key", channel=MAIL, key=key))
        listed = it.app.screen.query_one("DialogList").order.ids
        await it.press("home", *["down"] * listed.index(rent), "enter")
        await it.sees("Пора платить", "Write an answer…")
        await it.type("Заплатим")
        await it.press("enter")
        await it.until(lambda: rent not in it.app.screen.query_one("DialogList").order.ids)
        await it.press("up", "g", "m")
        await it.sees("Заплатим", "J next")
        await it.press("J")
        await it.until(lambda: it.app.screen._target.entry.message.dialog_id != rent)
    assert "There is no further mail." not in _told(it)


async def test_our_own_mail_has_the_fields_that_it_goes_out_with(window: Opener, stage: Stage) -> None:
    stage.mail(
        MAIL, a_mail(1, "b@e.org", "Поставка", "Где она?").replace(b"To: hello@", b"To: sklad@"), aliases=(ALIAS,)
    )
    row = stage.company.read(lambda tx: channels.one(tx, MAIL))
    manifest = stage.company.manifest(row)
    stage.company.write(lambda tx: channels.configure(tx, row, manifest, {"aliases": ALIAS}))
    async with window((150, 35)) as it:
        await it.open("Поставка")
        await it.press("f12")
        await it.type("vera@e.org")
        await it.press("f12")
        await it.type("gleb@e.org")
        await it.press("f12")
        await it.type("Едет")
        await it.press("enter")
        await it.until(lambda: it.app.screen.query_one("Pen").text == "")
        await it.press("escape", "tab", "G", "g", "m")
        await it.sees(f"From: {ALIAS}", "To: b@e.org", "Cc: vera@e.org", "Bcc: gleb@e.org", "Subject: Re: Поставка")
        await it.sees("Date: Fri, 20 Nov 2026")


async def test_the_dialog_is_read_once_its_last_mail_was_on_a_page_of_its_own(window: Opener, stage: Stage) -> None:
    three_mails(stage)
    async with window() as it:
        await _at_the_newest(it)
        await it.press("up", "g", "m")
        await it.sees("Второе письмо", "J next")
        await it.until(lambda: unread(it, stage) == 0)
        await it.pilot.pause(DWELL + 0.3)
        stage.mail(MAIL, a_mail(3, "b@e.org", "Поставка", "Третье письмо"))
        await it.pilot.pause(DWELL + 0.3)
        assert unread(it, stage) == 1
        await it.press("J")
        await it.sees("Третье письмо")
        await it.until(lambda: unread(it, stage) == 0)
        assert _told(it) == [], "J works here, so nothing is said of where else it does"


async def test_a_mail_is_answered_and_passed_on_from_its_page(window: Opener, company: Company, stage: Stage) -> None:
    boris_answers_all(stage)
    async with window((150, 35)) as it:
        await _at_the_mail(it)
        await it.press("g", "m")
        await it.sees("act-17.pdf")
        await it.press("F")
        await it.sees("Forward to")
        await it.type("yakov@wax.example")
        await it.sees("yakov@wax.example")
        await it.press("enter")
        await it.press("enter")
        await it.until(lambda: any("Forwarded to yakov@wax.example" in one for one in _told(it)))
        await it.press("N")
        await it.until(lambda: "N works in the conversation: Esc leads there." in _told(it))
        await it.press("w")
        await it.sees("Write an answer…")
        assert "answer to:" not in it.text()
        await it.press("escape", "tab", "g", "m")
        await it.sees("act-17.pdf")
        await it.press("f6")
        await it.sees("answer to: Добрый день", "Cc: sklad@teply-dom.example, irina@savin.example")
        await it.type("Едет")
        await it.press("enter")
        await it.sees_no("Cc: sklad@teply-dom.example, irina")
    forwarded, answer = went_out(company), went_out(company)
    assert (forwarded.address, [*forwarded.cc], forwarded.subject) == ("yakov@wax.example", [], "Fwd: Счёт 17")
    assert "Берём двенадцать" in forwarded.text
    assert [file.name for file in forwarded.files] == ["act-17.pdf"]
    copies = ["sklad@teply-dom.example", "irina@savin.example"]
    assert (answer.address, [*answer.cc], answer.text) == ("boris@savin.example", copies, "Едет")


def went_out(company: Company) -> Outbound:
    """The next mail of the outbox, which the provider then takes."""
    claim = company.write(lambda tx: outbox.claim(tx, company.media, MAIL))
    assert claim is not None
    company.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(f"<{claim.message.id}@e.org>",))))
    return claim.outbound


async def test_the_menu_offers_what_a_mail_can_be_answered_by(window: Opener, stage: Stage) -> None:
    boris_answers_all(stage)
    async with window() as it:
        await _at_the_mail(it)
        await it.press(".")
        await it.sees("Answer all: copies", "Who gets a copy", "Send what is written at a later time")
        menu = it.app.screen.query_one(OptionList)
        menu.highlighted = menu.get_option_index("everybody")
        await it.press("enter")
        await it.sees("Cc: sklad@teply-dom.example, irina@savin.example")


async def test_unfolding_keeps_the_place(window: Opener, stage: Stage) -> None:
    head = "From: b@savin.example\r\nSubject: Re: Прайс\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    quoted = "".join(f"> строка {n}\r\n" for n in range(90))
    stage.mail(
        MAIL, f"{head}Согласны.\r\n\r\n01.11.2026 10:00, Лавка <hello@teply-dom.example> пишет:\r\n{quoted}".encode()
    )
    async with window() as it:
        await it.open("Прайс")
        await it.press("escape", "tab", "G")
        await it.sees("Согласны.", "more lines: Y unfold")
        await it.press("Y")
        await it.sees("Согласны.", "> строка 1")


async def test_in_the_line_of_the_copies_no_letters_are_offered_as_keys(window: Opener, stage: Stage) -> None:
    boris_answers_all(stage)
    async with window() as it:
        await _at_the_mail(it)
        await it.press("g", "c")
        await it.sees("F1 help")
        last = it.text().split("\n")[-1]
        assert " w write" not in last
        assert " q leave" not in last


ALIAS = "sklad@teply-dom.example"


@pytest.mark.req("S-126")
@pytest.mark.parametrize(
    ("head", "said"), [(f"To: {ALIAS}", f"To: {ALIAS}"), (f"To: list@e.org\r\nDelivered-To: {ALIAS}", f"Bcc: {ALIAS}")]
)
async def test_the_alias_that_a_mail_was_written_to_stands_in_the_conversation_and_on_its_page(
    window: Opener, stage: Stage, head: str, said: str
) -> None:
    text = f"From: b@e.org\r\n{head}\r\nSubject: Поставка\r\n\r\nWhere is it?"
    stage.mail(MAIL, text.encode(), aliases=(ALIAS,))
    async with window() as it:
        await it.open("Поставка")
        await it.sees("Where is it?", said)
        await it.press("up", "g", "m")
        await it.sees("From: b@e.org", said)


async def test_the_mailboxs_own_address_alone_is_not_repeated_above_a_mail(window: Opener, stage: Stage) -> None:
    stage.mail(MAIL, a_mail(1, "b@e.org", "Поставка", "Где она?"), aliases=(ALIAS,))
    async with window() as it:
        await it.open("Поставка")
        await it.sees("Где она?")
        assert "To: hello@teply-dom.example" not in it.text()


async def test_the_last_line_names_the_key_to_the_whole_mail_in_a_dialog_of_mails_alone(
    window: Opener, stage: Stage
) -> None:
    boris_answers_all(stage)
    async with window((80, 24)) as it:
        await it.open("Анна")
        await it.press("up")
        await it.sees("Enter answer")
        assert "whole mail" not in it.text()
        await it.press("escape")
        await _at_the_mail(it)
        await it.sees("Enter answer  g m whole mail")
        await it.press("w")
        await it.sees_no("whole mail")


async def test_while_an_answer_is_written_no_letter_is_named_that_would_be_typed(window: Opener, stage: Stage) -> None:
    boris_answers_all(stage)
    async with window() as it:
        await it.open("Счёт 17")
        await it.sees("… 3 more lines: unfold")
        await it.press("up")
        await it.sees("… 3 more lines: Y unfold")
        await it.press("Y")
        await it.sees("… Y fold")
        await it.press("w")
        await it.sees("… fold")


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
async def test_all_second_keys_have_room_in_the_smallest_window(
    window: Opener, stage: Stage, size: tuple[int, int]
) -> None:
    boris_answers_all(stage)
    async with window(size) as it:
        await _at_the_mail(it)
        await it.press("g")
        await it.sees("╭─ g … ", "Accept or decline the invitation of a mail", "╰─")
        keys = [key for place in ("app", "inbox", "transcript") for key in second_keys(place)]
        shown = [line.split("│")[-2].split()[0] for line in it.text().split("\n") if line.count("│") > 1]
        assert shown[: len(keys)] == keys


def second_keys(scope: str) -> list[str]:
    return [key[2:] for act in actions(scope) for key in act.keys if key.startswith("g ")]
