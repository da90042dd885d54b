"""Templates: what Meta thinks of them, asking for another one, and sending them with their gaps filled."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp_cli.connectors.whatsapp.connector import WhatsAppSession
from chatapp_cli.domain.errors import Rejected, SendingBlocked
from chatapp_cli.domain.template import Filled, Template
from chatapp_cli.ports.connector import HasTemplates
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from chatapp_cli.sandbox.whatsapp.server import Fault
from tests.connectors.whatsapp.calls import out
from tests.contract.connector_contract import BORIS

pytestmark = pytest.mark.req("S-090")
BODY = "Здравствуйте, {{name}}! Заказ {{number}} готов."


def known(
    name: str, status: str = "APPROVED", text: str = BODY, *more: dict[str, Any], **beside: str
) -> dict[str, Any]:
    parts = [{"type": "BODY", "text": text}, *more]
    return {
        "id": "1",
        "name": name,
        "language": "ru",
        "status": status,
        "category": "UTILITY",
        "components": parts,
        **beside,
    }


async def test_all_pages_are_read_with_what_meta_thinks(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> None:
    assert isinstance(session, HasTemplates)
    sandbox.meta.templates += [
        known("ready"),
        known("young", "PENDING"),
        known("appealed", "IN_APPEAL"),
        known("bad", "REJECTED", rejected_reason="INVALID_FORMAT"),
        known("annoying", "PAUSED", rejected_reason="NONE"),
        known("hated", "DISABLED"),
        known("leaving", "PENDING_DELETION"),
        known("plain", "APPROVED", BODY, {"type": "HEADER", "format": "TEXT", "text": "Ёлочный базар"}),
        known("pictured", "APPROVED", BODY, {"type": "HEADER", "format": "IMAGE"}),
        known("headed", "APPROVED", BODY, {"type": "HEADER", "format": "TEXT", "text": "Для {{1}}"}),
        known("linked", "APPROVED", BODY, {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "{{1}}"}]}),
    ]
    found = await session.templates()
    assert [(one.name, one.state, one.reason) for one in found] == [
        ("ready", "approved", ""),
        ("young", "pending", ""),
        ("appealed", "pending", ""),
        ("bad", "rejected", "INVALID_FORMAT"),
        ("annoying", "paused", ""),
        ("hated", "rejected", "DISABLED"),
        ("plain", "approved", ""),
    ]
    assert (found[0].body, found[0].language, found[0].category) == (BODY, "ru", "UTILITY")


@pytest.mark.parametrize(
    ("body", "form", "example"),
    [
        ("Ждём вас", "POSITIONAL", None),
        ("Заказ {{1}} ждёт вас до {{2}}, {{1}}", "POSITIONAL", {"body_text": [["1", "2"]]}),
        (
            "Заказ {{number}} готов",
            "NAMED",
            {"body_text_named_params": [{"param_name": "number", "example": "number"}]},
        ),
    ],
)
async def test_a_template_is_submitted_with_an_example_for_every_gap(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, body: str, form: str, example: object
) -> None:
    answer = await session.submit(Template(name="order_ready", body=body))
    assert answer == Template(name="order_ready", body=body, category="UTILITY", state="pending")
    (asked,) = sandbox.meta.templates
    assert (asked["parameter_format"], asked["components"][0].get("example")) == (form, example)


async def test_a_template_that_meta_does_not_take_is_told_in_its_words(session: WhatsAppSession) -> None:
    with pytest.raises(Rejected, match="template_refused 100 Message template name can only") as caught:
        await session.submit(Template(name="Заказ готов", body="Готов"))
    assert caught.value.code == "template_refused"


async def test_a_lost_permission_is_no_fault_of_the_template(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    sandbox.faults.append(Fault("/message_templates", 403, 200, "Requires whatsapp_business_management"))
    with pytest.raises(SendingBlocked, match="no_permission"):
        await session.submit(Template(name="order_ready", body="Готов"))


@pytest.mark.req("S-120")
@pytest.mark.parametrize(
    ("body", "values"),
    [
        (BODY, (("name", "Борис"), ("number", "15"))),
        ("Здравствуйте, {{1}}! Заказ {{2}} готов.", (("1", "Борис"), ("2", "15"))),
        ("Здравствуйте, Борис! Заказ 15 готов.", ()),
    ],
)
async def test_a_template_reaches_somebody_who_never_wrote(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, body: str, values: tuple[tuple[str, str], ...]
) -> None:
    sandbox.meta.client(BORIS)
    sandbox.meta.templates.append(known("order_ready", "APPROVED", body))
    filled = Filled(name="order_ready", language="ru", values=values)
    receipt = await session.send(out(BORIS.phone, "Здравствуйте, Борис! Заказ 15 готов.", template=filled))
    assert [heard.text for heard in await sandbox.heard(BORIS)] == ["Здравствуйте, Борис! Заказ 15 готов."]
    assert len(receipt.ids) == 1


@pytest.mark.parametrize(
    ("name", "values", "word"),
    [("unknown", (), "template_unknown"), ("order_ready", (("name", "Борис"),), "template_gaps")],
)
async def test_a_template_that_does_not_fit_is_refused(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, name: str, values: tuple[tuple[str, str], ...], word: str
) -> None:
    sandbox.meta.client(BORIS)
    sandbox.meta.templates.append(known("order_ready"))
    with pytest.raises(Rejected, match=word):
        await session.send(out(BORIS.phone, "x", template=Filled(name=name, language="ru", values=values)))
