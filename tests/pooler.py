"""Debian's PgBouncer before the tests' PostgreSQL, in transaction mode: each transaction may get another server."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.postgres import Postgres

PROGRAM = shutil.which("pgbouncer", path=f"/usr/sbin{os.pathsep}{os.defpath}")
PORT = 6432
"""Only the name of a socket file depends on it."""
SETTINGS = """
[databases]
* = host={server} user=postgres
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_round_robin = 1
max_client_conn = 200
logfile = {folder}/log
"""


@dataclass(frozen=True, slots=True)
class Pooler:
    """A running pooler."""

    folder: Path
    process: int

    def through(self, url: str) -> str:
        """The address of a database of the server, by way of the pooler."""
        return f"{url.partition('?')[0]}?host={self.folder}&port={PORT}"


@contextmanager
def pooling(server: Postgres) -> Iterator[Pooler]:
    """Run a pooler in a folder of its own: it refuses root, who starts it as nobody."""
    assert PROGRAM, "the Debian package pgbouncer"
    folder = Path(tempfile.mkdtemp(prefix="pooler-"))
    folder.chmod(0o755)
    file = folder / "pgbouncer.ini"
    file.write_text(SETTINGS.format(server=server.socket, folder=folder, port=PORT))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    with subprocess.Popen(
        [PROGRAM, str(file)], user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(folder / f".s.PGSQL.{PORT}", process)
            yield Pooler(folder, process.pid)
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(folder)


def _wait_for(socket: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        if socket.exists():
            return
        assert process.poll() is None, (socket.parent / "log").read_text()
        time.sleep(0.02)
    raise AssertionError("the pooler did not start")
