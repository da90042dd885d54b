"""The page that people work on keeps what it promises."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import IncomingFile, Peer, PeerMoved, Profile
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.services import chains, channels, dialogs, onward, transcript, voice
from chatapp_cli.services import outbox as outgoing
from chatapp_cli.services.routes import ChainStep
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.outbox import OutboxRow
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.widgets.composer import Composer
from chatapp_cli.tui.widgets.dialog_list import DialogList
from tests.tui.conftest import Opener, Window
from tests.tui.stage import ANNA, HeldClock, Stage

MARK = Profile(id="777", name="Марк Лисицын", username="mark_l")


def channel(company: Company, kind: str) -> ChannelRow:
    return next(c for c in company.read(channels.everything) if c.kind == kind)


def anna(company: Company, stage: Stage) -> int:
    return stage.dialog(channel(company, "telegram_bot").id, ANNA)


def outbox(company: Company, dialog: int) -> list[OutboxRow]:
    return company.read(lambda tx: tx.all(OutboxRow, "outbox.of_dialog", dialog=dialog))


def names(company: Company, **wanted: object) -> list[str]:
    found = company.read(lambda tx: dialog_list.page(tx, "sqlite", DialogFilter(**wanted)))
    return [row.name for row in found]


@pytest.mark.req("S-115")
async def test_a_message_that_arrives_is_on_the_list_and_in_the_open_dialog_at_once(
    window: Opener, company: Company, stage: Stage
) -> None:
    bot = channel(company, "telegram_bot").id
    async with window() as it:
        await it.open("Анна")
        stage.hear(bot, ANNA, "Вы ещё тут?")
        await it.press("escape", "1")
        await it.sees("Вы ещё тут?")
        assert it.text().count("Вы ещё тут?") == 2
        stage.hear(bot, MARK, "Первое письмо нового клиента")
        await it.sees("Марк Лисицын", "Первое письмо нового")
        shown = it.app.screen.query_one("DialogList")
        assert list(shown.order.ids) == company.read(lambda tx: dialog_list.ids(tx, "sqlite", DialogFilter()))


@pytest.mark.req("S-116")
@pytest.mark.parametrize("part", ["соловьева", "8 916 123", "oleg@kirov", "anna_kuz"])
async def test_the_search_finds_by_name_phone_mail_and_username(window: Opener, company: Company, part: str) -> None:
    async with window() as it:
        await it.press("/")
        await it.type(part)
        shown = it.app.screen.query_one("DialogList")
        await it.until(lambda: shown.order.dialog_filter.text == part)
        expected = names(company, text=part)
        assert len(expected) == 1
        await it.sees(expected[0])
        assert len(shown.order.ids) == 1


@pytest.mark.req("S-117")
async def test_filters_combine_and_one_key_drops_them_all(window: Opener, company: Company) -> None:
    async with window() as it:
        shown = it.app.screen.query_one("DialogList")
        everything = len(shown.order.ids)
        await it.press("2", "4", "5")
        mailbox = channel(company, "telegram_bot")
        wanted = DialogFilter(unread=True, line=mailbox.line_id, channel=mailbox.id)
        await it.until(lambda: shown.order.dialog_filter == wanted)
        assert list(shown.order.ids) == company.read(lambda tx: dialog_list.ids(tx, "sqlite", wanted))
        await it.sees("Розница", "TG bot @teply_dom_bot")
        await it.press("6")
        await it.until(lambda: shown.order.dialog_filter.tag == "возврат")
        assert len(shown.order.ids) == 1
        await it.press("1")
        await it.until(lambda: len(shown.order.ids) == everything)


async def test_unanswered_dialogs_come_with_the_longest_waiting_first(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.press("3")
        shown = it.app.screen.query_one("DialogList")
        await it.until(lambda: shown.order.dialog_filter.waiting)
        first = company.read(lambda tx: dialogs.card(tx, shown.order.ids[0]))
        assert first.name == "Зоя Белая"


async def test_enter_sends_what_was_written_and_the_message_appears_as_queued(
    window: Opener, company: Company, stage: Stage
) -> None:
    dialog = anna(company, stage)
    async with window() as it:
        await it.open("Анна")
        await it.type("Да, положим свечу")
        await it.press("ctrl+j")
        await it.type("Чек придёт на почту")
        await it.press("enter")
        await it.until(lambda: outbox(company, dialog))
        await it.sees("▎ Да, положим свечу", "▎ Чек придёт на почту", "◷")
        row = outbox(company, dialog)[0]
        said = company.read(lambda tx: transcript.message(tx, row.message_id))
        assert (said.text, said.author, said.state) == ("Да, положим свечу\nЧек придёт на почту", "Марина", "queued")
        assert it.app.screen.query_one("Pen").text == ""


async def test_a_backslash_before_enter_begins_a_new_line(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("раз\\")
        await it.press("enter")
        await it.type("два")
        assert it.app.screen.query_one("Pen").text == "раз\nдва"


async def test_what_the_channel_cannot_carry_is_refused_with_the_reason_while_it_is_written(
    window: Opener, company: Company, stage: Stage
) -> None:
    dialog = anna(company, stage)
    async with window() as it:
        await it.open("Анна")
        it.app.screen.query_one("Pen").load_text("я" * 4097)
        await it.sees("The text has 4097 characters; this channel takes 4096.")
        await it.press("enter")
        await it.pilot.pause()
        assert outbox(company, dialog) == []


async def test_a_blocked_client_cannot_be_written_to_and_the_composer_says_why(
    window: Opener, company: Company, stage: Stage
) -> None:
    async with window() as it:
        await it.open("Зоя")
        await it.sees("The client blocked the bot. Write through another channel; here only the")
        assert it.app.screen.query_one("Pen").disabled


async def test_a_file_that_is_too_big_is_refused_before_it_is_taken(
    window: Opener, company: Company, stage: Stage, tmp_path: object
) -> None:
    big = tmp_path / "видео.mp4"
    with big.open("wb") as file:
        file.truncate(52_428_801)
    async with window() as it:
        await it.open("Анна")
        await it.press("ctrl+o")
        await it.sees("Up to 10 files of 50 MB.")
        await it.type(str(big))
        await it.press("enter")
        await it.sees("видео.mp4 has 50.0 MB; this channel takes 50 MB.")
        assert it.app.screen_stack[0].query_one("Composer").state.files == []


async def test_a_file_goes_with_the_message(window: Opener, company: Company, stage: Stage, tmp_path: object) -> None:
    (tmp_path / "счёт.pdf").write_bytes(b"%PDF")
    dialog = anna(company, stage)
    async with window() as it:
        await it.open("Анна")
        await it.press("ctrl+o")
        await it.type(str(tmp_path / "сч"))
        await it.until(lambda: it.app.screen.query_one("Input")._suggestion.endswith("счёт.pdf"))
        await it.press("right", "enter")
        await it.sees("▤ счёт.pdf 4 B")
        await it.press("enter")
        await it.until(lambda: outbox(company, dialog))
        message = outbox_message(company, dialog)
        files = company.read(lambda tx: transcript.entry(tx, message)).files
        assert [(f.name, f.size, f.kind) for f in files] == [("счёт.pdf", 4, "document")]


def outbox_message(company: Company, dialog: int) -> int:
    return outbox(company, dialog)[0].message_id


async def test_drafts_are_kept_for_each_dialog(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("недописанное")
        await it.press("escape")
        await it.open("Игорь")
        assert it.app.screen.query_one("Pen").text == ""
        await it.press("escape")
        await it.open("Анна")
        assert it.app.screen.query_one("Pen").text == "недописанное"


async def test_a_dialog_is_read_when_its_end_was_seen_for_a_moment(
    window: Opener, company: Company, stage: Stage
) -> None:
    dialog = anna(company, stage)
    async with window() as it:
        await it.open("Анна")
        assert company.read(lambda tx: dialogs.card(tx, dialog)).unread == 2
        await it.until(lambda: company.read(lambda tx: dialogs.card(tx, dialog)).unread == 0)


async def test_what_is_said_in_a_voice_message_stands_below_it_or_why_not(
    window: Opener, company: Company, stage: Stage
) -> None:
    bot, gleb = channel(company, "telegram_bot").id, Profile(id="778", name="Глеб Голосов")
    sounds = [
        IncomingFile(kind="voice", name=f"{n}.ogg", mime="audio/ogg", content=b"sound", seconds=4) for n in range(2)
    ]
    stage.hear(bot, gleb, "", files=sounds)
    dialog = stage.dialog(bot, gleb)
    said, broken = company.read(lambda tx: transcript.latest(tx, dialog))[0].files
    company.write(lambda tx: (voice.save_text(tx, said, "добрый день"), voice.give_up(tx, broken, "transcribe_late")))
    async with window() as it:
        await it.open("Глеб")
        await it.sees("♪ 0.ogg", "добрый день", "took too long")


async def test_a_failed_message_tells_where_it_went_on(window: Opener, company: Company, stage: Stage) -> None:
    site = channel(company, "api")
    steps = [ChainStep(channel(company, "telegram_bot").id, (ANNA.id,)), ChainStep(site.id, ("k-1841",))]
    can = company.capabilities
    message = company.write(lambda tx: chains.enqueue_first(tx, can, steps, Draft(text="Едем"), SendOptions(key="k")))
    claim = company.write(lambda tx: outgoing.claim(tx, company.media, steps[0].channel))
    assert claim is not None
    async with window() as it:
        await it.open("Анна")
        company.write(lambda tx: outgoing.fail(tx, claim, Rejected("blocked_by_user")))
        await it.sees("s send again")
        into = company.write(lambda tx: onward.continue_chain(tx, can, message))
        await it.sees(f"It continued as message {into}")
        await it.sees_no("s send again")


async def test_the_order_of_channels_for_a_client_is_set_by_a_key_and_stands_on_the_card(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "i", "C")
        await it.sees("Channels in the order in which the client is tried")
        it.app.screen.query_one("Input").value = "1, pigeon"
        await it.press("enter")
        await it.sees("There is no kind of channel pigeon.")
        it.app.screen.query_one("Input").value = "1, 6"
        await it.press("enter")
        await it.sees("Tried in this order", "Telegram bot → API")


@pytest.mark.req("S-118")
@pytest.mark.req("S-119", part="by operators, not by robots")
async def test_pin_mark_rename_tag_and_blacklist_act_on_the_dialog_under_the_cursor(
    window: Opener, company: Company, stage: Stage
) -> None:
    dialog = anna(company, stage)

    def card() -> object:
        return company.read(lambda tx: dialogs.card(tx, dialog))

    async with window() as it:
        await it.sees("Анна Кузнецова")
        await it.press("p")
        await it.until(lambda: not card().pinned)
        await it.press("1", "/")
        await it.type("Анна")
        await it.until(lambda: len(it.app.screen.query_one("DialogList").order.ids) == 1)
        await it.press("enter", "r")
        await it.until(lambda: card().unread == 0)
        await it.press("n")
        await it.type("Анна Кузнецова из Твери")
        await it.press("enter")
        await it.until(lambda: card().name == "Анна Кузнецова из Твери")
        await it.press("t")
        await it.sees("Known: возврат")
        await it.type("vip")
        await it.press("enter")
        await it.until(lambda: "vip" in company.read(lambda tx: dialogs.tags(tx, dialog)))
        await it.press("u")
        await it.sees("Remove a tag")
        await it.press("enter")
        await it.until(lambda: company.read(lambda tx: dialogs.tags(tx, dialog)) == ["возврат"])
        await it.press("b")
        await it.sees("Put Анна Кузнецова из Твери on the blacklist?")
        await it.press("y")
        await it.until(lambda: card().blocked)
        await it.until(lambda: dialog not in it.app.screen.query_one("DialogList").order.ids)


@pytest.mark.req("S-119", part="by operators, not by robots")
async def test_the_card_shows_chat_id_username_line_channel_and_tags(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "i")
        await it.sees("ChatID", "501", "@anna_kuz", "Розница", "Telegram bot", "#возврат")


@pytest.mark.req("S-063")
@pytest.mark.req("C-13")
async def test_where_a_channel_has_no_read_marks_the_heading_says_so(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.sees("✓✓ not available")
        await it.press("escape")
        await it.open("Дмитрий")
        await it.sees_no("✓✓ not available")


async def test_a_failed_message_says_why_and_goes_again_by_a_key(
    window: Opener, company: Company, stage: Stage
) -> None:
    async with window() as it:
        await it.open("Вера")
        await it.sees("✗ The client's mailbox is full", "s send again")
        await it.press("up", "s")
        dialog = it.app.screen.opening.card.id
        await it.until(lambda: outbox(company, dialog))
        await it.sees_no("✗ The mailbox")


async def test_an_uncertain_message_waits_for_a_person_who_knows(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Kirill")
        await it.sees("? The connection broke before Telegram answered.", "s send again, c say what became of it")
        await it.press("up", "c", "1")
        await it.sees_no("? The connection broke")
        last = it.app.screen.query_one("Transcript").entries[-1].message
        assert last.state == "sent"


async def test_a_quoted_answer_carries_the_quote(window: Opener, company: Company, stage: Stage) -> None:
    dialog = anna(company, stage)
    async with window() as it:
        await it.open("Анна")
        await it.press("up", "enter")
        await it.sees("answer to: А можно ещё свечу")
        await it.type("Конечно")
        await it.press("enter")
        await it.until(lambda: outbox(company, dialog))
        answer = outbox_message(company, dialog)
        said = company.read(lambda tx: transcript.message(tx, answer))
        quoted = company.read(lambda tx: transcript.quoted(tx, dialog, said.reply_to))
        assert quoted.text.startswith("А можно ещё свечу")


async def test_editing_deleting_and_reacting_are_asked_of_the_channel(
    window: Opener, company: Company, stage: Stage
) -> None:
    dialog = anna(company, stage)
    async with window() as it:
        await it.open("Анна")
        await it.press("up", "v", "1")
        await it.until(lambda: [(r.action, r.value) for r in outbox(company, dialog)] == [("react", "👍")])
        await it.press("up", "up", "e")
        await it.sees("changes: Анна, простите!")
        it.app.screen.query_one("Pen").load_text("Анна, простите нас!")
        await it.press("enter")
        await it.until(
            lambda: ("edit", "Анна, простите нас!") in [(r.action, r.value) for r in outbox(company, dialog)]
        )
        await it.press("up", "d")
        await it.sees("Delete this message?")
        await it.press("y")
        await it.until(lambda: "delete" in [r.action for r in outbox(company, dialog)])


async def test_a_change_that_the_provider_refuses_is_told_with_its_reason(
    window: Opener, company: Company, stage: Stage
) -> None:
    bot = channel(company, "telegram_bot").id
    async with window() as it:
        await it.open("Анна")
        await it.press("up", "d", "y")
        await it.until(lambda: outbox(company, anna(company, stage)))
        claim = company.write(lambda tx: outgoing.claim(tx, company.media, bot))
        company.write(lambda tx: outgoing.fail(tx, claim, Rejected("delete_too_old")))
        await it.until(lambda: any("last 48 hours" in note.message for note in it.app._notifications))


@pytest.mark.req("S-118")
async def test_the_menu_offers_only_what_is_possible(window: Opener) -> None:
    async with window() as it:
        await it.open("Вера")
        await it.press("up", ".")
        await it.sees("Send again", "Copy the text", "Pin, or unpin")
        assert "React" not in it.text()
        assert "Delete for everybody" not in it.text()


async def test_scrolling_up_brings_older_messages(
    window: Opener, company: Company, stage: Stage, clock: HeldClock
) -> None:
    bot = channel(company, "telegram_bot").id
    for n in range(120):
        stage.hear(ChannelId(bot), MARK, f"сообщение {n:03}", ago=(200 - n) * 60_000)
    async with window() as it:
        await it.open("Марк")
        await it.sees("сообщение 119")
        await it.press("up", *["pageup"] * 12)
        shown = it.app.screen.query_one("Transcript")
        await it.until(lambda: len(shown.entries) == 120)
        await it.press("home")
        await it.sees("сообщение 000")


@pytest.mark.req("S-013")
async def test_below_80_columns_there_is_one_pane_at_a_time(window: Opener) -> None:
    async with window((60, 24)) as it:
        await it.sees("Анна Кузнецова", "Игорь")
        await it.press("enter")
        await it.sees("Доплачу сразу")
        assert "что делать?" not in it.text()
        await it.press("escape")
        await it.sees("что делать?")


async def test_what_customers_write_cannot_command_the_terminal(window: Opener, company: Company, stage: Stage) -> None:
    bot = channel(company, "telegram_bot").id
    stage.hear(bot, Profile(id="900", name="Злой\x1b[31m\u202e"), "\x1b]52;c;aGE=\x07привет\x9b2J")
    async with window() as it:
        await it.open("Злой")
        await it.sees("привет")
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(it.text())


async def test_a_dialog_opened_before_everything_is_ready_opens_all_the_same(company: Company) -> None:
    app = InboxApp(company, alone=True)
    async with app.run_test(size=(120, 35)) as pilot:
        app.screen.query_one(DialogList).action_open()
        it = Window(app, pilot)
        await it.sees("Доплачу сразу")
        await it.until(lambda: len(app.screen.query(Composer)) == 1 and app.screen.query_one("Pen").has_focus)


@pytest.mark.req("S-116")
async def test_enter_right_after_the_last_letter_never_leads_to_what_the_list_showed_before(window: Opener) -> None:
    async with window() as it:
        await it.until(lambda: it.app.screen.query("#search"))
        search, shown = it.app.screen.query_one("#search", Input), it.app.screen.query_one(DialogList)
        search.focus()
        await it.until(lambda: search.has_focus)
        search.value = "Вера"
        await search.action_submit()
        await it.until(lambda: shown.has_focus)
        assert shown.order.dialog_filter.text == "Вера"
        await it.press("enter")
        await it.until(lambda: it.app.screen.opening is not None)
        assert it.app.screen.opening.card.name == "Вера Ильина"


@pytest.mark.req("S-115")
async def test_a_dialog_that_became_part_of_another_leaves_the_list_by_itself(
    window: Opener, company: Company, stage: Stage
) -> None:
    bot = ChannelId(channel(company, "telegram_bot").id)
    stage.hear(bot, Profile(id="+79160000077", name="Тень Анны"), "раз")
    async with window() as it:
        await it.press("1")
        await it.sees("Тень Анны")
        gone = stage.dialog(bot, Profile(id="+79160000077"))
        stage.happen(bot, PeerMoved(old_key="+79160000077", peer=Peer(key="501", address="501"), at=stage.clock.at))
        await it.until(lambda: gone not in it.app.screen.query_one("DialogList").order.ids)
        await it.sees_no("Тень Анны")


@pytest.mark.parametrize(
    ("size", "bar", "listed"),
    [
        ((200, 50), ("● hello@teply-dom… ", "● opt@teply-dom.e… stopped", "● API", "● TG bot"), "opt@tep… ◷"),
        ((80, 24), ("● Mail", "● opt@teply-dom.e… stopped 17 min"), "opt@teply-d… ◷"),
    ],
)
async def test_channels_of_one_kind_are_told_apart_by_their_titles(
    window: Opener, size: tuple[int, int], bar: tuple[str, ...], listed: str
) -> None:
    async with window(size) as it:
        await it.sees(*bar, listed, "  API ")
