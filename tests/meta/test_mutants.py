"""The faults that ``make mutants`` draws are faults, and what it forgives still exists."""

import ast
from pathlib import Path

from scripts.mutants.__main__ import ROOT, TARGETS, candidates, reasons
from scripts.mutants.bending import mutants
from scripts.mutants.reach import Coverage, Judge

SOURCE = b'''"""Words."""
import log

class Lane:
    def may(self, at: int | None, *, now: bool = False) -> bool:
        """Whether it may."""
        log.info("asked", at > 5)
        if not now and at < 3:
            raise Refused(T("Not before {n}.", n=3 + 4))
        self.count += 1
        return move(self, at)
'''


def test_each_fault_is_one_edit_and_words_for_people_are_left_alone() -> None:
    made = mutants("lane.py", SOURCE)
    assert {mutant.name.partition(": ")[2] for mutant in made} == {
        "False → True",
        "not now and at < 3 → ((not now) or (at < 3))",
        "not now → bool(now)",
        "at < 3 → (at <= 3)",
        "3 → (3 + 1)",
        "3 → (3 - 1)",
        'raise Refused(T("Not before {n}.", n=3 + 4)) → pass',
        "self.count += 1 → pass",
        "1 → (1 + 1)",
        "1 → (1 - 1)",
        "move(self, at) → None",
        "self, at → at, self",
    }
    assert {mutant.function for mutant in made} == {"Lane.may"}
    assert made[1].diff(SOURCE).splitlines() == [
        "-        if not now and at < 3:",
        "+        if bool(now) and at < 3:",
    ]


GUARDED = b'''"""Words."""
__all__ = ["Shape", "pairs"]

class Shape(Protocol):
    def area(self, scale: int = 1) -> int: ...

def pairs(self, one, other, *, loud: bool):
    self._log.debug("paired", n=len(one) + 1)
    if not one:
        return False
    return dict(zip(one, other, strict=True), key=Thing(frozen=False))
'''


def test_what_no_behaviour_follows_from_is_no_fault() -> None:
    made = mutants("pairs.py", GUARDED)
    assert [mutant.name.partition(": ")[2] for mutant in made] == [
        "not one → bool(one)",
        "False → True",
        "dict(zip(one, other, strict=True), key=Thing(frozen=False)) → None",
        "one, other → other, one",
        "False → True",
    ]


def test_every_fault_of_the_code_can_be_compiled() -> None:
    source = (ROOT / "chatapp_cli/services/outbox.py").read_bytes()
    made = mutants("chatapp_cli/services/outbox.py", source)
    assert len(made) > 200
    for mutant in made:
        ast.parse(mutant.bend(source))


def test_a_fault_is_judged_first_by_the_tests_that_bear_its_modules_name_and_the_short_ones_of_each_file() -> None:
    mutant = mutants("lane.py", SOURCE)[0]
    known = Coverage()
    for test, seconds in (("test_other.py::a", 1.0), ("test_lane.py::b", 2.0), ("test_lane.py::c", 1.0)):
        known.add(Judge(test, seconds), ["lane.py::Lane.may"])
    known.add(Judge("test_far.py::d", 1.0), ["lane.py::Lane.other"])
    assert [test.id for test in known.judges(mutant)] == ["test_lane.py::c", "test_other.py::a", "test_lane.py::b"]


def test_a_test_that_names_the_function_comes_first_and_one_that_imports_the_module_before_others() -> None:
    mutant = mutants("chatapp_cli/lane.py", SOURCE)[0]
    lane = frozenset(["chatapp_cli.lane"])
    known = Coverage(imports={"test_b.py": lane, "test_e.py": lane | {"chatapp_cli.other"}})
    for test in ("test_e.py::e", "test_a.py::a", "test_a.py::b", "test_b.py::c", "test_c.py::d[lane.Lane.may]"):
        known.add(Judge(test, 1.0), ["chatapp_cli/lane.py::Lane.may"])
    asked = ["test_c.py::d[lane.Lane.may]", "test_b.py::c", "test_e.py::e", "test_a.py::a", "test_a.py::b"]
    assert [test.id for test in known.judges(mutant)] == asked
    assert [test.id for test in known.judges(mutant, 2.0)] == asked[:2]


def test_a_module_that_only_declares_is_judged_by_tests_that_are_about_it_or_about_all_that_is_done() -> None:
    mutant = mutants("chatapp_cli/domain/lane.py", b"MOST = 3")[0]
    known = Coverage()
    for test in ("test_lane.py::a", "test_deeds.py::b", "test_other.py::c"):
        known.add(Judge(test, 1.0), ["chatapp_cli/other.py::run"])
    assert {test.id for test in known.judges(mutant)} == {"test_lane.py::a", "test_deeds.py::b"}


def test_what_is_forgiven_is_still_drawn() -> None:
    forgiven = reasons(ROOT)
    assert set(forgiven) <= {mutant.name for mutant in candidates(ROOT, "")}
    assert all(forgiven.values())
    assert Path(ROOT, "docs", "mutants.txt").is_file()


def test_every_part_that_is_put_to_the_test_is_there() -> None:
    assert [pattern for pattern in TARGETS if not any((ROOT / "chatapp_cli").glob(pattern))] == []
