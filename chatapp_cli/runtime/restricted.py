"""A restricted window: an operator's own settings and upload folder, nothing else of the system user."""

from __future__ import annotations

import hashlib
import re
from collections.abc import MutableMapping
from pathlib import Path

from chatapp_cli.domain.errors import StoreError, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.services import files
from chatapp_cli.settings import Settings

UPLOADS = "CHATAPP_TRAY"
"""The environment variable with the folder of a browser login's uploads."""

RESTRICTED = "CHATAPP_RESTRICTED"
"""The environment variable that is set in a restricted window."""


def restrict(settings: Settings, env: MutableMapping[str, str]) -> None:
    """Confine this process and what it starts to the operator's own settings and upload folder.

    Raises UsageError without the operator's name, and StoreError if the folder cannot be made.
    """
    if not settings.operator:
        raise UsageError(
            T("A restricted window needs the operator's name."),
            T("Put --operator NAME before inbox."),
            field="operator",
        )
    folder = settings.folder / files.RESTRICTED_UPLOADS / (re.sub(r"[^\w -]", "_", settings.operator).strip() or "_")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            T("The folder {folder} cannot be made: {why}.", folder=folder, why=error.strerror or error)
        ) from error
    own = str(own_settings(settings.folder, settings.operator))
    env.update({RESTRICTED: "on", UPLOADS: str(folder.absolute()), "CHATAPP_OWN": own})


def own_settings(folder: Path, operator: str) -> Path:
    """The settings file of an operator who shares a system user; hashed, because a name may contain a path."""
    return folder / "operators" / hashlib.sha256(operator.encode()).hexdigest()[:32] / "config.toml"
