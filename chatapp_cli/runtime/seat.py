"""Taking a seat at a desk: who owns it by the operating system, who logged in, and what is kept of a login."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.access import DOOR, Right
from chatapp_cli.services import access, operators, passwords
from chatapp_cli.services.acting import decide
from chatapp_cli.settings import SESSION, Settings, config_file

TOKEN = "CHATAPP_TOKEN"  # noqa: S105 - where the token stands
"""The variable of the environment that says for whom a process acts."""

TRAY = "CHATAPP_TRAY"
"""The variable that says where the files lie that were uploaded in a browser's login."""


def seated(desk: Desk, token: str) -> Desk:
    """The desk as whoever acts sees it. Raises Refused while somebody has to log in first."""
    owner, name = owns(desk.settings.folder), _local_name(desk.settings)
    return desk.seen_by(desk.whole.read(partial(decide, token=token, owner=owner, name=name)))


def owns(folder: Path) -> bool:
    """Tell whether the company's folder is this user's; root's word counts everywhere."""
    me = os.geteuid()
    return me == 0 or not folder.exists() or folder.stat().st_uid == me


def _local_name(settings: Settings) -> str:
    """What the owner's messages and changes are signed with."""
    from getpass import getuser

    return settings.operator or getuser()


def accounts(desk: Desk) -> Sequence[operators.Account]:
    """Every account for whoever may change them; for anybody else their own."""
    every = desk.whole.read(operators.accounts)
    if desk.read(lambda tx: access.has(tx, Right.USERS)):
        return every
    return [one for one in every if one.who.name == desk.name]


def log_in(desk: Desk, name: str, password: str) -> str:
    """Open a session; returns its token. Takes a tenth of a second of hashing, outside of writing transactions."""
    whole = desk.seen_by(DOOR)
    who = whole.read(partial(operators.verify, name=name, password=password))
    better = operators.renewed(who, password)
    if better:
        whole.write(partial(operators.rehash, name=who.name, password_hash=better))
    token = desk.world.chance.key()
    whole.write(partial(operators.open_session, name=who.name, token=token))
    return token


def new_password(desk: Desk, name: str, password: str) -> None:
    """Give an operator another password."""
    kept = passwords.hashed(password)
    desk.whole.write(partial(operators.set_password, name=name, password_hash=kept))


# What is kept of a login between two commands


def token_file(env: Mapping[str, str], company: str) -> Path:
    """Where a login of this user at a company is kept: beside the settings."""
    return config_file(env).with_name(f"{SESSION}{company}")


def token(env: Mapping[str, str], company: str) -> str:
    """The login that holds for this process; empty without one."""
    given = env.get(TOKEN, "")
    file = token_file(env, company)
    return given or (file.read_text("ascii").strip() if file.exists() else "")


def keep(file: Path, token: str) -> None:
    """Keep a login for the commands to come, for this user's eyes alone."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(token, "ascii")
