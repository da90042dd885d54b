"""Files that are written anew: a full disk or a kill leaves the old content, never half of the new."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp_cli.domain.whole_file import write_whole

NO_ROOM = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
"""As ``ulimit -f 0``: whatever is written fails as on a full disk."""

WRITERS = {
    "settings": "from chatapp_cli.settings import save; save(FILE, 'theme', 'dark')",
    "login": "from chatapp_cli.runtime.login_token import save_token; save_token(FILE, 'new')",
    "test clock": "from chatapp_cli.kit.driven import DrivenClock; DrivenClock(FILE).move(passed=1)",
    "failing parts": (
        "from chatapp_cli.runtime import parts; from chatapp_cli.runtime.restarting import WorkerState\n"
        "parts.note(FILE.parent, [WorkerState('part')])"
    ),
}
"""Who rewrites a file, and how."""


def carried_out(script: str, file: Path) -> subprocess.CompletedProcess[str]:
    prepared = f"from pathlib import Path; FILE = Path({str(file)!r})\n{script}"
    return subprocess.run([sys.executable, "-c", prepared], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("writer", WRITERS)
def test_on_a_full_disk_the_old_content_stays(tmp_path: Path, writer: str) -> None:
    file = tmp_path / ("parts.failing" if writer == "failing parts" else "file.toml")
    before = "0 0" if writer == "test clock" else 'operator = "Olga"\n'
    file.write_text(before, "utf-8")
    file.chmod(0o640)
    done = carried_out(NO_ROOM + WRITERS[writer], file)
    assert file.read_text("utf-8") == before
    assert [found.name for found in tmp_path.iterdir()] == [file.name]
    assert done.returncode == (0 if writer == "failing parts" else 1), done.stderr
    assert carried_out(WRITERS[writer], file).returncode == 0
    assert file.read_text("utf-8") != before
    assert stat.S_IMODE(file.stat().st_mode) == (0o600 if writer == "login" else 0o640)


ENDLESS = """
import sys
from chatapp_cli.domain.whole_file import write_whole
contents = [letter * 1_000_000 for letter in (b"a", b"b")]
sys.stdout.write("."); sys.stdout.flush()
while True:
    for content in contents:
        write_whole(FILE, content)
"""


def test_whoever_looks_meanwhile_or_after_a_kill_finds_the_old_content_or_the_new(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"-" * 1_000_000)
    script = f"from pathlib import Path; FILE = Path({str(file)!r})\n{ENDLESS}"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.read(1) == b"."
        sizes = {file.stat().st_size for _ in range(20_000)}
        writer.kill()
    assert sizes == {1_000_000}
    content = file.read_bytes()
    assert (len(content), len(set(content))) == (1_000_000, 1)


def test_a_new_file_has_the_mode_asked_for_less_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "own", b"1")
        write_whole(tmp_path / "shared", b"1", mode=0o666)
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("own", "shared")] == [0o600, 0o640]


def test_a_link_stays_one_and_a_pipe_gets_the_content(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "config.toml", tmp_path / "config.toml"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_whole(link, b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")
    reader, writer = os.pipe()
    try:
        write_whole(Path(f"/dev/fd/{writer}"), b"new")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every file")
def test_a_file_that_its_owner_may_not_write_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    file.chmod(0o400)
    with pytest.raises(PermissionError):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"
