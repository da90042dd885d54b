"""Case 25: webhooks while another process accepts a message for 20,000 addresses.

Both sides answer one request after another over one connection while a mailing is being accepted, so that both have
the same machine; the peer only inserts the body into a table of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count

from benchmarks.case_04_webhook import peer
from benchmarks.harness import Case
from benchmarks.load import load
from benchmarks.shop import Shop, serving, shop, signed
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines
from tests import postgres

ADDRESSES = 20_000
REQUESTS = 300
DURABLE = "-c max_connections=50"
_numbers = count()


def cases() -> Iterator[Case]:
    """On a file, and on a server that syncs."""
    for dialect in ("SQLite", "PostgreSQL"):
        with ExitStack() as opened:
            ours, theirs = _urls(dialect, opened)
            made = opened.enter_context(shop(ours))
            port, _pid = opened.enter_context(serving(made, **({"CHATAPP_DATABASE_URL": ours} if ours else {})))
            bare = opened.enter_context(peer("bare", theirs))
            mailing = Mailing(made, ours)
            yield Case(
                f"webhook → 200 beside a mass send, p99, of a bare insert, {dialect}",
                "ms",
                ours=lambda m=mailing, p=port: m.beside(p, m.shop.path),  # type: ignore[misc]
                peer=lambda m=mailing, b=bare: m.beside(b.port, b.path),  # type: ignore[misc]
                at_most=5,
                rounds=3,
            )


def _urls(dialect: str, opened: ExitStack) -> tuple[str, str]:
    """The addresses of our store and of the peer's; empty: a file in the company's folder."""
    if dialect == "SQLite":
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        return "", f"sqlite:///{folder}/bare.db"
    server = opened.enter_context(postgres.running(DURABLE, in_memory=False))
    return server.fresh(), server.fresh()


class Mailing:
    """Mailings of a company through a gateway that nobody runs."""

    def __init__(self, made: Shop, url: str) -> None:
        self.shop, self._url = made, url
        gateway = Bound(account="shop", title="SMS", settings={})
        made.company.write(
            lambda tx: channels.save(tx, made.company.vault, gateway, line=lines.find(tx).id, kind="sms")
        )
        self._people = made.folder / "people.txt"
        self._people.write_text("".join(f"+7916{number:07}\n" for number in range(ADDRESSES)), "utf-8")

    def beside(self, port: int, path: str) -> float:
        """Milliseconds of the slowest percent of requests while the mailing is being accepted."""
        start = next(_numbers) * REQUESTS
        requests = signed(path, range(start, start + REQUESTS))
        with self._accepting() as process:
            outcome = load(port, requests, connections=1)
            assert process.poll() is None, "the mailing was over before the webhooks"
        assert outcome.statuses == {200}, outcome.statuses
        return outcome.p99_ms

    @contextmanager
    def _accepting(self) -> Iterator[subprocess.Popen[bytes]]:
        words = ["send", "--to-file", str(self._people), "-c", "sms", "-t", "Скидка", "--yes"]
        env = {**os.environ, "CHATAPP_HOME": str(self.shop.folder), "CHATAPP_DATABASE_URL": self._url}
        before = self._accepted()
        process = subprocess.Popen(
            [sys.executable, "-m", "chatapp_cli", *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            while self._accepted() == before:
                time.sleep(0.02)
            yield process
        finally:
            process.kill()
            process.communicate()

    def _accepted(self) -> int:
        return int(self.shop.company.read(lambda tx: tx.value("journal.last")))
