"""``chatapp template``, and templates in ``chatapp send`` and ``chatapp reply``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.sandbox.vk_notify import create as vk_notify
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from chatapp_cli.services.ingest import ingest
from tests.commands.conftest import Shell, elsewhere
from tests.contract.connector_contract import BORIS

pytestmark = pytest.mark.req("S-090")
BODY = "Здравствуйте, {{name}}! Заказ {{number}} готов."
VALUES = ("--value", "name=Борис", "--value", "number=15")


@dataclass(frozen=True, slots=True)
class Provider:
    """Meta in miniature, answering on loopback."""

    sandbox: WhatsAppSandbox

    def knows(self, name: str, status: str, body: str = BODY) -> None:
        parts = [{"type": "BODY", "text": body}]
        about = {"id": "9", "language": "ru", "category": "UTILITY"}
        self.sandbox.meta.templates.append({**about, "name": name, "status": status, "components": parts})


def answers(sandbox: Any) -> list[str]:
    return [word for name, value in sandbox.answers.items() if value for word in ("--set", f"{name}={value}")]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with elsewhere() as loop:
        sandbox = WhatsAppSandbox()
        asyncio.run_coroutine_threadsafe(sandbox.__aenter__(), loop).result(10)
        sandbox.meta.client(BORIS)
        yield Provider(sandbox)
        asyncio.run_coroutine_threadsafe(sandbox.vanish(), loop).result(10)


@pytest.fixture
def bound(chatapp: Shell, provider: Provider) -> ChannelId:
    chatapp("line", "add", "Магазин")
    return ChannelId(int(chatapp("line", "bind", "whatsapp", *answers(provider.sandbox)).out.splitlines()[-1]))


def test_a_template_is_drafted_submitted_approved_and_sent(
    chatapp: Shell, provider: Provider, bound: ChannelId
) -> None:
    added = chatapp("template", "add", "whatsapp", "order_ready", "--text", BODY)
    assert (added.out, "chatapp template submit" in added.err) == ("order_ready/ru\n", True)
    assert "being checked" in chatapp("template", "submit", "whatsapp", "order_ready").err
    (asked,) = provider.sandbox.meta.templates
    assert asked["components"][0]["text"] == BODY
    early = chatapp.run("send", BORIS.phone, "-c", "whatsapp", "--template", "order_ready", *VALUES)
    assert (early.code, "is not approved: being checked" in early.err) == (1, True)
    asked["status"] = "APPROVED"
    assert chatapp("template", "sync", "whatsapp").out == "1\n"
    sent = chatapp("send", BORIS.phone, "-c", "whatsapp", "--template", "order_ready", *VALUES, "--json").json
    assert sent["state"] == "sent"
    (got,) = provider.sandbox.meta.client(BORIS).got
    assert provider.sandbox.meta.rendered(got["template"]) == "Здравствуйте, Борис! Заказ 15 готов."
    shown = chatapp("message", "show", sent["message"]).out
    assert "Здравствуйте, Борис! Заказ 15 готов." in shown


def test_templates_are_listed_for_people_and_programs(chatapp: Shell, provider: Provider, bound: ChannelId) -> None:
    assert chatapp("template", "list").out == ""
    provider.knows("order_ready", "APPROVED")
    provider.knows("sale", "REJECTED", "Скидки!")
    assert chatapp("template", "sync", "whatsapp").out == "2\n"
    assert chatapp("template", "list").rows == [
        [str(bound), "order_ready", "ru", "approved", BODY],
        [str(bound), "sale", "ru", "rejected", "Скидки!"],
    ]
    assert [row[1] for row in chatapp("template", "list", "--state", "approved", "-c", "whatsapp").rows] == [
        "order_ready"
    ]
    (one, _) = chatapp("template", "list", "--json").json
    assert (one["gaps"], one["state"], one["channel"]) == (["name", "number"], "approved", bound)
    assert BODY in chatapp("template", "show", "whatsapp", "order_ready").out
    assert chatapp("template", "show", "whatsapp", "sale/ru", "--json").json["text"] == "Скидки!"


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("template", "show", "whatsapp", "nothing"), 1, "There is no template nothing"),
        (("template", "show", "email", "order_ready"), 1, "email"),
        (("template", "list", "--state", "good"), 2, "good is not one of: draft, pending"),
        (("template", "decide", "whatsapp", "order_ready", "draft"), 2, "draft is not one of: pending"),
        (("template", "decide", "whatsapp", "order_ready", "rejected"), 1, "A rejection needs its reason."),
        (("template", "add", "whatsapp", "order_ready", "--text", "Ещё"), 1, "is at the provider already"),
        (("template", "add", "whatsapp", "empty", "--text", " "), 2, "The template needs a text."),
        (("send", BORIS.phone, "-c", "whatsapp", "--template", "order_ready"), 2, "Nothing fills {{name}}, {{number}}"),
        (("send", BORIS.phone, "-c", "whatsapp", "--template", "order_ready", "--value", "x"), 2, "x fills no gap."),
        (
            ("send", BORIS.phone, "-c", "whatsapp", "--template", "order_ready", "--text", "Да"),
            2,
            "brings its own text",
        ),
        (("send", BORIS.phone, "-c", "whatsapp", "--text", "Да", "--value", "name=Б"), 2, "--value fills the gaps"),
        (("send", BORIS.phone, "-c", "whatsapp", "--text", "Да"), 1, "only a template may go first"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(
    chatapp: Shell, provider: Provider, bound: ChannelId, words: tuple[str, ...], code: int, why: str
) -> None:
    provider.knows("order_ready", "APPROVED")
    chatapp("template", "sync", "whatsapp")
    target = chatapp.run(*words)
    assert (target.code, why in target.err) == (code, True), target
    assert provider.sandbox.meta.client(BORIS).got == []


def test_after_the_window_only_a_template_answers(
    chatapp: Shell, provider: Provider, bound: ChannelId, company: Company
) -> None:
    peer = Peer(key="RU.1000000000007002", address=BORIS.phone, title=BORIS.name)
    event = MessageArrived(peer=peer, ext_id="wamid.1", at=1_700_000_000_000, text="Готово?", sender=Profile(name="Б"))
    batch = Batch(arrivals=(Arrival(provider_id="wamid.1", raw=b"{}", events=(event,)),))
    company.write(lambda tx: ingest(tx, bound, batch))
    provider.knows("order_ready", "APPROVED")
    chatapp("template", "sync", "whatsapp")
    late = chatapp.run("reply", 1, "--text", "Да")
    assert (late.code, late.err.splitlines()[1]) == (
        1,
        f"→ Choose an approved template: chatapp template list --channel {bound}",
    )
    assert "could be written to freely until 2023-11-" in late.err
    assert chatapp("reply", 1, "--template", "order_ready/ru", *VALUES, "--json").json["state"] == "sent"


def test_where_the_provider_is_asked_by_hand_its_verdict_is_recorded_by_hand(chatapp: Shell) -> None:
    chatapp("line", "add", "Магазин")
    with elsewhere() as loop:
        sandbox = vk_notify()
        asyncio.run_coroutine_threadsafe(sandbox.__aenter__(), loop).result(10)
        chatapp("line", "bind", "vk_notify", *answers(sandbox))
        chatapp("template", "add", "vk_notify", "order_ready", "--text", BODY)
        assert "being checked" in chatapp("template", "submit", "vk_notify", "order_ready").err
        asyncio.run_coroutine_threadsafe(sandbox.vanish(), loop).result(10)
    assert chatapp("template", "decide", "vk_notify", "order_ready", "approved").err == "order_ready: approved\n"
    assert chatapp("template", "show", "vk_notify", "order_ready", "--json").json["state"] == "approved"
    rejected = chatapp("template", "decide", "vk_notify", "order_ready", "rejected", "--reason", "реклама")
    assert rejected.out == "order_ready/ru\n"
    assert chatapp("template", "show", "vk_notify", "order_ready", "--json").json["reason"] == "реклама"
