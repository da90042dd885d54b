"""What a person at a terminal is asked when a mailbox is bound."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chatapp_cli.commands.asking import PresetAsker, TerminalAsker
from chatapp_cli.connectors.email.connector import EmailConnector
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.kit.binding import form_of
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.email import EmailSandbox
from tests.connectors.email.desk import scripted
from tests.contract.connector_contract import ScriptedAsker

DAYS, FURTHER = "Days of older mail to fetch [0]: ", "Further questions [no]: "


class Newcomer:
    """Answers what has no usual answer, and remembers the questions."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.asked.append(prompt)
        return next((said for words, said in self._answers.items() if prompt.startswith(words)), "")


async def asked(answers: Mapping[str, str], previous: Bound | None = None) -> tuple[Mapping[str, str], list[str]]:
    """The answers to the form of a mailbox, and what was asked for them."""
    person = Newcomer({"Password": "s3cret", **answers})
    asker = TerminalAsker({}, ask=person, ask_hidden=person)
    return await asker.form(form_of("email", previous)), person.asked


@pytest.mark.parametrize(
    ("address", "service", "way"),
    [
        ("desk@mail.ru", "mailru", []),
        ("Desk@BK.ru", "mailru", []),
        ("desk@ya.ru", "yandex", ["Log in by [password]: "]),
        ("desk@googlemail.com", "gmail", ["Log in by [password]: "]),
    ],
)
async def test_a_mailbox_of_a_known_service_needs_hardly_more_than_address_and_password(
    address: str, service: str, way: list[str]
) -> None:
    answers, questions = await asked({"Username": address})
    assert (answers["service"], answers["password"], "imap_host" in answers) == (service, "s3cret", False)
    assert questions == ["Username (e-mail address): ", *way, "Password: ", DAYS, FURTHER]


async def test_another_mailbox_needs_its_servers_too_and_the_rest_is_as_usual() -> None:
    answers, questions = await asked({"Username": "desk@shop.example", "IMAP": "imap.shop.example", "SMTP": "mx"})
    assert questions[1:] == [
        "Mail service [custom]: ",
        "Log in by [password]: ",
        "Password: ",
        "IMAP: hostname: ",
        "SMTP: hostname: ",
        DAYS,
        FURTHER,
    ]
    usual = {"imap_port": "993", "imap_tls": "tls", "smtp_port": "587", "smtp_tls": "starttls", "per_day": "450"}
    assert usual.items() <= answers.items()


async def test_a_mailbox_of_microsoft_is_asked_for_its_application_without_the_way_of_login() -> None:
    answers, questions = await asked({"Username": "desk@shop.onmicrosoft.com", "Client ID": "app"})
    assert (answers["service"], answers["login_by"], answers["tenant"]) == ("microsoft", "oauth", "common")
    assert not any(words.startswith(("Mail service", "Log in by", "Password")) for words in questions)


async def test_a_mailbox_that_is_bound_again_keeps_its_own_servers_whatever_its_address_tells() -> None:
    settings = {
        "address": "desk@gmail.com",
        "service": "custom",
        "imap_host": "relay",
        "smtp_host": "relay",
        "per_day": "9",
    }
    answers, _ = await asked({}, Bound(account="desk@gmail.com", title="", settings=settings))
    assert settings.items() <= answers.items()


async def blamed(connector: EmailConnector, answers: Mapping[str, str]) -> Mapping[str, str]:
    """Bind in vain; returns what is said, and at which question."""
    asker = ScriptedAsker(answers)
    with pytest.raises(UsageError):
        await connector.bind(asker)
    return asker.blamed


async def test_a_refused_password_is_told_by_server_with_its_answer_and_the_next_step_alone(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    said = await blamed(connector, {**sandbox.answers, "password": "wrong"})
    assert list(said) == ["password", ""]
    assert said["password"].startswith("IMAP: The mail server does not accept this login and password (")
    assert said[""] == (
        "Check the address and the password. "
        "Gmail, Yandex and Mail.ru want an app password, and IMAP switched on in the settings of the mailbox."
    )


async def test_a_server_that_sends_nothing_is_told_apart_from_the_one_that_receives(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    hello = [(b"EHLO", b"250-mx\r\n250 AUTH PLAIN\r\n"), (b"AUTH", b"535 5.7.8 \x1b[31mApp\x07 password required\r\n")]
    async with scripted(hello, b"220 mx\r\n") as port:
        said = await blamed(connector, {**sandbox.answers, "smtp_port": str(port)})
    assert said == {
        "password": (
            "SMTP: The mail server lets this mailbox be read, but not send (535 5.7.8 [31mApp password required)"
        ),
        "": "Log in to the mailbox's web interface and check whether sending by mail programs is allowed.",
    }


async def test_a_server_that_does_not_answer_is_not_said_to_be_asked_again(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    answers = sandbox.answers
    await sandbox.vanish()
    said = await blamed(connector, answers)
    assert said["imap_host"].startswith("IMAP: The mail server does not answer (")
    assert said[""] == "Check the hostname, the port and the network."
    with pytest.raises(UsageError) as refused:
        await connector.bind(PresetAsker(answers))
    assert str(refused.value.next_step).endswith(
        "run this on a terminal. Check the hostname, the port and the network."
    )
