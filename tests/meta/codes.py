"""The codes of errors, as the sources write them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from chatapp_cli.domain.errors import ChannelError

ERRORS = {error.__name__ for error in ChannelError.__subclasses__()}


def raised(*paths: Path) -> Iterator[str]:
    """Codes that are written where an error is made, whether it is called or handed on by ``partial``."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                words = [node.func, *node.args]
                pairs = pairwise(words)
                named = (b.value for a, b in pairs if _name(a) in ERRORS and isinstance(b, ast.Constant))
                yield from map(str, named)


def _name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]
