"""Each growth of ``docs/extending.md`` touches the files that its section names, and two of ours at most."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.growing.grown import Grown
from tests.growing.page import PAGE, ROOT, Growth, edited, growths

GROWTHS = growths()
KINDS = {
    "A worker",
    "A follower with a durable cursor",
    "A timer",
    "A queue with the carrier",
    "An event with an effect",
    "A right",
    "A filter of the dialog list",
    "An option of a line",
    "A part of the window",
}
MOST = 2


def test_the_page_has_an_example_of_each_kind_and_names_it_in_its_table() -> None:
    assert set(GROWTHS) == KINDS
    table = PAGE.read_text("utf-8").partition("\n## ")[0]
    anchors = {title.lower().replace(" ", "-") for title in KINDS}
    assert set(re.findall(r"\(#([\w-]+)\)", table)) == anchors


@pytest.mark.parametrize("growth", GROWTHS.values(), ids=list(GROWTHS))
def test_an_example_touches_the_files_that_its_section_names_and_no_more_than_two(
    growth: Growth, tmp_path: Path
) -> None:
    assert Grown(tmp_path, growth).touched == growth.touches == set(growth.edits)
    assert len(growth.touches) <= MOST
    assert [path for path in growth.files if (ROOT / path).exists()] == []


@pytest.mark.parametrize("growth", GROWTHS.values(), ids=list(GROWTHS))
def test_an_example_is_written_as_the_rest_is(growth: Growth, tmp_path: Path) -> None:
    grown = Grown(tmp_path, growth)
    written = [*(path for path in growth.files if path.endswith(".py")), *growth.edits]
    places = [path for path in written if path.endswith(".py") and "versions" not in path]
    folders = [grown.root if "/" in path else grown.serving.site for path in places]
    files = [str(folder / path) for folder, path in zip(folders, places, strict=True)]
    ruff = Path(sys.executable).with_name("ruff")
    for words in (["check", "--no-cache", "--extend-ignore=INP001"], ["format", "--check", "--no-cache"]):
        command = [str(ruff), *words, "--config", str(ROOT / "pyproject.toml"), *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_on_the_page_is_complete_and_adds_an_example_of_the_page() -> None:
    (text,) = re.findall(r"(?s)```toml\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE)
    package = tomllib.loads(text)
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert package["project"]["dependencies"] == [ours["name"]]
    assert package["project"]["requires-python"] == ours["requires-python"]
    assert package["project"]["entry-points"]["chatapp.parts"] == GROWTHS["A worker"].parts
    assert package["tool"]["hatch"]["build"]["include"] == list(GROWTHS["A worker"].files)
    assert set(package["build-system"]) == {"requires", "build-backend"}


def test_a_change_that_fits_nowhere_or_twice_is_found_out() -> None:
    text = "a\nb\na\n"
    assert edited(text, " b\n+c\n") == "a\nb\nc\na\n"
    assert edited(text, "-b\n@@\n a\n a\n+c\n") == "a\na\nc\n"
    for diff in (" a\n+c\n", " d\n+c\n"):
        with pytest.raises(AssertionError, match="fits"):
            edited(text, diff)
