"""The files that a page of the documentation prints, for tests that run them as they stand there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def files_of(page: str) -> Mapping[str, str]:
    """The printed files of ``docs/<page>``: a name by itself, and a block of code below it."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return dict(re.findall(r"^`([\w/.]+)`\n\n```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def put(files: Mapping[str, str], folder: Path) -> None:
    """Write them into a folder, with what makes their folders packages."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        if file.suffix == ".py":
            file.parent.joinpath("__init__.py").touch()


def entry_points(project: str) -> tuple[str, Mapping[str, str]]:
    """The group of entry points in a ``pyproject.toml`` that has one, and its lines."""
    ((group, points),) = tomllib.loads(project)["project"]["entry-points"].items()
    return group, points
