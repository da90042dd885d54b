"""Rules give dialogs to whoever is there; if nobody is, they do what they say for that (K-06)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.automation import ActWanted, RuleWanted
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.services import attendance, auto_doubts, auto_rules, auto_run, dialogs, operators
from chatapp_cli.services.auto_replay import Replay
from chatapp_cli.store.tx import Tx
from tests.services.automated import MINUTE, Automated
from tests.stores import Shop, owner

ANNA, BORIS = "Анна", "Борис"
ELSE: Sequence[ActWanted] = [ActWanted("tag", "никого"), ActWanted("note", "Позвонить")]


@pytest.fixture
def desk(shop: Shop) -> Automated:
    found = Automated(shop)
    for name in (ANNA, BORIS):
        shop.write(partial(operators.add, name=name, password_hash="", lines=()))
    return found


def away(desk: Automated, *names: str) -> None:
    for name in names:
        desk.shop.database.write(lambda tx, name=name: attendance.leave(tx.by(owner(name))))


def ends(desk: Automated) -> list[tuple[int, str, str, str]]:
    return [(one.act, one.kind, one.state, str(recalled(one.outcome))) for one in desk.acts()]


def holders(desk: Automated, *given: Any) -> list[str]:
    return [desk.shop.read(partial(dialogs.card, dialog=one)).assignee for one in given]


@pytest.mark.req("K-06", part="a rule distributes")
def test_a_rule_gives_each_dialog_to_the_next_who_is_there(desk: Automated) -> None:
    channel = desk.shop.channel()
    desk.rule(do=[("distribute", "evenly")])
    assert holders(desk, *(desk.heard(channel, who=who) for who in ("a", "b", "c"))) == [ANNA, BORIS, ANNA]
    away(desk, ANNA)
    assert holders(desk, desk.heard(channel, who="d")) == [BORIS]
    assert ends(desk)[-1] == (0, "distribute", "done", "Борис answers for it")


@pytest.mark.req("K-06", part="nobody there: the rule's else")
@pytest.mark.parametrize(
    ("do", "why"), [(("distribute", "in_order"), "nobody is there"), (("assign", ANNA), "Анна is away")]
)
def test_if_nobody_is_there_the_else_is_done_once_behind_the_other_acts(
    desk: Automated, do: tuple[str, Any], why: str
) -> None:
    away(desk, ANNA, BORIS)
    desk.rule(do=[do, do, ("tag", "опт")], otherwise=ELSE)
    dialog = desk.heard(desk.shop.channel())
    assert ends(desk) == [
        (0, do[0], "skipped", why), (1, do[0], "skipped", why), (2, "tag", "done", "tagged with опт"),
        (3, "tag", "done", "tagged with никого"), (4, "note", "done", "note 1 written"),
    ]  # fmt: skip
    assert holders(desk, dialog) == [""]


def cannot_see(desk: Automated) -> None:
    elsewhere = [desk.shop.line("Бета")]
    desk.shop.write(partial(operators.see_lines, name=ANNA, lines=elsewhere))


def leaves(desk: Automated) -> None:
    away(desk, ANNA)  # she signed something, as people do
    desk.shop.write(partial(operators.remove, name=ANNA))


@pytest.mark.parametrize(
    ("happens", "why", "told"),
    [
        (cannot_see, "Анна does not see the line Альфа", "Анна does not see the line Альфа."),
        (leaves, "there is no operator Анна any more", "There is no operator Анна."),
    ],
)
def test_whoever_left_or_does_not_see_the_line_is_given_nothing_which_the_rule_tells(
    desk: Automated, happens: Callable[[Automated], None], why: str, told: str
) -> None:
    line = desk.shop.line("Альфа")
    rule = desk.rule(line=line, do=[("join", ANNA), ("assign", ANNA)], otherwise=ELSE)
    happens(desk)
    dialog = desk.heard(desk.shop.channel(line=line))
    assert [(act, state, said) for act, _kind, state, said in ends(desk)] == [
        (0, "failed", why), (1, "skipped", why), (2, "done", "tagged with никого"), (3, "done", "note 1 written")
    ]  # fmt: skip
    assert holders(desk, dialog) == [""]
    assert [str(one.what) for one in desk.shop.read(partial(auto_doubts.of_rule, desk=desk.desk, rule=rule))] == [told]


def test_an_else_is_planned_with_what_found_nobody_whatever_becomes_of_the_daemon(desk: Automated) -> None:
    away(desk, ANNA, BORIS)
    desk.rule(do=[("distribute", "evenly")], otherwise=ELSE)
    desk.shop.hear(desk.shop.channel())

    def dies(tx: Tx) -> None:
        auto_run.work(tx, desk.desk)
        raise RuntimeError

    for _ in range(50):
        with pytest.raises(RuntimeError):
            desk.shop.write(dies)
        if not desk.step():
            break
    assert [(act, state) for act, _kind, state, _why in ends(desk)] == [(0, "skipped"), (1, "done"), (2, "done")]


def test_if_somebody_is_there_or_has_it_already_no_else_is_done(desk: Automated) -> None:
    away(desk, BORIS)
    desk.rule("Кому", do=[("assign", ANNA), ("distribute", "evenly")], otherwise=ELSE)
    dialog = desk.heard(desk.shop.channel())
    assert [(act, outcome) for act, _kind, _state, outcome in ends(desk)] == [
        (0, "Анна answers for it"),
        (1, "Анна has it already"),
    ]
    assert holders(desk, dialog) == [ANNA]


def test_a_line_that_gives_nothing_says_so(desk: Automated) -> None:
    desk.rule(do=[("distribute", "yes")], otherwise=ELSE)
    desk.heard(desk.shop.channel())
    [(_act, _kind, state, outcome)] = ends(desk)
    assert (state, "gives its dialogs to nobody" in outcome) == ("failed", True)


def test_the_trial_of_a_rule_says_who_would_not_have_been_there(desk: Automated) -> None:
    rule = desk.rule(do=[("distribute", "evenly")], otherwise=ELSE)
    desk.shop.write(lambda tx: auto_rules.switch(tx, rule, on=False))
    desk.heard(desk.shop.channel())

    def tried() -> list[tuple[int, str]]:
        def read(tx: Tx) -> list[tuple[int, str]]:
            rows = auto_rules.chosen(tx, [str(rule)])
            replay = Replay(tx, desk.desk, rows, since=0, until=tx.now + MINUTE)
            found = []
            while not replay.over:
                found += [(one.act, one.state.value) for one in replay.page(tx)]
            return found

        found: list[tuple[int, str]] = desk.shop.read(read)
        return found

    assert tried() == [(0, "done")]
    away(desk, ANNA, BORIS)
    assert tried() == [(0, "skipped"), (1, "done"), (2, "done")]


def test_an_else_that_nothing_can_lead_to_is_refused(desk: Automated) -> None:
    wanted = RuleWanted(name="Зря", acts=[ActWanted("tag", "опт")], otherwise=ELSE)
    with pytest.raises(UsageError, match="looks for somebody"):
        desk.shop.write(lambda tx: auto_rules.add(tx, wanted, desk.desk.names(tx)))


def test_a_rule_makes_somebody_a_participant(desk: Automated) -> None:
    desk.rule(do=[("join", BORIS)])
    desk.heard(desk.shop.channel())
    assert ends(desk) == [(0, "join", "done", "Борис takes part")]
