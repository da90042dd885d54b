"""Who sees only their own dialogs: what they begin is theirs, and what is a colleague's stays out of reach."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.arrival import Peer, PeerChanged, Profile
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused, Rejected
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.journal.messages import DeadLetterKept
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.domain.text import T
from chatapp_cli.services import (
    acting,
    acts,
    alarms,
    channels,
    composing,
    crm_people,
    dialogs,
    duties,
    journal,
    mailing,
    onward,
    operators,
    outbox,
    reaching,
    session_requests,
)
from chatapp_cli.services.act_call import ActCall
from chatapp_cli.services.crm_people import PersonThere
from chatapp_cli.services.mailing import Recipient
from chatapp_cli.services.message_request import MessageRequest, ToAddress, ToPerson
from chatapp_cli.store.tx import Tx
from tests.every import every
from tests.stores import EVERYTHING, ON_SQLITE, Shop, hand_over, owner

pytestmark = [pytest.mark.req("S-128", part="access limited to the dialogs that are theirs"), ON_SQLITE]
VERA, OLEG, NEW = "Вера", "+79167654321", "+79169999999"
HELLO = Draft(text="Здравствуйте")


def able(_row: object) -> Any:
    return EVERYTHING


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    """A channel where Oleg writes, whom Pyotr answers."""
    number = shop.channel()
    heard = shop.hear(
        number, peer=Peer(key="oleg", address="oleg"), sender=Profile(id="oleg", phone=OLEG, username="oleg_k")
    )
    dialog = shop.message(heard).dialog_id
    shop.write(lambda tx: duties.assign(tx, dialog, "Пётр"))
    shop.write(lambda tx: operators.add(tx, VERA, "", (), only_own=True))
    return number


def as_vera(shop: Shop, job: Callable[[Tx], Any]) -> Any:
    """What a transaction of hers returns."""
    who = shop.read(lambda tx: acting.who_acts(tx, token="", owner=True, name=VERA))._replace(owner=False)
    seen = acting.visibility(who, shop.driver.dialect)
    return shop.database.write(lambda tx: job(tx.through(seen, who)))


def to(shop: Shop, channel: ChannelId, address: str, key: str = "k") -> MessageRequest:
    return MessageRequest(to=ToAddress(channel, address), draft=HELLO, options=shop.order(key=key))


def mailed(tx: Tx, shop: Shop, channel: ChannelId, *addresses: str) -> Mapping[str, int]:
    listed = [Recipient(one, n) for n, one in enumerate(addresses, 1)]
    found = mailing.accept(tx, able, to(shop, channel, ""), listed)
    return {"new": len(found.new), "bad": len(found.bad)}


def by_robot(robot: str = "send_message", **arguments: str) -> Callable[[Tx], object]:
    return lambda tx: acts.perform(robot, ActCall(tx=tx, able=able, arguments=arguments, key="k"))[0].refusal


def refusal_of(shop: Shop, job: Callable[[Tx], Any]) -> Any:
    """Why a job of hers is refused, or what it returns."""
    try:
        return as_vera(shop, job)
    except Refused as refusal:
        return refusal


def test_a_colleagues_client_is_not_written_to_by_any_way(shop: Shop, channel: ChannelId) -> None:
    """Nor in another channel, under a username, or at the end of a chain."""
    other = shop.channel(kind="calls", line=shop.read(lambda tx: channels.one(tx, channel).line_id))
    request = partial(to, shop)
    chain = MessageRequest(
        to=ToPerson(to=NEW, channel=str(other), others=[f"{channel}:oleg"]), draft=HELLO, options=shop.order(key="k")
    )
    asked = [request(channel, "oleg"), request(other, "79167654321"), chain]
    asked += [request(number, one) for number in (channel, other) for one in (OLEG, "@oleg_k")]
    ways = [partial(composing.accept, able=able, request=one) for one in asked]
    ways += [by_robot(phone=OLEG, message="Да"), by_robot(chat_id="oleg", message="Да")]
    ways += [by_robot("set_tags", phone=OLEG, tags="VIP"), by_robot("rename_chat", chat_id="oleg", title="Да")]

    def is_refused(way: Callable[[Tx], Any]) -> None:
        found = refusal_of(shop, way)
        assert (found.code, "is not yours" in str(found.what)) == ("not_own", True)

    every(ways, is_refused)
    assert shop.read(lambda tx: tx.compose(int, "SELECT COUNT(*) FROM dialog", {})) == [1]


def test_a_chain_does_not_go_on_in_a_dialog_that_became_a_colleagues_meanwhile(shop: Shop, channel: ChannelId) -> None:
    other = shop.channel()
    dialog = shop.read(lambda tx: DialogId(tx.value("dialogs.at_key", channel=channel, key="oleg")))
    shop.write(lambda tx: duties.assign(tx, dialog, VERA))
    chain = ToPerson(to=NEW, channel=str(other), others=[f"{channel}:oleg"])
    request = MessageRequest(to=chain, draft=HELLO, options=shop.order(key="k"))
    message = as_vera(shop, lambda tx: composing.accept(tx, able, request))
    shop.write(lambda tx: duties.assign(tx, dialog, "Пётр"))
    one = shop.write(lambda tx: hand_over(tx, shop.media, other))
    assert one is not None
    shop.write(lambda tx: outbox.fail(tx, one, Rejected("no_such_user")))
    assert shop.write(lambda tx: onward.continue_chain(tx, able, message)) is None
    assert shop.texts(dialog) == ["Здравствуйте"]


def test_a_stranger_to_whom_they_write_is_theirs_and_a_colleague_sees_them_as_before(
    shop: Shop, channel: ChannelId
) -> None:
    message = as_vera(shop, lambda tx: composing.accept(tx, able, to(shop, channel, NEW)))
    dialog = shop.message(message).dialog_id
    assert [tuple(one) for one in shop.read(lambda tx: duties.members(tx, dialog))] == [(VERA, "participant")]
    assert as_vera(shop, lambda tx: dialogs.card(tx, dialog)).assignee == ""
    assert as_vera(shop, lambda tx: reaching.known(tx, channels.one(tx, channel), OLEG)) is None


def test_of_a_list_everybody_gets_it_but_a_colleagues_client(shop: Shop, channel: ChannelId) -> None:
    assert as_vera(shop, lambda tx: mailed(tx, shop, channel, NEW, OLEG, "+79168888888")) == {"new": 2, "bad": 1}


@pytest.mark.parametrize(("maker", "sees"), [(VERA, True), ("Пётр", False)])
def test_a_group_that_they_have_made_is_theirs(shop: Shop, channel: ChannelId, maker: str, sees: bool) -> None:
    group = Peer(key="-1", address="-1", title="Ёлки", kind="group")
    shop.acting = owner(maker)
    number = shop.write(lambda tx: session_requests.ask(tx, channel, SessionMethod.CREATE_GROUP, {}, seconds=60))
    shop.take(channel, PeerChanged(peer=group, at=shop.clock.at))
    answer = json.dumps({"peer": {"address": "-1"}, "missing": {}})
    shop.write(lambda tx: session_requests.done(tx, session_requests.one(tx, number), answer))
    dialog = shop.read(lambda tx: DialogId(tx.value("dialogs.at_key", channel=channel, key="-1")))
    if sees:
        assert as_vera(shop, lambda tx: dialogs.card(tx, dialog)).name == "Ёлки"
    else:
        with pytest.raises(NotFound):
            as_vera(shop, lambda tx: dialogs.card(tx, dialog))


def test_they_hear_of_the_state_of_a_channel_and_of_nothing_that_may_be_of_any_client_of_it(
    shop: Shop, channel: ChannelId
) -> None:
    start = shop.read(journal.last)
    for kind in (AlarmKind.CHANNEL, AlarmKind.DEAD_LETTER, AlarmKind.UNCERTAIN):
        shop.write(lambda tx, kind=kind: alarms.raise_(tx, kind, "7", T("Олег"), channel))
    shop.write(lambda tx: tx.emit(DeadLetterKept(channel=channel, arrived=1, problem="Олег")))
    told = as_vera(shop, lambda tx: [entry.event for entry in journal.after(tx, start, n=9)])
    assert [event.kind for event in told] == [one.kind for one in as_vera(shop, alarms.open_alarms)] == ["channel"]


def test_of_the_employees_of_a_crm_and_the_operators_only_oneself_is_shown(shop: Shop, channel: ChannelId) -> None:
    del channel
    shop.write(lambda tx: operators.add(tx, "Пётр", "", ()))
    people = [PersonThere(employee=Employee(id="1", name=name), operator=name) for name in (VERA, "Пётр", "")]

    def seen(tx: Tx) -> tuple[list[str], list[str]]:
        return [one.operator for one in crm_people.shown(tx, people)], crm_people.without(tx, ())

    assert as_vera(shop, seen) == ([VERA], [VERA])
    assert shop.read(seen) == ([VERA, "Пётр", ""], [VERA, "Пётр"])
