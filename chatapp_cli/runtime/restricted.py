"""A restricted window: an operator's own account, settings and upload folder, nothing else of the system user."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, MutableMapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain import os_words
from chatapp_cli.domain.errors import StoreError, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.services import files, operators
from chatapp_cli.services.acting import account_of
from chatapp_cli.settings import OWN_SETTINGS_VARIABLE, Settings

UPLOADS_VARIABLE = "CHATAPP_TRAY"
"""The environment variable with the folder from which a browser's or a restricted window may attach files."""

RESTRICTED_VARIABLE = "CHATAPP_RESTRICTED"
"""The environment variable that is set in a restricted window, and in a browser's."""

_LONGEST: Final = 200
"""The longest name of an upload folder, in bytes."""
_SYSTEMS_LONGEST: Final = 255
"""The longest name that file systems take, in bytes."""
_DIGITS: Final = 16
_DIGEST: Final = re.compile(rf"-[0-9a-f]{{{_DIGITS}}}\Z")


def is_restricted(env: Mapping[str, str]) -> bool:
    """Whether a process with this environment acts for an operator who is not the owner of its system user."""
    return bool(env.get(RESTRICTED_VARIABLE))


def restrict(settings: Settings, env: MutableMapping[str, str]) -> None:
    """Confine this process and what it starts to the operator's own account, settings and upload folder.

    Raises UsageError without the operator's name.
    """
    if not settings.operator:
        raise UsageError(
            T("A restricted window needs the operator's name."),
            T("Put --operator NAME before inbox."),
            field="operator",
        )
    own = str(own_settings(settings.folder, settings.operator))
    env.update(
        {RESTRICTED_VARIABLE: "on", UPLOADS_VARIABLE: str(_uploads(settings).absolute()), OWN_SETTINGS_VARIABLE: own}
    )


def enter(company: Company) -> None:
    """Make the operator's upload folder. Raises Refused without an account, and StoreError if it cannot be made."""
    company.whole.read(partial(account_of, name=company.settings.operator))
    accounts = [one.name for one in company.whole.read(operators.everything)]
    folder = _uploads(company.settings)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):
            _take_over(folder, company.settings.operator, accounts)
        folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            T("The folder {folder} cannot be made: {why}.", folder=folder, why=os_words.why(error))
        ) from error


def own_settings(folder: Path, operator: str) -> Path:
    """The settings file of an operator who shares a system user; hashed, because a name may contain a path."""
    return folder / "operators" / _digest(operator, 32) / "config.toml"


def uploads_name(operator: str) -> str:
    """The name of an operator's upload folder: their own, or with a digest where a path cannot have it as it is."""
    plain = _former_name(operator)
    if plain == operator and len(plain.encode()) <= _LONGEST and not _DIGEST.search(plain):
        return plain
    start = plain.encode()[: _LONGEST - _DIGITS - 1].decode(errors="ignore")
    return f"{start}-{_digest(operator, _DIGITS)}"


def _uploads(settings: Settings) -> Path:
    return settings.folder / files.RESTRICTED_UPLOADS / uploads_name(settings.operator)


def _former_name(operator: str) -> str:
    """The name of the folder in earlier versions, which several operators could share."""
    return re.sub(r"[^\w -]", "_", operator).strip() or "_"


def _take_over(folder: Path, operator: str, accounts: Collection[str]) -> None:
    """Rename a folder of the previous version, unless it was several operators'. Raises FileNotFoundError, OSError."""
    former = _former_name(operator)
    possible = folder.name != former and len(former.encode()) <= _SYSTEMS_LONGEST and not folder.exists()
    if possible and [_former_name(name) for name in accounts].count(former) == 1:
        folder.with_name(former).rename(folder)


def _digest(operator: str, digits: int) -> str:
    import hashlib

    return hashlib.sha256(operator.encode()).hexdigest()[:digits]
