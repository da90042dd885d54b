"""Groups: made where Meta lets the number, filled by invitation, renamed and ended."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.whatsapp.connector import WhatsAppSession, create
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from tests.unit.kit.worlds import held_world

BORIS = "RU.1000000000007002"


async def test_a_group_is_there_with_its_id_and_names_whom_it_could_not_take(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    changed = await session.create_group("Опт", ["+79160000001", BORIS])
    assert (changed.peer.kind, changed.peer.title) == ("group", "Опт")
    assert sandbox.meta.groups[changed.peer.key].subject == "Опт"
    assert changed.missing == {"+79160000001": "needs_invitation", BORIS: "needs_invitation"}


async def test_members_are_taken_out_by_phone_and_by_id(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> None:
    group = (await session.create_group("Опт", [])).peer
    sandbox.meta.groups[group.key].members |= {"79160000001", BORIS}
    assert (await session.remove_members(group.key, ["+79160000001", BORIS])).missing == {}
    assert sandbox.meta.groups[group.key].members == set()
    assert (await session.remove_members(group.key, [BORIS])).missing == {BORIS: "not_member"}


async def test_a_group_is_renamed_and_ended(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> None:
    group = (await session.create_group("Опт", [])).peer
    await session.rename_group(group.key, "Розница")
    assert sandbox.meta.groups[group.key].subject == "Розница"
    assert (await session.add_members(group.key, [BORIS])).peer.title == "Розница"
    await session.end_group(group.key)
    assert sandbox.meta.groups == {}


async def test_a_number_that_may_not_have_groups_is_told_so(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> None:
    sandbox.meta.eligible = False
    with pytest.raises(Rejected, match="no_groups") as caught:
        await session.create_group("Опт", [])
    assert "eligible" in str(manifest("whatsapp").errors[caught.value.code].what)


async def test_a_group_that_meta_takes_long_to_make_is_uncertain(bound: Bound, sandbox: WhatsAppSandbox) -> None:
    sandbox.meta.slow = True
    async with create(held_world()).open(ChannelId(1), bound) as session:
        assert isinstance(session, WhatsAppSession)
        with pytest.raises(OutcomeUnknown, match="group_pending"):
            await session.create_group("Опт", [])
