"""The stored login between commands: a token in the environment, or in a file beside the settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chatapp_cli.runtime.restricted import is_restricted
from chatapp_cli.settings import SESSION, config_file

TOKEN = "CHATAPP_TOKEN"  # noqa: S105 - where the token stands
"""The environment variable with a process's login token."""


def token_file(env: Mapping[str, str], company: str) -> Path:
    """The file of this user's login at a company, beside the settings."""
    return config_file(env).with_name(f"{SESSION}{company}")


def token(env: Mapping[str, str], company: str) -> str:
    """The token of this process; empty without one.

    Operators of restricted windows share a system user, whose stored login may be somebody else's.
    """
    given = env.get(TOKEN, "")
    if given or is_restricted(env):
        return given
    file = token_file(env, company)
    return file.read_text("ascii").strip() if file.exists() else ""


def save_token(file: Path, token: str) -> None:
    """Store a login for later commands, readable only by this user."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(token, "ascii")
