"""The window's first paint on 100,000 dialogs beside a mail reader's on as many mails."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.case_16_window import DIALOGS, TOP, WINDOW, paints, seeded
from benchmarks.harness import Case, LeftOut
from benchmarks.terminal import running

ACCOUNT = """
[Desk]
source = maildir://{folder}
default = INBOX
from = Desk <desk@example.org>
"""
MAIL = """From: Анна Белова <anna{n}@example.org>
To: desk@example.org
Subject: Order {n:06}
Date: Sat, 21 Nov 2026 10:15:00 +0300
Message-ID: <{n}@example.org>

Здравствуйте, подскажите, пожалуйста
"""


def cases() -> Iterator[Case]:
    aerc = shutil.which("aerc")
    if aerc is None:
        raise LeftOut("needs aerc: apt-get install aerc")
    with tempfile.TemporaryDirectory(prefix="window-") as folder:
        seeded(folder).close()
        env = {
            "HOME": folder,
            "CHATAPP_HOME": folder,
            "CHATAPP_LANG": "en",
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
        }
        mails(Path(folder))
        yield Case(
            "first paint, 100,000 dialogs; aerc, 100,000 mails",
            "s",
            ours=partial(paints, WINDOW, TOP, env),
            peer=partial(reads, aerc, env),
            at_most=1,
        )


def mails(home: Path) -> None:
    """A maildir with as many mails, and the reader's account for it."""
    config = home / ".config" / "aerc"
    config.mkdir(parents=True)
    account = config / "accounts.conf"
    account.touch(mode=0o600)
    account.write_text(ACCOUNT.format(folder=home / "Mail"), "utf-8")
    for name in ("cur", "new", "tmp"):
        (home / "Mail" / "INBOX" / name).mkdir(parents=True)
    for number in range(DIALOGS):
        (home / "Mail" / "INBOX" / "cur" / f"{number}.1.desk:2,S").write_text(MAIL.format(n=number), "utf-8")


def reads(aerc: str, env: Mapping[str, str]) -> float:
    """Seconds from its start to the first subject."""
    with running([aerc], env) as reader:
        return reader.shows("Order ")
