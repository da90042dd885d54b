"""``docs/coverage.md``: which test proves which line of the requirements, and which lines wait."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scripts.mutants.__main__ import reasons

LINE = re.compile(r"(?:S|C)-\d{2,3}")

INTRO = """# What is proved

Written by `make docs`: each line of the requirements with the tests that name it (`@pytest.mark.req`).
"""
MUTANTS = """
## Faults that no test can notice

`make mutants` breaks the code at random and asks the tests. These change nothing that anybody could observe:
"""


def render(root: Path) -> str:
    """The whole page."""
    titles, tests = _titles(root), _tests(root)
    unknown = sorted(set(tests) - set(titles))
    assert not unknown, f"tests name requirements that are not in docs/requirements.txt: {unknown}"
    proved = [line for line in titles if line in tests]
    waiting = [line for line in titles if line not in tests]
    parts = [
        INTRO,
        f"{len(proved)} of {len(titles)} lines are proved.\n",
        "| line | about | proved by |",
        "|---|---|---|",
    ]
    parts += [f"| {line} | {titles[line]} | {_cell(tests[line])} |" for line in proved]
    parts += ["\n## Not yet\n", *(f"- {line} {titles[line]}" for line in waiting)]
    parts += [MUTANTS, *(f"- `{name}` — {reason}" for name, reason in reasons(root).items()), ""]
    return "\n".join(parts)


def _titles(root: Path) -> Mapping[str, str]:
    lines = (root / "docs" / "requirements.txt").read_text("utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines if LINE.match(line))


def _cell(tests: Sequence[str]) -> str:
    return "<br>".join(f"`{test}`" for test in sorted(set(tests)))


def _tests(root: Path) -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((root / "tests").rglob("*.py")):
        where = path.relative_to(root / "tests").as_posix()
        for line, test in _named(ast.parse(path.read_text("utf-8"))):
            found[line].append(f"{where}::{test}")
    return found


def _named(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for line in _marked(node.decorator_list):
                yield line, node.name
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pytestmark":
            for line in _marked([node.value]):
                yield line, "*"


def _marked(expressions: Sequence[ast.expr]) -> Iterator[str]:
    for mark in (inner for expression in expressions for inner in ast.walk(expression)):
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.req":
            yield from (ast.literal_eval(argument) for argument in mark.args)
