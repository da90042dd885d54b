"""``chatapp keys``: the keys that the window has, whether a person's own are right, and what a terminal sends."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.commands.conftest import Shell


def test_the_list_shows_the_keys_as_the_person_changed_them(chatapp: Shell, tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('"inbox.deed(\'pin\')" = "ctrl+b"', "utf-8")
    found = {entry["action"]: entry for entry in chatapp("keys", "list", "--json").json}
    assert found["inbox.deed('pin')"]["keys"] == ["ctrl+b"]
    assert found["app.help"] == {"action": "app.help", "place": "app", "keys": ["?", "f1"], "meaning": "Show all keys"}
    assert ["Ctrl+B", "inbox.deed('pin')", "Pin, or unpin"] in chatapp("keys", "list").rows


def test_the_preset_comes_from_the_settings(chatapp: Shell) -> None:
    found = {e["action"]: e["keys"] for e in chatapp("keys", "list", "--json", CHATAPP_KEYMAP="plain").json}
    assert found["inbox.deed('pin')"] == ["space p"]


def test_check_says_what_is_wrong_where_and_what_to_do(chatapp: Shell, tmp_path: Path) -> None:
    assert chatapp("keys", "check").code == 0
    (tmp_path / "keys.toml").write_text('"app.halp" = "f1"', "utf-8")
    target = chatapp.run("keys", "check")
    assert (target.code, target.out) == (2, "")
    assert target.err == "keys.toml: app.halp: There is no action app.halp.\n→ Did you mean: app.help\n"
    assert chatapp.run("keys", "check", "--json").json["faults"][0]["place"] == "keys.toml: app.halp"


def test_probe_wants_a_terminal(chatapp: Shell) -> None:
    assert chatapp.run("keys", "probe").code == 2


def test_probe_tells_what_a_key_sends_and_does(env: Mapping[str, str]) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "chatapp_cli", "keys", "probe", "--json", "--count", "2"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **env}, text=True
    ) as asked:
        os.close(theirs)
        assert asked.stderr is not None
        assert asked.stdout is not None
        asked.stderr.readline()
        os.write(ours, b"\x1b[A")
        assert '"sent": "ESC [A", "key": "up", "actions": ["list.up"' in asked.stdout.readline()
        os.write(ours, "з".encode())
        assert "inbox.deed('pin')" in asked.stdout.readline()
        assert asked.wait(20) == 0
    os.close(ours)
