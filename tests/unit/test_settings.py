"""Settings: which source wins, where mistakes are found, and what is written."""

import tomllib
from pathlib import Path

import pytest

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.runtime.login_token import save_token, token, token_file
from chatapp_cli.settings import Settings, company_file, is_private, load, save


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(file: Path) -> None:
    file.write_text('lang = "en"\noperator = "Olga"\nhttp_port = 9000\n')
    env = {"CHATAPP_CONFIG": str(file), "CHATAPP_OPERATOR": "Ivan", "CHATAPP_HTTP_PORT": "9001", "HOME": "/home/desk"}
    loaded = load({"operator": "Анна", "lang": None}, env)
    settings = loaded.settings
    assert (settings.operator, settings.http_port, settings.lang) == ("Анна", 9001, "en")
    assert settings.home == "/home/desk/.local/share/chatapp"
    sources = {name: loaded.sources[name] for name in ("operator", "http_port", "lang", "theme", "home")}
    assert sources == {"operator": "flag", "http_port": "env", "lang": "file", "theme": "default", "home": "default"}


def test_a_person_in_a_browser_has_a_file_of_their_own_over_that_of_the_daemons_user(
    file: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "operators" / "Anna" / "config.toml"
    env = {"CHATAPP_CONFIG": str(file), "CHATAPP_OWN": str(mine), "CHATAPP_JOINED": "on"}
    file.write_text('theme = "light"\nview = "all"\n')
    assert load(env=env).settings.theme == "light"
    save(mine, "theme", "contrast")
    save(mine, "joined", "off")
    loaded = load(env=env)
    settings = loaded.settings
    assert (settings.theme, settings.view, settings.joined) == ("contrast", "all", "on")
    assert [loaded.sources[name] for name in ("theme", "view", "joined")] == ["own", "file", "env"]
    assert file.read_text() == 'theme = "light"\nview = "all"\n'


def test_a_home_under_a_tilde_is_the_users() -> None:
    assert Settings(home="~/desk").folder == Path.home() / "desk" / "main"
    assert Settings(home="/srv/desk", company="second").store_url == "sqlite:////srv/desk/second/chatapp.db"


@pytest.mark.parametrize(
    ("content", "env", "field"),
    [
        ('http_port = "many"\n', {}, "http_port"),
        ("", {"CHATAPP_LANG": "de"}, "lang"),
        ("", {"CHATAPP_COMPANY": "../other"}, "company"),
        ("lang = \n", {}, None),
    ],
)
def test_a_mistake_is_named_where_it_stands(file: Path, content: str, env: dict[str, str], field: str | None) -> None:
    file.write_text(content)
    with pytest.raises(UsageError) as caught:
        load(env={"CHATAPP_CONFIG": str(file), **env})
    assert caught.value.field == field


def test_unknown_settings_are_passed_over_by_name_and_kept_when_another_one_is_set(file: Path) -> None:
    newer = 'colour = true\ntheme = "light"\n"an odd.one" = ["a\\u007f", 1.5, {since = 2026-11-29T09:00:00}]\n'
    file.write_text(newer)
    env = {"CHATAPP_CONFIG": str(file), "HOME": "/home/desk"}
    loaded = load(env=env)
    assert loaded.settings == load(env={**env, "CHATAPP_CONFIG": "/none", "CHATAPP_THEME": "light"}).settings
    assert loaded.passed_over == [(file, "an odd.one"), (file, "colour")]
    before = tomllib.loads(newer)
    save(file, "theme", "contrast")
    assert tomllib.loads(file.read_text()) == {**before, "theme": "contrast"}


def test_a_company_has_settings_of_its_own_over_those_of_all_companies(file: Path) -> None:
    env = {"CHATAPP_CONFIG": str(file), "CHATAPP_SUPPORT": "Olga"}
    file.write_text('http_port = 8320\ntheme = "light"\n')
    second = company_file(env, "second")
    save(second, "http_port", "8321")
    save(second, "support", "Ivan")
    loaded = load({"company": "second"}, env)
    settings = loaded.settings
    assert second == file.parent / "config.d" / "second.toml" == loaded.company_file
    assert (settings.http_port, settings.theme, settings.support) == (8321, "light", "Olga")
    assert [loaded.sources[name] for name in ("http_port", "theme", "support")] == ["company_file", "file", "env"]
    assert load(env=env).settings.http_port == 8320
    assert load(env={**env, "CHATAPP_COMPANY": "second"}).settings.http_port == 8321
    file.write_text('company = "second"\n')
    assert load(env=env).settings.http_port == 8321


def test_a_companys_file_does_not_say_which_company_is_opened(file: Path) -> None:
    env = {"CHATAPP_CONFIG": str(file)}
    save(company_file(env, "main"), "company", "second")
    loaded = load(env=env)
    assert (loaded.settings.company, loaded.passed_over) == ("main", [(loaded.company_file, "company")])


def test_no_settings_file_can_be_attached(file: Path) -> None:
    env = {"CHATAPP_CONFIG": str(file), "CHATAPP_OWN": str(file.with_name("own.toml"))}
    private = [file, file.with_name("own.toml"), company_file(env, "second"), file.with_name("session-main")]
    assert [is_private(path, env) for path in private] == [True] * 4
    assert not is_private(file.with_name("price.pdf"), env)


def test_what_is_saved_keeps_the_other_settings_and_is_its_owners_alone(file: Path) -> None:
    save(file, "support", 'call "Olga" \\ 8-800')
    save(file, "http_port", "8400")
    save(file, "theme", "light")
    save(file, "theme", "")
    settings = load(env={"CHATAPP_CONFIG": str(file)}).settings
    assert (settings.support, settings.http_port, settings.theme) == ('call "Olga" \\ 8-800', 8400, "dark")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "value"), [("colour", "red"), ("http_port", "x"), ("theme", "blue")])
def test_a_setting_that_would_not_be_read_again_is_not_saved(file: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        save(file, name, value)
    assert caught.value.field == name
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(UsageError, match=r"taken/config\.toml cannot be written"):
        save(tmp_path / "taken" / "config.toml", "theme", "light")


@pytest.mark.req("S-027")
def test_on_postgresql_too_every_company_has_a_database_of_its_own(file: Path) -> None:
    one = {"CHATAPP_CONFIG": str(file), "CHATAPP_DATABASE_URL": "postgresql://desk@db/chatapp"}
    each = {**one, "CHATAPP_DATABASE_URL": "postgresql://desk@db/chatapp_{company}"}
    assert load(env=one).settings.store_url == "postgresql://desk@db/chatapp"
    assert load({"company": "opt"}, env=each).settings.store_url == "postgresql://desk@db/chatapp_opt"
    with pytest.raises(UsageError, match="a database of its own") as caught:
        load({"company": "opt"}, env=one)
    assert caught.value.field == "database_url"


@pytest.mark.parametrize(
    ("name", "fits"), [("a" * 200, True), ("a" * 201, False), ("я" * 100, True), ("я" * 101, False)]
)
def test_a_company_has_a_name_that_files_can_have(file: Path, name: str, fits: bool) -> None:
    env = {"CHATAPP_CONFIG": str(file), "CHATAPP_HOME": str(file.parent)}
    if fits:
        save(company_file(env, name), "theme", "light")
        save_token(token_file(env, name), "token")
        loaded = load({"company": name}, env=env)
        loaded.settings.folder.mkdir()
        assert (loaded.settings.theme, token(env, name)) == ("light", "token")
        return
    with pytest.raises(UsageError, match="at most 200 bytes") as caught:
        load({"company": name}, env=env)
    assert caught.value.field == "company"


@pytest.mark.parametrize(
    ("address", "longest"),
    [("postgresql://h/{company}", 63), ("postgresql://desk@h:5/chat_{company}?sslmode=require", 58)],
)
def test_no_two_companies_share_a_database_because_postgresql_cuts_their_names(address: str, longest: int) -> None:
    env = {"CHATAPP_DATABASE_URL": address, "HOME": "/"}
    assert load({"company": "a" * longest}, env=env).settings.company == "a" * longest
    with pytest.raises(UsageError, match="at most 63 bytes") as caught:
        load({"company": "a" * (longest + 1)}, env=env)
    assert caught.value.field == "company"


@pytest.mark.parametrize("name", ["CHATAPP_HOME", "CHATAPP_CONFIG", "CHATAPP_OWN", "XDG_CONFIG_HOME"])
@pytest.mark.parametrize("path", ["/tmp/" + "a" * 256, "/a" * 3_000])
def test_a_path_that_the_system_has_no_file_for_is_a_mistake_in_words(name: str, path: str) -> None:
    with pytest.raises(UsageError, match=r"can be called|File name too long"):
        load(env={"HOME": "/", name: path})
