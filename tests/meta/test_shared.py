"""What tests share stands beside them, not in one of them: an error in a test module leaves all others whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def imported(source: str) -> Iterator[str]:
    """What a source imports from the tests: modules, and names in them, with dots between."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.startswith("tests."))
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").partition(".")[0] == "tests"):
            yield from (f"{node.module or ''}.{one.name}" for one in node.names)


def of_test_modules(source: str) -> list[str]:
    """What a source imports of test modules."""
    return [name for name in imported(source) if any(part.startswith("test_") for part in name.split("."))]


@pytest.mark.parametrize("folder", sorted({file.parent for file in TESTS.rglob("*.py")}), ids=lambda f: f.name)
def test_no_module_of_the_tests_imports_from_a_test_module(folder: Path) -> None:
    found = {file.name: of_test_modules(file.read_text("utf-8")) for file in folder.glob("*.py")}
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from tests.runtime.test_daemon import eventually",
        "from tests.runtime import test_daemon",
        "import tests.runtime.test_daemon as daemon",
        "def late():\n    from .test_daemon import eventually",
        "from . import test_daemon",
    ],
)
def test_every_spelling_of_such_an_import_is_found(source: str) -> None:
    assert len(of_test_modules(source)) == 1
    assert of_test_modules(source.replace("test_daemon", "desk")) == []
