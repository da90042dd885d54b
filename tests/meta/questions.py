"""Functions of the code that are questions by name or docstring, and which of them change something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
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
    found, calls, writing = dict[Place, Function](), dict[Place, set[Place]](), set[Place]()
    for module, code in modules.items():
        nodes = list(ast.walk(ast.parse(code)))
        imported = _imported(nodes)
        for one in (node for node in nodes if isinstance(node, Function)):
            if not ("tx" in {arg.arg for arg in one.args.args} or _asks(one)):
                continue
            place, inside = Place(module, one.name), list(ast.walk(one))
            found[place], calls[place] = one, set(_passed_on(module, imported, inside))
            writing |= {place} if any(map(_writes, inside)) else set()
    while more := {place for place, called in calls.items() if called & writing} - writing:
        writing |= more
    return [f"{place.module}.{place.name}" for place, one in found.items() if _asks(one) and place in writing]


def _asks(one: Function) -> bool:
    return bool(QUESTION.match(one.name)) or (ast.get_docstring(one) or "").startswith("Whether")


def _passed_on(module: str, imported: Mapping[str, tuple[str, str]], inside: Sequence[ast.AST]) -> Iterator[Place]:
    """The functions of modules that a function gives its ``tx``."""
    for node in inside:
        if not (isinstance(node, ast.Call) and any(_root(arg) == "tx" for arg in node.args)):
            continue
        match node.func:
            case ast.Name(id=name):
                yield Place(*imported.get(name, (module, name)))
            case ast.Attribute(value=ast.Name(id=short), attr=name) if short in imported:
                yield Place(".".join(imported[short]), name)


def _imported(nodes: Sequence[ast.AST]) -> Mapping[str, tuple[str, str]]:
    """What each imported name stands for: a module and a name in it."""
    found = (node for node in nodes if isinstance(node, ast.ImportFrom))
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
