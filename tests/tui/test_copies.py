"""Copies of a mail in the window: answer all by a key, Cc and Bcc by another, kept with the draft."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import MailDetails, Peer, Profile
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.recipients import NamedAddress
from chatapp_cli.services import channels, drafts, outbox
from chatapp_cli.services.addressing import Addressed
from chatapp_cli.tui.widgets.address_line import addressed_in
from chatapp_cli.tui.widgets.copies import Copies
from tests.tui.conftest import Opener, Window
from tests.tui.stage import HOUR, Stage

OURS = "desk@shop.example"
FYODOR = Profile(id="fyodor@example.org", name="Фёдор Громов", email="fyodor@example.org")
BORIS, VERA = (Profile(id=f"{name}@example.org", email=f"{name}@example.org") for name in ("boris", "vera"))


@pytest.fixture
def channel(stage: Stage) -> ChannelId:
    made = stage.channel(stage.line("Почта"), "email", OURS, OURS)
    to = (Profile(email=OURS), BORIS)
    stage.hear(made, FYODOR, "Где заказ?", ago=HOUR, subject="Заказ", mail=MailDetails(to=to, cc=(VERA, FYODOR)))
    return made


def outbound(company: Company, channel: ChannelId) -> tuple[list[str], list[str], str]:
    claim = company.write(lambda tx: outbox.claim(tx, company.media, channel))
    assert claim is not None
    return [*claim.outbound.cc], [*claim.outbound.bcc], claim.outbound.text


def boxes(it: Window) -> dict[str, str]:
    """The boxes of copies that are shown, with what stands in them."""
    return {box.id or "": box.value for box in it.app.screen.query_one(Copies).boxes}


async def opens(it: Window) -> None:
    await it.press("/")
    await it.type("Громов")
    await it.press("enter")
    await it.sees("Фёдор Громов")
    await it.press("home", "enter")
    await it.sees("Где заказ?")


async def test_one_key_answers_all_whom_the_mail_names(window: Opener, company: Company, channel: ChannelId) -> None:
    async with window() as it:
        await opens(it)
        await it.press("f6")
        await it.sees("Cc: boris@example.org, vera@example.org")
        await it.press("f6")
        await it.type("Едет")
        await it.press("enter")
        await it.until(lambda: boxes(it) == {})
    assert outbound(company, channel) == (["boris@example.org", "vera@example.org"], [], "Едет")


async def test_an_answer_to_all_answers_the_mail_whose_people_it_took_whatever_comes_before_it_goes(
    window: Opener, company: Company, channel: ChannelId, stage: Stage
) -> None:
    async with window() as it:
        await opens(it)
        await it.press("f6")
        await it.sees("Cc: boris@example.org, vera@example.org")
        await it.type("Едет")
        await it.press("escape")
    async with window() as it:  # the draft keeps it too
        await opens(it)
        await it.sees("Cc: boris@example.org, vera@example.org")
        stage.hear(channel, FYODOR, "Только вам", subject="Счёт", mail=MailDetails(to=(Profile(email=OURS),)))
        await it.sees("Только вам")
        await it.press("enter")
        await it.sees("Write an answer…")
    claim = company.write(lambda tx: outbox.claim(tx, company.media, channel))
    assert claim is not None
    assert claim.outbound.answered is not None
    answered = claim.outbound.answered
    assert (claim.outbound.subject, answered.text, answered.chosen) == ("Заказ", "Где заказ?", False)
    assert claim.outbound.reply_to == claim.outbound.thread[-1]


async def test_an_answer_goes_to_the_client_alone_unless_somebody_says_otherwise(
    window: Opener, company: Company, channel: ChannelId
) -> None:
    async with window() as it:
        await opens(it)
        assert boxes(it) == {}
        await it.type("Едет")
        await it.press("enter")
        await it.sees("Марина")
    assert outbound(company, channel) == ([], [], "Едет")


async def test_copies_are_typed_stay_with_the_draft_and_wrong_ones_are_told(
    window: Opener, company: Company, channel: ChannelId
) -> None:
    async with window() as it:
        await opens(it)
        await it.type("Едет")
        await it.press("f12")
        await it.type("boris")
        await it.sees("Cc: boris", "boris is no e-mail address.")
        await it.type("@example.org")
        await it.press("f12")
        await it.type("vera@example.org")
        await it.sees("Bcc: vera@example.org")
        await it.press("enter", "escape")
    async with window() as it:
        await opens(it)
        await it.sees("Cc: boris@example.org", "Bcc: vera@example.org", "Едет")
        await it.press("enter")
        await it.until(lambda: boxes(it) == {})
    assert outbound(company, channel) == (["boris@example.org"], ["vera@example.org"], "Едет")
    assert company.read(drafts.everywhere) == []


def focused(it: Window) -> str:
    return it.app.focused.id if it.app.focused else ""


async def test_one_key_goes_round_cc_bcc_and_the_text_also_where_cc_is_shown_already(
    window: Opener, channel: ChannelId
) -> None:
    async with window() as it:
        await opens(it)
        await it.press("f6")
        await it.until(lambda: boxes(it) == {"cc": "boris@example.org, vera@example.org"})
        places = []
        for _press in range(4):
            await it.press("f12")
            places.append(focused(it))
        assert places == ["cc", "bcc", "pen", "cc"]


async def test_a_refusal_for_a_wrong_copy_leads_to_the_box_where_it_stands(
    window: Opener, company: Company, channel: ChannelId
) -> None:
    async with window() as it:
        await opens(it)
        await it.type("Едет")
        await it.press("f12")
        await it.type("boris@example.org")
        await it.press("f12")
        await it.type("vera")
        await it.press("f12", "enter")
        await it.sees("vera is no e-mail address.")
        assert focused(it) == "bcc"
        await it.type("@example.org")
        await it.press("enter", "enter")
        await it.until(lambda: boxes(it) == {})
    assert outbound(company, channel) == (["boris@example.org"], ["vera@example.org"], "Едет")


async def test_shift_tab_leads_from_the_text_to_its_boxes_and_the_subject_that_goes_out_stands_there(
    window: Opener, company: Company, channel: ChannelId
) -> None:
    async with window() as it:
        await opens(it)
        await it.sees("Re: Заказ  (Shift+Tab: change it)")
        await it.press("shift+tab")
        assert focused(it) == "subject"
        await it.type("Счёт")
        await it.press("tab")
        assert focused(it) == "pen"
        await it.type("Вот он")
        await it.press("f12", "tab")
        assert focused(it) == "pen"
        await it.press("shift+tab", "shift+tab")
        assert focused(it) == "subject"
        await it.press("enter", "enter")
        await it.until(lambda: it.app.screen.query_one("Pen").text == "")
    claim = company.write(lambda tx: outbox.claim(tx, company.media, channel))
    assert claim is not None
    assert (claim.outbound.subject, claim.outbound.typed_subject) == ("Счёт", True)


async def test_tab_leads_from_the_conversation_to_the_text_past_the_boxes(window: Opener, channel: ChannelId) -> None:
    async with window() as it:
        await opens(it)
        await it.press("up")
        await it.press("tab")
        assert focused(it) == "pen"


async def test_a_mail_that_is_taken_back_keeps_its_copies(window: Opener, company: Company, channel: ChannelId) -> None:
    async with window() as it:
        await opens(it)
        await it.press("f6")
        await it.sees("Cc: boris")
        await it.type("Едет")
        await it.press("enter")
        await it.until(lambda: boxes(it) == {})
        await it.press("ctrl+z")
        await it.sees("Cc: boris@example.org, vera@example.org", "Едет")


async def test_a_messenger_says_that_it_sends_no_copies(window: Opener) -> None:
    for key in ("f6", "f12"):
        async with window() as it:
            await it.open("Анна")
            await it.press(key)
            await it.until(lambda: any("sends no copies" in note.message for note in it.app._notifications))


def answers(stage: Stage, channel: ChannelId, who: Profile, text: str) -> None:
    """Somebody who got a copy answers all, and joins the dialog."""
    mail = MailDetails(to=(FYODOR, Profile(email=OURS)), cc=(BORIS,))
    client = Peer(key=FYODOR.id, address=FYODOR.email, title=FYODOR.name)
    stage.hear(channel, who, text, subject="Заказ", peer=client, mail=mail)


async def test_the_composer_says_who_gets_a_mail_and_from_which_address_of_ours_it_goes(
    window: Opener, company: Company, channel: ChannelId, stage: Stage
) -> None:
    row = company.read(lambda tx: channels.one(tx, channel))
    aliases = {"aliases": "support@shop.example"}
    company.write(lambda tx: channels.configure(tx, row, company.manifest(row), aliases))
    async with window((150, 35)) as it:
        await opens(it)
        await it.sees("To: Фёдор Громов <fyodor@example.org>")
        assert "support@" not in it.text()
        await it.press("f6")
        await it.sees("· Cc: boris@example.org, vera@example.org")
        mail = MailDetails(to=(Profile(email="Support@shop.example"),))
        stage.hear(channel, FYODOR, "И ещё", subject="Заказ", mail=mail)
        await it.sees("И ещё")
        assert "from support@" not in it.text()  # the mail whose people get a copy is still the one that is answered
        await it.press("ctrl+g")
        await it.sees("· from support@shop.example")
        await it.press("escape")
        await it.open("Анна")
        await it.sees_no("To: Фёдор")


async def test_who_is_answered_gets_the_answer_and_can_be_left_out(
    window: Opener, company: Company, channel: ChannelId, stage: Stage
) -> None:
    answers(stage, channel, VERA, "Я тоже жду")
    async with window() as it:
        await opens(it)
        await it.press("up", "enter")
        await it.sees("answer to: Я тоже жду", "Cc: vera@example.org", "· Cc: vera@example.org")
        await it.press("ctrl+g")
        await it.until(lambda: boxes(it) == {})
        assert "· Cc:" not in it.text()
        await it.press("up", "enter")
        await it.sees("Cc: vera@example.org")
        await it.type("Едет")
        await it.press("enter")
        await it.until(lambda: boxes(it) == {})
    assert outbound(company, channel) == (["vera@example.org"], [], "Едет")


async def test_an_answer_to_the_client_brings_no_copy(
    window: Opener, company: Company, channel: ChannelId, stage: Stage
) -> None:
    answers(stage, channel, VERA, "Я тоже жду")
    async with window() as it:
        await opens(it)
        await it.press("up", "enter")
        await it.sees("Cc: vera@example.org")
        await it.press("up", "up", "enter")
        await it.sees("answer to: Где заказ?")
        assert boxes(it) == {}


async def test_copies_stay_without_a_text_when_another_dialog_is_opened(
    window: Opener, company: Company, channel: ChannelId
) -> None:
    async with window() as it:
        await opens(it)
        await it.press("f6")
        await it.sees("Cc: boris@example.org, vera@example.org")
        await it.press("escape")
        await it.open("Анна")
        await it.press("escape")
    async with window() as it:
        await opens(it)
        await it.sees("Cc: boris@example.org, vera@example.org")


CLIENT = Addressed(NamedAddress("Вера", "vera@e.org"), "desk@e.org")


@pytest.mark.parametrize(
    ("width", "cc", "bcc", "shown"),
    [
        (80, [], [], "{to} · from desk@e.org"),
        (70, ["a@e.org", "b@e.org"], ["c@e.org"], "{to} · Cc: a@e.org, b@e.org · Bcc: c@e.org\n· from desk@e.org"),
        (40, [f"{n}@e.org" for n in range(9)], [], "{to} · Cc: 0@e.org,\n1@e.org, · 7 more · from desk@e.org"),
        (12, ["a@e.org"], [], "To: Вера <v…\n· 1 more\n· from desk…"),
    ],
)
def test_as_many_copies_are_named_as_two_lines_have_room_for(
    width: int, cc: list[str], bcc: list[str], shown: str
) -> None:
    assert addressed_in(width, CLIENT, cc, bcc) == shown.format(to="To: Вера <vera@e.org>")
