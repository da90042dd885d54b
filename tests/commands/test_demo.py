"""The demo: everything works without an account, and nothing is left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp_cli.kit.manifests import manifests
from chatapp_cli.sandbox.directory import has_sandbox

COMMAND = [sys.executable, "-m", "chatapp_cli", "--lang", "ru", "demo"]


@pytest.fixture(scope="module")
def played() -> subprocess.CompletedProcess[str]:
    """One round without a window."""
    return subprocess.run(
        [*COMMAND, "--headless"], capture_output=True, text=True, timeout=110, cwd=_root(), check=False
    )


@pytest.mark.req("S-015")
def test_one_round_through_every_channel_plays_by_itself(played: subprocess.CompletedProcess[str]) -> None:
    done = played
    assert done.stderr == ""
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    written = [line for line in lines if line.startswith("← ")]
    answered = [line for line in lines if line.startswith("→ ")]
    known = {kind: one for kind, one in manifests().items() if has_sandbox(kind)}
    silent = [one for one in known.values() if one.capabilities.answers_arrive_on]
    assert len(known) >= 11
    assert len(answered) - len(silent) == len(written) / 2
    assert {one.label for one in known.values() if any(f"→ [{one.label}]" in line for line in answered)} == {
        one.label for one in known.values()
    }
    assert all(line.endswith(("(отправлено)", "(доставлено)", "(прочитано)")) for line in answered)


def test_the_round_shows_an_autoreply_and_a_rule_each_with_its_why(played: subprocess.CompletedProcess[str]) -> None:
    lines = [line for line in played.stdout.splitlines() if line.startswith("⚙ ")]
    for line, name, rule, word in zip(
        lines, ("Олег", "Нина Аркадьевна"), ("Скидки", "Праздники"), ("скидка", "праздники"), strict=True
    ):
        assert f"] {name}: " in line
        assert line.endswith(f"; по правилу {rule}: в тексте есть «{word}»)")


@pytest.mark.parametrize(("crm", "deal"), [("Битрикс24", "«{}»"), ("amoCRM", "«Сделка: {}»")])
def test_the_round_shows_what_each_crm_sees_and_answers_and_the_deals_there(
    played: subprocess.CompletedProcess[str], crm: str, deal: str
) -> None:
    found = [line for line in played.stdout.splitlines() if line.startswith(crm)]
    lines = [line for line in found if "робот" not in line]
    assert (len(lines), len(found) - len(lines)) == (6, int(crm == "Битрикс24"))
    for name, channel in (("Арсен", "Telegram"), ("Игорь Валентинович", "[WEB] WhatsApp")):
        seen, answered, shown = (line for line in lines if name in line)
        assert seen.startswith(f"{crm} ← [{channel}] {name}: ")
        assert answered.startswith(f"{crm} → [{channel}] {name}: Это Светлана")
        assert answered.endswith(("(отправлено)", "(доставлено)", "(прочитано)"))
        assert deal.format(name) in shown


def test_a_signal_ends_the_round_at_once() -> None:
    with subprocess.Popen(
        [*COMMAND, "--headless"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=_root()
    ) as playing:
        assert playing.stdout is not None
        assert playing.stdout.readline().startswith("← ")
        playing.send_signal(signal.SIGINT)
        said = playing.communicate(timeout=20)[1]
        assert playing.returncode == 130
        assert said.strip() == ""


def test_the_servers_end_and_clear_up_with_whoever_started_them(tmp_path: Path) -> None:
    folder = tmp_path / "stage"
    folder.mkdir()
    with subprocess.Popen(
        [*COMMAND, "--stage", str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_root()
    ) as backstage:
        assert backstage.stdin is not None
        assert backstage.stdout is not None
        assert backstage.stdout.readline() == "ready\n"
        assert (folder / "demo" / "chatapp.db").exists()
        backstage.stdin.close()
        assert backstage.wait(60) == 0
    assert not folder.exists()


def test_without_a_terminal_the_way_without_one_is_named() -> None:
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=60, cwd=_root(), check=False)
    assert done.returncode == 1
    assert "demo --headless" in done.stderr


def test_its_help_is_in_the_language_that_was_asked_for() -> None:
    shown = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, timeout=60, cwd=_root(), check=True)
    assert shown.stdout.startswith("Использование: chatapp demo [ПАРАМЕТРЫ]")
    assert "Пройти один круг без окна и выйти" in shown.stdout
    assert "Попробовать chatapp с вымышленными клиентами: аккаунты не нужны" in shown.stdout
    assert "Try" not in shown.stdout


def _root() -> Path:
    return Path(__file__).parents[2]
