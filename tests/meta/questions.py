"""Functions of the code that are questions by name or docstring, and which of them change something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

FUNCTION: Final = ast.FunctionDef | ast.AsyncFunctionDef
QUESTION: Final = re.compile(r"_?(?:is|has|may|can|asks)_")
CHANGES: Final = {
    *("add", "append", "clear", "discard", "extend", "insert", "pop", "put", "remove", "run", "emit", "update"),
}


class Place(NamedTuple):
    """A function by its module and name."""

    module: str
    name: str


def questions_that_write(modules: Mapping[str, str]) -> list[str]:
    """The questions that change the store or their object, themselves or by a function that gets their ``tx``.

    ``modules`` are texts by the names by which they are imported.
    """
    trees = {module: ast.parse(code) for module, code in modules.items()}
    found = {Place(module, one.name): one for module, tree in trees.items() for one in _functions(tree)}
    imported = {module: _imported(tree) for module, tree in trees.items()}
    calls = {place: set(_passed_on(place.module, imported[place.module], one)) for place, one in found.items()}
    writing = {place for place, one in found.items() if any(map(_writes, ast.walk(one)))}
    while more := {place for place, called in calls.items() if called & writing} - writing:
        writing |= more
    return [f"{place.module}.{place.name}" for place, one in found.items() if _asks(one) and place in writing]


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, FUNCTION))


def _asks(one: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return bool(QUESTION.match(one.name)) or (ast.get_docstring(one) or "").startswith("Whether")


def _passed_on(module: str, imported: Mapping[str, tuple[str, str]], one: ast.AST) -> Iterator[Place]:
    """The functions of modules that a function gives its ``tx``."""
    for node in ast.walk(one):
        if not (isinstance(node, ast.Call) and any(_root(arg) == "tx" for arg in node.args)):
            continue
        match node.func:
            case ast.Name(id=name):
                yield Place(*imported.get(name, (module, name)))
            case ast.Attribute(value=ast.Name(id=short), attr=name) if short in imported:
                yield Place(".".join(imported[short]), name)


def _imported(tree: ast.Module) -> Mapping[str, tuple[str, str]]:
    """What each imported name stands for: a module and a name in it."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {one.asname or one.name: (node.module or "", one.name) for node in found for one in node.names}


def _writes(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
        return _root(node.func.value) in {"self", "tx"}
    stored = isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
    return stored and _root(node) == "self"


def _root(node: ast.AST) -> str:
    """The name at which an expression begins; of ``tx.by(…)`` that is ``tx``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
