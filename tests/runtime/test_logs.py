"""What is logged of a failure, and what is not."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from chatapp_cli.settings import Settings

REFUSED = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FAILS = """
import sys
import structlog
from chatapp_cli.runtime import logs
from chatapp_cli.settings import Settings

class Terminal:
    def __init__(self, stream): self.stream = stream
    def __getattr__(self, name): return getattr(self.stream, name)
    def isatty(self): return True

if sys.argv[1] == "terminal":
    sys.stderr = Terminal(sys.stderr)
logs.configure("info")

def connect(token, settings):
    raise OSError("no route")

try:
    connect("".join(("77:", "open", "sesame")), Settings(secret_key="".join(("lock", "smith"))))
except OSError:
    structlog.get_logger().exception("channel.failed", channel=1)
"""


def logged(where: str) -> str:
    """What a channel that fails leaves in the log."""
    done = subprocess.run([sys.executable, "-c", FAILS, where], check=True, capture_output=True, text=True)
    return done.stderr


@pytest.mark.parametrize("where", ["journal", "terminal"])
def test_a_channel_that_fails_logs_where_it_failed_and_none_of_its_values(where: str) -> None:
    said = logged(where)
    assert "channel.failed" in said
    assert "no route" in said
    assert "connect" in said
    assert not [value for value in ("opensesame", "locksmith") if value in said]


def test_the_line_of_a_failure_is_json_beside_a_terminal() -> None:
    line = json.loads(logged("journal"))
    (failure,) = line["exception"]
    assert (failure["exc_type"], failure["exc_value"]) == ("OSError", "no route")
    assert {frame.get("locals") for frame in failure["frames"]} == {None}


HOSTILE = """
import logging
try:
    raise OSError("\x1b]0;mine\x07 no\u202e route")
except OSError:
    structlog.get_logger().exception("channel.\x9bfailed", words="\x1b[2J gone")
    logging.getLogger("telethon").exception("It \x1b[31mfailed")
"""


def test_words_of_a_remote_server_do_not_control_the_terminal_of_a_log() -> None:
    script = FAILS.partition("def connect")[0] + HOSTILE
    done = subprocess.run([sys.executable, "-c", script, "terminal"], check=True, capture_output=True, text=True)
    drawn = re.sub(r"\x1b\[[\d;]*m", "", done.stderr)
    assert not REFUSED.search(drawn)
    assert all(words in drawn for words in ("�[2J gone", "no� route", "channel.�failed", "It �[31mfailed"))


LIBRARY = """
import logging
from chatapp_cli.runtime import logs
logs.configure("info")
logging.getLogger("aiogram.event").warning("Update %s is late", 7)
try:
    {}["sesame"]
except KeyError:
    logging.getLogger("telethon").exception("It failed")
"""


def test_what_a_library_says_is_a_line_like_all_others_under_the_name_of_its_logger() -> None:
    done = subprocess.run([sys.executable, "-c", LIBRARY], check=True, capture_output=True, text=True)
    late, failed = (json.loads(line) for line in done.stderr.splitlines())
    assert {late[key] for key in ("level", "logger", "event")} == {"warning", "aiogram.event", "Update 7 is late"}
    assert late["timestamp"].endswith("Z")
    assert (failed["level"], failed["event"]) == ("error", "It failed")
    assert [one["exc_type"] for one in failed["exception"]] == ["KeyError"]
    assert {frame.get("locals") for frame in failed["exception"][0]["frames"]} == {None}


def test_a_log_that_nobody_reads_any_more_ends_nothing() -> None:
    script = f"{FAILS}\nfor _ in range(3):\n    structlog.get_logger().warning('again')\nprint('went on')"
    shell = f'{sys.executable} -c "$0" journal 2>&1 >/dev/fd/3 | true'
    done = subprocess.run(["bash", "-c", f"{{ {shell}; }} 3>&1", script], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["went on"]
    closed = f'{sys.executable} -c "$0" journal 2>&-'
    done = subprocess.run(["bash", "-c", closed, script], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["went on"]


def test_settings_show_no_secret_of_theirs() -> None:
    shown = repr(Settings(company="atlas", secret_key="locksmith", database_url="postgresql://me:sesame@db/{company}"))
    assert "atlas" in shown
    assert not [secret for secret in ("locksmith", "sesame") if secret in shown]
