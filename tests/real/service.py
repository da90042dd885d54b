"""``python -m tests.real.service UNIT``: becomes the service of a unit of systemd, where systemd itself does not run.

User, folders, environment and system calls are the unit's; what systemd hides of the file system is not hidden.
"""

from __future__ import annotations

import os
import pwd
import shlex
import sys
from pathlib import Path

from tests.real.confined import confine, rules, settings

STATE = Path("/var/lib")


def become(unit: Path) -> None:
    """Prepare the folders as root, take the user's identity, and run the program."""
    one = {name: settings(unit, name)[0] for name in ("User", "StateDirectory", "StateDirectoryMode", "UMask")}
    user, wanted = pwd.getpwnam(one["User"]), rules(unit)
    state = STATE / one["StateDirectory"]
    state.mkdir(mode=int(one["StateDirectoryMode"], 8), exist_ok=True)
    os.chown(state, user.pw_uid, user.pw_gid)
    env = {"HOME": user.pw_dir, "USER": user.pw_name, "PATH": "/usr/local/bin:/usr/bin:/bin", **_environment(unit)}
    program = shlex.split(settings(unit, "ExecStart")[0])
    os.umask(int(one["UMask"], 8))
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.chdir(settings(unit, "WorkingDirectory")[0])
    confine(wanted)
    os.execve(program[0], program, env)


def _environment(unit: Path) -> dict[str, str]:
    """The lines of its file of variables, if there is one."""
    file = Path(settings(unit, "EnvironmentFile")[0].removeprefix("-"))
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines)  # type: ignore[arg-type]  # each has the two parts


if __name__ == "__main__":
    become(Path(sys.argv[1]))
