"""Strings that leave the process and stand in the source alone: found in its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent.parent / "chatapp_cli"
INNER = ("connectors", "sandbox", "tui")
"""Packages whose enumerations and objects stay inside; what a connector stores is a matter of its own tests."""
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
_VARIABLE = re.compile(r"CHATAPP_[A-Z]+(?:_[A-Z]+)*")


@cache
def modules() -> Mapping[str, Sequence[ast.AST]]:
    """Every node of every module, by the module's dotted name."""
    paths = [path for path in sorted(SOURCES.rglob("*.py")) if path.parent.name != "versions"]
    return {_dotted(path): list(ast.walk(ast.parse(path.read_text("utf-8")))) for path in paths}


def _dotted(path: Path) -> str:
    parts = path.relative_to(SOURCES.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """What an expression of constants is."""
    return eval(compile(ast.Expression(node), "<expression>", "eval"), dict(names))


def nodes(*without: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node with its module's name, some packages left out."""
    for module, found in modules().items():
        if module.split(".")[1:2] not in [[package] for package in without]:
            yield from ((module, node) for node in found)


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Calls of functions or classes by their last name."""
    for module, node in nodes():
        if isinstance(node, ast.Call) and _last(node.func) in names:
            yield module, node


def _last(name: ast.expr) -> str:
    """The last part of a dotted name; empty for anything else."""
    if isinstance(name, ast.Attribute):
        return name.attr
    return name.id if isinstance(name, ast.Name) else ""


def constants(node: ast.AST) -> Iterator[str]:
    """The strings in it."""
    return (one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))


def environment() -> Iterator[str]:
    """Variables that are asked for by their whole name."""
    for _module, node in nodes("sandbox"):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _VARIABLE.fullmatch(node.value):
            yield node.value


def routes() -> Iterator[str]:
    """The paths that the daemon answers."""
    for module, node in calls("Route", "WebSocketRoute", "Mount"):
        if module.startswith("chatapp_cli.api"):
            yield str(value(node.args[0], vars(import_module(module))))


def codes() -> Iterator[str]:
    """The codes of errors: the first word that one is raised with, and what is written down as a code."""
    for _module, call in calls(*_errors()):
        yield from _either(call.args[0]) if call.args else ()
    for _module, node in nodes("sandbox"):
        if isinstance(node, ast.keyword) and node.arg in {"code", "problem"}:
            yield from _either(node.value)


def findings() -> Iterator[str]:
    """The names of what ``doctor`` and checks found."""
    from chatapp_cli.ports.connector import Finding

    for module, call in calls(Finding.__name__):
        for keyword in call.keywords:
            if keyword.arg == "name":
                yield from _named(module, keyword.value)


def _either(word: ast.expr) -> Iterator[str]:
    for one in [word.body, word.orelse] if isinstance(word, ast.IfExp) else [word]:
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
            yield one.value


def _errors() -> set[str]:
    """Every class of an error that has a code, wherever it is declared."""
    from chatapp_cli.domain.errors import ChannelError, Refused

    found, before = {ChannelError.__name__, Refused.__name__}, 0
    while before < len(found):
        before = len(found)
        for _module, node in nodes("sandbox"):
            if isinstance(node, ast.ClassDef) and found & set(map(_last, node.bases)):
                found.add(node.name)
    return found


def logged() -> Iterator[str]:
    """Each line of the log by its event, with the names of its values."""
    for _module, node in nodes("sandbox"):
        if isinstance(node, ast.Call) and _is_log(node.func) and node.args:
            event = "".join("*" if one is None else one for one in _pieces(node.args[0]))
            names = sorted(one.arg for one in node.keywords if one.arg and one.arg != "exc_info")
            yield " ".join([event, *names])


def _is_log(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in LEVELS
        and bool(re.search(r"\b_?log$|logger\b", ast.unparse(function.value)))
    )


def _pieces(text: ast.expr, module: str = "") -> Iterator[str | None]:
    """The parts of a text, with the constants of its module; ``None`` stands for any other value."""
    if isinstance(text, ast.JoinedStr):
        for part in text.values:
            yield from _pieces(part.value if isinstance(part, ast.FormattedValue) else part, module)
        return
    if isinstance(text, ast.Name) and module:
        found = vars(import_module(module)).get(text.id)
    else:
        found = text.value if isinstance(text, ast.Constant) else None
    yield found if isinstance(found, str) else None


def files() -> Iterator[str]:
    """The names of files and folders that are made beside the store or the settings."""
    for module, node in nodes("connectors", "sandbox", "kit", "store", "i18n"):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield from _named(module, node.right)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "with_name":
            yield from _named(module, node.args[0])


def _named(module: str, place: ast.expr) -> Iterator[str]:
    found = "".join("*" if piece is None else piece for piece in _pieces(place, module))
    yield from [found] if found.strip("*") else []


def values() -> Iterator[str]:
    """The values of each enumeration together, whatever it is called."""
    for _module, node in nodes(*INNER):
        if isinstance(node, ast.ClassDef) and any(_last(base).endswith("Enum") for base in node.bases):
            set_to = [one.value for one in node.body if isinstance(one, ast.Assign)]
            yield "|".join(sorted(str(one.value) for one in set_to if isinstance(one, ast.Constant)))
        elif isinstance(node, ast.Subscript) and _last(node.value) == "Literal":
            yield "|".join(sorted(constants(node.slice))) or '""'


def objects() -> Iterator[str]:
    """The keys of each JSON object that a service writes out."""
    for module, node in nodes():
        if module.startswith("chatapp_cli.services.") and isinstance(node, ast.FunctionDef) and _dumps(node):
            found = (one for one in ast.walk(node) if isinstance(one, ast.Dict) and one.keys and not _dumps(one))
            yield from ("object " + " ".join(sorted(map(str, _keys(one)))) for one in found)


def _keys(written: ast.Dict) -> list[object]:
    return [key.value for key in written.keys if isinstance(key, ast.Constant)]


def _dumps(part: ast.AST) -> bool:
    return any(isinstance(one, ast.Call) and _last(one.func) == "dumps" for one in ast.walk(part))
