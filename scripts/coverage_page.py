"""``docs/coverage.md``: which test proves which line of the requirements, and which lines wait."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from scripts.mutants.__main__ import reasons

LINE = re.compile(r"[SCK]-\d{2,3}")
KNOWN = "K"
"""The first letter of what is only known of other products: nothing that has to be proved."""

INTRO = """# What is proved

Written by `make docs`: each line of the requirements with the tests that name it (`@pytest.mark.req`).
"""
PARTLY = """
## Partly

Tests prove a part of these lines and say which (`@pytest.mark.req("S-009", part="webhooks")`); the rest waits.

| line | about | proved part | proved by |
|---|---|---|---|"""
OTHERS = """
## Known of other products

Facts beside the requirements; nothing here has to be proved.
"""
MUTANTS = """
## Faults that no test can notice

`make mutants` breaks the code at random and asks the tests. These change nothing that anybody could observe:
"""


class Proof(NamedTuple):
    """A test that names a line of the requirements."""

    line: str
    part: str
    """The part of the line that the test proves; empty: all of it."""
    test: str


def render(root: Path) -> str:
    """The whole page."""
    titles, marks = _titles(root), _marks(root)
    unknown = sorted(set(marks) - set(titles))
    assert not unknown, f"tests name requirements that are not in docs/requirements.txt: {unknown}"
    needed = [line for line in titles if not line.startswith(KNOWN)]
    proved = [line for line in needed if not all(mark.part for mark in marks[line])]
    partly = [line for line in needed if marks[line] and line not in proved]
    parts = [
        INTRO,
        f"{len(proved)} of {len(needed)} lines are proved, {len(partly)} more in part.\n",
        "| line | about | proved by |",
        "|---|---|---|",
        *(f"| {line} | {titles[line]} | {_tests(marks[line])} |" for line in proved),
        PARTLY,
        *(f"| {line} | {titles[line]} | {_parts(marks[line])} | {_tests(marks[line])} |" for line in partly),
        "\n## Not yet\n",
        *(f"- {line} {titles[line]}" for line in needed if not marks[line]),
        OTHERS,
        *(f"- {line} {title}" for line, title in titles.items() if line.startswith(KNOWN)),
        MUTANTS,
        *(f"- `{name}` — {reason}" for name, reason in reasons(root).items()),
        "",
    ]
    return "\n".join(parts)


def _titles(root: Path) -> Mapping[str, str]:
    lines = (root / "docs" / "requirements.txt").read_text("utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines if LINE.match(line))


def _tests(marks: Sequence[Proof]) -> str:
    return "<br>".join(f"`{test}`" for test in sorted({mark.test for mark in marks}))


def _parts(marks: Sequence[Proof]) -> str:
    return "<br>".join(sorted({mark.part for mark in marks}))


def _marks(root: Path) -> Mapping[str, Sequence[Proof]]:
    found: defaultdict[str, list[Proof]] = defaultdict(list)
    for path in sorted((root / "tests").rglob("*.py")):
        where = path.relative_to(root / "tests").as_posix()
        for mark in _in_module(ast.parse(path.read_text("utf-8"))):
            found[mark.line].append(mark._replace(test=f"{where}::{mark.test}"))
    return found


def _in_module(tree: ast.Module) -> Iterator[Proof]:
    assigned = [(node.targets[0], node.value) for node in tree.body if isinstance(node, ast.Assign)]
    constants = {
        name.id: value.value
        for name, value in assigned
        if isinstance(name, ast.Name) and isinstance(value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _in_expressions(node.decorator_list, node.name, constants)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pytestmark":
            yield from _in_expressions([node.value], "*", constants)


def _in_expressions(expressions: Sequence[ast.expr], test: str, constants: Mapping[str, object]) -> Iterator[Proof]:
    for call in (inner for expression in expressions for inner in ast.walk(expression)):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.req":
            parts = [_text(keyword.value, constants) for keyword in call.keywords if keyword.arg == "part"]
            yield from (Proof(ast.literal_eval(line), "".join(parts), test) for line in call.args)


def _text(value: ast.expr, constants: Mapping[str, object]) -> str:
    return str(constants[value.id] if isinstance(value, ast.Name) else ast.literal_eval(value))
