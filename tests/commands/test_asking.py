"""The conversation at a terminal."""

from collections.abc import Callable, Mapping

import pytest

from chatapp_cli.commands.asking import PresetAsker, TerminalAsker, understood
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Choice, Field, Form, Notice
from chatapp_cli.domain.text import T

FIELDS = (
    Field(name="name", label=T("Name")),
    Field(name="token", label=T("Token"), kind="secret", hint=T("From the shop")),
    Field(
        name="intake",
        label=T("Intake"),
        kind="choice",
        default="polling",
        choices=(Choice(value="polling", label=T("We ask")), Choice(value="webhook", label=T("They call"))),
    ),
    Field(name="url", label=T("Address"), kind="url", when={"intake": "webhook"}),
    Field(name="local", label=T("Local"), kind="flag", default="off"),
)


class Person:
    """Types prepared answers and remembers what was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.answers.pop(0)


def prompt(open_: Callable[[str], str], hidden: Callable[[str], str], **given: str) -> TerminalAsker:
    return TerminalAsker(given, ask=open_, ask_hidden=hidden)


async def ask(asker: TerminalAsker | PresetAsker, **form: object) -> Mapping[str, str]:
    return await asker.form(Form(title=T("Shop"), fields=FIELDS, **form))  # type: ignore[arg-type]


async def test_questions_are_asked_in_order_secrets_hidden_and_conditions_kept() -> None:
    person, secret = Person("Базар", "2", "https://desk.example.org", "да"), Person("t0ken")
    assert await ask(prompt(person, secret)) == {
        "name": "Базар",
        "token": "t0ken",
        "intake": "webhook",
        "url": "https://desk.example.org",
        "local": "on",
    }
    assert person.asked == ["Name: ", "Intake [polling]: ", "Address: ", "Local [no]: "]
    assert secret.asked == ["Token: "]


async def test_what_does_not_apply_is_not_asked_and_enter_takes_the_default() -> None:
    person = Person("Базар", "", "")
    answers = await ask(prompt(person, Person("t0ken")))
    assert answers == {"name": "Базар", "token": "t0ken", "intake": "polling", "local": "off"}


async def test_an_answer_that_cannot_be_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    person = Person("", "Базар", "3", "webhooks", "1", "maybe", "n")
    assert (await ask(prompt(person, Person("t"))))["local"] == "off"
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("! Choose one of: polling, webhook") == 2
    assert "! An answer is needed." in said.err
    assert "! Answer yes or no." in said.err


async def test_after_a_refusal_what_was_typed_is_kept_and_the_blame_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    person, secret = Person("", "", ""), Person("new")
    typed = {"name": "Базар", "token": "old", "intake": "polling", "local": "off"}
    answers = await ask(
        prompt(person, secret, token="old"), values=typed, errors={"token": T("Refused"), "": T("Make another")}
    )
    assert answers == {**typed, "token": "new"}
    assert secret.asked == ["Token [Enter keeps it]: "]
    said = capsys.readouterr().err
    assert said.startswith("\nShop\n! Refused\n! Make another\n")
    assert "! Refused\n  From the shop" in said


async def test_what_was_given_beforehand_is_not_asked() -> None:
    person = Person("", "")
    assert (await ask(prompt(person, Person(), name="Базар", token="t")))["token"] == "t"
    assert person.asked == ["Intake [polling]: ", "Local [no]: "]


MAILBOX = (
    Field(name="address", label=T("Address")),
    Field(
        name="service",
        label=T("Service"),
        kind="choice",
        default="custom",
        found_in="address",
        choices=(
            Choice(value="post", label=T("Post"), endings=("@post.example",)),
            Choice(value="custom", label=T("Another")),
        ),
    ),
    Field(name="host", label=T("Host"), when={"service": "custom"}),
    Field(name="port", label=T("Port"), kind="port", default="993", when={"service": "custom"}, further=True),
    Field(name="key", label=T("Key"), further=True),
    Field(name="signature", label=T("Signature"), required=False, further=True),
    Field(name="days", label=T("Days"), kind="number", default="0"),
)


async def bind(asker: TerminalAsker | PresetAsker, **form: object) -> Mapping[str, str]:
    return await asker.form(Form(title=T("Mailbox"), fields=MAILBOX, **form))  # type: ignore[arg-type]


async def test_further_questions_are_asked_last_and_only_of_those_who_want_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hurried = Person("desk@shop.example", "", "mx", "k", "3", "")
    usual = {"address": "desk@shop.example", "service": "custom", "host": "mx", "port": "993", "key": "k"}
    assert await bind(prompt(hurried, Person())) == {**usual, "signature": "", "days": "3"}
    assert hurried.asked == [
        "Address: ",
        "Service [custom]: ",
        "Host: ",
        "Key: ",
        "Days [0]: ",
        "Further questions [no]: ",
    ]
    assert "  Left unchanged: Port; Signature\n" in capsys.readouterr().err
    thorough = Person("desk@shop.example", "", "mx", "k", "3", "y", "143", "Olga")
    assert await bind(prompt(thorough, Person())) == {**usual, "port": "143", "signature": "Olga", "days": "3"}
    assert thorough.asked[5:] == ["Further questions [no]: ", "Port [993]: ", "Signature [may stay empty]: "]


async def test_a_single_further_question_is_named() -> None:
    person = Person("y", "143")
    port = Field(name="port", label=T("Port"), kind="port", default="993", further=True)
    assert await prompt(person, Person()).form(Form(title=T("Mail"), fields=(port,))) == {"port": "143"}
    assert person.asked == ["Change «Port»? [no]: ", "Port [993]: "]


async def test_what_another_answer_tells_is_asked_only_among_the_further_questions() -> None:
    person = Person("desk@Post.example ", "k", "", "")
    answers = await bind(prompt(person, Person()))
    assert (answers["service"], "host" in answers) == ("post", False)
    assert person.asked == ["Address: ", "Key: ", "Days [0]: ", "Further questions [no]: "]
    changing = Person("desk@post.example", "k", "", "yes", "2", "mx", "", "")
    assert (await bind(prompt(changing, Person())))["host"] == "mx"
    assert changing.asked[4:] == ["Service [post]: ", "Host: ", "Port [993]: ", "Signature [may stay empty]: "]


async def test_a_further_question_that_was_refused_is_asked_at_once_and_others_keep_their_answers() -> None:
    typed = {
        "address": "d@post.example",
        "service": "custom",
        "host": "mx",
        "port": "1",
        "key": "k",
        "signature": "Olga",
    }
    person = Person("", "", "", "143", "", "")
    answers = await bind(prompt(person, Person()), values={**typed, "days": "0"}, errors={"port": T("Closed")})
    assert answers == {**typed, "port": "143", "days": "0"}
    assert person.asked[3] == "Port [1]: "


async def test_further_questions_can_be_given_in_advance_and_are_asked_of_nobody_without_a_terminal() -> None:
    person = Person("desk@shop.example", "", "mx", "", "")
    answers = await bind(prompt(person, Person(), port="143", key="k"))
    assert (answers["port"], answers["key"], answers["signature"]) == ("143", "k", "")
    given = {"address": "d@post.example", "key": "k"}
    assert await bind(PresetAsker(given)) == {**given, "service": "post", "signature": "", "days": "0"}
    assert (await bind(PresetAsker({**given, "signature": "Olga"})))["signature"] == "Olga"


async def test_an_answer_to_a_question_that_would_not_apply_says_more_than_the_address() -> None:
    given = {"address": "d@post.example", "key": "k", "host": "mx"}
    assert (await bind(PresetAsker(given)))["service"] == "custom"
    bound = {"address": "d@post.example", "service": "custom", "host": "mx"}
    assert (await bind(PresetAsker({"key": "k"}), values=bound))["host"] == "mx"


async def test_a_page_is_visited_until_the_right_address_is_pasted() -> None:
    person = Person("https://desk.example.org/?code=1&state=other", "https://desk.example.org/?code=2&state=mine")
    assert await prompt(person, Person()).visit("https://shop.example.org", "mine") == {"code": "2", "state": "mine"}


async def test_a_code_to_scan_is_drawn_beside_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    await PresetAsker({}).show(Notice(title=T("Scan it"), lines=[T("Soon")], qr="desk", link="https://example.org"))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("\nScan it\n  Soon\n  https://example.org\n")
    assert "▀" in said.err or "█" in said.err


async def test_without_a_person_a_refusal_names_the_field() -> None:
    with pytest.raises(UsageError) as refused:
        await ask(PresetAsker({"name": "Базар", "token": "t"}), errors={"token": T("Refused")})
    assert (str(refused.value.what), refused.value.field) == ("Token (token): Refused", "token")
    assert str(refused.value.next_step) == (
        "Give it with --set token=… or in a file with --answers, or run this on a terminal. From the shop"
    )
    with pytest.raises(UsageError) as refused:
        await ask(PresetAsker({"name": "Базар", "token": "t"}), errors={"token": T("Refused"), "": T("Make another")})
    assert str(refused.value.next_step).endswith(" or run this on a terminal. Make another")


@pytest.mark.parametrize("sign", ["\n", "\r", "\x00", "\x1b", "\u2028"], ids=ascii)
def test_an_answer_is_one_line_but_for_keys_and_certificates(sign: str) -> None:
    said = f"Ёлка{sign}Базар"
    with pytest.raises(UsageError, match="one line"):
        understood(Field(name="name", label=T("Name")), said)
    assert understood(Field(name="key", label=T("Key"), kind="secret"), said) == said
    assert understood(Field(name="ca", label=T("Certificate"), kind="file"), said) == said
