"""What the pages tell people to type is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_cli.settings import Settings, load
from scripts import parts, settings_part
from tests.meta.prose import slip

ROOT = Path(__file__).parents[2]
PAGES = sorted({ROOT / "README.md", *ROOT.joinpath("docs").rglob("*.md")})
CALL = re.compile(r"(?:^|`|/bin/)chatapp ((?:[a-z]|--?\w)(?:(?!\",)[^`\n])*)", re.MULTILINE)
CODE = re.compile(r"```(?!python|toml|json).*?```|`[^`\n]+`", re.DOTALL)
PLACE = re.compile(
    r"`((?:chatapp_cli|tests|scripts|config|docs|benchmarks|store|services|sandbox|kit|locale)/[\w./-]+)`"
)
PRINTED = re.compile(r"^`([\w./-]+)`\n\n```(?!diff)", re.MULTILINE)
"""Files that a page brings itself."""
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
FORMER = re.compile(r"(?m)^\| `[^`]+` (?=\| `[^`]+` \|$)")
"""The first cell of a table of old and new names: it is gone, and the table says by what it was replaced."""


def calls(page: Path) -> Iterator[list[str]]:
    for code in CODE.findall(page.read_text("utf-8").replace("\\\n", " ")):
        for call in CALL.findall(code):
            yield shlex.split(call, comments=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_and_option_that_a_page_names_exists(page: Path) -> None:
    assert [found for words in calls(page) if (found := slip(words))] == []


@pytest.mark.parametrize("words", ["doctr", "line bnd email", "send x --txt hi", "--compny x line list"])
def test_a_misspelt_call_is_found_out(words: str) -> None:
    assert slip(words.split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target, heading in LINK.findall(page.read_text("utf-8")):
        there = (page.parent / target) if target else page
        if not there.exists() or (heading and heading not in headings(there)):
            broken.append(f"{target}#{heading}")
    assert broken == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_place_that_a_page_names_is_there(page: Path) -> None:
    text = FORMER.sub("", page.read_text("utf-8"))
    printed = set(PRINTED.findall(text))
    named = [name for name in PLACE.findall(text) if "pigeon" not in name and name not in printed]
    assert [name for name in named if not any((top / name).exists() for top in (ROOT, ROOT / "chatapp_cli"))] == []


def headings(page: Path) -> set[str]:
    found = re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", words).strip().lower().replace(" ", "-") for words in found}


def test_the_example_of_a_settings_file_shows_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    example = (ROOT / "config" / "chatapp.example.toml").read_text("utf-8")
    file.write_text("\n".join(re.findall(r"(?m)^# (\w+ = .*)$", example)), "utf-8")
    loaded = load(env={"CHATAPP_CONFIG": str(file), "HOME": "~"})
    assert loaded.settings == load(env={"CHATAPP_CONFIG": str(tmp_path / "none"), "HOME": "~"}).settings
    assert set(loaded.sources.values()) == {"file"}
    assert all(settings_part.variable(option) in example for option in Settings.__dataclass_fields__.values())


def test_a_part_replaces_what_stands_between_its_marks_and_nothing_else() -> None:
    page = "before\n<!-- x: written -->\nold\n<!-- /x -->\nafter\n"
    fresh = parts.replaced(page, "x", "new")
    assert fresh == "before\n<!-- x: written -->\n\nnew\n\n<!-- /x -->\nafter\n"
    assert parts.replaced(fresh, "x", "new") == fresh
    with pytest.raises(AssertionError, match="stands 0 times"):
        parts.replaced(page, "y", "new")
