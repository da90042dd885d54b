"""The upload folders of restricted windows: one for each operator, and the one of the version before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.runtime.login_token import TOKEN, save_token, token, token_file
from chatapp_cli.runtime.restricted import RESTRICTED_VARIABLE, UPLOADS_VARIABLE, enter, restrict, uploads_name
from chatapp_cli.services import operators
from chatapp_cli.settings import Settings
from tests.stores import OWNER

NAMES = st.lists(st.text(alphabet="Оl_/ .-1a", min_size=1, max_size=8), min_size=2, max_size=2, unique=True)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return open_company(Settings(home=str(tmp_path))).seen_by(OWNER)


def folder(company: Company, operator: str) -> Path:
    """The folder that an operator's window opens with."""
    own, env = replace(company, settings=replace(company.settings, operator=operator)), dict[str, str]()
    restrict(own.settings, env)
    enter(own)
    return Path(env[UPLOADS_VARIABLE])


def with_accounts(company: Company, *names: str) -> None:
    for name in names:
        company.write(lambda tx, name=name: operators.add(tx, name, "", ()))


def test_a_restricted_window_has_no_login_but_its_own(tmp_path: Path) -> None:
    env = {"CHATAPP_CONFIG": str(tmp_path / "config.toml")}
    save_token(token_file(env, "main"), "of the system's user")
    assert token(env, "main") == "of the system's user"
    assert token({**env, RESTRICTED_VARIABLE: "on"}, "main") == ""
    assert token({**env, RESTRICTED_VARIABLE: "on", TOKEN: "of a browser"}, "main") == "of a browser"


@pytest.mark.parametrize("name", ["Olga", "Ольга Ильина", "Olga_1", "Olga-1", "Щ" * 100])
def test_a_name_that_a_path_can_have_is_the_folders_name(name: str) -> None:
    assert uploads_name(name) == name


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("Olga/1", "Olga_1-"),
        ("Olga:1", "Olga_1-"),
        ("Olga B.", "Olga B_-"),
        ("..", "__-"),
        ("/", "_-"),
        (" Olga", "Olga-"),
        ("Щ" * 128, "Щ" * 91 + "-"),
        ("Щ" * 200, "Щ" * 91 + "-"),
        (uploads_name("Olga/1"), "Olga_1-"),
    ],
)
def test_any_other_name_gets_a_folder_that_no_other_operator_has_and_that_the_disk_takes(name: str, start: str) -> None:
    found = uploads_name(name)
    assert found.startswith(start)
    assert found != name
    assert len(found.encode()) <= 200
    assert Path(found).name == found


@given(NAMES)
def test_two_operators_never_share_a_folder(names: list[str]) -> None:
    assert uploads_name(names[0]) != uploads_name(names[1])


def test_a_folder_of_the_version_before_is_taken_over_by_its_only_operator(company: Company) -> None:
    with_accounts(company, "Olga/1", "Olga")
    former = company.settings.folder / "uploads" / "Olga_1"
    former.mkdir(parents=True)
    (former / "price.txt").write_text("900", "utf-8")
    own = folder(company, "Olga/1")
    assert [file.name for file in own.iterdir()] == ["price.txt"]
    assert not former.exists()
    assert list(folder(company, "Olga").iterdir()) == []
    assert folder(company, "Olga/1") == own


def test_a_folder_that_several_could_have_had_goes_to_nobody_but_who_is_called_like_it(company: Company) -> None:
    with_accounts(company, "Olga/1", "Olga_1")
    former = company.settings.folder / "uploads" / "Olga_1"
    former.mkdir(parents=True)
    (former / "price.txt").write_text("900", "utf-8")
    assert list(folder(company, "Olga/1").iterdir()) == []
    assert folder(company, "Olga_1") == former
    assert (former / "price.txt").read_text("utf-8") == "900"


def test_an_operator_with_a_name_of_two_hundred_letters_gets_a_window(company: Company) -> None:
    with_accounts(company, "Щ" * 200)
    assert folder(company, "Щ" * 200).is_dir()
