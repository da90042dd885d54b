"""Automatic answers are few: at most one to an arrival, none to programs, and none where a person is at work."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.access import Right, system
from chatapp_cli.domain.alarm import what_to_do
from chatapp_cli.domain.arrival import Peer, Profile
from chatapp_cli.domain.automation import RuleEvent, RuleKind
from chatapp_cli.domain.buttons import NO_BUTTONS
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import Refused, Rejected, UsageError
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.next_step import Next, steps, to_do
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.services import (
    acts,
    auto_guards,
    auto_log,
    dialogs,
    duties,
    faults,
    outbox,
    replies,
    sending,
    transcript,
)
from chatapp_cli.services.act_call import ActCall
from tests.services.automated import HELLO, MINUTE, Automated
from tests.stores import EVERYTHING, Shop, hand_over, said

GROUP = Peer(key="g", address="g", kind="group")


@pytest.fixture
def desk(shop: Shop) -> Automated:
    return Automated(shop)


def why(desk: Automated) -> list[str]:
    """How each act ended, in words."""
    return [str(recalled(one.outcome)) for one in desk.acts()]


def later(desk: Automated, minutes: int) -> None:
    desk.shop.clock.at += minutes * MINUTE


@pytest.mark.req("S-141", part="at most one automatic answer to one arrival")
def test_of_two_that_want_to_answer_one_arrival_the_first_does_and_the_other_says_why_not(desk: Automated) -> None:
    desk.answers("А", "Раз")
    desk.rule("Б", do=[("send", "Два"), ("tag", "б")])
    dialog = desk.heard(desk.shop.channel())
    assert desk.shop.texts(dialog) == ["Здравствуйте", "Раз"]
    assert why(desk) == ["message 2 was written", "it was answered automatically already: rule А", "tagged with б"]
    [_, answer] = desk.shop.read(lambda tx: transcript.latest(tx, dialog, n=9))
    assert (answer.message.origin, answer.message.author) == (Origin.AUTOREPLY, "«А»")


def test_a_robot_that_wrote_first_is_the_answer(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.answers()
    dialog = desk.shop.message(desk.shop.hear(channel)).dialog_id
    arguments = {"chat_id": "anna", "message": "Я робот"}
    call: Any = lambda tx: ActCall(tx=tx, able=lambda _row: EVERYTHING, arguments=arguments, key="k")  # noqa: E731
    desk.shop.write(lambda tx: acts.perform("send_message", call(tx)))
    desk.works()
    assert desk.shop.texts(dialog) == ["Здравствуйте", "Я робот"]
    assert why(desk) == ["it was answered automatically already: a robot"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"automatic": True}, "the message was written by a program"),
        (
            {"peer": Peer(key="g", address="g", kind="group")},
            "it is no private chat, and the rule does not ask for others",
        ),
        ({"who": "account-1"}, "it is an account of our own"),
        ({"silent": True}, "the client waits for no answer"),
    ],
    ids=["of a program", "in a group", "of our own", "of history"],
)
def test_programs_groups_accounts_of_our_own_and_history_get_no_automatic_answer(
    desk: Automated, values: dict[str, Any], reason: str
) -> None:
    desk.answers()
    dialog = desk.heard(desk.shop.channel(account="account-1"), **values)
    assert (desk.shop.texts(dialog), why(desk)) == (["Здравствуйте"], [reason])


def test_a_group_is_answered_if_the_rule_asks_for_groups(desk: Automated) -> None:
    desk.answers(asked={"chats": ["group", "private"], "words": ["здравствуйте"]})
    dialog = desk.heard(desk.shop.channel(), peer=GROUP)
    assert desk.shop.texts(dialog) == ["Здравствуйте", HELLO]


def test_what_came_long_ago_and_only_now_is_no_news(desk: Automated) -> None:
    desk.answers()
    desk.heard(desk.shop.channel(), at=desk.shop.clock.at - 25 * 60 * MINUTE)
    assert desk.acts() == []


DAY = 24 * 60 * MINUTE
UNASKED = ("the message was written by a program", "the client waits for no answer")


@pytest.mark.req("S-141", part="whatever a rule waits for, it is an answer to what the client wrote last")
@pytest.mark.parametrize(
    ("event", "about", "values", "reason"),
    [
        ("dialog.created", "", {"automatic": True}, UNASKED[0]),
        ("tag.added", "опт", {"automatic": True}, UNASKED[0]),
        ("contact.changed", "phone", {"automatic": True}, UNASKED[0]),
        ("dialog.created", "", {"ago": 2 * DAY}, "the message is older than a day, and came only now"),
        ("dialog.created", "", {"waived": True}, UNASKED[1]),
        ("dialog.assigned", "", {"waived": True}, UNASKED[1]),
        ("contact.changed", "phone", {"silent": True}, UNASKED[1]),
    ],
)
def test_an_event_without_a_message_is_guarded_by_what_the_client_wrote_last(
    desk: Automated, event: str, about: str, values: dict[str, Any], reason: str
) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    desk.rule("Тег")
    desk.rule("Дело", event=RuleEvent.CREATED, do=[("assign", "Пётр")])
    desk.rule("Пишет", event=RuleEvent(event), about=about, do=[("send", HELLO)])
    said_so = {one: value for one, value in values.items() if one not in {"ago", "waived"}}
    if about == "phone":
        shop.hear(channel, "Раньше", silent=True)
    at, sender = shop.clock.at - values.get("ago", 0), Profile(id="anna", name="Анна", phone="+79000000001")
    dialog = shop.message(shop.hear(channel, at=at, sender=sender, **said_so)).dialog_id
    if "waived" in values:
        shop.write(lambda tx: duties.no_answer(tx, dialog))
    later(desk, 40)
    desk.works()
    assert [str(recalled(one.outcome)) for one in desk.acts() if one.name == "Пишет"] == [reason]
    assert HELLO not in shop.texts(dialog)


def test_what_a_rule_starts_gives_no_second_answer_to_an_arrival(desk: Automated) -> None:
    desk.rule("А", do=[("send", "Раз"), ("tag", "опт")])
    desk.rule("Б", event=RuleEvent.TAG_ADDED, do=[("send", "Два")])
    assert desk.shop.texts(desk.heard(desk.shop.channel()))[1:] == ["Раз"]
    assert why(desk)[-1] == "it was answered automatically already: rule А"


def test_who_is_tagged_by_a_person_may_be_written_to_while_nobody_waits_but_is_not_answered_twice(
    desk: Automated,
) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    desk.rule("Тег", event=RuleEvent.TAG_ADDED, do=[("send", "Оплачено")])
    desk.answers(asked={"words": ["цена"]})
    calm, waits = desk.heard(channel), desk.heard(channel, "Цена?", who="boris")
    shop.write(lambda tx: duties.no_answer(tx, calm))
    shop.clock.at += 1
    history = said("Давно", ext_id="h", at=shop.clock.at - 60 * MINUTE, silent=True, who="boris")
    shop.take(channel, history)
    for dialog in (calm, waits):
        shop.write(lambda tx, dialog=dialog: dialogs.tag(tx, dialog, "оплата"))
    desk.works()
    assert (shop.texts(calm)[1:], [one for one in shop.texts(waits) if one == "Оплачено"]) == (["Оплачено"], [])
    assert why(desk)[-1] == "it was answered automatically already"


@pytest.mark.req("S-141", part="one answer to what came together")
def test_what_came_while_the_desk_was_down_gets_one_answer(desk: Automated) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    desk.answers()
    desk.answers("Цены", "Прайс", asked={"words": ["стоить"]})
    shop.take(channel, *(said(text, ext_id=text, at=shop.clock.at) for text in ("Добрый день", "Ау", "Сколько стоит?")))
    desk.works()
    assert shop.texts(desk.acts()[0].dialog_id) == ["Добрый день", "Ау", "Сколько стоит?", HELLO]
    assert why(desk)[1:] == ["it was answered automatically already: rule Ответ"] * 3
    later(desk, 1)
    desk.heard(channel, "А сколько стоит доставка?")
    assert [one.name for one in desk.acts() if one.state == "done"] == ["Ответ", "Цены"]


@pytest.mark.parametrize(("seconds", "answered"), [(9, False), (599, False), (601, True)])
def test_a_rule_does_not_repeat_itself_within_ten_minutes(desk: Automated, seconds: int, answered: bool) -> None:
    channel = desk.shop.channel()
    desk.answers()
    desk.heard(channel)
    desk.shop.clock.at += seconds * 1_000
    desk.heard(channel, "Ау")
    assert why(desk)[1:] == ["message 4 was written" if answered else "the rule wrote there in the last 10 minutes"]


def test_two_rules_that_write_when_a_message_fails_do_not_lead_each_other_on(desk: Automated) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    for name in ("Раз", "Два"):
        desk.rule(name, event=RuleEvent.FAILED, do=[("send", name)])
    dialog = desk.heard(channel)
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да"), shop.order()))
    later(desk, 40)
    for _ in range(4):
        if (claim := shop.write(lambda tx: hand_over(tx, shop.media, channel))) is not None:
            shop.write(partial(outbox.fail, claim=claim, error=Rejected("blocked")))
        desk.works()
    assert shop.texts(dialog) == ["Здравствуйте", "Да", "Раз"]


def test_a_message_of_a_rule_by_the_clock_counts_towards_those_of_a_day(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.rule("Часы", event=RuleEvent.TIME, about="every 30m", asked={"assignee": ["Пётр"]}, do=[("send", "Помним")])
    dialog = desk.heard(channel)
    desk.shop.write(lambda tx: duties.no_answer(tx, dialog))
    desk.shop.write(lambda tx: duties.assign(tx, dialog, "Пётр"))
    for _ in range(48):
        later(desk, 10)
        desk.works()
    assert desk.shop.texts(dialog)[1:] == ["Помним"] * 5
    assert why(desk)[-1] == "there were 5 automatic answers in this dialog within a day"


@pytest.mark.parametrize("how", ["types", "answers"])
def test_a_person_at_work_silences_the_desk_for_half_an_hour(desk: Automated, how: str) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    desk.answers()
    dialog = desk.heard(channel)
    later(desk, 1)
    if how == "types":
        shop.write(lambda tx: dialogs.typing(tx, dialog))
    else:
        shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Я здесь"), shop.order()))
    later(desk, 29)
    desk.heard(channel, "Ау")
    later(desk, 2)
    desk.heard(channel, "Ау?")
    answer = len(shop.texts(dialog))
    assert why(desk)[1:] == ["somebody wrote there in the last 30 minutes", f"message {answer} was written"]


def test_a_dialog_gets_five_automatic_answers_a_day(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.answers()
    for _ in range(6):
        desk.heard(channel)
        later(desk, 40)
    assert why(desk)[4:] == ["message 10 was written", "there were 5 automatic answers in this dialog within a day"]
    later(desk, 24 * 60)
    desk.heard(channel)
    assert desk.acts()[-1].state == "done"


def test_a_storm_stops_the_channel_with_an_alarm_until_somebody_resumes_it(desk: Automated) -> None:
    shop = desk.shop
    channel, other = shop.channel(), shop.channel()
    desk.answers()
    for number in range(32):
        desk.heard(channel, who=f"c{number}")
    assert why(desk)[29:] == [
        "message 60 was written",
        "there were 30 automatic answers of this channel within ten minutes, so they are stopped",
        "automatic answers of this channel are stopped",
    ]
    found = shop.read(faults.of_automation)
    assert [str(one.text) for one in found.values()] == [
        "Почта магазина: automatic answers stopped, as there were too many"
    ]
    assert [(kind, list(steps(what_to_do(kind, ref)))) for kind, ref in found] == [
        ("automation", [to_do(Next.AUTOMATION), to_do(Next.RESUME_ANSWERS, n=str(channel))])
    ]
    assert shop.read(lambda tx: [row.id for row, _since in auto_log.stops(tx)]) == [channel]
    later(desk, 60)
    assert desk.shop.texts(desk.heard(other, who="vera"))[1:] == [HELLO]
    assert desk.shop.texts(desk.heard(channel, who="vera"))[1:] == []
    assert shop.write(lambda tx: auto_guards.resume(tx, channel))
    assert desk.shop.texts(desk.heard(channel, who="oleg"))[1:] == [HELLO]
    assert shop.read(faults.of_automation) == {}
    shop.acting = system("Пётр", Right.ANSWER)
    with pytest.raises(Refused):
        shop.write(lambda tx: auto_guards.resume(tx, channel))


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("Здравствуйте, {имя клиента}!", "Анна", "Здравствуйте, Анна!"),
        ("Здравствуйте, {имя клиента}!", "", "Здравствуйте!"),
        ("{client_name}, добрый день", "", "Добрый день"),
    ],
)
def test_a_client_is_addressed_by_name_if_it_is_known(desk: Automated, text: str, name: str, said: str) -> None:
    desk.answers(text=text)
    dialog = desk.heard(desk.shop.channel(), sender=Profile(id="anna", name=name))
    assert desk.shop.texts(dialog)[1:] == [said]


def test_two_desks_that_answer_each_other_stop_at_once(desk: Automated) -> None:
    """What one desk sends is marked as automatic, so that the other does not answer it."""
    channel = desk.shop.channel()
    desk.answers()
    desk.heard(channel)
    claim = desk.shop.write(lambda tx: outbox.claim(tx, desk.shop.media, channel))
    assert claim.outbound.automatic
    desk.heard(channel, HELLO, automatic=claim.outbound.automatic)
    assert [one.state for one in desk.acts()] == ["done", "skipped"]


def test_who_answers_an_automatic_answer_at_once_is_taken_for_a_program(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.answers()
    desk.answers("Ждут", asked={"waited": 15})
    desk.heard(channel)
    desk.shop.clock.at += 2_000
    desk.heard(channel, "Мы откроемся утром")
    later(desk, 20)
    desk.works()
    assert why(desk)[-1] == "it came within 5 seconds after an automatic answer, as from another program"
    assert [one.state for one in desk.acts()] == ["done", "skipped", "skipped"]
    desk.heard(channel, "Так почём ёлка?")
    assert desk.acts()[-1].state == "done"


@pytest.mark.req("S-144", part="a menu leads on")
@pytest.mark.parametrize(("said", "answered"), [("2", True), ("7", False)])
def test_the_number_of_a_button_is_a_press_and_not_a_program(desk: Automated, said: str, answered: bool) -> None:
    desk.can = replace(EVERYTHING, buttons=NO_BUTTONS)
    desk.answers("Дальше", "Везём", asked={"words": ["доставка", "7"]})
    desk.rule("Меню", do=[("send", {"text": "Что?", "buttons": ["Цены", "Доставка"]})], asked={"first": "ever"})
    channel = desk.shop.channel()
    desk.heard(channel)
    claim = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, channel))
    desk.shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("x1",))))
    desk.shop.clock.at += 2_000
    dialog = desk.heard(channel, said)
    assert (desk.shop.texts(dialog)[-1] == "Везём", desk.acts()[-1].state == "skipped") == (answered, not answered)


OPEN = "mon-fri 09:00-18:00"
MONDAY = 1_795_417_200_000
"""2026-11-23 10:00 in Moscow."""


@pytest.fixture
def open_desk(desk: Automated) -> Automated:
    """A desk that is open on weekdays, on a Monday at ten."""
    desk.shop.clock.at = MONDAY
    desk.options = {"hours": OPEN, "hours_zone": "Europe/Moscow", "hours_calendar": "none"}
    return desk


@pytest.mark.req("S-141", part="outside working hours")
def test_outside_hours_the_desk_answers_and_within_them_it_does_not(open_desk: Automated) -> None:
    channel = open_desk.shop.channel()
    open_desk.answers(asked={"open": False})
    assert open_desk.shop.texts(open_desk.heard(channel))[1:] == []
    later(open_desk, 8 * 60)
    assert open_desk.shop.texts(open_desk.heard(channel, who="boris"))[1:] == [HELLO]
    assert str(recalled(open_desk.acts()[0].why)) == "the line is closed"


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, "now"), (8 * 60, "tomorrow at 09:00"), (14 * 60, "today at 09:00"), (4 * 24 * 60 + 480, "on Monday at 09:00")],
)
def test_an_answer_says_when_the_line_opens_next(open_desk: Automated, minutes: int, told: str) -> None:
    channel = open_desk.shop.channel()
    open_desk.answers(text="Ответим {когда откроемся}, {opens_at}")
    later(open_desk, minutes)
    assert open_desk.shop.texts(open_desk.heard(channel))[1:] == [f"Ответим {told}, {told}"]


def test_a_line_without_hours_says_nothing_of_when_it_opens(desk: Automated) -> None:
    desk.shop.channel()
    with pytest.raises(UsageError, match="says when the line opens, and Продажи 1 has no working hours"):
        desk.answers(text="Ответим {когда откроемся}")
    assert desk.acts() == []


@pytest.mark.req("S-141", part="by keyword, with a quick reply")
def test_a_keyword_in_any_form_is_answered_with_a_quick_reply_and_its_files(desk: Automated) -> None:
    channel = desk.shop.channel()
    price = StagedFile(name="price.pdf", mime="application/pdf", size=7, sha256="0" * 64)
    reply = QuickReplyDraft(title="Цены", text="Вот прайс, {client_name}", files=(price,))

    def keep(tx: Any) -> None:
        replies.add_section(tx, "Общее")
        replies.add(tx, replies.section(tx, "Общее"), reply)

    desk.shop.write(keep)
    desk.rule("Цены", do=[("reply", "Цены")], kind=RuleKind.AUTOREPLY, asked={"words": ["цена"]})
    dialog = desk.heard(channel, "О ценах бы узнать")
    [_, answer] = desk.shop.read(lambda tx: transcript.latest(tx, dialog, n=9))
    assert (answer.message.text, [one.name for one in answer.files]) == ("Вот прайс, Anna", ["price.pdf"])
    assert str(recalled(desk.acts()[0].why)) == "it says «ценах»"
    assert desk.shop.texts(desk.heard(channel, "Ценный совет", who="boris"))[1:] == []


@pytest.mark.req("S-141", part="the first message")
def test_the_first_message_of_a_client_is_answered_and_no_other(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.answers(asked={"first": "ever"})
    dialog = desk.heard(channel)
    later(desk, 60 * 24)
    desk.heard(channel, "Ещё вопрос")
    assert desk.shop.texts(dialog) == ["Здравствуйте", HELLO, "Ещё вопрос"]


@pytest.mark.req("S-141", part="nobody answered")
def test_who_waits_fifteen_open_minutes_is_answered_once(open_desk: Automated) -> None:
    channel = open_desk.shop.channel()
    open_desk.answers(asked={"waited": 15})
    later(open_desk, 8 * 60 - 10)  # ten minutes before it closes
    dialog = open_desk.heard(channel)
    later(open_desk, 15 * 60 + 10)
    open_desk.works()
    later(open_desk, 4)
    open_desk.works()
    assert open_desk.shop.texts(dialog)[1:] == []
    later(open_desk, 1)
    open_desk.works()
    later(open_desk, 60)
    open_desk.heard(channel, "Ау")
    assert open_desk.shop.texts(dialog) == ["Здравствуйте", HELLO, "Ау"]
