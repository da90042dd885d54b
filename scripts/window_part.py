"""The parts of a conversation in ``docs/architecture.md``, in the order in which ``tui/screens/inbox.py`` has them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from chatapp_cli.tui.screens import inbox

PARTS = "self.conversation.parts"


def render(_root: Path) -> str:
    """One line for every part: its class, and what the class says of itself."""
    return "\n".join(f"{n}. `{name}` {_sentence(name)}" for n, name in enumerate(_order(), 1))


def _order() -> Iterator[str]:
    """The classes of the parts, as the page has made and ordered them."""
    tree = ast.parse(inspect.getsource(inbox))
    values = {ast.unparse(node.targets[0]): node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)}
    ordered = values[PARTS]
    assert isinstance(ordered, ast.Tuple)
    for part in ordered.elts:
        made = part if isinstance(part, ast.Call) else values[ast.unparse(part)]
        assert isinstance(made, ast.Call)
        yield ast.unparse(made.func)


def _sentence(name: str) -> str:
    words = inspect.getdoc(getattr(inbox, name)) or ""
    first = " ".join(words.split("\n\n")[0].split())
    return first[:1].lower() + first[1:]
