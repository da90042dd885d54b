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
    answers = await ask(prompt(person, secret, token="old"), values=typed, errors={"token": T("Refused")})
    assert answers == {**typed, "token": "new"}
    assert secret.asked == ["Token [Enter keeps it]: "]
    assert "! Refused\n  From the shop" in capsys.readouterr().err


async def test_what_was_given_beforehand_is_not_asked() -> None:
    person = Person("", "")
    assert (await ask(prompt(person, Person(), name="Базар", token="t")))["token"] == "t"
    assert person.asked == ["Intake [polling]: ", "Local [no]: "]


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
    assert "From the shop Give it with --set token=…" in str(refused.value.next_step)


@pytest.mark.parametrize("sign", ["\n", "\r", "\x00", "\x1b", "\u2028"], ids=ascii)
def test_an_answer_is_one_line_but_for_keys_and_certificates(sign: str) -> None:
    said = f"Ёлка{sign}Базар"
    with pytest.raises(UsageError, match="one line"):
        understood(Field(name="name", label=T("Name")), said)
    assert understood(Field(name="key", label=T("Key"), kind="secret"), said) == said
    assert understood(Field(name="ca", label=T("Certificate"), kind="file"), said) == said
