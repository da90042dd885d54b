"""The stored login between commands: a token in the environment, or in a file beside the settings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from chatapp_cli.domain import os_words
from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.domain.whole_file import write_whole
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
    """Store a login for later commands, readable only by this user. Raises StoreError, and then keeps the last one."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):
            file.chmod(0o600)
        write_whole(file, token.encode("ascii"))
    except OSError as error:
        raise StoreError(
            T("The login cannot be stored in {file}: {why}.", file=file, why=os_words.why(error)),
            T("Check the disk, and log in again."),
        ) from error
