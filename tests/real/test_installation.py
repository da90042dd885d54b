"""The service is installed by the block of docs/operations.md, on a machine whose /etc, /opt and /var are its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real.machine import ROOT, blocks, program

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root installs a service"),
]

INSTALL, UPGRADE = (blocks("operations.md")[name][1] for name in ("Installing as a service 1", "Upgrading 1"))
OWN = ("/etc", "/opt", "/var")
CHECKOUT = ("chatapp_cli", "config", "pyproject.toml", "README.md", "LICENSE", "requirements.lock")
SYSTEMCTL = """case "$*" in
'enable --now chatapp') SYSTEMD_OFFLINE=1 /usr/bin/systemctl enable chatapp ;;
'stop chatapp') kill -TERM $(cat {journal}.pid); exec tail -f --pid=$(cat {journal}.pid) /dev/null ;;
'start chatapp') test -e {journal}.reloaded ;;
daemon-reload) exec touch {journal}.reloaded ;;
*) exit 1 ;;
esac
cd {root}
{python} -m tests.real.service /etc/systemd/system/chatapp.service >>{journal} 2>&1 &
echo $! >{journal}.pid
"""
"""What enables the unit, and starts and stops it in systemd's stead."""
JOURNALCTL = """test "$*" = '-u chatapp -f'
until grep daemon.started {journal}; do kill -0 $(cat {journal}.pid); sleep 0.1; done
"""
CHANGED = "echo 'NEWER = True' >>chatapp_cli/__init__.py\n"
"""The checkout of a version that has the same number."""
AFTERWARDS = """
until test $(grep -c daemon.started {journal}) = 2; do kill -0 $(cat {journal}.pid); sleep 0.1; done
/opt/chatapp/bin/python -P -c 'from chatapp_cli import NEWER'
systemd-analyze verify chatapp.service
cp config/chatapp@.service /etc/systemd/system/
systemd-analyze verify chatapp@second.service
echo AFTERWARDS
getent passwd chatapp
readlink /etc/systemd/system/multi-user.target.wants/chatapp.service
stat -c '%U %a' /var/lib/chatapp
stat -c '%U %a' /var/lib/chatapp/.local/share/chatapp/main/chatapp.db
cd /
su -s /bin/sh chatapp -c 'HOME=/var/lib/chatapp /opt/chatapp/bin/chatapp --lang en doctor'
kill -TERM $(cat {journal}.pid)
tail -n 1 -f --pid=$(cat {journal}.pid) {journal}
"""


def on_its_own(tmp_path: Path, script: str, path: str) -> subprocess.CompletedProcess[str]:
    """Run a script as root of a machine whose folders lie above those of this one and are gone afterwards."""
    above = []
    for place in OWN:
        over, work = (tmp_path / f"{kind}{place}" for kind in ("over", "work"))
        over.mkdir(parents=True)
        work.mkdir(parents=True)
        above.append(f"mount -t overlay overlay -o lowerdir={place},upperdir={over},workdir={work} {place}\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CHATAPP_", "PYTHON"))}
    return subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-eu"],
        input="".join(above) + script,
        env={**env, "PATH": f"{path}:/usr/sbin:/usr/bin:/sbin:/bin", "PIP_NO_COMPILE": "1", "PIP_QUIET": "1"},
        cwd=tmp_path / "checkout",
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_the_service_is_installed_upgraded_and_runs_as_written(tmp_path: Path) -> None:
    known = {"root": ROOT, "python": sys.executable, "journal": tmp_path / "journal"}
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin" / "systemctl", "set -eu\n" + SYSTEMCTL.format(**known))
    program(tmp_path / "bin" / "journalctl", "set -eu\n" + JOURNALCTL.format(**known))
    (tmp_path / "checkout").mkdir()
    for name in CHECKOUT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / "checkout" / name)
    script = "echo CHATAPP_HTTP_PORT=0 >/etc/chatapp.env\n" + INSTALL + CHANGED + UPGRADE + AFTERWARDS.format(**known)
    done = on_its_own(tmp_path, script, str(tmp_path / "bin"))
    assert done.returncode == 0, done.stdout + done.stderr
    installed, seen = done.stdout.split("AFTERWARDS\n")
    assert '"event": "daemon.started"' in installed
    user, unit, *owned = seen.splitlines()[:4]
    assert re.fullmatch(r"chatapp:x:\d+:\d+::/var/lib/chatapp:/usr/sbin/nologin", user)
    assert unit == "/etc/systemd/system/chatapp.service"
    assert owned == ["chatapp 700", "chatapp 600"]
    found = [line.split("\t")[:2] for line in seen.splitlines() if "\t" in line]
    assert ["ok", "daemon"] in found
    assert {state for state, _name in found} == {"ok"}
    assert '"event": "daemon.stopped"' in seen.splitlines()[-1]
