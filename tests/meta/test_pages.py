"""The generated pages say what the code says."""

from pathlib import Path
from typing import Annotated

import pytest
import typer

from chatapp_cli.kit.manifests import manifest, manifests
from scripts import channels_part, cli_page, coverage_page, docs, fields_part, keys_page, modules_page

PROOF = """
import pytest

@pytest.mark.req("S-001", "S-003")
def test_one_window():
    ...

@pytest.mark.req("S-003")
class TestLines:
    ...
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "docs" / "mutants.txt").write_text("")
    (tmp_path / "docs" / "requirements.txt").write_text("S-001 one window\nS-002 much traffic\nS-003 lines\n")
    (tmp_path / "tests" / "test_desk.py").write_text(PROOF)
    return tmp_path


def test_each_line_of_the_requirements_is_listed_with_its_tests_or_as_waiting(project: Path) -> None:
    page = coverage_page.render(project).splitlines()
    assert "2 of 3 lines are proved, 0 more in part." in page
    assert "| S-001 | one window | `test_desk.py::test_one_window` |" in page
    assert "| S-003 | lines | `test_desk.py::TestLines`<br>`test_desk.py::test_one_window` |" in page
    begins, ends = page.index("## Not yet"), page.index("## Known of other products")
    assert [line for line in page[begins + 1 : ends] if line] == ["- S-002 much traffic"]


def test_a_line_of_which_every_test_proves_a_part_is_listed_with_its_parts(project: Path) -> None:
    partly = PROOF.replace('req("S-003")', 'req("S-003", part="their names")').replace(', "S-003"', "")
    (project / "tests" / "test_desk.py").write_text(partly)
    page = coverage_page.render(project).splitlines()
    assert "1 of 3 lines are proved, 1 more in part." in page
    assert "| S-003 | lines | their names | `test_desk.py::TestLines` |" in page


def test_what_is_only_known_of_other_products_is_listed_apart_and_not_counted(project: Path) -> None:
    with (project / "docs" / "requirements.txt").open("a") as file:
        file.write("K-01 their API\n")
    page = coverage_page.render(project).splitlines()
    assert "2 of 3 lines are proved, 0 more in part." in page
    assert page.index("- K-01 their API") > page.index("## Known of other products")


def test_a_requirement_that_does_not_exist_is_found_out(project: Path) -> None:
    (project / "tests" / "test_slip.py").write_text(PROOF.replace("S-001", "S-999"))
    with pytest.raises(AssertionError, match="S-999"):
        coverage_page.render(project)


def test_every_command_is_described_with_what_it_takes_and_hidden_ones_are_not() -> None:
    app, line = typer.Typer(add_completion=False, help="The desk."), typer.Typer(help="Lines | of it.")
    app.add_typer(line, name="line")
    app.command(hidden=True)(lambda: None)

    @line.command()
    def add(
        name: Annotated[str, typer.Argument(help="Its name.")],
        json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    ) -> None:
        """Add a line."""

    page = "\n".join(cli_page.describe(typer.main.get_command(app), "desk"))
    assert [part.split("\n")[0] for part in page.split("## ")[1:]] == ["`desk`", "`desk line`", "`desk line add`"]
    assert "Lines \\| of it." in page
    assert "| `name` | Its name. |\n| `--json` | For programs. |" in page


def test_every_package_is_listed_with_its_modules_and_the_first_words_of_each(tmp_path: Path) -> None:
    shop = tmp_path / "chatapp_cli" / "shop"
    shop.mkdir(parents=True)
    (shop / "__init__.py").write_text('"""Sells | things."""')
    (shop / "till.py").write_text('"""Counts ``money``:\nall of it.\n\nMore words.\n"""')
    page = modules_page.render(tmp_path)
    assert "## `chatapp_cli/shop`\n\nSells | things." in page
    assert "| `till` | Counts `money`: all of it. |" in page


def test_every_channel_is_listed_with_what_its_manifest_says(tmp_path: Path) -> None:
    rows = {row.split(" | ")[1]: row.split(" | ") for row in channels_part.render(tmp_path).splitlines()[2:]}
    assert list(rows) == ["1", "2", "3", "4", "5", "6", "7", "8", "11", "12", "13"]
    assert rows["1"][0] == "| [Telegram bot](docs/channels/telegram_bot.md)"
    assert rows["1"][2:5] == ["polling or webhook", "–", "50 MB / 20 MB"]
    assert rows["11"][-1] == "20 a minute; 450 a day |"
    assert "1 in three minutes to bare phone numbers" in rows["2"][-1]


def test_every_key_is_listed_as_people_write_it(tmp_path: Path) -> None:
    page = keys_page.render(tmp_path)
    assert "| `?`, `F1` | Show all keys |" in page
    assert "| `Home`, `g g` | To the first |" in page


@pytest.mark.parametrize("kind", manifests())
def test_the_page_of_a_channel_names_every_field_that_can_be_answered_in_advance(kind: str) -> None:
    name = f"docs/channels/{kind}.md"
    page = (docs.ROOT / name).read_text("utf-8")
    assert docs.PAGES[name](docs.ROOT) == page, "run: make docs"
    about, first = manifest(kind), [line.partition(" |")[0] for line in page.splitlines()]
    names = [*(field.name for field in about.fields), *about.later]
    assert [one for one in names if f"| `{one}`" not in first] == []


def test_a_field_is_listed_with_what_may_be_answered_what_is_usual_and_when_it_is_asked() -> None:
    rows = fields_part.of("email")(docs.ROOT).splitlines()
    assert "| `password` | Password | secret | if `login_by` is `password` |" in rows
    assert (
        "| `imap_port` | IMAP: port | port; usually `993` | as a further question, if `service` is `custom` |" in rows
    )
    assert "| `remove_links` | Remove links | `on` or `off`; usually `off`; an option | as a further question |" in rows
