"""Who acts in this process: the owner of the company's folder by the operating system, or a logged-in operator."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.name import of_operator
from chatapp_cli.runtime.restricted import is_restricted
from chatapp_cli.services import acting
from chatapp_cli.settings import Settings


def as_acting(company: Company, token: str) -> Company:
    """The desk as the acting operator sees it. Raises Refused if a login is needed."""
    folder, name = company.settings.folder, _local_name(company.settings)
    owner, restricted = owns(folder), is_restricted(os.environ)
    names = _owner_names(folder)
    if owner and not restricted:
        names |= {name}
    who_acts = partial(acting.who_acts, token=token, owner=owner, name=name, owner_names=names, restricted=restricted)
    return company.seen_by(company.whole.read(who_acts))


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
    """The name under which the owner's messages and changes are recorded; the number of a user without a usable one."""
    from getpass import getuser

    try:
        return settings.operator or of_operator(getuser())
    except (KeyError, OSError, UsageError):  # no name in the environment or the system; Python 3.13 raises OSError
        return f"uid {os.geteuid()}"
