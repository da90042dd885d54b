"""A class can be read in one sitting, with every class of ours that it inherits from, and its name means one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
MOST = 300
A_PROVIDERS_WORDS = ("connectors", "sandbox")
"""Packages that name classes as their provider's documents do."""


class Defined(NamedTuple):
    """A class as it stands in its file."""

    lines: int
    bases: tuple[str, ...]


def defined(path: Path) -> Iterator[tuple[str, Defined]]:
    """The classes of a module, with the full names of what they inherit from."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    tree = ast.parse(path.read_text("utf-8"))
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]
            full = tuple(names.get(base, f"{module}.{base}") for base in bases)
            yield f"{module}.{node.name}", Defined((node.end_lineno or 0) - node.lineno + 1, full)


def family(name: str, known: Mapping[str, Defined]) -> set[str]:
    """A class and all of ours that it inherits from."""
    return {name}.union(*(family(base, known) for base in known[name].bases if base in known))


def test_no_class_is_longer_than_300_lines_counting_what_it_inherits_from_us() -> None:
    known = dict(pair for path in sorted((ROOT / "chatapp_cli").rglob("*.py")) for pair in defined(path))
    whole = {name: sum(known[one].lines for one in family(name, known)) for name in known}
    assert {name: lines for name, lines in whole.items() if lines > MOST} == {}
    assert whole["chatapp_cli.tui.screens.inbox.InboxScreen"] > known["chatapp_cli.tui.screens.inbox.InboxScreen"].lines


def test_a_class_name_has_one_meaning_whether_it_stands_in_a_class_a_function_or_a_module() -> None:
    places = defaultdict(list)
    for path in (*sorted((ROOT / "chatapp_cli").rglob("*.py")), *sorted((ROOT / "scripts").rglob("*.py"))):
        if not set(A_PROVIDERS_WORDS) & set(path.parts):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
    assert {"TabChosen", "BlockDumper", "Reach", "Coverage"} <= places.keys()
