"""What programs read of our commands: to the byte what they read before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer.main

from chatapp_cli.cli import app
from tests.commands import recording


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "company"
    recording.company(folder)
    return folder


@pytest.mark.parametrize(("name", "words"), recording.everything(), ids=[name for name, _ in recording.everything()])
def test_a_command_prints_as_json_what_it_did(furnished: Path, name: str, words: Sequence[object]) -> None:
    assert recording.printed(furnished, words) == (recording.KEPT / f"{name}.json").read_text("utf-8")


def test_every_command_that_prints_json_is_recorded() -> None:
    known = {*recording.RECORDED, *recording.UNRECORDED}
    assert set(_printing_json(typer.main.get_command(app))) == known


def test_no_record_is_left_of_a_command_that_is_gone() -> None:
    kept = {file.name for file in recording.KEPT.iterdir()}
    assert kept == {f"{name}.json" for name, _words in recording.everything()}


def _printing_json(command: Any, *above: str) -> Iterator[str]:
    if hasattr(command, "list_commands"):
        for name in command.list_commands(None):
            yield from _printing_json(command.get_command(None, name), *above, name)
    elif any("--json" in parameter.opts for parameter in command.params):
        yield " ".join(above)
