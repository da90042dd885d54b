"""Read marks, reactions and typing between a client of a VK community and a manager of an amoCRM account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.services import crm_intake, ledger, transcript
from tests.runtime.amo_desk import ANNA, AmoChannel, amo_channel
from tests.runtime.desk import eventually, the_dialogs


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[AmoChannel]:
    async with amo_channel(companies(http_port=0), VkSandbox()) as found:
        await found.town.say(ANNA, "Здравствуйте")
        await found.sees("Здравствуйте")
        yield found


async def reacted(desk: AmoChannel, number: int, reaction: int) -> None:
    """Anna reacts to a message by VK's number of it, or takes that back by 0."""
    about = {"reacted_id": ANNA.number, "peer_id": ANNA.number, "cmid": number}
    about |= {"reaction_id": reaction} if reaction else {}
    await desk.town.delivery.push("message_reaction_event", about)


async def test_the_manager_sees_that_a_message_was_read_and_a_copy_of_the_desks_too(desk: AmoChannel) -> None:
    written = await desk.account.manager_writes(desk.chat, "Сто рублей")
    await eventually(lambda: written.status == 1)
    await desk.town.read(ANNA)
    await eventually(lambda: written.status == 2)
    await desk.town.admin_says(ANNA, "И ещё десять")
    await desk.sees("Здравствуйте", "Сто рублей", "Ольга Лескова: И ещё десять")
    await desk.town.read(ANNA)
    await eventually(lambda: desk.chat.messages[-1].status == 2)
    assert [one.error_code for one in desk.chat.messages] == [0, 0, 0]
    await eventually(lambda: desk.company.read(ledger.everything) == [])


async def test_reactions_go_both_ways_and_come_back_to_nobody(desk: AmoChannel) -> None:
    written = await desk.account.manager_writes(desk.chat, "Сто рублей")
    await desk.gets("Сто рублей")
    await eventually(lambda: written.status == 1)
    await reacted(desk, 2, 4)
    await eventually(lambda: list(written.reactions.values()) == ["👍"])
    await reacted(desk, 2, 0)
    await eventually(lambda: not written.reactions)
    await desk.account.reacts(desk.chat.messages[0], "🔥")
    await eventually(lambda: desk.town.town.reactions == {(ANNA.number, 1): 2})
    await desk.account.reacts(desk.chat.messages[0], None)
    await eventually(lambda: desk.town.town.reactions == {})
    (dialog,) = the_dialogs(desk.company)
    await eventually(
        lambda: not any(one.reactions for one in desk.company.read(lambda tx: transcript.latest(tx, dialog.id)))
    )
    assert sum(one.path.endswith("/react") for one in desk.account.calls) == 2
    assert desk.company.read(crm_intake.dead) == []


async def test_a_reaction_that_the_channel_does_not_have_is_passed_over(desk: AmoChannel) -> None:
    await desk.account.reacts(desk.chat.messages[0], "🦔")
    written = await desk.account.manager_writes(desk.chat, "Сто рублей")
    await eventually(lambda: written.status == 1)
    assert desk.town.town.reactions == {}
    assert desk.company.read(crm_intake.dead) == []


async def test_typing_is_shown_on_the_other_side_and_stored_nowhere(desk: AmoChannel) -> None:
    arrived = desk.company.read(lambda tx: tx.value("crmevents.next_due", link=desk.link, cards="", now=0))
    await desk.town.types(ANNA)
    await eventually(lambda: desk.chat.typing_until > 0)
    await desk.account.types(desk.chat)
    await eventually(lambda: desk.town.town.typing == [ANNA.number])
    for _ in range(5):
        await desk.account.types(desk.chat)
        await desk.town.types(ANNA)
    written = await desk.account.manager_writes(desk.chat, "Сто рублей")
    await eventually(lambda: written.status == 1)
    assert desk.town.town.typing == [ANNA.number]
    assert sum(one.path.endswith("/typing") for one in desk.account.calls) == 1
    await eventually(lambda: desk.company.read(ledger.everything) == [])
    assert desk.company.read(crm_intake.dead) == []
    assert arrived is None
