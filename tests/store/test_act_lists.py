"""What follows from an act stands in one table; statements and code name the same acts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from chatapp_cli import services
from chatapp_cli.domain.crm.states import ANYWHERE, AWAITED, BESIDE, CHANGING, OF_RUN, SHOWING, Act
from chatapp_cli.store.named import _read
from tests.every import every

CODE = Path(services.__file__).parents[1]
LISTS = {
    SHOWING: "SHOWING",
    SHOWING | CHANGING: "SHOWING | CHANGING",
    BESIDE: "BESIDE",
    ANYWHERE: "ANYWHERE",
    AWAITED: "AWAITED",
}
NAMED = {
    "holds.waits": ["ANYWHERE"],
    "imports.owe": ["SHOWING"],
    "ledger.asked": ["SHOWING"],
    "ledger.claim": ["ANYWHERE", "BESIDE", "BESIDE"],
    "ledger.claim_held": ["ANYWHERE", "BESIDE", "BESIDE"],
    "ledger.hurry": ["AWAITED"],
    "ledger.withdraw": ["SHOWING | CHANGING"],
    "links.all": ["AWAITED"],
    "links.one": ["AWAITED"],
}


def test_each_list_of_acts_in_a_statement_is_one_of_the_table() -> None:
    found = {}
    for name, statement in _read().items():
        lists = re.findall(r"\bact (?:NOT )?IN \(([^)]*)\)", statement)
        if lists:
            found[name] = [LISTS.get(frozenset(map(Act, re.findall(r"'(\w+)'", one))), one) for one in lists]
    assert found == NAMED


def test_no_statement_spares_one_act_of_those_that_are_awaited() -> None:
    alone = re.compile(rf"\bact (?:<>|!=) '(?:{'|'.join(AWAITED)})'")
    assert [name for name, statement in _read().items() if alone.search(statement)] == []


def test_no_list_of_acts_stands_beside_the_table() -> None:
    def has_none(path: Path) -> None:
        assert list(_listed(ast.parse(path.read_text("utf-8")))) == []

    every([path for part in ("services", "store", "runtime") for path in sorted((CODE / part).rglob("*.py"))], has_none)


def _listed(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        several = isinstance(node, ast.Set | ast.Tuple | ast.List) and len(node.elts) > 1
        if several and all(re.fullmatch(r"Act\.[A-Z]+", ast.unparse(one)) for one in node.elts):
            yield node.lineno


def test_what_is_awaited_tells_of_a_run_and_is_told_anywhere_and_nothing_both_shows_and_changes() -> None:
    assert AWAITED <= OF_RUN <= ANYWHERE
    assert not SHOWING & CHANGING
    assert not (SHOWING | CHANGING) & (BESIDE | ANYWHERE)
