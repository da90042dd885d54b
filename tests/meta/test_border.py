"""What comes from outside is made a checked value in one place only."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from chatapp_cli.domain import arrival

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


OURS = {"IncomingFile.sha256", "IncomingFile.problem", "PeerChanged.code", "Arrival.raw_sha256", "Batch.cursor"}
"""Fields of what arrives that no provider says: digests and codes of our own, and a place that goes back unread."""


def test_whatever_a_provider_says_in_an_arrival_is_of_a_checked_type_so_that_a_bare_value_does_not_type_check() -> None:
    told = (kind for kind in vars(arrival).values() if is_dataclass(kind) and kind.__module__ == arrival.__name__)
    typed = {f"{kind.__name__}.{field.name}": field.type for kind in told for field in fields(kind)}
    assert {name for name, said in typed.items() if re.search(r"\b(str|int)\b", said)} == OURS


def test_the_check_reads_what_a_connector_cannot_hand_over() -> None:
    checked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    assert (checked["modules"], checked["strict"]) == (["tests.meta.bare_values"], True)
    refused = (ROOT / "tests" / "meta" / "bare_values.py").read_text("utf-8")
    assert set(re.findall(r"\b(\w+)=.*# type: ignore", refused)) >= {"name", "size", "key", "address", "at", "text"}


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
