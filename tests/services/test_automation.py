"""Rules act on what happens: each act once, whatever becomes of the daemon, and each ends in words."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.access import Acting
from chatapp_cli.domain.automation import FOLLOWER, ActWanted, RuleEvent, RuleWanted
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused, Rejected
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.services import (
    auto_loops,
    auto_rules,
    auto_run,
    dialogs,
    duties,
    joining,
    lines,
    notes,
    outbox,
    retention,
    sending,
)
from chatapp_cli.services.acting import visibility
from chatapp_cli.store.rows.automation import AutoRuleRow
from chatapp_cli.store.tx import Tx
from tests.services.automated import HELLO, MINUTE, Automated
from tests.stores import EVERYTHING, Shop, hand_over


@pytest.fixture
def desk(shop: Shop) -> Automated:
    return Automated(shop)


class Killed(Exception):
    """The daemon is gone."""


def tags(desk: Automated, dialog: Any) -> list[str]:
    found: list[str] = desk.shop.read(lambda tx: dialogs.tags(tx, dialog))
    return found


@pytest.mark.req("S-035", part="a rule acts")
def test_a_message_that_a_rule_wants_is_answered_and_tagged_once_and_still_waits(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.rule(do=[("tag", "опт"), ("send", HELLO)], asked={"words": ["опт"]})
    dialog = desk.heard(channel, "Сколько стоит оптом?")
    desk.works()
    assert (tags(desk, dialog), desk.shop.texts(dialog)) == (["опт"], ["Сколько стоит оптом?", HELLO])
    assert desk.ends() == [("Опт", "tag", "done"), ("Опт", "send", "done")]
    assert desk.shop.read(lambda tx: dialogs.card(tx, dialog)).waiting_since is not None
    other = desk.heard(channel, "Привет", who="boris")
    assert (tags(desk, other), desk.shop.texts(other)) == ([], ["Привет"])


def test_a_rule_sees_only_what_happens_after_it_was_switched_on_or_changed(desk: Automated) -> None:
    channel = desk.shop.channel()
    before = desk.shop.message(desk.shop.hear(channel)).dialog_id
    rule = desk.rule()
    desk.works()
    assert tags(desk, before) == []
    desk.shop.write(lambda tx: auto_rules.switch(tx, rule, on=False))
    between = desk.heard(channel, who="boris")
    desk.shop.write(lambda tx: auto_rules.switch(tx, rule, on=True))
    assert tags(desk, between) == []
    assert tags(desk, desk.heard(channel, who="vera")) == ["опт"]


def test_a_daemon_killed_before_any_step_is_durable_does_everything_once(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.rule(do=[("tag", "опт"), ("send", HELLO), ("note", "Перезвонить")])
    desk.rule("Ждёт", do=[("snooze", 60), ("untag", "опт")], asked={"waited": 5})
    dialog = desk.shop.message(desk.shop.hear(channel)).dialog_id
    kills = _works_and_dies(desk)
    assert desk.acts()[-1].state == "waiting"
    desk.shop.clock.at += 6 * MINUTE
    kills += _works_and_dies(desk)
    assert desk.ends() == [
        ("Опт", "tag", "done"), ("Опт", "send", "done"), ("Опт", "note", "done"),
        ("Ждёт", "snooze", "done"), ("Ждёт", "untag", "done"),
    ]  # fmt: skip
    assert desk.shop.texts(dialog) == ["Здравствуйте", HELLO]
    assert [one.text for one in desk.shop.read(lambda tx: notes.between(tx, dialog))] == ["Перезвонить"]
    assert kills > 10


def _works_and_dies(desk: Automated) -> int:
    """Work until there is nothing to do; each step is undone once, just before it would be durable."""

    def dies(tx: Tx) -> None:
        auto_run.work(tx, desk.desk)
        raise Killed

    for kills in range(1, 1_000):
        with pytest.raises(Killed):
            desk.shop.write(dies)
        if not desk.step():
            return kills
    raise AssertionError("it never ends")


@pytest.mark.parametrize(
    ("do", "state", "outcome"),
    [
        (("tag", ["опт", "vip"]), "done", "tagged with опт, vip"),
        (("untag", "нет"), "done", "the dialog does not have нет"),
        (("assign", "Пётр"), "done", "Пётр answers for it"),
        (("note", "От {имя клиента}"), "done", "note 1 written"),
        (("snooze", 60), "done", "snoozed for 60 minutes"),
        (("waive", True), "done", "no answer is needed"),
        (("robot", {"robot": "set-tags", "tags": "робот"}), "done", "the robot set_tags was run"),
        (("robot", {"robot": "set-tags"}), "failed", "The field “Tags” is empty."),
        (("send", "x" * 5_000), "failed", "The text has 5000 characters"),
    ],
)
def test_every_act_is_done_and_says_what_it_did_or_why_not(
    desk: Automated, do: tuple[str, Any], state: str, outcome: str
) -> None:
    desk.can = replace(EVERYTHING, max_text=4_000)
    desk.rule(do=[do, ("tag", "после")])
    dialog = desk.heard(desk.shop.channel())
    [first, second] = desk.acts()
    assert (first.state, second.state) == (state, "done")
    assert outcome in str(recalled(first.outcome))
    assert "после" in tags(desk, dialog)


def test_a_dialog_is_assigned_snoozed_and_rid_of_its_wait_by_the_acts_of_a_rule(desk: Automated) -> None:
    desk.rule(do=[("tag", "опт"), ("assign", "Пётр"), ("snooze", 60), ("waive", True)])
    dialog = desk.heard(desk.shop.channel())
    card = desk.shop.read(lambda tx: dialogs.card(tx, dialog))
    assert (card.assignee, card.snoozed_until, card.waiting_since) == (
        "Пётр",
        desk.shop.clock.at + 60 * MINUTE,
        None,
    )


@pytest.mark.parametrize(
    ("event", "about", "happens", "tagged"),
    [
        (RuleEvent.CREATED, "", "begins", True),
        (RuleEvent.ASSIGNED, "Пётр", "assigned", True),
        (RuleEvent.ASSIGNED, "Вера", "assigned", False),
        (RuleEvent.TAG_ADDED, "vip", "tagged", True),
        (RuleEvent.TAG_ADDED, "опт", "tagged", False),
        (RuleEvent.TAG_REMOVED, "vip", "untagged", True),
        (RuleEvent.SENT, "", "sent", True),
        (RuleEvent.FAILED, "", "failed", True),
        (RuleEvent.FAILED, "", "sent", False),
    ],
)
def test_a_rule_acts_on_its_event_alone(
    desk: Automated, event: RuleEvent, about: str, happens: str, tagged: bool
) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    desk.rule(event=event, about=about, do=[("tag", "сделано")])
    dialog = desk.heard(channel)
    happened = {
        "assigned": lambda tx: duties.assign(tx, dialog, "Пётр"),
        "tagged": lambda tx: dialogs.tag(tx, dialog, "vip"),
        "untagged": lambda tx: (dialogs.tag(tx, dialog, "vip"), dialogs.untag(tx, dialog, "vip")),
    }
    if happens in happened:
        shop.write(happened[happens])
    if happens in {"sent", "failed"}:
        shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да"), shop.order()))
        claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
        ended = partial(outbox.succeed, claim=claim, receipt=Receipt(ids=("x1",)))
        refused = partial(outbox.fail, claim=claim, error=Rejected("blocked"))
        shop.write(ended if happens == "sent" else refused)
    desk.works()
    assert ("сделано" in tags(desk, dialog)) is tagged


def test_a_rule_gets_a_place_among_those_that_are_seen_and_one_of_the_company_only_from_who_sees_all(
    desk: Automated,
) -> None:
    shop, names = desk.shop, lambda: [one.name for one in desk.shop.read(_rows)]
    mine, other = shop.line("Опт"), shop.line("Склад")
    for name, line in (("А", mine), ("Б", other), ("В", mine), ("Г", None)):
        desk.rule(name, line=line)
    shop.write(lambda tx: auto_rules.move(tx, desk.rules[3], 0))
    assert names() == ["Г", "А", "Б", "В"]
    anna = Acting("Анна", owner=True, lines=(mine,))
    seen = visibility(anna, shop.driver.dialect)
    shop.database.write(lambda tx: auto_rules.move(tx.through(seen).by(anna), desk.rules[0], 2))
    assert names() == ["Г", "Б", "В", "А"]
    shop.database.write(lambda tx: auto_rules.move(tx.through(seen).by(anna), desk.rules[0], 1))
    assert names() == ["Г", "Б", "А", "В"]
    with pytest.raises(Refused, match="you do not see every line"):
        shop.database.write(lambda tx: auto_rules.move(tx.through(seen).by(anna), desk.rules[3], 1))


def _rows(tx: Tx) -> list[AutoRuleRow]:
    return tx.all(AutoRuleRow, "autorules.all")


def test_rules_are_asked_in_their_order_and_stop_ends_it(desk: Automated) -> None:
    channel = desk.shop.channel()
    first, last = desk.rule("А", do=[("tag", "а")]), desk.rule("Б", do=[("tag", "б")], stop=True)
    assert tags(desk, desk.heard(channel)) == ["а", "б"]
    desk.shop.write(lambda tx: auto_rules.order(tx, [last, first]))
    assert tags(desk, desk.heard(channel, who="boris")) == ["б"]


def test_a_daemon_that_was_down_judges_each_message_by_what_it_did_for_those_before(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.rule("Впервые", asked={"words": ["опт"], "untagged": ["опт"]}, do=[("tag", "опт"), ("note", "Опт!")])
    desk.rule("Благодарит", asked={"words": ["спасибо"]}, do=[("waive", True)])
    for text in ("Есть опт?", "Оптом дешевле?", "Спасибо", "А доставка?"):
        desk.shop.clock.at += 1
        dialog = desk.shop.message(desk.shop.hear(channel, text)).dialog_id
    last = desk.shop.clock.at
    desk.works()
    assert [one.event for one in desk.acts() if one.kind == "note"] == [desk.acts()[0].event]
    assert desk.shop.read(lambda tx: dialogs.card(tx, dialog)).waiting_since == last


def test_a_rule_of_a_line_sees_that_line_alone(desk: Automated) -> None:
    line = desk.shop.line()
    here, there = desk.shop.channel(line=line), desk.shop.channel()
    desk.rule(line=line)
    assert (tags(desk, desk.heard(here)), tags(desk, desk.heard(there))) == (["опт"], [])


def test_a_rule_does_not_start_itself_and_two_that_start_each_other_are_stopped(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.rule("Сам", event=RuleEvent.TAG_ADDED, about="раз", do=[("untag", "раз"), ("tag", "раз")])
    dialog = desk.heard(channel)
    desk.shop.write(lambda tx: dialogs.tag(tx, dialog, "раз"))
    desk.works()
    assert len(desk.acts()) == 2
    desk.rule("Туда", event=RuleEvent.TAG_ADDED, about="два", do=[("untag", "два"), ("tag", "три")])
    desk.rule("Назад", event=RuleEvent.TAG_ADDED, about="три", do=[("untag", "три"), ("tag", "два")])
    desk.shop.write(lambda tx: dialogs.tag(tx, dialog, "два"))
    assert desk.works(most=1_000) < 1_000
    stopped = [one for one in desk.shop.read(lambda tx: auto_rules.everything(tx, desk.desk.names(tx))) if one.halted]
    assert [str(one.halted) for one in stopped] == ["it did 50 acts within a minute"]


def test_an_expression_that_takes_too_long_switches_its_rule_off_the_third_time(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.rule(asked={"match": ["(а|аа)+$"]})
    desk.rule("Другое")
    for number in range(3):
        desk.heard(channel, "а" * 3_000 + "!", who=f"c{number}")
    found = desk.shop.read(lambda tx: auto_rules.everything(tx, desk.desk.names(tx)))
    assert [str(one.halted) for one in found] == [
        "its regular expression takes too long, which happened 3 times", "None",
    ]  # fmt: skip
    assert [name for name, _kind, _state in desk.ends()] == ["Другое"] * 3


@pytest.mark.parametrize("changed", ["changed", "removed", "switched off"])
def test_what_a_rule_planned_is_cancelled_with_it(desk: Automated, changed: str) -> None:
    rule = desk.rule(asked={"waited": 5})
    desk.heard(desk.shop.channel())
    wanted = desk.shop.read(lambda tx: auto_rules.everything(tx, desk.desk.names(tx)))[0].wanted
    change = {
        "changed": lambda tx: auto_rules.change(tx, rule, wanted, desk.desk.names(tx)),
        "removed": lambda tx: auto_rules.remove(tx, rule),
        "switched off": lambda tx: auto_rules.switch(tx, rule, on=False),
    }[changed]
    assert desk.shop.write(change) == 1
    desk.shop.clock.at += 10 * MINUTE
    desk.works()
    assert desk.ends() == [("Опт", "tag", "cancelled")]
    assert str(recalled(desk.acts()[0].outcome)) == f"The rule was {changed}."


def test_a_client_who_waits_long_enough_is_acted_for_once_a_wait_and_not_if_somebody_answers(desk: Automated) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    desk.rule(asked={"waited": 5})
    dialog = desk.heard(channel)
    shop.clock.at += 2 * MINUTE
    desk.heard(channel, "Ау")
    shop.clock.at += 2 * MINUTE
    desk.works()
    assert tags(desk, dialog) == []
    shop.clock.at += MINUTE
    desk.works()
    desk.heard(channel, "Вы где?")
    assert desk.ends() == [("Опт", "tag", "done")]
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Здесь"), shop.order()))
    shop.clock.at += MINUTE
    desk.heard(channel, "Спасибо")
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да"), shop.order()))
    shop.clock.at += 5 * MINUTE
    desk.works()
    assert desk.ends() == [("Опт", "tag", "done"), ("Опт", "tag", "skipped")]
    assert str(recalled(desk.acts()[1].outcome)) == "the client does not wait for that answer any more"


def test_a_client_who_waits_is_waited_with_again_by_a_rule_that_was_switched_off_and_on(desk: Automated) -> None:
    channel = desk.shop.channel()
    rule = desk.rule(asked={"waited": 5})
    dialog = desk.heard(channel)
    for on in (False, True):
        desk.shop.write(partial(auto_rules.switch, rule=rule, on=on))
    desk.heard(channel, "Ау")
    desk.shop.clock.at += 5 * MINUTE
    desk.works()
    assert (tags(desk, dialog), [one.state for one in desk.acts()]) == (["опт"], ["cancelled", "done"])


@pytest.mark.parametrize(
    ("event", "acts", "found"),
    [
        (RuleEvent.SENT, [ActWanted("send", "Да")], ["А", "Б"]),
        (RuleEvent.FAILED, [ActWanted("send", "Да")], ["А", "Б"]),
        (RuleEvent.FAILED, [ActWanted("note", "Да")], []),
    ],
)
def test_rules_that_write_when_one_was_sent_or_failed_are_a_circle(
    event: RuleEvent, acts: list[ActWanted], found: list[str]
) -> None:
    rules = [RuleWanted(name=name, event=event, acts=acts) for name in ("А", "Б")]
    assert list(auto_loops.circle(rules, "А")) == found


def test_a_rule_that_does_too_much_in_one_dialog_is_stopped_and_says_what_it_left_out(desk: Automated) -> None:
    channel = desk.shop.channel()
    rule = desk.rule()
    for number in range(52):
        desk.heard(channel, f"Раз {number}")
    assert str(recalled(desk.shop.read(partial(auto_rules.one, rule=rule)).halted)) == "it did 50 acts within a minute"
    assert [(one.state, str(recalled(one.outcome))) for one in desk.acts()[50:]] == [
        ("cancelled", "it did 50 acts within a minute")
    ]


def test_what_rules_did_goes_with_a_dialog_that_is_joined_to_another(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.answers()
    old, new = desk.heard(channel), desk.heard(channel, who="boris")
    desk.shop.write(lambda tx: joining.join(tx, old, new))
    assert {(one.dialog_id, one.state) for one in desk.acts()} == {(new, "done")}
    assert desk.shop.read(lambda tx: tx.value("autoanswers.of_dialog", dialog=new, since=0)) == 2


def test_without_a_rule_that_is_on_nobody_follows_the_journal(desk: Automated) -> None:
    def follows() -> bool:
        return desk.shop.read(lambda tx: tx.value("followers.place", name=FOLLOWER)) is not None

    line = desk.shop.line()
    rule = desk.rule(line=line)
    assert follows()
    desk.shop.write(lambda tx: auto_rules.switch(tx, rule, on=False))
    assert not follows()
    desk.shop.write(lambda tx: auto_rules.switch(tx, rule, on=True))
    assert follows()
    desk.shop.write(lambda tx: lines.remove(tx, lines.find(tx, str(line)), force=True))
    assert not follows()


def test_what_rules_did_is_kept_for_some_days_and_what_waits_for_as_long_as_it_waits(desk: Automated) -> None:
    desk.rule()
    desk.rule("Ждёт", asked={"waited": 30 * 24 * 60})
    desk.heard(desk.shop.channel())
    desk.shop.clock.at += 100 * 24 * 60 * MINUTE
    planned = desk.shop.read(lambda tx: retention.plan(tx, desk.desk.options))
    for one in planned:
        desk.shop.write(partial(retention.sweep, planned=one))
    assert [one.state for one in desk.acts()] == ["waiting"]


def test_a_wait_that_is_over_is_not_taken_for_another_one_by_a_daemon_that_was_down(desk: Automated) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    desk.rule(asked={"waited": 40})
    dialog = desk.heard(channel)
    shop.clock.at += 10 * MINUTE
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да"), shop.order()))
    shop.clock.at += 10 * MINUTE
    desk.heard(channel, "Ещё вопрос")
    shop.clock.at += 45 * MINUTE
    desk.works()
    assert [one.state for one in desk.acts()] == ["skipped", "done"]
