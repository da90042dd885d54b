"""Slips in prose."""

from __future__ import annotations

from typing import Any

import typer.main

from chatapp_cli.cli import app


def slip(words: list[str]) -> str:
    """What is wrong with a call; nothing if the program knows each of its words."""
    command: Any = typer.main.get_command(app)
    path, rest = "chatapp", iter(words)
    for word in rest:
        if word.startswith("-"):
            option = next((o for o in command.params if word.split("=")[0] in [*o.opts, *o.secondary_opts]), None)
            takes_any = command.context_settings.get("ignore_unknown_options", False) and not word.startswith("--")
            if option is None and word not in {"--help", "-h"} and not takes_any:
                return f"{path} has no {word}"
            if option is not None and not option.is_flag and "=" not in word:
                next(rest, None)
        elif hasattr(command, "list_commands"):
            if word not in command.list_commands(None):
                return f"{path} has no {word}"
            command, path = command.get_command(None, word), f"{path} {word}"
    return ""
