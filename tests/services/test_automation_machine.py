"""Whatever happens in whatever order, automatic answers are few, and no rule acts that was changed meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chatapp_cli.domain.automation import ActWanted, PlannedState, RuleEvent, RuleKind, RuleWanted
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import AutoRuleId, DialogId
from chatapp_cli.domain.message import Direction, Origin
from chatapp_cli.services import auto_rules, auto_run, dialogs, sending, transcript
from chatapp_cli.store.rows.automation import AutoActRow
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx
from tests.services.automated import MINUTE, Automated
from tests.stores import EVERYTHING, ON_SQLITE, Shop

QUIET = 30 * MINUTE
"""For so long nothing is answered automatically where a person was at work."""
WHO = st.sampled_from(["a", "b"])
NAMES = st.sampled_from(["А", "Б", "В"])
ASKED = st.sampled_from(
    [
        *({"asked": one} for one in ({}, {"words": ["опт"]}, {"waited": 10}, {"untagged": ["опт"]}, {"first": "day"})),
        {"event": RuleEvent.CREATED},
    ]
)
DOES = st.sampled_from(
    [[ActWanted("send", "Скоро")], [ActWanted("tag", ["опт"]), ActWanted("send", "Да")], [ActWanted("note", "Смотри")]]
)
ACTED = {PlannedState.DONE, PlannedState.SKIPPED, PlannedState.FAILED}


class PowerCut(Exception):
    """The daemon ends before its transaction is committed."""


class AutomationMachine(RuleBasedStateMachine):
    """People make rules and write, clients write, the daemon works a little and dies; the real store keeps it all."""

    examples = count(1)

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.desk, self.shop = Automated(shop), shop
        for one in shop.read(lambda tx: tx.all(lambda number, *_rest: number, "autorules.all")):
            shop.write(partial(auto_rules.remove, rule=one))
        self.shop.clock.at += 3 * 24 * 60 * MINUTE
        self.example, self.channel = next(self.examples), shop.channel()
        self.met: dict[str, DialogId] = {}
        self.kept: dict[str, AutoRuleId] = {}
        self.frozen: dict[tuple[AutoRuleId, int], int] = {}
        """How many acts rules had done in the version that they no longer have, or when they were stopped."""
        self.at_work: list[tuple[DialogId, int]] = []
        self.before = max((one.id for one in self.desk.acts()), default=0)

    # What people do.

    @rule(name=NAMES, asked=ASKED, does=DOES)
    def adds_or_edits(self, name: str, asked: dict[str, Any], does: list[ActWanted]) -> None:
        kind = RuleKind.AUTOREPLY if all(one.do == "send" for one in does) else RuleKind.RULE
        wanted, desk = RuleWanted(name=name, acts=does, kind=kind, **asked), self.desk.desk
        if name in self.kept:
            self._freeze(self.kept[name])
            self._write(lambda tx: auto_rules.change(tx, self.kept[name], wanted, desk.names(tx)))
        else:
            self.kept[name] = self._write(lambda tx: auto_rules.add(tx, wanted, desk.names(tx)))

    @precondition(lambda self: self.kept)
    @rule(data=st.data(), how=st.sampled_from(["off", "on", "removed"]))
    def switches_or_removes(self, data: st.DataObject, how: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.kept)))
        number = self.kept[name]
        if how == "removed":
            self._freeze(number)
            self._write(partial(auto_rules.remove, rule=self.kept.pop(name)))
        else:
            self._write(partial(auto_rules.switch, rule=number, on=how == "on"))
            assert how == "on" or not [one for one in self._acts() if one.rule_id == number and one.state not in ENDED]

    @precondition(lambda self: self.met)
    @rule(data=st.data(), how=st.sampled_from(["types", "answers"]))
    def is_at_work(self, data: st.DataObject, how: str) -> None:
        self._is_at_work(self.met[data.draw(st.sampled_from(sorted(self.met)))], how)

    def _is_at_work(self, dialog: DialogId, how: str) -> None:
        if how == "types":
            self._write(partial(dialogs.typing, dialog=dialog))
        else:
            order = self.shop.order()
            self._write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Я здесь"), order))
        if how == "answers" or self.kept:
            self.at_work.append((dialog, self.shop.clock.at))

    # What else happens.

    @rule(who=WHO, text=st.sampled_from(["Есть опт?", "Ау"]))
    def arrives(self, who: str, text: str) -> None:
        heard = self.shop.hear(self.channel, text, who=f"{who}{self.example}")
        self.met[who] = self.shop.message(heard).dialog_id
        self.shop.clock.at += 1

    @precondition(lambda self: self.kept and self.met)
    @rule(data=st.data(), how=st.sampled_from(["types", "answers"]))
    def a_client_writes_on_where_somebody_is_at_work(self, data: st.DataObject, how: str) -> None:
        who = data.draw(st.sampled_from(sorted(self.met)))
        self._is_at_work(self.met[who], how)
        self.time_passes(minutes=1)
        self.arrives(who=who, text="Есть опт?")
        self.the_daemon_works(steps=6)

    @rule(minutes=st.sampled_from([1, 9, 11, 29, 31, 700]))
    def time_passes(self, minutes: int) -> None:
        self.shop.clock.at += minutes * MINUTE

    @rule(steps=st.integers(1, 6))
    def the_daemon_works(self, steps: int) -> None:
        for _ in range(steps):
            self.desk.step()
            self.shop.clock.at += 1

    @rule()
    def the_daemon_dies(self) -> None:
        def dies(tx: Tx) -> None:
            auto_run.work(tx, self.desk.desk)
            raise PowerCut

        with pytest.raises(PowerCut):
            self.shop.write(dies)

    def teardown(self) -> None:
        assert self.desk.works(most=500) < 500
        self.no_arrival_is_answered_twice()
        self.nobody_at_work_is_disturbed()

    # What always holds.

    @invariant()
    def no_arrival_is_answered_twice(self) -> None:
        done = [one for one in self._acts() if one.kind == "send" and one.state == PlannedState.DONE]
        assert [n for n in Counter(one.message_id for one in done if one.message_id).values() if n > 1] == []
        assert [n for n in Counter(self._settled_by(one) for one in self._automatic()).values() if n > 1] == []
        assert {one.result for one in done} == {message.id for message in self._automatic()}

    def _settled_by(self, answer: MessageRow) -> int:
        """The last message of the client that an automatic message answers."""
        entries = self.shop.read(partial(transcript.latest, dialog=answer.dialog_id, n=200))
        heard = (one.message for one in entries if one.message.direction == Direction.IN)
        return max(one.id for one in heard if one.stored_at <= answer.stored_at)

    @invariant()
    def each_act_is_planned_once(self) -> None:
        each = Counter((one.rule_id, one.version, one.event, one.act) for one in self._acts())
        assert [act for act, times in each.items() if times > 1] == []

    @invariant()
    def no_rule_acts_that_was_changed_or_removed(self) -> None:
        now = Counter((one.rule_id, one.version) for one in self._acts() if one.state in ACTED)
        assert {version: now[version] for version in self.frozen} == self.frozen

    @invariant()
    def nobody_at_work_is_disturbed(self) -> None:
        for message in self._automatic():
            for dialog, at in self.at_work:
                assert dialog != message.dialog_id or not message.stored_at - QUIET < at < message.stored_at

    def _freeze(self, number: AutoRuleId) -> None:
        """From now on a rule does nothing more in the version that it has."""
        version = self.shop.read(partial(auto_rules.one, rule=number)).version
        acts = [one for one in self._acts() if (one.rule_id, one.version) == (number, version)]
        self.frozen[number, version] = sum(one.state in ACTED for one in acts)

    def _acts(self) -> list[AutoActRow]:
        return [one for one in self.desk.acts() if one.id > self.before]

    def _automatic(self) -> Iterator[MessageRow]:
        for dialog in self.met.values():
            for entry in self.shop.read(partial(transcript.latest, dialog=dialog, n=200)):
                if entry.message.origin in {Origin.RULE, Origin.AUTOREPLY}:
                    yield entry.message

    def _write(self, job: Any) -> Any:
        found = self.shop.write(job)
        self.shop.clock.at += 1
        return found


ENDED = {*ACTED, PlannedState.CANCELLED}


@ON_SQLITE
def test_whatever_happens_in_whatever_order_answers_are_few_and_old_rules_do_nothing(shop: Shop) -> None:
    run_state_machine_as_test(
        lambda: AutomationMachine(shop),
        settings=settings(
            max_examples=12, stateful_step_count=30, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        ),
    )  # fmt: skip
