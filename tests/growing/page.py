"""The examples of ``docs/extending.md``, as the page prints them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "extending.md"
_BLOCK = re.compile(r"^`([\w/.]+)`\n\n```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_OURS = ("chatapp_cli/", "docs/")


@dataclass(frozen=True, slots=True)
class Growth:
    """One section of the page."""

    title: str
    touches: frozenset[str]
    """Files of ours that the section names."""
    files: Mapping[str, str]
    """New files by their path: in our tree, or a module of another package."""
    edits: Mapping[str, str]
    """Changes of our files as ``diff`` prints them, by path."""

    @property
    def parts(self) -> Mapping[str, str]:
        """The entry points of those modules that are another package's."""
        modules = [path.removesuffix(".py") for path in self.files if not path.startswith(_OURS)]
        return {module: f"{module}:PART" for module in modules}


def growths() -> Mapping[str, Growth]:
    """Every example by the title of its section."""
    _, *sections = re.split(r"(?m)^## ", PAGE.read_text("utf-8"))
    return {one.title: one for one in map(_growth, sections)}


def _growth(section: str) -> Growth:
    (touches,) = re.findall(r"^\*Touches:\* (.+)$", section, re.MULTILINE)
    blocks = _BLOCK.findall(section)
    return Growth(
        title=section.partition("\n")[0],
        touches=frozenset(re.findall(r"`([^`]+)`", touches)),
        files={path: text for path, language, text in blocks if language != "diff"},
        edits={path: text for path, language, text in blocks if language == "diff"},
    )


def edited(text: str, diff: str) -> str:
    """A file after a diff; each of its pieces has to fit in one place. Raises AssertionError."""
    for piece in re.split(r"(?m)^@@\n", diff):
        before, after = (_side(piece, sign) for sign in "-+")
        assert text.count(before) == 1, f"fits {text.count(before)} times:\n{before}"
        text = text.replace(before, after)
    return text


def _side(piece: str, sign: str) -> str:
    def lines() -> Iterator[str]:
        for line in piece.splitlines():
            assert line[:1] in {"", " ", "-", "+"}, line
            if line[:1] in {"", " ", sign}:
                yield f"{line[1:]}\n"

    return "".join(lines())
