"""``python -m benchmarks --json | python -m benchmarks.page``: writes a run's figures into docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.parts import replaced, table

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
COLUMNS = ("what", "ours", "peer or limit", "", "ratio", "smallest – largest", "goal", "reached")


def figures(results: Sequence[Mapping[str, Any]]) -> str:
    """When and on what it was measured, and the table."""
    return f"{datetime.now(UTC):%Y-%m-%d}: {_machine()}.\n\n{table(COLUMNS, map(_row, results))}"


def _machine() -> str:
    system = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    return f"{system}, {platform.python_implementation()} {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def _row(result: Mapping[str, Any]) -> Sequence[str]:
    low, high = result["spread"]
    return (
        result["case"],
        f"{result['ours']:,.4g}",
        f"{result['peer']:,.4g}",
        result["unit"],
        f"{result['ratio']:.3g}",
        f"{low:.2f} – {high:.2f}",
        result["goal"],
        "yes" if result["ok"] else "**no**",
    )


if __name__ == "__main__":
    found = [json.loads(line) for line in sys.stdin]
    PAGE.write_text(replaced(PAGE.read_text("utf-8"), "figures", figures(found)), "utf-8")
