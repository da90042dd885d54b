"""An idempotency key is one request: the same request is answered by its message, another one is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatapp_cli.domain.access import Acting, Right, system
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.template import Template
from chatapp_cli.i18n import show
from chatapp_cli.services import approvals, channels, composing, later, mailing, sending
from chatapp_cli.services.acting import visibility
from chatapp_cli.services.mailing import Recipient
from chatapp_cli.services.message_request import (
    FromReply,
    FromTemplate,
    InDialog,
    MessageRequest,
    SendTarget,
    ToAddress,
    ToPerson,
)
from chatapp_cli.services.options import Options
from chatapp_cli.settings import Settings
from tests.stores import EVERYTHING, Shop

ABLE = replace(EVERYTHING, templates=True)
KEY = sending.key_of("заказ 12")
PHONE = "+7 916 000-00-01"
PRICE = StagedFile(name="price.pdf", mime="application/pdf", size=1, sha256="0" * 64)
DRAFT = Draft(text="Ёлка ждёт вас", files=(PRICE,))


def accept(shop: Shop, request: MessageRequest, acting: Acting | None = None) -> MessageId:
    acting = acting or shop.acting
    seen = visibility(acting, shop.driver.dialect)
    return shop.database.write(lambda tx: composing.accept(tx.through(seen).by(acting), lambda row: ABLE, request))


def code_of(shop: Shop, request: MessageRequest, acting: Acting | None = None) -> str:
    with pytest.raises(Refused) as refused:
        accept(shop, request, acting)
    assert "key" in show(refused.value.what)
    assert "Use another key" in show(refused.value.next_step)
    return refused.value.code


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel(kind="sms", title="Первый", line=shop.line("Розница"))


@pytest.fixture
def first(shop: Shop, channel: ChannelId) -> MessageRequest:
    return MessageRequest(to=ToPerson(to=PHONE, channel="Первый"), draft=DRAFT, options=shop.order(key=KEY))


def test_the_same_request_again_is_answered_by_its_message(
    shop: Shop, channel: ChannelId, first: MessageRequest
) -> None:
    message = accept(shop, first)
    held = Options(Settings(undo_send=5))
    again = [
        first,
        replace(first, to=ToPerson(to="+79160000001", channel="Первый")),
        replace(first, options=shop.order(key=KEY, at=shop.clock.at + 60_000)),
        replace(first, draft=replace(DRAFT, first_name="Анна")),
        replace(first, draft=replace(DRAFT, files=(replace(PRICE, inode=7),)), undo_options=held),
    ]
    assert {accept(shop, one) for one in again} == {message}


@pytest.mark.parametrize(
    "again",
    [
        ToAddress(ChannelId(1), "+79160000001"),
        InDialog(DialogId(1)),
        ToPerson(to="+79160000001", channel="1"),
        ToPerson(to=PHONE, channel="sms", line="Розница"),
        ToPerson(to=PHONE, channel="Первый", line="Розница"),
    ],
    ids=str,
)
def test_the_same_words_to_the_same_dialog_are_the_same_request_however_it_is_named(
    shop: Shop, first: MessageRequest, again: SendTarget
) -> None:
    message = accept(shop, first)
    assert accept(shop, replace(first, to=again)) == message
    assert shop.texts(shop.message(message).dialog_id) == ["Ёлка ждёт вас"]


def test_it_is_the_same_request_after_the_message_was_reworded(shop: Shop, first: MessageRequest) -> None:
    first = replace(first, options=replace(first.options, at=shop.clock.at + 60_000))
    message = accept(shop, first)
    shop.write(lambda tx: later.reword(tx, EVERYTHING, message, "Ёлка ждёт вас до 18:00"))
    assert accept(shop, first) == message


@pytest.mark.parametrize(
    "other",
    [
        {"draft": replace(DRAFT, text="Ёлка уехала")},
        {"draft": replace(DRAFT, subject="Ёлка")},
        {"draft": replace(DRAFT, files=())},
        {"draft": replace(DRAFT, files=(replace(PRICE, sha256="1" * 64),))},
        {"draft": replace(DRAFT, files=(replace(PRICE, name="другой.pdf"),))},
        {"draft": replace(DRAFT, reply_to=MessageId(1))},
        {"to": ToPerson(to="+79160000002", channel="Первый")},
        {"to": ToPerson(to=PHONE, channel="Второй")},
        {"to": ToPerson(to=PHONE, channel="Первый", others=["Второй"])},
        {"to": ToPerson(to=PHONE, channel="Первый", line="Опт")},
        {"to": ToAddress(ChannelId(1), "+79160000002")},
        {"to": ToAddress(ChannelId(2), PHONE)},
        {"to": InDialog(DialogId(2))},
        {"words": FromTemplate("hello")},
        {"words": FromReply("Адрес", {"имя": "Анна"}, Options(Settings()))},
    ],
    ids=str,
)
def test_another_request_under_the_same_key_is_refused(
    shop: Shop, first: MessageRequest, other: dict[str, object]
) -> None:
    message = accept(shop, first)
    assert code_of(shop, replace(first, **other)) == "key_taken"
    assert shop.read(lambda tx: tx.value("messages.by_key", key=KEY)) == message
    assert shop.texts(shop.message(message).dialog_id) == ["Ёлка ждёт вас"]


def test_a_template_counts_by_its_name_and_values(shop: Shop, channel: ChannelId, first: MessageRequest) -> None:
    row = shop.read(lambda tx: channels.one(tx, channel))
    ready = Template(name="ready", language="ru", body="Заказ {{n}} готов.", state="approved")
    shop.write(lambda tx: approvals.learn(tx, lambda row: EVERYTHING, row, [ready]))
    seven, eight = (replace(first, draft=None, words=FromTemplate("ready", {"n": n})) for n in "78")
    assert accept(shop, seven) == accept(shop, seven)
    assert code_of(shop, eight) == "key_taken"


def test_a_message_of_an_earlier_version_answers_every_request(
    shop: Shop, channel: ChannelId, first: MessageRequest
) -> None:
    dialog = shop.message(accept(shop, replace(first, options=shop.order()))).dialog_id
    old = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да"), shop.order(key=KEY)))
    assert accept(shop, first) == old


def test_each_of_a_list_is_refused_by_itself(shop: Shop, channel: ChannelId) -> None:
    def mail(text: str, *to: str) -> mailing.Mailing:
        request = MessageRequest(to=ToAddress(channel, ""), draft=Draft(text=text), options=shop.order(key=KEY))
        return shop.write(lambda tx: mailing.accept(tx, lambda row: EVERYTHING, request, map(Recipient, to)))

    mail("Скидка", PHONE)
    found = mail("Скидка до пятницы", PHONE, "+79160000002")
    assert [(one.to.address, one.why.code) for one in found.bad if isinstance(one.why, Refused)] == [
        (PHONE, "key_taken")
    ]
    assert [one.to.address for one in found.going] == ["+79160000002"]


def test_a_key_of_a_line_that_somebody_does_not_see_is_taken(shop: Shop, first: MessageRequest) -> None:
    accept(shop, first)
    line = shop.line("Опт")
    shop.channel(kind="sms", title="Первый", line=line)
    other = system("Пётр", Right.ANSWER)._replace(lines=[line])
    assert code_of(shop, first, other) == "key_taken"
