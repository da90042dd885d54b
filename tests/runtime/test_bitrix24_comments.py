"""A person who comments posts in VK and writes to the community: one client in the portal, in one lead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.sandbox.vk.town import GROUP
from chatapp_cli.services import channels, links, options
from tests.contract.connector_contract import ScriptedAsker
from tests.runtime.desk import attached, bound, eventually, serving

ANNA = Customer(number=101, name="Анна", username="anna")
LINE = 107


async def paired(company: Company, portal: Portal, address: str, vk: VkSandbox) -> None:
    """Link the portal, and pair the community with a line of it."""
    channel = await bound(company, vk)
    company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
    answers = {
        "portal": portal.address,
        "client_id": portal.client_id,
        "client_secret": portal.client_secret,
        "auth_server": portal.auth_address,
    }
    link = await linking.link(company, ScriptedAsker(answers), kind="bitrix24")
    key = company.read(lambda tx: links.one(tx, link)).hook_key

    async def installed() -> bool:
        return (await portal.install(f"{address}/hooks/{key}/install")).status == 200

    await eventually(installed)
    await eventually(lambda: company.read(lambda tx: links.one(tx, link)).state == LinkState.OK)
    row, whole = company.read(lambda tx: (links.one(tx, link), channels.one(tx, channel)))
    await attached(company, row, whole, str(LINE), {})
    await eventually(lambda: any(line == LINE for _connector, line in portal.active))


@pytest.mark.req("S-080")
@pytest.mark.req("S-166")
async def test_comments_under_several_posts_and_private_messages_make_one_client_and_tell_the_posts(
    companies: Callable[..., Company],
) -> None:
    company = companies(http_port=0)
    async with VkSandbox() as vk, Portal(name="wall", rate=50.0) as portal, serving(company) as address:
        portal.lines[LINE].settings["CRM_CREATE"] = "lead"
        await paired(company, portal, address, vk)

        def shown() -> list[str]:
            return [message.text for chat in portal.chats for message in chat.messages]

        first = await vk.comment(ANNA, "Сколько стоит?", post=45)
        await eventually(lambda: len(shown()) == 1)
        second = await vk.comment(ANNA, "А такой есть?", post=46)
        await eventually(lambda: len(shown()) == 2)
        await vk.say(ANNA, "Пишу в личку")
        await eventually(lambda: len(shown()) == 3)
        await portal.settled()
        wall = f"https://vk.com/wall-{GROUP}"
        assert shown() == [
            f"Сколько стоит?\n\n↪ {wall}_45\n💬 {wall}_45?reply={first['id']}",
            f"А такой есть?\n\n↪ {wall}_46\n💬 {wall}_46?reply={second['id']}",
            "Пишу в личку",
        ]
        assert len({chat.person for chat in portal.chats}) == 1
        await eventually(lambda: bool(portal.cards))
        assert [card.kind for card in portal.cards if card.kind in {"lead", "deal"}] == ["lead"]
        assert portal.problems == []
