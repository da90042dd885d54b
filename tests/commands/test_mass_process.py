"""``chatapp send`` to thousands as a process: ended in the middle, and beside a daemon that takes webhooks."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import LineId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels
from tests.commands.conftest import Program, Shell
from tests.commands.process import in_a_shell, run, started

TEXT = "Скидка до пятницы"
N = 400


@pytest.fixture
def sms(chatapp: Shell, company: Company) -> int:
    """A gateway that nobody runs: nothing leaves this machine."""
    chatapp("line", "add", "Магазин")
    bound = Bound(account="shop", title="SMS", settings={})
    return company.write(lambda tx: channels.save(tx, company.vault, bound, line=LineId(1), kind="sms"))


def people(folder: Path, n: int) -> Sequence[str]:
    """The words of a mailing to so many."""
    listed = folder / "people.txt"
    listed.write_text("".join(f"+7916{number:07}\n" for number in range(n)), "utf-8")
    return ("send", "--to-file", str(listed), "-c", "sms", "-t", TEXT, "--yes")


def accepted(company: Company) -> Counter[str]:
    """How many messages each address has."""
    rows = company.read(lambda tx: tx.compose(lambda *row: row, ADDRESSES, {}))
    return Counter(address for (address,) in rows)


ADDRESSES = "SELECT d.address FROM message m JOIN dialog d ON d.id = m.dialog_id"


def until_some_are_accepted(company: Company) -> None:
    deadline = time.monotonic() + 30
    while not accepted(company):
        assert time.monotonic() < deadline, "nothing was accepted"
        time.sleep(0.01)


def key_in(line: str) -> str:
    found = re.fullmatch(r"If this is interrupted, the same command with --idempotency-key (\w+) goes on\.\n", line)
    assert found, line
    return found[1]


def test_a_mailing_killed_in_the_middle_and_started_again_with_its_key_reaches_each_address_once(
    env: Mapping[str, str], company: Company, sms: int, tmp_path: Path
) -> None:
    words = people(tmp_path, N)
    with started(env, *words) as process:
        assert process.stderr is not None
        key = key_in(process.stderr.readline())
        until_some_are_accepted(company)
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = accepted(company)
    assert 0 < len(before) < N
    again = run(env, *words, "--idempotency-key", key, "--json")
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    assert [one["before"] for one in told["recipients"]].count(True) == len(before)
    assert accepted(company) == Counter(f"+7916{number:07}" for number in range(N))


def test_an_interrupted_mailing_says_how_far_it_came_and_how_it_goes_on(
    env: Mapping[str, str], company: Company, sms: int, tmp_path: Path
) -> None:
    words = people(tmp_path, N)
    with started(env, *words, "--idempotency-key", "friday") as process:
        until_some_are_accepted(company)
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=30)
    n = len(accepted(company))
    assert in_a_shell(process.returncode) == 130
    assert err.splitlines() == [
        f"Interrupted: {n} of {N} addresses were accepted.",
        "→ The same command with --idempotency-key friday goes on; nobody gets it twice.",
    ]
    assert 0 < n < N
    assert run(env, *words, "--idempotency-key", "friday").returncode == 0
    assert accepted(company) == Counter(f"+7916{number:07}" for number in range(N))


def test_an_interruption_after_the_last_address_changes_nothing(
    env: Mapping[str, str], company: Company, sms: int, tmp_path: Path
) -> None:
    with started(env, *people(tmp_path, N), "--idempotency-key", "friday", "--json") as process:
        assert process.stdout is not None
        first = os.read(process.stdout.fileno(), 1).decode()  # the rest does not fit the pipe, so the command waits
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, json.loads(first + out)["messages"]) == (0, N)
    assert err == "The daemon is not running; this runs when it starts: chatapp serve\n"


def test_webhooks_are_answered_while_twenty_thousand_addresses_are_accepted(
    env: Mapping[str, str], chatapp: Shell, company: Company, program: Program, bound: int, tmp_path: Path
) -> None:
    sms = Bound(account="shop", title="SMS", settings={})
    company.write(lambda tx: channels.save(tx, company.vault, sms, line=LineId(1), kind="sms"))
    row = company.read(lambda tx: channels.one(tx, bound))
    secret = company.bound(row).secrets["secret"]
    with started({**env, "CHATAPP_HTTP_PORT": "0"}, "serve") as daemon:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        with started(env, *people(tmp_path, 20_000)) as mailing, httpx.Client() as http:
            until_some_are_accepted(company)
            before = len(accepted(company))
            for number in range(50):
                answered(http, f"{address}/hooks/{row.hook_key}", secret, number)
            assert mailing.poll() is None, "all were accepted before the webhooks"
            assert before < len(accepted(company)) < 20_000, "they took no turns"


def answered(http: httpx.Client, door: str, secret: str, number: int) -> None:
    """A webhook is answered with success."""
    body = json.dumps({"type": "message", "id": f"m{number}", "chat_id": "c1", "text": "Ау", "sender": {"id": "c1"}})
    now = datetime.now(UTC)
    headers = {
        "webhook-id": f"w{number}",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(f"w{number}", now, body),
    }
    reply = http.post(door, content=body, headers=headers)
    assert reply.status_code == 200, reply.text
