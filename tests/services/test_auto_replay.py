"""Rules tried on the past would have done what they did in the present."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.automation import FOLLOWER, PlannedState, RuleEvent
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.journal.automation import AutomationDue
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import auto_plan, auto_rules, dialogs, duties, faults, journal, outbox, sending, timers
from chatapp_cli.services.auto_replay import Replay, ReplayedAct, place_before
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.store.rows.automation import AutoRuleRow
from chatapp_cli.store.tx import Tx
from tests.services.automated import HELLO, MINUTE, Automated
from tests.stores import EVERYTHING, Shop, hand_over

MONDAY = 1_795_417_200_000
"""2026-11-23 10:00 in Moscow."""
IN_VAIN = "Нет"
TEXTS = ("Почём опт?", "Здравствуйте", "Где заказ 15?", "Спасибо", "а" * 2_000 + "!", "Опт, срочно")


@dataclass(slots=True)
class Delivered(Automated):
    """A desk whose channels take what it writes at once: a trial does not know what had to wait."""

    channels: list[ChannelId] = field(default_factory=list)

    def works(self, *, most: int = 10_000) -> int:
        steps = Automated.works(self, most=most)
        for channel in self.channels:
            while self.shop.write(partial(_carried, shop=self.shop, channel=channel)):
                pass
        return steps + Automated.works(self, most=most)


@pytest.fixture
def desk(shop: Shop) -> Delivered:
    shop.clock.at = MONDAY
    hours = {"hours": "mon-sun 09:00-18:00", "hours_zone": "Europe/Moscow", "hours_calendar": "none"}
    return Delivered(shop, options=hours)


def rules(desk: Automated) -> None:
    desk.rule("Опт", asked={"words": ["опт"]}, do=[("tag", "опт"), ("send", "Прайс"), ("note", "Опт!")])
    desk.answers("Закрыто", "Закрыто", asked={"open": False})
    desk.rule("Начало", event=RuleEvent.CREATED, asked={"open": True}, do=[("send", "Начало"), ("note", "Новый")])
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


def lives(desk: Delivered, chance: random.Random, steps: int) -> None:
    """Clients write, also faster than the daemon works, and operators answer, some in vain, tag and look away."""
    shop, channels = desk.shop, [desk.shop.channel(), desk.shop.channel()]
    desk.channels = channels
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


def ended(desk: Automated) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    """What rules would have done by their trial, and what they did."""
    did = {
        (one.name, one.event, one.act, one.state) for one in desk.acts() if one.ended_at and one.state != "cancelled"
    }
    return {(one.rule.wanted.name, one.event, one.act, one.state.value) for one in replayed(desk)}, did


NIGHT = 60
"""Clients who wrote in a night: more than a rule may do acts in a minute, and a channel answers in ten."""


def test_who_waited_through_a_night_is_answered_in_order_as_there_is_room_and_nothing_stops(desk: Automated) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    desk.options["auto_storm"] = "7"
    answering = desk.answers("Ждут", asked={"waited": 15})
    tagging = desk.rule("Давно", asked={"waited": 15}, do=[("tag", "долго"), ("note", "Долго")])
    desk.answers("Прайс", "Прайс", asked={"words": ["опт"]})
    desk.passes(9 * 60 * MINUTE)
    waits = [desk.heard(channel, who=f"c{n}") for n in range(NIGHT)]
    desk.passes((14 * 60 + 15) * MINUTE)
    desk.passes(9 * MINUTE)
    assert [len(shop.texts(one)) for one in waits] == [2] * 7 + [1] * (NIGHT - 7)
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, waits[59], Draft(text="Да"), shop.order()))
    shop.clock.at += 1
    for n in range(6):
        assert shop.texts(desk.heard(channel, "Почём опт?", who=f"new{n}"))[1:] == ["Прайс"]
    desk.passes(150 * MINUTE)
    assert [shop.texts(one)[1:] for one in waits] == [[HELLO]] * (NIGHT - 1) + [["Да"]]
    assert [shop.read(partial(dialogs.tags, dialog=one)) for one in waits[:59]] == [["долго"]] * 59
    assert [shop.read(partial(auto_rules.one, rule=one)).halted for one in (answering, tagging)] == ["", ""]
    assert shop.read(faults.of_automation) == {}
    would, did = ended(desk)
    assert sorted(would ^ did) == []


def test_of_many_clients_who_write_at_once_none_is_left_out_and_nothing_stops(desk: Automated) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    rule = desk.rule(do=[("tag", "опт"), ("note", "Опт!")])
    there = [shop.message(shop.hear(channel, who=f"c{n}")).dialog_id for n in range(NIGHT)]
    desk.works()
    assert sum(one.state == PlannedState.DONE for one in desk.acts()) == 50
    first = next(one for one in desk.acts() if one.state == PlannedState.PLANNED)
    shop.clock.at = first.due_at
    wakes = partial(timers.fire, kind=FOLLOWER, ref=str(first.id), handler=auto_plan.time_has_come)
    assert shop.write(wakes)
    assert AutomationDue(act=first.id) in [one.event for one in shop.read(partial(journal.after, number=0, n=9_999))]
    desk.passes(6 * MINUTE)
    assert [shop.read(partial(dialogs.tags, dialog=one)) for one in there] == [["опт"]] * NIGHT
    assert shop.read(partial(auto_rules.one, rule=rule)).halted == ""
    assert len({one.ended_at for one in desk.acts()}) == 3
    would, did = ended(desk)
    assert (len(did), sorted(would ^ did)) == (2 * NIGHT, [])


def test_a_rule_that_others_start_counts_these_acts_alone(desk: Automated) -> None:
    """A trial does not know what rules start: what it knows stops a rule there as it did."""
    shop, channel = desk.shop, desk.shop.channel()
    desk.rule("Ответ", asked={"words": ["опт"]}, do=[("tag", "опт")])
    noting = desk.rule("Тег", event=RuleEvent.TAG_ADDED, do=[("note", "Тег")])
    there = [desk.heard(channel, "Опт?", who=f"c{n}") for n in range(30)]
    for dialog in there:
        shop.write(partial(_done, "tags", dialog, shop.order()))
    desk.works()
    assert shop.read(partial(auto_rules.one, rule=noting)).halted == ""
    assert sum(one.name == "Тег" for one in desk.acts()) == 60


@pytest.mark.parametrize("seed", [1, 2])
def test_what_rules_would_have_done_is_what_they_did(desk: Delivered, seed: int) -> None:
    rules(desk)
    lives(desk, random.Random(seed), 70)
    desk.passes(3_000 * MINUTE)
    would, did = ended(desk)
    assert len(did) > 90
    assert sorted(would ^ did) == []


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
