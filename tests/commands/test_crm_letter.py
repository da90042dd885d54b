"""A person at a shell who asks the support of amoCRM for a chat channel."""

from __future__ import annotations

import base64
import json
from functools import partial
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import links, options
from tests.commands.conftest import Shell

DESK = "https://desk.example.ru"
INTEGRATION = "6a3c8e62-1111-4222-8333-444455556666"


def linked(company: Company, kind: str = "amocrm", account: str = "hvoya.amocrm.ru", **more: object) -> LinkId:
    bound = Bound(account=account, title=account, hook_key=f"key-of-{kind}", **more)  # type: ignore[arg-type]
    return company.write(lambda tx: links.save(tx, company.vault, bound, kind=kind))


@pytest.fixture
def reached(company: Company) -> Company:
    company.write(partial(options.configure_company, changes={"public_url": DESK}))
    return company


def test_the_letter_says_what_the_support_needs_of_this_desk_and_this_account(
    chatapp: Shell, reached: Company, tmp_path: Path
) -> None:
    linked(reached, settings={"client_id": INTEGRATION}, secrets={"client_secret": "тайна интеграции"})
    icon = tmp_path / "icon.svg"
    said = chatapp("crm", "amo", "channel", "request", "--email", "it@example.ru", "--icon", str(icon))
    assert said.code == 0
    assert said.out.startswith("Registration of a chat channel for hvoya.amocrm.ru\n\nHello!")
    assert f"Webhook: {DESK}/hooks/key-of-amocrm/chat/:scope_id\n" in said.out
    assert f"ID of the integration: {INTEGRATION}\n" in said.out
    assert "E-mail address for questions and failures: it@example.ru\n" in said.out
    assert "Writing first: yes, with any text, not only by templates\n" in said.out
    assert "Code of its widget: ____" in said.out
    assert "Write in the code of the integration's widget" in said.err
    assert f"Attach the icon: {icon}\n" in said.err
    assert "тайна" not in said.out + said.err
    assert (' width="14" height="14"' in icon.read_text(), "<circle" in icon.read_text()) == (True, True)


def test_the_letter_as_json_names_what_is_lacking(chatapp: Shell, reached: Company) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 2_000_000_000, "aud": INTEGRATION}).encode()).decode()
    linked(reached, settings={"way": "token"}, secrets={"token": f"e30.{claims.rstrip('=')}.c2lnbmVk"})
    told = json.loads(chatapp("crm", "amo", "channel", "request", "--json").out)
    assert told["facts"]["integration"] == INTEGRATION
    assert told["facts"]["webhook"] == f"{DESK}/hooks/key-of-amocrm/chat/:scope_id"
    assert (told["facts"]["email"], told["facts"]["typing"], told["facts"]["quotes"]) == (
        None,
        "yes, and please switch its hooks on as well",
        "yes",
    )
    assert told["lacking"][0] == "Write in an e-mail address at which you can be asked."
    assert told["icon"].startswith("<svg ")
    assert told["text"].startswith("Hello!")


def test_an_integration_that_nobody_has_allowed_yet_is_lacking(chatapp: Shell, reached: Company) -> None:
    linked(reached)
    told = json.loads(chatapp("crm", "amo", "channel", "request", "--json").out)
    assert told["facts"]["integration"] is None
    assert told["lacking"][0].startswith("The integration's ID is not known yet")


def test_without_a_public_address_or_for_another_crm_there_is_no_letter(chatapp: Shell, company: Company) -> None:
    portal = linked(company, "bitrix24", "north.bitrix24.ru")
    refused = chatapp.run("crm", "amo", "channel", "request", "--link", str(portal))
    assert (refused.code, "north.bitrix24.ru is no link to amoCRM." in refused.err) == (1, True)
    no_bots = chatapp.run("crm", "amo", "bot", "export", "--link", str(portal))
    assert (no_bots.code, "north.bitrix24.ru is no link to amoCRM." in no_bots.err) == (1, True)
    linked(company)
    wrong = chatapp.run("crm", "amo", "channel", "request", "--email", "xx")
    assert (wrong.code, wrong.err) == (2, "xx is no e-mail address.\n→ Correct it.\n")
    nowhere = chatapp.run("crm", "amo", "channel", "request")
    assert (nowhere.code, "public_url" in nowhere.err) == (2, True)
