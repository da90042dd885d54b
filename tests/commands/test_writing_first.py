"""Writing first at the shell: by every kind of address, and what is told before anything is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.template import Template
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import approvals, channels
from tests.commands.conftest import Shell


@pytest.fixture
def shop(chatapp: Shell, company: Company) -> dict[str, int]:
    """Channels that nobody carries: nothing leaves this machine."""
    chatapp("line", "add", "Магазин")

    def keep(kind: str) -> int:
        bound = Bound(account=kind, title=kind)
        return company.write(lambda tx: channels.save(tx, company.vault, bound, line=LineId(1), kind=kind))

    return {kind: keep(kind) for kind in ("email", "sms", "whatsapp", "whatsapp_web", "vk_notify", "telegram_bot")}


def sends(shell: Shell, *words: object) -> int:
    """Put it into the outbox; returns the dialog."""
    return int(shell("send", *words, "--wait", "0", "--json").json["dialog"])


@pytest.mark.req("S-100", "S-126")
def test_a_mail_is_begun_with_a_subject_and_a_file_or_without(
    chatapp: Shell, shop: dict[str, int], tmp_path: Path
) -> None:
    price = tmp_path / "прайс.txt"
    price.write_text("ель 900")
    dialog = sends(
        chatapp, "Anna@example.org", "-c", "email", "-t", "Добрый день", "--subject", "Цены", "--file", price
    )
    shown = chatapp("dialog", "show", dialog, "--json").json
    assert (shown["address"], shown["messages"][0]["subject"]) == ("anna@example.org", "Цены")
    assert [file["name"] for file in shown["messages"][0]["files"]] == ["прайс.txt"]
    assert sends(chatapp, "boris@example.org", "-c", "email", "-t", "Без темы") != dialog


@pytest.mark.req("S-120", "S-124")
def test_whatsapp_is_begun_by_a_phone_written_in_any_way(chatapp: Shell, shop: dict[str, int]) -> None:
    spellings = ("7 916 000 00 01", "8 (916) 000-00-01", "79160000001", "+7-916-000-00-01")
    assert len({sends(chatapp, to, "-c", "whatsapp_web", "-t", "Добрый день") for to in spellings}) == 1


@pytest.mark.req("S-122")
def test_a_first_message_may_name_who_answers_from_then_on(chatapp: Shell, shop: dict[str, int]) -> None:
    dialog = sends(chatapp, "+79160000001", "-c", "sms", "-t", "Готово", "--assignee", "Марина")
    assert chatapp("dialog", "show", dialog, "--json").json["assignee"] == "Марина"
    sends(chatapp, "+79160000001", "-c", "sms", "-t", "Ждём")
    assert chatapp("dialog", "show", dialog, "--json").json["assignee"] == "Марина"


@pytest.mark.req("S-120")
def test_where_only_a_template_may_begin_the_text_is_refused_before_it_is_tried(
    chatapp: Shell, company: Company, shop: dict[str, int]
) -> None:
    row = company.read(lambda tx: channels.one(tx, shop["vk_notify"]))
    hello = Template(name="ready", language="ru", body="Заказ {{number}} готов", state="approved")
    company.write(lambda tx: approvals.learn(tx, company.capabilities, row, [hello]))
    words = ("send", "+79160000001", "-c", "vk_notify", "--dry-run", "--json")
    target = chatapp.run(*words, "-t", "Готово")
    assert (target.code, target.json["bad"][0]["why"]) == (1, "vk_notify carries only approved templates.")
    told = chatapp(*words, "--template", "ready", "--value", "number=15").json
    assert told["recipients"][0]["characters"] == len("Заказ 15 готов")
    assert chatapp("dialog", "list", "--json").json == []


@pytest.mark.req("S-120")
def test_for_an_address_every_channel_tells_what_it_could_do(chatapp: Shell, shop: dict[str, int]) -> None:
    sends(chatapp, "+79160000001", "-c", "sms", "-t", "Готово")
    found = {one["kind"]: one for one in chatapp("contact", "reach", "8 916 000-00-01", "--json").json}
    assert [(kind, one["taken_for"]) for kind, one in found.items() if one["taken_for"]] == [
        ("sms", "phone"),
        ("whatsapp", "phone"),
        ("whatsapp_web", "phone"),
        ("vk_notify", "phone"),
    ]
    assert (found["sms"]["dialog"], found["whatsapp_web"]["dialog"]) == (1, None)
    assert [kind for kind, one in found.items() if one["template_only"]] == ["whatsapp", "vk_notify"]
    assert found["telegram_bot"]["code"] == "cannot_write_first"
    rows = chatapp("contact", "reach", "anna@example.org").rows
    assert rows[0] == ["email", "e-mail address", "", "goes at once"]
    assert chatapp.run("contact", "reach", "nobody").code == 1
