"""Writes the pages that come from the code, or with ``--check`` says which are stale."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from chatapp_cli.kit import crms
from chatapp_cli.kit.manifests import manifests
from scripts import (
    channels_part,
    cli_page,
    coverage_page,
    crm_part,
    extending_page,
    fields_part,
    keys_page,
    modules_page,
    options_part,
    parts,
    settings_part,
    window_part,
)

ROOT = Path(__file__).parent.parent
PAGES: Mapping[str, Callable[[Path], str]] = {
    "README.md": parts.page("README.md", {"channels": channels_part.render}),
    "config/chatapp.example.toml": settings_part.example,
    "docs/architecture.md": parts.page("docs/architecture.md", {"parts": window_part.render}),
    "docs/cli.md": cli_page.render,
    "docs/coverage.md": coverage_page.render,
    "docs/extending.md": extending_page.render,
    "docs/keys.md": keys_page.render,
    "docs/modules.md": modules_page.render,
    "docs/operations.md": parts.page(
        "docs/operations.md", {"settings": settings_part.render, "options": options_part.render}
    ),
    **{
        page: parts.page(page, {"fields": fields_part.of(kind)})
        for page, kind in ((f"docs/channels/{kind}.md", kind) for kind in manifests())
    },
    **{f"docs/crm/{kind}.md": parts.page(f"docs/crm/{kind}.md", crm_part.parts(kind)) for kind in crms.manifests()},
}


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit code."""
    checking = arguments == ["--check"]
    stale = {name: text for name, render in PAGES.items() if (text := render(ROOT)) != _present(ROOT / name)}
    if checking:
        print(f"Stale, run make docs: {', '.join(stale)}" if stale else "The generated pages are fresh.")
        return 1 if stale else 0
    for name, text in stale.items():
        (ROOT / name).write_text(text, "utf-8")
        print(f"Wrote {name}.")
    return 0


def _present(page: Path) -> str | None:
    return page.read_text("utf-8") if page.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
