"""The table of settings in ``docs/operations.md`` and the example of a settings file, from ``settings.py``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from chatapp_cli.settings import Settings, default_home
from scripts.parts import table

EXAMPLE = """# Settings of chatapp, for ~/.config/chatapp/config.toml or the file that CHATAPP_CONFIG names.
# Written by `make docs`.
# Each line shows the default: take away the # and change it, or run: chatapp config set NAME VALUE
# An option of the command line beats the environment, the environment beats this file.
"""


def render(_root: Path) -> str:
    """The table."""
    rows = ((f"`{f.name}`", f"`{variable(f)}`", f"`{_default(f)}`", f.metadata["words"]) for f in _all())
    return table(("setting", "environment", "default", "meaning"), rows).replace("``", "empty")


def example(_root: Path) -> str:
    """A settings file in which everything is the default."""
    return "\n".join([EXAMPLE, *_entries()])


def _entries() -> Iterator[str]:
    for option in _all():
        yield f"# {option.metadata['words']}. Environment: {variable(option)}"
        value = _default(option)
        yield f"# {option.name} = {value if isinstance(value, int) else chr(34) + value + chr(34)}\n"


def variable(option: Any) -> str:
    """The environment's name for a setting."""
    return f"CHATAPP_{option.name.upper()}"


def _all() -> tuple[Any, ...]:
    return fields(Settings)


def _default(option: Any) -> Any:
    return str(default_home({"HOME": "~"})) if option.name == "home" else option.default
