"""Accounts, logins and lines from the command line."""

import os
import pwd
import re
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_cli.api.web.child import DRIVER
from chatapp_cli.bootstrap import Company
from chatapp_cli.commands import dialog, message
from chatapp_cli.commands.base import built
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import acting, channels, dialogs, ingest, lines, operators
from tests.commands.conftest import NOON, Program, Shell, Write

PASSWORD = "семь осенних листьев"
WINDOW = {"TEXTUAL_DRIVER": DRIVER, "CHATAPP_RESTRICTED": "", "CHATAPP_TRAY": "", "CHATAPP_OWN": ""}
"""The environment of a window without a terminal; what a restricted one sets is reset after the test."""


def logged_in(company: Company, name: str) -> str:
    """A login's token, as the environment of a browser's window bears it."""
    token = company.world.chance.key()
    company.write(lambda tx: operators.open_session(tx, name, token))
    return token


@pytest.fixture
def wholesale(company: Company, client_writes: Write) -> ChannelId:
    """A second line with a client of its own, beside Анна in the shop."""
    client_writes("Сколько стоит ель?")
    line = company.write(lambda tx: lines.add(tx, "Опт"))
    bound = Bound(account="opt", title="Оптовый сайт")
    channel = company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="api"))
    peer = Peer(key="сосна", address="+79160000001", title="Секретный клиент")
    event = MessageArrived(
        peer=peer, ext_id="o-1", at=NOON, text="Сосна секретная", sender=Profile(id="s", name="Секретный клиент")
    )
    batch = Batch(arrivals=(Arrival(provider_id="o-1", raw=b"{}", events=(event,)),))
    company.write(lambda tx: ingest.ingest(tx, channel, batch))
    return channel


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_accounts_are_made_listed_changed_and_forgotten(chatapp: Shell) -> None:
    chatapp("line", "add", "Опт")
    chatapp("user", "add", "Пётр", "--line", "Опт", stdin=f"{PASSWORD}\n")
    assert chatapp.run("user", "add", "Анна", stdin="мало\n").code == 2
    taken = chatapp.run("user", "add", "Пётр", stdin=f"{PASSWORD}\n")
    assert (taken.code, taken.err.splitlines()[0]) == (1, "There is an operator Пётр already.")
    assert chatapp("user", "list").rows == [["Пётр", "can log in", "Опт", "all", "present"]]
    chatapp("user", "dialogs", "Пётр", "--only-own")
    assert chatapp("user", "list").rows == [["Пётр", "can log in", "Опт", "only their own", "present"]]
    assert chatapp("user", "dialogs", "Пётр").rows == [
        ["Operator", "Пётр"],
        ["Lines", "Опт"],
        ["Dialogs", "only their own"],
    ]
    assert chatapp.run("user", "dialogs", "Пётр", "--all", "--only-own").code == 2
    chatapp("user", "dialogs", "Пётр", "--all")
    chatapp("user", "lines", "Пётр", "--all")
    chatapp("user", "disable", "Пётр")
    (shown,) = chatapp("user", "list", "--json").json
    assert {key: shown[key] for key in ("name", "role", "disabled", "lines")} == {
        "name": "Пётр",
        "role": "operator",
        "disabled": True,
        "lines": None,
    }
    assert "argon2" not in chatapp("user", "list", "--json").out
    chatapp("user", "enable", "Пётр")
    assert chatapp("user", "lines", "Пётр").rows[1] == ["Lines", "all"]
    assert chatapp.run("user", "lines", "Пётр", "--all", "--line", "Опт").code == 2
    chatapp("user", "remove", "Пётр")
    assert chatapp("user", "list", "--json").json == []
    said = chatapp("tail").out
    assert PASSWORD not in said
    for words in ("Operator added: Пётр", "Пётр sees other lines", "Пётр can no longer log in", "removed: Пётр"):
        assert words in said


def who_is_it(chatapp: Shell) -> dict[str, object]:
    """What whoami says, but for what ``test_attendance`` looks at."""
    return {key: value for key, value in chatapp("whoami", "--json").json.items() if key != "attendance"}


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_who_logs_in_acts_under_that_name_until_they_log_out(chatapp: Shell, tmp_path: Path) -> None:
    assert who_is_it(chatapp) == {
        "name": "Ольга",
        "account": False,
        "lines": None,
        "only_own": False,
        "owner": True,
    }
    chatapp("user", "add", "Пётр", stdin=f"{PASSWORD}\n")
    wrong = chatapp.run("login", "Пётр", stdin="не тот пароль\n")
    assert (wrong.code, wrong.err.splitlines()[0]) == (1, "Name or password is wrong.")
    chatapp("login", "Пётр", stdin=f"{PASSWORD}\n")
    assert who_is_it(chatapp) == {
        "name": "Пётр",
        "account": True,
        "lines": None,
        "only_own": False,
        "owner": False,
    }
    kept = tmp_path / "session-main"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    refused = chatapp.run("user", "lines", "Пётр", "--all")
    assert (refused.code, refused.err.splitlines()) == (
        1,
        [
            "Пётр may not make and change the accounts of operators.",
            "→ Ask the owner to allow it: chatapp user rights 'Пётр' +users",
        ],
    )
    assert chatapp.run("user", "password", "Ольга", stdin=f"{PASSWORD}\n").code == 1
    chatapp("user", "password", "Пётр", stdin="другие восемь букв\n")
    over = chatapp.run("whoami")
    assert (over.code, over.err.splitlines()) == (1, ["You are logged out.", "→ Log in: chatapp login"])
    chatapp("logout")
    assert not kept.exists()
    assert chatapp("whoami").rows[0] == ["Operator", "Ольга"]


@pytest.mark.req("S-128", part="access by lines, assignees")
@pytest.mark.parametrize("name", ["Ольга", "root", pwd.getpwuid(os.geteuid()).pw_name])
def test_the_right_to_accounts_does_not_lead_to_one_of_the_owners_name(
    chatapp: Shell, company: Company, name: str
) -> None:
    chatapp("user", "add", "Пётр", stdin=f"{PASSWORD}\n")
    chatapp("user", "rights", "Пётр", "+users")
    said = chatapp.run("user", "add", name, stdin=f"{PASSWORD}\n", CHATAPP_TOKEN=logged_in(company, "Пётр"))
    assert (said.code, said.err.splitlines()[0]) == (
        1,
        f"{name} is a name of the owner, or was used here before; only the owner changes such an account.",
    )


@pytest.mark.parametrize(
    "words",
    [
        ("line", "add", "{}"),
        ("line", "rename", "Опт", "{}"),
        ("user", "add", "{}"),
        ("view", "add", "{}", "--unread"),
        ("quick", "add-section", "{}"),
        ("config", "set", "company_name", "{}"),
    ],
)
def test_a_name_is_one_line_that_can_be_seen_and_no_longer_than_a_line(chatapp: Shell, words: tuple[str, ...]) -> None:
    chatapp("line", "add", "Опт")
    unseen, long = (
        "A name has to be one line, without characters that nobody sees.",
        "A name: 201 characters are too many; the limit is 200.",
    )
    for name, said in (("a\x1b[2Jb", unseen), ("a\nb", unseen), ("a\u200bb", unseen), ("я" * 201, long)):
        refused = chatapp.run(*[word.format(name) for word in words], stdin=f"{PASSWORD}\n")
        assert (refused.code, refused.err.splitlines()[0]) == (2, said)
    chatapp(*(word.format("я" * 200) for word in words), stdin=f"{PASSWORD}\n")


@pytest.mark.parametrize(
    "name", ["me", "Nobody", "daemon", "Program", "door", "effect", "dаemon", "ＤＯＯＲ", "-", "--line"]
)
@pytest.mark.parametrize(
    "words", [("user", "add", "--", "{}"), ("--operator={}", "line", "list"), ("config", "set", "operator", "--", "{}")]
)
def test_nobody_is_called_like_a_word_or_a_part_of_the_program(
    chatapp: Shell, name: str, words: tuple[str, ...]
) -> None:
    said = chatapp.run(*(word.format(name) for word in words), stdin=f"{PASSWORD}\n")
    assert (said.code, said.err.splitlines()[0]) == (2, f"{name} has a meaning of its own where somebody is named.")


@pytest.mark.parametrize(
    ("there", "alike"),
    [
        ("Olga", "olga"),
        ("Olga", "Оlga"),
        ("Olga", "ＯＬＧＡ"),
        ("Olga", "Οlga"),
        ("Ольга", "ольга"),
        ("Ольга", "Oльгa"),
        ("Вера Н", "Beрa H"),
        ("Ann\ufe0f", "Ann"),
        ("Straße", "STRASSE"),
    ],
)
def test_no_account_looks_like_another_one(chatapp: Shell, there: str, alike: str) -> None:
    chatapp("user", "add", there, stdin=f"{PASSWORD}\n")
    said = chatapp.run("user", "add", alike, stdin=f"{PASSWORD}\n")
    assert (said.code, said.err.splitlines()[0]) == (
        1,
        f"{alike} looks like {there}, who has an account: nobody could tell them apart.",
    )
    again = chatapp.run("user", "add", there, stdin=f"{PASSWORD}\n")
    assert (again.code, again.err.splitlines()[0]) == (1, f"There is an operator {there} already.")


def test_names_that_only_share_letters_are_two(chatapp: Shell) -> None:
    for name in ("Анна", "Anna", "Аня", "Ольга", "Олег", "Oleg"):
        chatapp("user", "add", name, stdin=f"{PASSWORD}\n")
    assert len(chatapp("user", "list", "--json").json) == 6
    assert chatapp.run("user", "add", "42", stdin=f"{PASSWORD}\n").err.startswith("A name is more than a number.")


SIGNED = {
    "control characters": "ev\x1b[31mil",
    "two lines": "Olga [sent]\n#77",
    "turned around": "Olga\u202eagl",
    "nothing to see": "\u3164",
    "too long": "я" * 201,
}


@pytest.mark.parametrize("name", SIGNED.values(), ids=SIGNED)
@pytest.mark.parametrize("setting", ["operator", "company_name"])
def test_a_name_from_outside_is_as_sound_as_one_that_is_set(chatapp: Shell, setting: str, name: str) -> None:
    words = () if setting == "company_name" else (f"--operator={name}",)
    env = {f"CHATAPP_{setting.upper()}": name}
    ways = [chatapp.run("line", "list", **env), chatapp.run("config", "set", setting, name)]
    ways += [chatapp.run(*words, "line", "list")] if words else []
    refused = ("A name has to be one line", "A name: 201 characters are too many")
    assert {(said.code, said.err.startswith(refused)) for said in ways} == {(2, True)}
    assert f"Correct CHATAPP_{setting.upper()}." in ways[0].err


def test_a_name_is_the_same_however_its_letters_and_blanks_are_typed(chatapp: Shell, company: Company) -> None:
    chatapp("user", "add", "Андрей Й", stdin=f"{PASSWORD}\n")
    typed = unicodedata.normalize("NFD", " Андрей   Й ")
    assert chatapp("--operator", typed, "whoami", "--json").json["name"] == "Андрей Й"


@pytest.mark.parametrize("name", ["ev\x1b[31mil", "daemon", "nobody", "a\nb"])
def test_a_user_of_the_system_with_a_name_that_cannot_sign_signs_with_their_number(chatapp: Shell, name: str) -> None:
    found = chatapp("whoami", "--json", LOGNAME=name, CHATAPP_OPERATOR="").json
    assert found["name"] == f"uid {os.geteuid()}"


def test_somebody_who_does_not_own_the_desk_has_to_log_in(company: Company) -> None:
    with pytest.raises(Refused, match="Nobody is logged in"):
        company.read(lambda tx: acting.who_acts(tx, token="", owner=False, name="Ольга"))


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_rights_are_given_shown_and_taken_back(chatapp: Shell, company: Company) -> None:
    chatapp("user", "add", "Пётр", stdin=f"{PASSWORD}\n")
    token = logged_in(company, "Пётр")
    refused = chatapp.run("line", "add", "Опт", CHATAPP_TOKEN=token)
    assert (refused.code, refused.err.splitlines()) == (
        1,
        [
            "Пётр may not add, rename and remove lines.",
            "→ Ask the owner to allow it: chatapp user rights 'Пётр' +lines",
        ],
    )
    given = chatapp("user", "rights", "Пётр", "+lines", "+channels", "--json").json
    assert given["name"] == "Пётр"
    assert {"answer", "lines", "channels"} <= set(given["rights"])
    chatapp("line", "add", "Опт", CHATAPP_TOKEN=token)
    chatapp("user", "rights", "Пётр", "-lines", "-channels")
    assert chatapp.run("line", "rename", "Опт", "Розница", CHATAPP_TOKEN=token).code == 1
    shown = {row[0]: row[1] for row in chatapp("user", "rights", "Пётр").rows}
    assert (shown["answer"], shown["lines"], len(shown)) == ("yes", "no", len(Right))
    wrong = chatapp.run("user", "rights", "Пётр", "lines")
    assert (wrong.code, wrong.err.splitlines()[0]) == (2, "lines is no change of rights.")
    assert chatapp.run("user", "rights", "Пётр", "+lines", CHATAPP_TOKEN=token).code == 1
    told = chatapp("tail").out
    assert "Пётр has the additional rights: lines, channels" in told
    assert "Пётр has no additional rights any more" in told


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_an_operator_of_one_line_removes_neither_it_nor_another(
    chatapp: Shell, company: Company, wholesale: ChannelId
) -> None:
    shop = company.read(lambda tx: lines.find(tx, "Магазин").id)
    company.write(lambda tx: operators.add(tx, "Пётр", "", [shop]))
    token = logged_in(company, "Пётр")
    before = company.read(lines.everything)
    for line in ("Магазин", "Опт"):
        assert chatapp.run("line", "remove", line, "--force", CHATAPP_TOKEN=token).code == 1
        assert chatapp.run("line", "unbind", "api", "--line", line, "--force", CHATAPP_TOKEN=token).code == 1
    chatapp("user", "rights", "Пётр", "+lines", "+channels")
    missing = chatapp.run("line", "remove", "Опт", "--force", CHATAPP_TOKEN=token)
    assert (missing.code, missing.err.splitlines()[0]) == (1, "There is no line Опт.")
    assert company.read(lines.everything) == before


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_disabling_ends_a_login_at_once(chatapp: Shell, company: Company) -> None:
    chatapp("user", "add", "Пётр", stdin=f"{PASSWORD}\n")
    token = logged_in(company, "Пётр")
    assert chatapp("whoami", CHATAPP_TOKEN=token).rows[0] == ["Operator", "Пётр"]
    chatapp("user", "disable", "Пётр")
    assert chatapp.run("dialog", "list", CHATAPP_TOKEN=token).err.startswith("You are logged out.")


SECRET = re.compile(r"екретн|Опт\b|Оптов|79160000001")
OF_EVERYTHING = [
    "dialog list --limit 100",
    "dialog list --waiting",
    "dialog list --unread",
    "dialog list --blocked",
    "search сосна",
    "line list",
    "line show Магазин",
    "outbox list",
    "tail --json",
    "doctor",
    "deadletter list",
    "dialog mentions",
    "template list",
    "user list",
    "contact lookup +79160000001 --known",
    "contact chain +79160000001",
    "contact suggest",
]
OF_THE_LINE = [
    "reply 2 --text нет",
    "trace 2",
    "line show Опт",
    "line rename Опт Нет",
    "line remove Опт --force",
    "line unbind opt --force",
    "line check opt",
    "send --line Опт --text нет --wait 0 +79160000001",
]
ANSWERS = {
    "dialog": "2", "message": "2", "messages": "2", "name": "Вера", "tag": "Вера", "text": "нет", "change": "add",
    "until": "+30m", "emoji": "👍", "at": "+30m", "to": "1", "verdict": "sent", "folder": ".", "file": "2",
    "answer": "accepted",
}  # fmt: skip
OPTIONS = {"forward": ["--to", "1"]}


def verbs() -> Iterator[list[str]]:
    """Every verb that is said of one dialog or one message, with what it insists on."""
    for noun in (dialog, message):
        group = built(noun.app)
        for name in group.list_commands(None):
            arguments = [one for one in group.get_command(None, name).params if one.param_type_name == "argument"]
            if {one.name for one in arguments} & {"dialog", "message", "messages"}:
                words = [ANSWERS[one.name] for one in arguments] + OPTIONS.get(name, [])
                yield [noun.__name__.rpartition(".")[2], name, *words]


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_nothing_of_another_line_is_shown_or_can_be_touched(
    chatapp: Shell, company: Company, wholesale: ChannelId
) -> None:
    shop = company.read(lambda tx: lines.find(tx, "Магазин").id)
    company.write(lambda tx: operators.add(tx, "Пётр", "", [shop]))
    company.write(lambda tx: dialogs.tag(tx, DialogId(2), "Вера"))
    token = logged_in(company, "Пётр")
    telling = {one for one in OF_EVERYTHING if SECRET.search(chatapp.run(*one.split()).out)}
    assert telling >= {"dialog list --limit 100", "search сосна", "line list", "tail --json", "doctor"}
    untouched = everything(company)
    for command in OF_EVERYTHING:
        target = chatapp.run(*command.split(), CHATAPP_TOKEN=token)
        assert not SECRET.search(target.out), (command, target)
    for words in [*verbs(), *(command.split() for command in OF_THE_LINE)]:
        target = chatapp.run(*words, CHATAPP_TOKEN=token)
        assert not SECRET.search(target.out), (words, target)
        assert target.code == 1, (words, target)
        assert re.match("There is no|No channel", target.err), (words, target)
    assert everything(company) == untouched


def everything(company: Company) -> list[list[tuple[object, ...]]]:
    """All rows that an operator could have changed."""
    tables = (
        "line",
        "channel",
        "dialog",
        "message",
        "outbox",
        "note",
        "dialog_tag",
        "dialog_member",
        "draft",
        "contact",
    )
    with company.database.reading() as tx:
        return [tx.compose(row, f"SELECT * FROM {table}", {}) for table in tables]


def row(*columns: object) -> tuple[object, ...]:
    return columns


def test_a_channel_is_not_bound_anew_by_who_may_not_change_its_secrets(
    chatapp: Shell, program: Program, bound: int
) -> None:
    chatapp("user", "add", "Пётр", stdin="geheim-geheim\n")
    chatapp("user", "rights", "Пётр", "+channels")
    chatapp("login", "Пётр", stdin="geheim-geheim\n")
    target = chatapp.run("line", "bind", "api", *program.answers)
    assert (target.code, target.err.splitlines()[-1]) == (
        1,
        "→ Ask the owner to allow it: chatapp user rights 'Пётр' +secrets",
    )
    assert [event["type"] for event in program.sandbox.events] == ["ping"]


def test_wrong_passwords_are_counted_from_one_call_to_the_next(chatapp: Shell) -> None:
    chatapp("user", "add", "Пётр", stdin=f"{PASSWORD}\n")
    wrong = {chatapp.run("login", f"Пётр{' ' * n}", stdin="не тот пароль\n").err.splitlines()[0] for n in range(10)}
    assert wrong == {"Name or password is wrong."}
    shut = chatapp.run("login", "Пётр", stdin=f"{PASSWORD}\n")
    assert (shut.code, shut.err.splitlines()[0]) == (1, "Too many wrong passwords. Wait a quarter of an hour.")


@pytest.mark.parametrize("password", ["password1", "Пётр2026", "Lavka2026"])
def test_a_password_that_is_tried_first_is_refused(chatapp: Shell, password: str) -> None:
    chatapp("company", "configure", "--set", "company_name=Lavka")
    refused = chatapp.run("user", "add", "Пётр", stdin=f"{password}\n")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("This password is among the first that anybody would try.")
    chatapp("user", "add", "Пётр", stdin=f"{PASSWORD}\n")
    assert chatapp.run("user", "password", "Пётр", stdin=f"{password}\n").code == 2


@pytest.mark.parametrize("end", ["never added", "disable", "remove"])
@pytest.mark.parametrize("way", [(), ("--plain",)])
def test_a_restricted_window_does_not_open_without_an_account_and_says_what_helps(
    chatapp: Shell, company: Company, end: str, way: tuple[str, ...]
) -> None:
    if end != "never added":
        chatapp("user", "add", "Ольга", stdin=f"{PASSWORD}\n")
        chatapp("user", end, "Ольга")
    said = chatapp.run("--operator", "Ольга", "inbox", "--restricted", *way, stdin="list\n", **WINDOW)
    assert (said.code, said.out) == (1, "")
    if end == "disable":
        assert "The account Ольга is disabled or removed." in said.err
    else:
        assert "A restricted window needs an account, and Ольга has none." in said.err
        assert "chatapp user add NAME" in said.err
    assert not (company.settings.folder / "uploads").exists()
