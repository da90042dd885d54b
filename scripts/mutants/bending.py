"""Small faults that a person could write: each is one edit of the source text."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping
from dataclasses import dataclass

_COMPARED: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
_COUNTED: Mapping[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.BitOr: "&",
    ast.BitAnd: "|",
}
_OTHERS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_SAID = {"log", "_log", "T", "_"}
"""Calls whose words are for people: no test is asked for them."""
_GUARDS = {"strict", "slots", "frozen", "kw_only"}
"""Keywords that, where they are true, guard against mistakes of ours: nothing follows from them."""
_MANY = 100
"""A number from which one more or less is no fault: such a one is doubled."""
_TYPES = {"TypeVar", "NewType", "ParamSpec"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One edit of one file."""

    path: str
    function: str
    """The outermost function around it, with its class; empty for what runs on import."""
    line: int
    start: int
    """Bytes from the beginning of the file."""
    end: int
    old: str
    new: str

    @property
    def name(self) -> str:
        """How the list of survivors names it: lines above it may come and go."""
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.path}::{self.function or '<module>'}: {old} → {new}"

    def bend(self, source: bytes) -> bytes:
        """The file with the fault."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def diff(self, source: bytes) -> str:
        """What a person sees of it."""
        before, after = (text.decode().splitlines(keepends=True) for text in (source, self.bend(source)))
        shown = list(difflib.unified_diff(before, after, n=0))[2:]
        return "".join(line for line in shown if not line.startswith("@@"))


def mutants(path: str, source: bytes) -> list[Mutant]:
    """Every fault of a file, in the sequence of the text."""
    found = _Bender(path, source)
    found.visit(ast.parse(source))
    return sorted(found.made, key=lambda made: (made.start, made.end, made.new))


class _Bender(ast.NodeVisitor):
    """Collects faults; steps over what people read, what types say and what the interpreter needs."""

    def __init__(self, path: str, source: bytes) -> None:
        self.made: list[Mutant] = []
        self._path, self._source = path, source
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._classes: list[str] = []
        self._function = ""

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._lines[node.lineno - 1] + node.col_offset
        return start, self._lines[node.end_lineno - 1] + node.end_col_offset

    def _text(self, node: ast.expr) -> str:
        start, end = self._span(node)
        return self._source[start:end].decode()

    def _make(self, node: ast.expr | ast.stmt, new: str) -> None:
        start, end = self._span(node)
        old = self._source[start:end].decode()
        self.made.append(Mutant(self._path, self._function, node.lineno, start, end, old, new))

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in _GUARDS or ast.unparse(node.value) != "True":
            self.visit(node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any("Protocol" in ast.unparse(base) for base in node.bases):
            return
        self._classes.append(node.name)
        for inner in node.body:
            self.visit(inner)
        self._classes.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outermost = not self._function
        if outermost:
            self._function = ".".join([*self._classes, node.name])
        for inner in [*node.args.defaults, *filter(None, node.args.kw_defaults), *node.body]:
            self.visit(inner)
        if outermost:
            self._function = ""

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self._deny(node.test)
            self.generic_visit(node)

    def _deny(self, test: ast.expr) -> None:
        """Turn a bare condition round; one that compares is turned round where it does."""
        plain = not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant | ast.NamedExpr)
        if plain:
            self._make(test, f"not ({self._text(test)})")

    def visit_IfExp(self, node: ast.IfExp) -> None:
        then, test, other = map(self._text, (node.body, node.test, node.orelse))
        self._make(node, f"({other} if {test} else {then})")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant | ast.Yield | ast.YieldFrom) or _is_said(node.value):
            return
        self._make(node, "pass")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        if names & {"__slots__", "__all__"} or (isinstance(node.value, ast.Call) and _called(node.value) in _TYPES):
            return
        if not names and not isinstance(node.targets[0], ast.Tuple):
            self._make(node, "pass")
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and "TypeAlias" not in ast.unparse(node.annotation):
            self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._make(node, "pass")
        self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._make(node, "pass")

    def visit_Continue(self, node: ast.Continue) -> None:
        self._make(node, "break")

    def visit_Break(self, node: ast.Break) -> None:
        self._make(node, "pass")

    def visit_Assert(self, node: ast.Assert) -> None:
        """Asserts tell types."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Where its parts stand is not known before Python 3.12."""

    def visit_Return(self, node: ast.Return) -> None:
        value = node.value
        if value is None or (isinstance(value, ast.Constant) and value.value is None):
            return
        if isinstance(value, ast.Constant) and not value.value:  # nobody tells ``None`` from another nothing
            self.visit(value)
            return
        turned = isinstance(value, ast.BoolOp) or (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not))
        self._make(value, f"not ({self._text(value)})" if turned else "None")
        self.visit(value)

    def visit_Compare(self, node: ast.Compare) -> None:
        parts = [self._text(node.left), *map(self._text, node.comparators)]
        for at, operator in enumerate(node.ops):
            signs = [_SIGNS[type(other)] for other in node.ops]
            signs[at] = _COMPARED[type(operator)]
            said = parts[0] + "".join(f" {sign} {part}" for sign, part in zip(signs, parts[1:], strict=True))
            self._make(node, f"({said})")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = " or " if isinstance(node.op, ast.And) else " and "
        self._make(node, f"({other.join(f'({self._text(value)})' for value in node.values)})")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._make(node, f"bool({self._text(node.operand)})")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        words = any(isinstance(side, ast.JoinedStr) or _is_text(side) for side in (node.left, node.right))
        if not words and (sign := _COUNTED.get(type(node.op))):
            self._make(node, f"(({self._text(node.left)}) {sign} ({self._text(node.right)}))")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._make(node, str(not node.value))
        elif isinstance(node.value, int | float):
            faults = ("+ 1", "- 1") if abs(node.value) < _MANY else ("* 2",)
            for fault in faults[: 2 if node.value else 1]:
                self._make(node, f"({self._text(node)} {fault})")

    def visit_Call(self, node: ast.Call) -> None:
        if _is_said(node):
            return
        if isinstance(node.func, ast.Name) and node.func.id in _OTHERS:
            self._make(node.func, _OTHERS[node.func.id])
        if len(node.args) > 1 and not any(isinstance(arg, ast.Starred) for arg in node.args[:2]):
            self._swap(node)
        self.generic_visit(node)

    def _swap(self, node: ast.Call) -> None:
        """Give the first two arguments in the wrong sequence."""
        first, second = node.args[:2]
        if _called(node) in {"isinstance", "cast", "getattr", "min", "max", *_TYPES}:
            return
        (start, first_end), (second_start, end) = self._span(first), self._span(second)
        between = self._source[first_end:second_start].decode()
        old = self._source[start:end].decode()
        new = f"{self._text(second)}{between}{self._text(first)}"
        self.made.append(Mutant(self._path, self._function, first.lineno, start, end, old, new))


_SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


def _names(node: ast.Call) -> list[str]:
    """The names of what is called: of ``self._log.error(...)`` they are ``error``, ``_log`` and ``self``."""
    callee, names = node.func, []
    while isinstance(callee, ast.Attribute | ast.Call):
        if isinstance(callee, ast.Attribute):
            names.append(callee.attr)
        callee = callee.value if isinstance(callee, ast.Attribute) else callee.func
    return [*names, callee.id] if isinstance(callee, ast.Name) else names


def _called(node: ast.Call) -> str:
    return _names(node)[-1] if isinstance(node.func, ast.Name) else ""


def _is_said(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and not _SAID.isdisjoint(_names(node))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
