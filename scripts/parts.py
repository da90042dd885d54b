"""Pages that people write, with parts that are written from the code between two marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

Part: TypeAlias = Callable[[Path], str]


def page(name: str, parts: Mapping[str, Part]) -> Part:
    """Render a page anew: what stands outside of the marks stays."""

    def render(root: Path) -> str:
        text = (root / name).read_text("utf-8")
        for mark, part in parts.items():
            text = replaced(text, mark, part(root))
        return text

    return render


def replaced(text: str, mark: str, part: str) -> str:
    """Put a part between ``<!-- mark -->`` and ``<!-- /mark -->``; a page without them is an error."""
    found = re.compile(rf"(<!-- {mark}[^>]*-->\n).*?(\n?<!-- /{mark} -->)", re.DOTALL)
    changed, times = found.subn(lambda marks: f"{marks[1]}\n{part.strip()}\n\n{marks[2].strip()}", text)
    assert times == 1, f"the mark {mark} stands {times} times"
    return changed


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")
