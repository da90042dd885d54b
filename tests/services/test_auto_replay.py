"""Rules tried on the past would have done what they did in the present."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.automation import PlannedState, RuleEvent
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import dialogs, duties, outbox, sending
from chatapp_cli.services.auto_replay import Replay, ReplayedAct, place_before
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.store.rows.automation import AutoRuleRow
from chatapp_cli.store.tx import Tx
from tests.services.automated import MINUTE, Automated
from tests.stores import EVERYTHING, Shop, hand_over

MONDAY = 1_795_417_200_000
"""2026-11-23 10:00 in Moscow."""
IN_VAIN = "Нет"
TEXTS = ("Почём опт?", "Здравствуйте", "Где заказ 15?", "Спасибо", "а" * 2_000 + "!", "Опт, срочно")


@pytest.fixture
def desk(shop: Shop) -> Automated:
    shop.clock.at = MONDAY
    hours = {"hours": "mon-sun 09:00-18:00", "hours_zone": "Europe/Moscow", "hours_calendar": "none"}
    return Automated(shop, options=hours)


def rules(desk: Automated) -> None:
    desk.rule("Опт", asked={"words": ["опт"]}, do=[("tag", "опт"), ("send", "Прайс"), ("note", "Опт!")])
    desk.answers("Закрыто", "Закрыто", asked={"open": False})
    desk.answers("Первое", asked={"first": "ever"})
    desk.answers("Ждут", asked={"waited": 15})
    desk.rule(
        "Долго",
        asked={"all": [{"waited": 40}, {"not": {"words": ["спасибо"]}}]},
        do=[("assign", "Пётр"), ("waive", True)],
    )
    desk.rule("Номер", asked={"match": [r"заказ\s+\d+"]}, do=[("tag", "заказ")], stop=True)
    desk.rule("Спасибо", asked={"words": ["спасибо"]}, do=[("waive", True)])
    desk.rule("После", asked={"direction": "in"}, do=[("tag", "после")])
    desk.rule("Тег", event=RuleEvent.TAG_ADDED, about="vip", do=[("snooze", 5)])
    desk.rule("Медленно", asked={"match": ["(а|аа)+$"]}, do=[("tag", "медленно")])


def lives(desk: Automated, chance: random.Random, steps: int) -> None:
    """Clients write, also faster than the daemon works, and operators answer, some in vain, tag and look away."""
    shop, channels = desk.shop, [desk.shop.channel(), desk.shop.channel()]
    met: list[Any] = []
    for _ in range(steps):
        desk.passes(chance.choice([0, 1, 2, 7, 16, 45, 300]) * MINUTE + chance.randrange(MINUTE))
        what = chance.choice(["writes"] * 6 + ["answers"] * 2 + ["fails", "tags", "waives"]) if met else "writes"
        if what == "writes":
            channel, who = chance.choice(channels), f"c{chance.randrange(6)}"
            for _ in range(chance.choice([1, 1, 2, 3])):
                met.append(shop.message(shop.hear(channel, chance.choice(TEXTS), who=who)).dialog_id)
                shop.clock.at += 1
        else:
            shop.write(partial(_done, what, chance.choice(met), shop.order()))
        for channel in channels:
            while shop.write(partial(_carried, shop=shop, channel=channel)):
                pass
        desk.works()


def _carried(tx: Tx, *, shop: Shop, channel: ChannelId) -> bool:
    """Hand over what may go; the channel refuses one text."""
    claim = hand_over(tx, shop.media, channel)
    if claim is None:
        return False
    if claim.outbound.text == IN_VAIN:
        return outbox.fail(tx, claim, Rejected("blocked"))
    return outbox.succeed(tx, claim, Receipt(ids=(f"x{claim.outbound.key}",)))


def _done(what: str, dialog: DialogId, order: SendOptions, tx: Tx) -> None:
    """An operator does something."""
    match what:
        case "answers" | "fails":
            sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да" if what == "answers" else IN_VAIN), order)
        case "tags":
            dialogs.tag(tx, dialog, "vip")
        case _:
            duties.no_answer(tx, dialog)


def replayed(desk: Automated, *, since: int = 0) -> list[ReplayedAct]:
    rows = desk.shop.read(lambda tx: tx.all(AutoRuleRow, "autorules.all"))
    replay = desk.shop.read(lambda tx: Replay(tx, desk.desk, rows, since=since, until=tx.now + 1))
    found: list[ReplayedAct] = []
    while not replay.over:
        found += desk.shop.read(replay.page)
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_what_rules_would_have_done_is_what_they_did(desk: Automated, seed: int) -> None:
    rules(desk)
    lives(desk, random.Random(seed), 70)
    desk.passes(3_000 * MINUTE)
    did = {(one.name, one.event, one.act, one.state) for one in desk.acts() if one.state != "cancelled"}
    would = {(one.rule.wanted.name, one.event, one.act, one.state.value) for one in replayed(desk)}
    assert len(did) > 90
    assert sorted(would - did) == sorted(did - would) == []


def test_nothing_is_done_and_what_is_off_can_be_tried(desk: Automated) -> None:
    rule = desk.rule(enabled=False)
    dialog = desk.heard(desk.shop.channel())
    [act] = replayed(desk)
    assert (act.rule.id, act.dialog, act.state, str(act.outcome)) == (rule, dialog, PlannedState.DONE, "tag with опт")
    assert (desk.acts(), desk.shop.read(lambda tx: dialogs.tags(tx, dialog))) == ([], [])


def test_only_the_period_is_tried(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.heard(channel, "Раньше")
    desk.shop.clock.at += 60 * MINUTE
    since = desk.shop.clock.at
    late = desk.heard(channel, "Позже", who="boris")
    desk.rule()
    assert [one.dialog for one in replayed(desk, since=since)] == [late]
    assert desk.shop.read(lambda tx: place_before(tx, desk.shop.clock.at + 1)) > desk.shop.read(
        lambda tx: place_before(tx, since)
    )
