"""``chatapp line``."""

import pytest

from chatapp_cli.kit.manifests import manifest
from tests.commands.conftest import Program, Shell, Write


def test_a_line_is_made_listed_renamed_and_removed(chatapp: Shell) -> None:
    assert chatapp("line", "add", "Продажи").out == "1\n"
    assert chatapp("line", "list").rows == [["1", "Продажи", "0", "0", "0"]]
    chatapp("line", "rename", "Продажи", "Опт")
    assert chatapp("line", "list", "--json").json == [
        {"id": 1, "name": "Опт", "channels": 0, "dialogs": 0, "unread": 0, "resting": [], "troubled": []}
    ]
    chatapp("line", "remove", "1")
    target = chatapp("line", "list")
    assert (target.out, target.err) == ("", "There is no line yet. Make one: chatapp line add NAME\n")


def test_a_name_that_is_taken_is_refused_with_the_next_step(chatapp: Shell) -> None:
    chatapp("line", "add", "Продажи")
    target = chatapp.run("line", "add", "Продажи")
    assert (target.code, target.out) == (1, "")
    assert target.err == "There is a line Продажи already.\n→ Choose another name.\n"


def test_binding_without_a_line_tells_a_newcomer_what_to_do_first(chatapp: Shell) -> None:
    target = chatapp.run("line", "bind", "api")
    assert (target.code, target.err) == (1, "There is no line yet.\n→ Make one: chatapp line add NAME\n")


def test_an_unknown_kind_of_channel_is_answered_with_the_known_ones(chatapp: Shell) -> None:
    target = chatapp.run("line", "bind", "pigeon")
    assert target.code == 1
    assert target.err.startswith("There is no kind of channel pigeon.\n→ Known kinds: api,")


@pytest.mark.req("S-111")
def test_a_program_is_bound_by_answers_and_the_address_to_call_is_told(chatapp: Shell, program: Program) -> None:
    chatapp("line", "add", "Магазин")
    target = chatapp("line", "bind", "api", *program.answers)
    assert target.out == "1\n"
    assert "Ёлочный базар is bound to line Магазин." in target.err
    hook = chatapp("line", "show", "--json").json["channels"][0]["facts"]["Webhook path"]
    assert f"http://127.0.0.1:8320{hook}" in target.err


def test_answers_may_come_from_a_file_and_from_standard_input(chatapp: Shell, program: Program) -> None:
    chatapp("line", "add", "Магазин")
    text = "".join(f'{name} = "{value}"\n' for name, value in program.sandbox.answers.items())
    assert chatapp("line", "bind", "api", "--answers", "-", stdin=text).out == "1\n"
    broken = chatapp.run("line", "bind", "api", "--answers", "nowhere.toml")
    assert (broken.code, broken.err.splitlines()[0]) == (
        2,
        "The answers nowhere.toml cannot be read: No such file or directory.",
    )


def test_a_missing_answer_names_the_field_its_hint_and_how_to_give_it(chatapp: Shell) -> None:
    chatapp("line", "add", "Магазин")
    target = chatapp.run("line", "bind", "api", "--set", "url=")
    assert target.code == 2
    assert target.err.splitlines() == [
        "Name of the program (name): An answer is needed.",
        (
            "→ Give it with --set name=… or in a file with --answers, "
            "or run this on a terminal. As operators see it, such as «Shop»."
        ),
    ]


def test_a_refused_answer_is_blamed_on_its_field(chatapp: Shell, program: Program) -> None:
    chatapp("line", "add", "Магазин")
    target = chatapp.run("line", "bind", "api", *program.answers, "--set", "secret=short")
    assert target.code == 2
    assert target.err.startswith("Signing secret (secret): A secret is whsec_ and the base64")
    assert chatapp.run("line", "bind", "api", "--set", "naem=Shop").err.startswith("There is no field naem.\n→ Fields")
    assert chatapp.run("line", "bind", "api", "--set", "name").err.startswith("name is not an answer.\n→ Write it so")


def test_help_says_where_the_fields_of_a_channel_stand_and_they_stand_there(chatapp: Shell) -> None:
    assert "chatapp line channels KIND, or docs/channels/KIND.md" in " ".join(
        chatapp("line", "bind", "email", "--help").out.split()
    )
    told = chatapp("line", "channels", "email").err
    assert "docs/channels/email.md" in told
    known = {field.name for field in manifest("email").fields}
    assert known == {line.split()[0] for line in told.partition("docs/channels/email.md")[2].splitlines()[1:]}
    assert "docs/channels" not in chatapp("line", "channels").err


def test_binding_again_renews_the_binding_that_is_there(chatapp: Shell, program: Program, bound: int) -> None:
    first = chatapp("line", "show", "--json").json["channels"]
    assert chatapp("line", "bind", "api", *program.answers).out == f"{bound}\n"
    second = chatapp("line", "show", "--json").json["channels"]
    assert [c["facts"] for c in second] == [c["facts"] for c in first]


@pytest.mark.req("S-030")
def test_a_line_shows_its_channels_with_health_but_never_a_secret(chatapp: Shell, program: Program, bound: int) -> None:
    target = chatapp("line", "show", "Магазин")
    facts = dict(row for row in target.rows if len(row) == 2)
    assert facts["Channel"] == f"Ёлочный базар (API, {bound})"
    assert (facts["Health"], facts["Last sign of life"]) == ("not started yet", "never")
    everything = target.out + chatapp("line", "show", "--json").out
    assert program.sandbox.answers["secret"] not in everything


def test_an_option_is_changed_and_anything_else_is_refused(chatapp: Shell, bound: int) -> None:
    chatapp("line", "configure", "api", "--set", "url=http://127.0.0.1:9/desk")
    assert chatapp("line", "show", "--json").json["channels"][0]["settings"]["url"] == "http://127.0.0.1:9/desk"
    target = chatapp.run("line", "configure", "api", "--set", "secret=x")
    assert (target.code, target.err.splitlines()[0]) == (2, "secret cannot be changed this way.")


def test_a_check_tells_receiving_and_sending_apart(chatapp: Shell, program: Program, bound: int) -> None:
    found = {row[1]: row[0] for row in chatapp("line", "check", "api").rows}
    assert found == {"receive": "ok", "send": "ok"}
    program.do(program.sandbox.vanish())
    target = chatapp.run("line", "check", "--json")
    assert target.code == 1
    assert {f["name"]: f["ok"] for f in target.json} == {"receive": True, "send": False}
    assert all(f["next_step"] for f in target.json if not f["ok"])


def test_a_channel_with_something_to_send_is_unbound_only_by_force(chatapp: Shell, bound: int) -> None:
    chatapp("send", "client-7", "--channel", "api", "--text", "Ждите", "--at", "+1h")
    target = chatapp.run("line", "unbind", "api")
    assert (target.code, target.err.splitlines()[1]) == (1, "→ Wait until they are sent, or use --force.")
    chatapp("line", "unbind", "api", "--force")
    assert chatapp("line", "show").err == "Line Магазин has no channel yet. Bind one: chatapp line bind KIND\n"


SOURCES = {
    "1": "Telegram Bot",
    "2": "Telegram Private",
    "3": "Vkontakte Bot",
    "4": "Max Bot",
    "5": "Авито",
    "6": "API",
    "7": "WhatsApp",
    "8": "Sipout SMS",
    "10": "Telegram Private Parsing",
    "11": "Email",
    "12": "VK Notify",
    "13": "[WEB] WhatsApp",
}


@pytest.mark.req("S-036")
def test_every_kind_of_channel_is_listed_under_its_stable_number_and_name(chatapp: Shell) -> None:
    kinds = {kind["kind"]: kind["source_id"] for kind in chatapp("line", "channels", "--json").json}
    assert {"telegram_bot": 1, "api": 6, "email": 11}.items() <= kinds.items()
    target = chatapp("line", "channels")
    assert ["6", "api", "API", "chat_id", "16 MB"] in [row[:5] for row in target.rows]
    assert {row[0]: row[6] for row in target.rows if len(row) > 6 and row[6]} == SOURCES
    numbers = [int(row[0]) for row in target.rows]
    assert numbers == sorted(numbers)
    assert 9 not in numbers
    assert "Without an outgoing address the channel only receives." in target.err


@pytest.mark.req("S-036")
def test_a_number_that_is_kept_for_later_is_refused_by_its_name(chatapp: Shell) -> None:
    chatapp("line", "add", "Магазин")
    target = chatapp.run("line", "bind", "10")
    assert (target.code, target.err) == (
        1,
        "Number 10, Telegram Private Parsing, is kept for a channel that is not there yet.\n",
    )


@pytest.mark.req("S-036")
def test_the_number_of_a_kind_names_its_channel_as_it_names_what_is_bound(
    chatapp: Shell, program: Program, client_writes: Write, bound: int
) -> None:
    client_writes("Здравствуйте")
    assert chatapp("line", "bind", "6", *program.answers).out == f"{bound}\n"
    assert [row["id"] for row in chatapp("dialog", "list", "--channel", "6", "--json").json] == [1]
    assert chatapp("send", "client-7", "--channel", "6", "--text", "Да", "--wait", "0", "--json").json["dialog"] == 1
    chatapp("line", "configure", "6", "--set", "undo_send=0")
    assert chatapp("config", "list", "--channel", "6", "--json").json
    assert chatapp.run("dialog", "list", "--channel", "9").code == 1
    assert chatapp("line", "unbind", "6", "--force").code == 0


@pytest.mark.req("S-036")
def test_a_kind_of_channel_is_named_by_its_stable_number_too(chatapp: Shell, program: Program) -> None:
    chatapp("line", "add", "Магазин")
    assert chatapp("line", "bind", "6", *program.answers).out == "1\n"
    (channel,) = chatapp("line", "show", "--json").json["channels"]
    assert (channel["kind"], channel["source_id"]) == ("api", 6)
    assert [row[:2] for row in chatapp("line", "channels", "6").rows] == [["6", "api"]]
    assert chatapp.run("line", "bind", "9").err.startswith("There is no kind of channel 9.")


NAMES = (
    "line add {}",
    "line rename {} Розница",
    "line rename Опт {}",
    "line remove {}",
    "line bind {}",
    "line unbind {}",
    "line resume {}",
    "user disable {}",
    "user lines {} --all",
    "user rights {} +lines",
    "user remove {}",
    "quick show {}",
    "quick add-section {}",
    "quick remove-section {}",
    "view show {}",
    "view add {}",
    "template show {} hello",
    "contact show {}",
    "contact chain {} api",
    "chat list {}",
    "application new {}",
    "dialog tag 1 {}",
)


@pytest.mark.parametrize("words", NAMES)
@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_nobodys_and_nothing_is_done(chatapp: Shell, words: str, name: str) -> None:
    chatapp("line", "add", "Опт")
    target = chatapp.run(*(name if word == "{}" else word for word in words.split()))
    assert (target.code, target.out) == (2, "")
    assert target.err.endswith(" is empty.\n→ Write it out; in a script the variable may be empty.\n")
    assert [row[1] for row in chatapp("line", "list").rows] == ["Опт"]


def test_an_empty_word_that_means_something_is_taken(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Здравствуйте")
    chatapp("dialog", "rename", "1", "Соседка")
    chatapp("dialog", "rename", "1", "")
    assert chatapp("dialog", "show", "1", "--json").json["name"] == "Анна"
    chatapp("config", "set", "theme", "light")
    chatapp("config", "set", "theme", "")
    assert chatapp("config", "get", "theme").out == "dark\n"
