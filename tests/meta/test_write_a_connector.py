"""The tutorial's channel works as it is printed, in three places and nowhere else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.meta.printed import ROOT, files_of, put

FILES = files_of("write-a-connector.md")
PLACES = ("chatapp_cli/connectors/pigeon/", "chatapp_cli/sandbox/pigeon.py", "tests/connectors/pigeon/")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the tutorial's files in it."""
    copy = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("chatapp_cli", "config", "tests/contract"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignored, symlinks=True)
    for file in (
        "pyproject.toml",
        "tests/__init__.py",
        "tests/conftest.py",
        "tests/postgres.py",
        "tests/connectors/__init__.py",
    ):
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, copy / file)
    put(FILES, copy)
    return copy


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(project),
        "CHATAPP_HOME": str(project / "home"),
        "CHATAPP_LANG": "en",
    }
    return subprocess.run(
        [sys.executable, "-P", *words],
        check=False,
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_tutorial_touches_its_three_places_only() -> None:
    assert len(FILES) == 4
    assert {place for name in FILES for place in PLACES if name.startswith(place)} == set(PLACES)
    assert all(name.startswith(PLACES) for name in FILES)


def test_its_channel_keeps_the_contract(project: Path) -> None:
    ran = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/connectors/pigeon")
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert re.search(r"2\d passed", ran.stdout)


def test_its_channel_is_listed_and_can_be_bound_without_another_word(project: Path) -> None:
    listed = run(project, "-m", "chatapp_cli", "line", "channels", "--json")
    assert '"pigeon"' in listed.stdout
    run(project, "-m", "chatapp_cli", "line", "add", "Sales")
    bound = run(
        project, "-m", "chatapp_cli", "line", "bind", "pigeon", "--set", "url=http://127.0.0.1:1", "--set", "word=x"
    )
    assert bound.returncode == 2
    assert "No loft answers there." in bound.stderr
