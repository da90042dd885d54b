"""Acts that no robot has: each is done through its service, and says what is wrong with what was filled in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.access import Right, system
from chatapp_cli.domain.arrival import Peer, Profile
from chatapp_cli.domain.errors import ChatappError, Refused
from chatapp_cli.domain.robot import ROBOTS
from chatapp_cli.domain.template import Template
from chatapp_cli.services import acts, duties, templates
from chatapp_cli.services.act_call import ActCall
from tests.stores import EVERYTHING, Shop, hand_over

CAN = replace(EVERYTHING, templates=True)


def perform(shop: Shop, code: str, **arguments: str) -> Any:
    def job(tx: Any) -> Any:
        return acts.perform(code, ActCall(tx=tx, able=lambda _row: CAN, arguments=arguments, key="k"))

    return shop.write(job)


def hears(shop: Shop, channel: Any, address: Any, phone: Any) -> None:
    """A client with this phone writes from an address."""
    shop.hear(channel, peer=Peer(key=address, address=address), sender=Profile(id=address, phone=phone))


def test_every_robot_has_an_act() -> None:
    assert ROBOTS.keys() == acts.ACTS.keys() - {acts.SEND_TEMPLATE, acts.SET_PARTICIPANT}


def test_an_act_says_whether_it_may_be_repeated_and_none_may_that_writes_or_makes_a_group() -> None:
    assert {code for code, act in acts.ACTS.items() if act.repeatable} == {
        "check_phone", "set_tags", "rename_chat", acts.SET_PARTICIPANT,
    }  # fmt: skip


@pytest.mark.req("K-05", part="participants")
def test_an_operator_becomes_a_participant_of_one_dialog_and_leaves_it(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel)).dialog_id
    known = {"chat_id": "anna", "employee": "Пётр"}
    perform(shop, acts.SET_PARTICIPANT, **known, role="observer")
    assert [tuple(one) for one in shop.read(lambda tx: duties.members(tx, dialog))] == [("Пётр", "observer")]
    perform(shop, acts.SET_PARTICIPANT, **known, action="detach")
    perform(shop, acts.SET_PARTICIPANT, **known, action="detach")
    assert shop.read(lambda tx: duties.members(tx, dialog)) == []


@pytest.mark.parametrize(
    ("code", "arguments", "complaint"),
    [
        (acts.SET_PARTICIPANT, {"chat_id": "anna", "phone": "+79160000001"}, "It is for one only"),
        (acts.SET_PARTICIPANT, {"chat_id": "anna;boris"}, "It is for one only"),
        (acts.SET_PARTICIPANT, {"chat_id": "anna"}, "No operator is named"),
        (acts.SET_PARTICIPANT, {"chat_id": "anna", "employee": "Пётр", "role": "king"}, "There is no role king"),
        ("set_tags", {"chat_id": "anna", "tags": "VIP", "action": "burn"}, "burn is no choice of “Action”."),
        ("set_tags", {"chat_id": "anna"}, "The field “Tags” is empty."),
        ("set_tags", {"chat_id": "anna", "tags": ";,; \u200b"}, "The field “Tags” is empty."),
        ("rename_chat", {"chat_id": "anna", "title": " \u200b"}, "The field “Name” is empty."),
        ("send_message", {"chat_id": "anna", "message": "\u200b"}, "The field “Message” is empty."),
        ("fly", {}, "There is no robot fly."),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_done(
    shop: Shop, code: str, arguments: dict[str, str], complaint: str
) -> None:
    shop.hear(shop.channel())
    with pytest.raises(ChatappError) as refusal:
        perform(shop, code, **arguments)
    assert complaint in str(refusal.value.what)


def test_an_act_needs_its_own_right(shop: Shop) -> None:
    shop.hear(shop.channel())
    shop.acting = system("Пётр", Right.ANSWER)
    with pytest.raises(Refused, match="tag dialogs"):
        perform(shop, "set_tags", chat_id="anna", tags="VIP")


def test_a_template_is_sent_with_its_values_in_the_order_of_its_gaps(shop: Shop) -> None:
    channel = shop.channel()
    shop.hear(channel)
    template = Template(name="order", body="Заказ {{1}} ждёт до {{2}}", state="approved")
    shop.write(lambda tx: templates.put(tx, channel, template, None))
    [done] = perform(
        shop, acts.SEND_TEMPLATE, chat_id="anna", template="order", value_1="15; 15, 16", value_2="15; 15, 16"
    )
    assert shop.message(done.message).text == "Заказ 15; 15, 16 ждёт до 15; 15, 16"


@pytest.mark.parametrize("known", [True, False], ids=["who wrote in two channels", "whose dialog the call opens"])
def test_a_person_whom_two_addresses_name_gets_it_once(shop: Shop, *, known: bool) -> None:
    line, phone = shop.line(), "+79161234567"
    first, last = shop.channel(line=line), shop.channel(line=line, kind="email")
    if known:
        hears(shop, first, phone, phone)
        shop.clock.at += 1000
        hears(shop, last, "c7", phone)
    chat_id = "c7" if known else phone.removeprefix("+")
    [done] = perform(shop, "send_message", message="Готово", phone=f"{phone}; 8 (916) 123-45-67", chat_id=chat_id)
    assert (done.address, done.channel) == (phone, last if known else first)
    assert shop.write(lambda tx: hand_over(tx, shop.media, done.channel)) is not None
    assert shop.write(lambda tx: hand_over(tx, shop.media, done.channel)) is None


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"chat_id": "5123456789"}, "no_phone"),
        ({"chat_id": "9161234567"}, "no_phone"),
        ({"chat_id": "79161234567"}, ""),
        ({"chat_id": "+49 151 12345678"}, ""),
        ({"phone": "9161234567"}, ""),
        ({"phone": "502"}, "no_phone"),
        ({"phone": "8912"}, "no_phone"),
        ({"phone": "anna"}, "no_phone"),
        ({"phone": "@anna"}, "no_phone"),
        ({"phone": "8916555004"}, "no_phone"),
        ({"phone": "079165550044"}, "no_phone"),
        ({"messenger": "imol|livechat|1|79161234567|5"}, "no_dialog"),
        ({"messenger": "imol|chatapp_api|1|chat-999|5"}, "no_dialog"),
        ({"messenger": "Telegram: https://t.me/ann_k"}, "no_address"),
        ({"messenger": "https://t.me/+79161234567"}, ""),
    ],
)
def test_a_stranger_is_written_to_only_where_a_phone_is_written_as_one(
    shop: Shop, asked: dict[str, str], code: str
) -> None:
    letters = shop.channel()
    for known in ("502", "anna"):
        shop.hear(letters, who=known)
    able = replace(CAN, write_first=("phone",) if "phone" not in asked else CAN.write_first)
    call = partial(ActCall, able=lambda _row: able, arguments={"message": "Готово", **asked}, key="k")
    [done] = shop.write(lambda tx: acts.perform("send_message", call(tx=tx)))
    assert getattr(done.refusal, "code", "") == code
    assert (done.message is not None) == (code == "")


def test_a_link_to_somebody_in_telegram_is_their_username(shop: Shop) -> None:
    shop.hear(shop.channel())
    [done] = perform(shop, "send_message", message="Готово", channel="letters", messenger="TG: https://t.me/anna")
    assert (done.address, done.refusal) == ("@anna", None)


@pytest.mark.parametrize(
    ("asked", "written_to"),
    [
        ({"chat_id": "8123456789"}, "chat"),
        ({"phone": "8123456789"}, "phone"),
        ({"chat_id": "+78123456789"}, "phone"),
        ({"chat_id": "88123456789"}, "phone"),
        ({"chat_id": "79991234567"}, "eleven"),
        ({"chat_id": "777"}, "ambiguous"),
        ({"chat_id": "777", "channel": "letters"}, "one"),
        ({"chat_id": "9161234567"}, "new"),
        ({"chat_id": "9161234567", "channel": "email"}, "no_phone"),
    ],
)
def test_digits_that_are_a_chat_id_are_no_phone_of_somebody_else(
    shop: Shop, asked: dict[str, str], written_to: str
) -> None:
    line = shop.line()
    letters, email = shop.channel(line=line), shop.channel(line=line, kind="email")
    people = [("chat", letters, "8123456789", ""), ("eleven", letters, "79991234567", ""), ("one", letters, "777", "")]
    people += [("phone", email, "c1", "+78123456789"), ("", email, "c2", "+79991234567"), ("other", email, "777", "")]
    people += [("known", email, "c3", "+79161234567")]
    names = {}
    for name, channel, address, phone in people:
        shop.clock.at += 1000
        peer, sender = Peer(key=address, address=address), Profile(id=f"{channel} {address}", phone=phone)
        names[shop.message(shop.hear(channel, peer=peer, sender=sender)).dialog_id] = name
    [done] = perform(shop, "send_message", message="Готово", **asked)
    refused = getattr(done.refusal, "code", "")
    assert (refused or names.get(shop.message(done.message).dialog_id, "new")) == written_to
