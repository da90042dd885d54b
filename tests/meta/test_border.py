"""What comes from outside is made a checked value in one place only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BORDER = ROOT / "chatapp_cli" / "domain" / "border.py"
CODE = [path for folder in ("chatapp_cli", "benchmarks", "scripts") for path in sorted((ROOT / folder).rglob("*.py"))]


def checked_types() -> set[str]:
    """The names of the types that the border makes."""
    made = (node for node in ast.parse(BORDER.read_text("utf-8")).body if isinstance(node, ast.Assign))
    calls = ((node.targets[0], node.value) for node in made if isinstance(node.value, ast.Call))
    return {target.id for target, call in calls if isinstance(target, ast.Name) and named(call.func) == "NewType"}


def named(node: ast.expr | None) -> str:
    """The last part of a name, also of one in quotes or with arguments."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Constant(value=str(name)):
            return name.rpartition(".")[2]
        case ast.Subscript(value=value):
            return named(value)
    return ""


def names_of_others(tree: ast.Module) -> Iterator[str]:
    """The names that a module has from elsewhere, such as the standard library's own ``Address``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("chatapp_cli"):
            yield from (alias.name for alias in node.names)


def made_by_hand(code: str) -> Iterator[int]:
    """The lines in which a checked value is made without being checked, or one of its types gets another name."""
    tree = ast.parse(code)
    types = checked_types() - set(names_of_others(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=func, args=arguments):
                casts = named(func) == "cast" and bool(arguments) and named(arguments[0]) in types
                if named(func) in types or casts:
                    yield node.lineno
            case ast.Assign(value=value) | ast.AnnAssign(value=value) if isinstance(value, ast.Name | ast.Attribute):
                if named(value) in types:
                    yield node.lineno
            case ast.alias(name=name, asname=str()) if name in types:
                yield node.lineno


def test_only_the_border_makes_checked_values() -> None:
    found = {str(path): list(made_by_hand(path.read_text("utf-8"))) for path in CODE if path != BORDER}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_border_makes_times_texts_ids_file_names_addresses_and_counts() -> None:
    assert checked_types() == {"At", "ExternalText", "ExternalId", "FileName", "Address", "Count"}


@pytest.mark.parametrize(
    "code",
    [
        "border.At(7)",
        "ExternalText(said)",
        'cast("ExternalId", said)',
        "cast(border.Address, said)",
        "FileName('x') if x else y",
        "make = border.At",
        "from chatapp_cli.domain.border import At as When",
    ],
)
def test_a_value_made_by_hand_is_found(code: str) -> None:
    assert list(made_by_hand(code)) == [1]


def test_makers_and_the_types_names_may_be_used() -> None:
    code = (
        "def at(said: At) -> border.Address:\n    return border.address(said)\nfrom chatapp_cli.domain.border import At"
    )
    assert list(made_by_hand(code)) == []
    assert list(made_by_hand("from email.headerregistry import Address\nAddress(display_name)")) == []
