"""Acts of rules: what is told of their states, and that each kind can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import chatapp_cli
from chatapp_cli.domain.automation import GOING_ON, PlannedState
from chatapp_cli.services import auto_deeds, auto_kinds

SOURCE = Path(chatapp_cli.__file__).parent


def of_states() -> Iterator[tuple[str, Mapping[object, object]]]:
    """The tables of all modules that tell something of states of acts, by their names."""
    for file in SOURCE.rglob("*.py"):
        if "PlannedState" in file.read_text("utf-8"):
            name = ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)
            for table, value in vars(import_module(name)).items():
                if isinstance(value, Mapping) and any(isinstance(one, PlannedState) for one in value):
                    yield f"{name}.{table}", value


def test_every_table_of_the_states_of_acts_has_all_of_them() -> None:
    lacking = {name: set(PlannedState) - table.keys() for name, table in of_states()}
    assert len(lacking) > 1
    assert {name: states for name, states in lacking.items() if states} == {}


def test_acts_that_go_on_are_those_that_have_not_ended() -> None:
    ended = {PlannedState.DONE, PlannedState.SKIPPED, PlannedState.CANCELLED, PlannedState.FAILED}
    assert ended == set(PlannedState) - GOING_ON


def test_each_kind_of_act_that_a_rule_may_have_can_be_done() -> None:
    assert auto_kinds.KINDS.keys() == auto_deeds.DEEDS.keys()
