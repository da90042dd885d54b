"""An answer has buttons where its channel does, else a numbered list; what is pressed or named is a keyword (S-144)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from chatapp_cli.domain import buttons
from chatapp_cli.domain.buttons import ButtonLimits
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Operation
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.services import auto_silence, composing, later, outbox, replies, sending, transcript
from chatapp_cli.services.answer_buttons import VALID, KnownButtons
from chatapp_cli.services.auto_replay import Replay
from chatapp_cli.services.message_request import InDialog, MessageRequest
from chatapp_cli.store.rows.automation import AutoRuleRow
from tests.services.automated import Automated
from tests.stores import EVERYTHING, Shop, hand_over

ASKED = "Что вас интересует?"
BOTH = ("Цены", "Доставка")
LISTED = "Что вас интересует?\n\n1. Цены\n2. Доставка"
WITH: Capabilities = replace(EVERYTHING, buttons=ButtonLimits(most=3, longest=20))
DAY = 24 * 3_600_000


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel()


def asked(shop: Shop, channel: ChannelId, can: Capabilities = EVERYTHING, **values: Any) -> tuple[DialogId, MessageId]:
    """A client writes and gets an answer with buttons, which is sent."""
    dialog = shop.message(shop.hear(channel, "Здравствуйте")).dialog_id
    return dialog, answers(shop, channel, dialog, can, **values)


def answers(
    shop: Shop, channel: ChannelId, dialog: DialogId, can: Capabilities = EVERYTHING, text: str = ASKED, **values: Any
) -> MessageId:
    draft = Draft(text=text, **{"buttons": BOTH, **values})
    request = MessageRequest(to=InDialog(dialog), draft=draft, options=shop.order())
    message: MessageId = shop.write(lambda tx: composing.accept(tx, lambda _row: can, request))
    sent(shop, channel)
    return message


def sent(shop: Shop, channel: ChannelId) -> outbox.Claim:
    claim: outbox.Claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(f"out{claim.row.id}",))))
    return claim


def kept(shop: Shop, message: MessageId) -> KnownButtons:
    return shop.read(lambda tx: transcript.entry(tx, message)).buttons


@pytest.mark.req("S-144", part="buttons where the channel has them, elsewhere a numbered list")
@pytest.mark.parametrize(
    ("limits", "below", "text"),
    [
        (ButtonLimits(), (), LISTED),
        (ButtonLimits(most=2, longest=8), BOTH, ASKED),
        (ButtonLimits(most=1, longest=8), (), LISTED),
        (ButtonLimits(most=2, longest=7), (), LISTED),
        (ButtonLimits(most=2, longest=8, most_text=len(ASKED)), BOTH, ASKED),
        (ButtonLimits(most=2, longest=8, most_text=len(ASKED) - 1), (), LISTED),
        (ButtonLimits(most=2, longest=8, chats=("group",)), (), LISTED),
    ],
    ids=["none", "fitting", "too many", "too long", "text that fits", "text too long above them", "another chat"],
)
def test_buttons_are_below_the_text_within_the_channels_limits_and_else_listed_in_it(
    shop: Shop, channel: ChannelId, limits: ButtonLimits, below: Sequence[str], text: str
) -> None:
    dialog = shop.message(shop.hear(channel)).dialog_id
    can = replace(EVERYTHING, buttons=limits)
    request = MessageRequest(to=InDialog(dialog), draft=Draft(text=ASKED, buttons=BOTH), options=shop.order())
    message = shop.write(lambda tx: composing.accept(tx, lambda _row: can, request))
    claim = sent(shop, channel)
    assert (claim.outbound.text, tuple(claim.outbound.buttons)) == (text, tuple(below))
    assert kept(shop, message) == KnownButtons(BOTH, listed=not below)
    again = shop.write(lambda tx: composing.accept(tx, lambda _row: can, request))
    assert again == message


def test_under_a_public_comment_there_are_no_buttons(shop: Shop, channel: ChannelId) -> None:
    can = replace(WITH, comments="wall.*")
    dialog = shop.begin(lambda _row: can, channel, "wall-1_2_r3", Draft(text=ASKED, buttons=BOTH))
    assert shop.texts(dialog) == [LISTED]


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (Draft(buttons=BOTH), "Buttons need a text above them."),
        (Draft(text=ASKED, buttons=("Цены", "цены")), "Two buttons say the same."),
        (Draft(text=ASKED, buttons=("Цены", " ")), "A button needs a text."),
        (Draft(text=ASKED, buttons=[str(n) for n in range(11)]), "11 buttons are too many; the limit is 10."),
        (Draft(text=ASKED, buttons=("ц" * 65,)), f"The button “{'ц' * 65}” has 65 characters; the limit is 64."),
        (Draft(text="т" * 4090, buttons=BOTH), "The text has 4111 characters; this channel takes 4096."),
    ],
    ids=["without a text", "twice the same", "empty", "too many", "too long", "no room for the list"],
)
def test_buttons_that_nobody_could_press_are_refused(shop: Shop, channel: ChannelId, draft: Draft, why: str) -> None:
    dialog = shop.message(shop.hear(channel)).dialog_id
    request = MessageRequest(to=InDialog(dialog), draft=draft, options=shop.order())
    with pytest.raises((Refused, UsageError)) as refused:
        shop.write(lambda tx: composing.accept(tx, lambda _row: EVERYTHING, request))
    assert str(refused.value.what) == why
    assert shop.texts(dialog) == ["Здравствуйте"]


@pytest.mark.req("S-144", part="a number in the next message is the button of the list")
@pytest.mark.parametrize("typed", ["2", "2.", " 2) ", "«2»", "(2)"])
def test_a_bare_number_after_the_list_is_the_button(shop: Shop, channel: ChannelId, typed: str) -> None:
    asked(shop, channel)
    number = shop.hear(channel, typed)
    assert kept(shop, number) == KnownButtons(pressed="Доставка")
    assert shop.message(number).text == typed


@pytest.mark.parametrize("typed", ["0", "3", "22", "2 шт", "-2", "2,5", "02", "два"])
def test_a_number_that_no_button_has_or_that_stands_among_words_is_no_button(
    shop: Shop, channel: ChannelId, typed: str
) -> None:
    asked(shop, channel)
    assert kept(shop, shop.hear(channel, typed)) == KnownButtons()


def test_a_number_is_a_button_only_in_the_next_message_and_only_for_a_day(shop: Shop, channel: ChannelId) -> None:
    dialog, _ = asked(shop, channel)
    shop.clock.at += VALID + 1
    assert kept(shop, shop.hear(channel, "1")).pressed == ""
    answers(shop, channel, dialog)
    shop.hear(channel, "А сколько стоит?")
    assert kept(shop, shop.hear(channel, "1")).pressed == "", "somebody wrote in between"
    answers(shop, channel, dialog)
    assert [kept(shop, shop.hear(channel, typed)).pressed for typed in ("1", "2")] == ["Цены", "Доставка"]
    answers(shop, channel, dialog, text="Минуту", buttons=())
    assert kept(shop, shop.hear(channel, "1")).pressed == "", "an answer without buttons came after it"
    answers(shop, channel, dialog, buttons=("Да", "Нет"))
    assert kept(shop, shop.hear(channel, "1")).pressed == "Да", "those that were sent last count"
    answers(shop, channel, dialog, WITH)
    assert kept(shop, shop.hear(channel, "1")).pressed == "", "buttons below a text have no numbers"


def test_a_press_that_could_not_be_shown_at_first_is_a_press_when_it_is(shop: Shop, channel: ChannelId) -> None:
    asked(shop, channel, WITH)
    shop.hear(channel, "", ext_id="late", placeholder=True)
    number = shop.hear(channel, "Цены", ext_id="late", pressed=True)
    assert kept(shop, number) == KnownButtons(pressed="Цены")


def test_a_list_that_is_not_sent_yet_has_no_numbers(shop: Shop, channel: ChannelId) -> None:
    dialog = shop.message(shop.hear(channel)).dialog_id
    request = MessageRequest(to=InDialog(dialog), draft=Draft(text=ASKED, buttons=BOTH), options=shop.order())
    shop.write(lambda tx: composing.accept(tx, lambda _row: EVERYTHING, request))
    assert kept(shop, shop.hear(channel, "1")).pressed == ""


@pytest.mark.req("S-144", part="a pressed button is a keyword")
@pytest.mark.parametrize(
    ("typed", "values"),
    [("Доставка", {"pressed": True}), ("2", {}), ("про доставку", {})],
    ids=["pressed", "by its number", "typed"],
)
def test_a_pressed_button_is_matched_as_typed_words(
    shop: Shop, channel: ChannelId, typed: str, values: dict[str, Any]
) -> None:
    desk = Automated(shop)
    asked(shop, channel)
    desk.rule("Доставка", do=[("tag", "доставка")], asked={"words": ["доставка"]})
    desk.rule("Цены", do=[("tag", "цены")], asked={"words": ["цены"]})
    desk.heard(channel, typed, **values)
    assert [one[:1] for one in desk.ends()] == [("Доставка",)]
    rows = shop.read(lambda tx: tx.all(AutoRuleRow, "autorules.all"))
    replay = shop.read(lambda tx: Replay(tx, desk.desk, rows, since=0, until=tx.now + 1))
    assert [one.rule.wanted.name for one in shop.read(replay.page)] == ["Доставка"]


@pytest.mark.req("S-144", part="a menu answers each press, whatever was answered to the one before")
def test_a_menu_answers_every_press_until_somebody_writes_other_words(shop: Shop, channel: ChannelId) -> None:
    desk = Automated(shop)
    dialog, _ = asked(shop, channel)
    shop.clock.at += DAY // 2
    for word, text in (("цены", "От ста рублей"), ("доставка", "Везём два дня")):
        desk.answers(word, text, asked={"words": [word]})
    for typed in ("1", "2"):
        desk.heard(channel, typed)
        sent(shop, channel)
    assert [one for one in shop.texts(dialog) if "О" in one or "В" in one] == ["От ста рублей", "Везём два дня"]
    silent = {"9": "the list is shorter", "Спасибо": None, "1": "somebody wrote something else after the list"}
    for typed, why in silent.items():
        row = shop.message(shop.hear(channel, typed))
        said = None if why is None else f"the number names no button: {why}"
        assert [str(one.why) for one in shop.read(lambda tx, row=row: auto_silence.of_message(tx, row))] == (
            [said] if said else []
        )
    shop.clock.at += DAY
    old = shop.message(shop.hear(channel, "1"))
    late = shop.message(shop.hear(channel, "Ау", at=shop.clock.at - DAY - 1))
    told = [
        str(one.why) for row in (old, late) for one in shop.read(lambda tx, row=row: auto_silence.of_message(tx, row))
    ]
    assert told == ["the number names no button: the list is more than a day old", str(auto_silence.LATE)]
    assert len(list(shop.read(lambda tx: list(auto_silence.latest(tx, dialog, n=50))))) == 4


def test_a_rule_answers_with_buttons_of_its_own_and_with_those_of_a_quick_reply(shop: Shop, channel: ChannelId) -> None:
    desk = Automated(shop, can=WITH)
    section = shop.write(lambda tx: replies.add_section(tx, "Общее"))
    quick = QuickReplyDraft(title="Меню", text=ASKED, buttons=BOTH)
    shop.write(lambda tx: replies.add(tx, replies.section(tx, str(section)), quick))
    desk.rule("Меню", do=[("send", {"text": "Чем помочь?", "buttons": [" Да ", "Нет"]}), ("reply", "Меню")])
    dialog = desk.heard(channel)
    entries = shop.read(lambda tx: transcript.latest(tx, dialog, n=9))
    assert [(one.message.text, one.buttons.below) for one in entries[1:]] == [("Чем помочь?", ("Да", "Нет"))]
    found = desk.acts()
    assert [one.kind for one in found] == ["send", "reply"]


def test_an_edit_keeps_the_buttons_below_and_one_that_takes_the_list_out_ends_its_numbers(
    shop: Shop, channel: ChannelId
) -> None:
    _, message = asked(shop, channel, WITH)
    claim = edited(shop, channel, WITH, message, "Чем помочь?")
    assert (claim.row.value, claim.outbound.buttons) == ("Чем помочь?", BOTH)
    assert kept(shop, message) == KnownButtons(BOTH)
    _, listed = asked(shop, channel)
    edited(shop, channel, EVERYTHING, listed, "Чем помочь?\n\n1. Цены\n2. Доставка")
    assert kept(shop, listed) == KnownButtons(BOTH, listed=True)
    edited(shop, channel, EVERYTHING, listed, "Чем помочь?")
    assert kept(shop, shop.hear(channel, "1")).pressed == ""


def edited(shop: Shop, channel: ChannelId, can: Capabilities, message: MessageId, text: str) -> outbox.Claim:
    options = shop.order()
    shop.write(lambda tx: sending.change(tx, can, message, Operation.EDIT, text, options=options))
    claim: outbox.Claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=())))
    return claim


def test_a_message_reworded_before_it_goes_is_laid_out_again(shop: Shop, channel: ChannelId) -> None:
    can = replace(WITH, buttons=ButtonLimits(most=3, longest=20, most_text=30))
    dialog = shop.message(shop.hear(channel)).dialog_id
    later_on = shop.order(at=shop.clock.at + DAY)
    request = MessageRequest(to=InDialog(dialog), draft=Draft(text=ASKED, buttons=BOTH), options=later_on)
    message = shop.write(lambda tx: composing.accept(tx, lambda _row: can, request))
    shop.write(lambda tx: later.reword(tx, can, message, "Скажите, пожалуйста, что вас интересует?"))
    assert kept(shop, message) == KnownButtons(BOTH, listed=True)
    assert shop.message(message).text == buttons.listed("Скажите, пожалуйста, что вас интересует?", BOTH)


def test_what_a_message_costs_counts_its_list(shop: Shop, channel: ChannelId) -> None:
    paid = replace(EVERYTHING, segments="sms", replies=False)
    dialog = shop.message(shop.hear(channel)).dialog_id
    request = MessageRequest(to=InDialog(dialog), draft=Draft(text="т" * 60, buttons=BOTH), options=shop.order())
    found = shop.read(lambda tx: composing.preview(tx, lambda _row: paid, request))
    assert found.counted.parts == 2
