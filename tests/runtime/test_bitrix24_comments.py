"""A person who comments posts in VK and writes to the community: one client in the portal, in one lead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.sandbox.vk.town import GROUP
from tests.runtime.desk import bound, eventually, serving
from tests.runtime.portal_link import LINE, link_portal, paired

ANNA = Customer(number=101, name="Анна", username="anna")


@pytest.mark.req("S-080")
@pytest.mark.req("S-166")
async def test_comments_under_several_posts_and_private_messages_make_one_client_who_is_answered_in_private(
    companies: Callable[..., Company],
) -> None:
    company = companies(http_port=0)
    async with VkSandbox() as vk, Portal(name="wall", rate=50.0) as portal, serving(company) as address:
        portal.lines[LINE].settings["CRM_CREATE"] = "lead"
        channel = await bound(company, vk)
        await paired(company, portal, await link_portal(company, portal, address), channel, {})

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
        (chat,) = portal.chats
        await portal.staff.quotes(chat.messages[0], "Сто рублей")

        async def answered() -> bool:
            return bool(await vk.heard(ANNA))

        await eventually(answered)
        assert [one.text for one in await vk.heard(ANNA)] == ["Сто рублей"]
        assert len(vk.town.comments) == 2
        assert portal.problems == []
