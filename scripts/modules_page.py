"""``docs/modules.md``: every module with the first paragraph of its docstring."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from scripts.parts import table

ROOT = "chatapp_cli"
APART = frozenset({"versions"})
"""Folders whose files are not read like the others: migrations, one a revision."""

INTRO = """# Modules

Written by `make docs` from the modules' own words. How they work together: [architecture](architecture.md).
"""


def render(root: Path) -> str:
    """The whole page: a heading and a table for every package."""
    top = root / ROOT
    packages = sorted(path.parent for path in top.rglob("__init__.py") if path.parent.name not in APART)
    return "\n".join([INTRO, *(_package(root, package) for package in packages)])


def _package(root: Path, package: Path) -> str:
    modules = list(_modules(package))
    parts = [
        f"## `{package.relative_to(root).as_posix()}`",
        _sentence(package / "__init__.py"),
        table(("module", "what it is"), modules) if modules else "",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _modules(package: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(package.glob("*.py")):
        if path.name != "__init__.py":
            yield f"`{path.stem}`", _sentence(path)


def _sentence(path: Path) -> str:
    words = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(words.split("\n\n")[0].split()).replace("``", "`")
