"""The page that shows how to extend the core: the migration in it follows the newest of ours."""

from __future__ import annotations

import re
from pathlib import Path

from chatapp_cli.store.migrate import HEAD


def render(root: Path) -> str:
    """The page with the number of its migration."""
    text = (root / "docs" / "extending.md").read_text("utf-8")
    own, before = re.findall(r'(?m)^(?:down_)?revision = "(\d+)"', text)
    return text.replace(own, f"{int(HEAD) + 1:04}").replace(before, HEAD)
