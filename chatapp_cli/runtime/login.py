"""Logins: the owner by the operating system, logged-in operators, and stored login tokens."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import LOGIN, Right
from chatapp_cli.domain.errors import StoreError, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, files, login_attempts, operators, passwords
from chatapp_cli.services.acting import decide
from chatapp_cli.settings import SESSION, Settings, config_file
from chatapp_cli.store.tx import Tx

TOKEN = "CHATAPP_TOKEN"  # noqa: S105 - where the token stands
"""The environment variable with a process's login token."""

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


def logged_in(company: Company, token: str) -> Company:
    """The desk as the acting operator sees it. Raises Refused if a login is needed."""
    owner, name = owns(company.settings.folder), _local_name(company.settings)
    names = _owner_names(company.settings.folder) | ({name} if owner else set())
    return company.seen_by(company.whole.read(partial(decide, token=token, owner=owner, name=name, owner_names=names)))


def owns(folder: Path) -> bool:
    """Whether the company's folder belongs to this user; root counts as its owner too."""
    me = os.geteuid()
    return me == 0 or not folder.exists() or folder.stat().st_uid == me


def _owner_names(folder: Path) -> frozenset[str]:
    """The names that the system has for the owner of the company's folder, and for root."""
    import pwd

    users = {0} | ({folder.stat().st_uid} if folder.exists() else set())
    names: set[str] = set()
    for user in users:
        with suppress(KeyError):  # the system may have no name for a number
            names.add(pwd.getpwuid(user).pw_name)
    return frozenset(names)


def _local_name(settings: Settings) -> str:
    """The name under which the owner's messages and changes are recorded; the number of a user without a name."""
    from getpass import getuser

    try:
        return settings.operator or getuser()
    except (KeyError, OSError):  # no name in the environment or the system; Python 3.13 raises the latter
        return f"uid {os.geteuid()}"


def accounts(company: Company) -> Sequence[operators.OperatorAccount]:
    """All accounts for those who may change them; otherwise one's own."""
    every = company.whole.read(operators.accounts)
    if company.read(lambda tx: access.has(tx, Right.USERS)):
        return every
    return [one for one in every if one.who.name == company.acting_name]


def log_in(company: Company, name: str, password: str, *, browser: str | None = None) -> str:
    """Open a session and return its token; ``browser`` is the address of one. Raises Refused, TooManyAttempts.

    Hashing takes a tenth of a second, outside writing transactions.
    """
    whole, address = company.seen_by(LOGIN), browser or ""
    if whole.read(operators.everything):  # without accounts nobody can guess, and a refusal makes no store
        whole.write(partial(login_attempts.begin, name=name, address=address))
    who = whole.read(partial(operators.verify, name=name, password=password))
    better = operators.renewed(who, password)
    token = company.world.chance.key()

    def enter(tx: Tx) -> None:
        login_attempts.succeeded(tx, name, address)
        if better:
            operators.rehash(tx, who.name, better)
        operators.open_session(tx, who.name, token, browser=browser is not None)

    whole.write(enter)
    return token


def new_password(company: Company, name: str, password: str) -> None:
    """Set an operator's password."""
    kept = hashed(company, name, password)
    company.whole.write(partial(operators.set_password, name=name, password_hash=kept))


def hashed(company: Company, name: str, password: str) -> str:
    """The hash of an operator's new password. Raises UsageError if it is too short or easily guessed."""
    known = company.whole.read(lambda tx: company.options.text(tx, "company_name"))
    return passwords.hashed(password, (name, known, company.settings.company))


# The stored login between commands


def token_file(env: Mapping[str, str], company: str) -> Path:
    """The file of this user's login at a company, beside the settings."""
    return config_file(env).with_name(f"{SESSION}{company}")


def token(env: Mapping[str, str], company: str) -> str:
    """The token of this process; empty without one."""
    given = env.get(TOKEN, "")
    file = token_file(env, company)
    return given or (file.read_text("ascii").strip() if file.exists() else "")


def save_token(file: Path, token: str) -> None:
    """Store a login for later commands, readable only by this user."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(token, "ascii")
