"""What a notice is made of, what refuses it, and what is reported of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.connectors.vk_notify.bind import TRADE
from chatapp_cli.connectors.vk_notify.connector import create
from chatapp_cli.domain.arrival import DeliveryChanged
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, RateLimited, Rejected
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.manifest import Rate
from chatapp_cli.domain.message import State
from chatapp_cli.domain.template import Filled, Template
from chatapp_cli.kit.gateway_client import FAULTS, VERDICTS
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HasTemplates
from chatapp_cli.sandbox.vk_notify import VkNotifySandbox
from tests.connectors.vk_notify.notices import notice
from tests.contract.connector_contract import ScriptedAsker
from tests.contract.door import Door
from tests.contract.proxy import ConnectProxy

pytestmark = pytest.mark.req("S-085")

THANKS = Filled(name="thanks", language="ru")


@pytest.fixture
async def partner() -> AsyncIterator[VkNotifySandbox]:
    async with VkNotifySandbox() as partner:
        yield partner


async def bound_to(partner: VkNotifySandbox, **changes: str) -> Bound:
    return await create(system_world()).bind(ScriptedAsker({**partner.answers, **changes}))


async def send(bound: Bound, **changes: object) -> tuple[str, ...]:
    async with create(system_world()).open(ChannelId(1), bound) as session:
        return (await session.send(notice(**changes))).ids


async def test_a_notice_is_the_request_that_resellers_publish(partner: VkNotifySandbox) -> None:
    bound = await bound_to(
        partner, validity="600", delivery_policy="mobile_device_required", public_url="https://desk.example.org/"
    )
    partner.fate = ()
    await send(bound)
    (taken,) = partner.taken
    assert taken.request == {
        "phone": "79160000001",
        "service": "yolki",
        "tmpl": "order_ready",
        "tmpl_data": {"number": '№7 "А"', "till": "{20:00}\nпн & вт"},
        "routes": ["VK"],
        "delivery_policy": "mobile_device_required",
        "validity": 600,
        "status_url": f"https://desk.example.org/hooks/{bound.hook_key}",
    }


async def test_without_a_public_address_no_report_is_asked_for(partner: VkNotifySandbox) -> None:
    await send(await bound_to(partner), template=THANKS)
    (taken,) = partner.taken
    assert taken.text == "Спасибо за покупку!"
    assert "status_url" not in taken.request


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"template": None}, "only_templates"),
        ({"address": "@anna"}, "bad_phone"),
        ({"text": "ж" * 2049}, "too_long"),
    ],
)
async def test_what_is_no_notice_is_refused_here(
    partner: VkNotifySandbox, changes: Mapping[str, str], code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        await send(await bound_to(partner), **changes)
    assert (caught.value.code, partner.taken) == (code, [])
    assert manifest("vk_notify").errors[code].next_step


@pytest.mark.parametrize(
    "template",
    [Filled(name="sale", language="ru"), Filled(name="order_ready", language="ru", values=(("number", "7"),))],
)
async def test_the_partners_refusal_is_told_in_its_own_words(partner: VkNotifySandbox, template: Filled) -> None:
    with pytest.raises(Rejected) as caught:
        await send(await bound_to(partner), template=template)
    assert caught.value.code == "refused"
    assert "BAD_TEMPLATE" in caught.value.detail or "BAD_DATA" in caught.value.detail


DESCRIBED = """
[send]
url = "{url}/vk/messages"
headers = { Authorization = "Key {secret}" }
json = { messages = [{ phone = "{phone}", service = "{sender}", tmpl = "{template}", tmpl_data = "{values}" }] }
answer = { ok = { "result.0.code" = ["OK"] }, id = "result.0.messageId", error = "result.0.code" }
[errors]
BAD_TEMPLATE = "no_template"
BAD_DATA = "bad_values"
DAILY_LIMIT = "daily_limit"
"""


@pytest.mark.parametrize(
    ("template", "code"),
    [(Filled(name="sale", language="ru"), "no_template"), (replace(THANKS, values=(("a", "b"),)), "bad_values")],
)
async def test_whoever_knows_the_partners_codes_may_describe_them(
    partner: VkNotifySandbox, tmp_path: Path, template: Filled, code: str
) -> None:
    (tmp_path / "partner.toml").write_text(DESCRIBED, "utf-8")
    bound = await bound_to(partner, preset="custom", description=str(tmp_path / "partner.toml"))
    with pytest.raises(Rejected) as caught:
        await send(bound, template=template)
    assert caught.value.code == code


async def test_the_partners_daily_limit_makes_only_that_client_wait(partner: VkNotifySandbox, tmp_path: Path) -> None:
    (tmp_path / "partner.toml").write_text(DESCRIBED, "utf-8")
    bound = await bound_to(partner, preset="custom", description=str(tmp_path / "partner.toml"))
    for _ in range(5):
        await send(bound, template=THANKS)
    with pytest.raises(RateLimited) as caught:
        await send(bound, template=THANKS)
    assert (caught.value.code, caught.value.scope) == ("daily_limit", "dialog")
    await send(bound, template=THANKS, address="+79160000002")


def test_the_rates_are_those_of_vk() -> None:
    assert manifest("vk_notify").capabilities.rates == (
        Rate(scope="account", limit=50, per=1),
        Rate(scope="dialog", limit=5, per=86400, paced=False),
    )


async def test_a_wrong_key_asks_for_a_new_binding(partner: VkNotifySandbox) -> None:
    bound = await bound_to(partner)
    with pytest.raises(NeedsRebind) as caught:
        await send(replace(bound, secrets={"secret": "old"}))
    assert "old" not in caught.value.detail


@pytest.mark.parametrize(
    ("fate", "state"),
    [("delivered", State.DELIVERED), ("read", State.READ), ("undelivered", State.FAILED), ("expired", State.FAILED)],
)
async def test_reports_move_a_notice_on(partner: VkNotifySandbox, fate: str, state: State) -> None:
    partner.fate = (fate,)
    async with Door() as door:
        bound = await bound_to(partner, public_url=door.address("").removesuffix("/hooks/"))
        async with create(system_world()).open(ChannelId(1), bound) as session:
            (ext_id,) = (await session.send(notice())).ids
            async with aclosing(door.batches(session)) as batches:
                (arrival,) = (await anext(batches)).arrivals
    (event,) = arrival.events
    assert isinstance(event, DeliveryChanged)
    assert (event.ext_id, event.state, event.code) == (ext_id, state, fate if state is State.FAILED else "")


@pytest.mark.req("S-090")
async def test_binding_asks_for_user_community_and_e_mail(partner: VkNotifySandbox) -> None:
    asker = ScriptedAsker(partner.answers)
    bound = await create(system_world()).bind(asker)
    names = [field.name for field in asker.forms[0].fields]
    assert names[1:4] == ["vk_user", "community", "notices_email"]
    assert {name: bound.settings[name] for name in names[1:4]} == {
        "vk_user": "Ольга Ёлкина",
        "community": "vk.com/yolki",
        "notices_email": "olga@example.org",
    }


@pytest.mark.req("S-090")
async def test_the_partner_is_asked_about_templates_by_hand(partner: VkNotifySandbox) -> None:
    async with create(system_world()).open(ChannelId(1), await bound_to(partner)) as session:
        assert isinstance(session, HasTemplates)
        for asked in (session.templates(), session.submit(Template(name="thanks", body="Спасибо за покупку!"))):
            with pytest.raises(Rejected) as caught:
                await asked
            assert caught.value.code == "not_here"


async def test_everything_goes_through_the_proxy(partner: VkNotifySandbox) -> None:
    async with ConnectProxy() as proxy:
        bound = await bound_to(partner, proxies=proxy.url)
        await send(bound)
        await create(system_world()).check(bound)
    assert len(proxy.led_to) == 7, "binding, sending and checking, each after a trial; the check of the proxy itself"
    assert set(proxy.led_to) == {partner.answers["url"].removeprefix("http://")}


def test_every_code_is_explained() -> None:
    gateway = TRADE.gateway({"preset": "reseller"})
    verdicts = {make("").code for make in VERDICTS.values()}
    lost = {"unclear_answer", "no_answer", "timeout", "unreachable", "proxies_down", "bad_url"}
    told = set(gateway.states.values()) - {"pending", "sent", "delivered", "read"}
    assert (set(FAULTS) | verdicts | lost | told) - set(manifest("vk_notify").errors) == set()


def test_errors_of_every_kind_are_of_the_family() -> None:
    assert all(isinstance(make(""), ChannelError) for make in FAULTS.values())
