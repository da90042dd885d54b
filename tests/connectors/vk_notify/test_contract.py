"""VK Notify keeps the promises of every channel, except that nobody answers on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from chatapp_cli.domain.arrival import Arrival, DeliveryChanged
from chatapp_cli.domain.errors import NeedsRebind, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.message import State
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, HasTemplates, Session, StoredArrival
from chatapp_cli.sandbox.vk_notify import VkNotifySandbox
from tests.connectors.vk_notify.notices import notice
from tests.contract.connector_contract import ANNA, BORIS, ConnectorContract, ScriptedAsker, first_arrivals
from tests.contract.door import Door

pytestmark = [pytest.mark.req("S-036"), pytest.mark.req("S-085"), pytest.mark.req("S-086")]


def changes_of(*arrivals: Arrival) -> list[State]:
    return [event.state for one in arrivals for event in one.events if isinstance(event, DeliveryChanged)]


class TestVkNotify(ConnectorContract):
    """Where the contract lets a client write, a report is what comes in."""

    kind = "vk_notify"
    by_hook = True
    wrong = (
        ({"url": "http://127.0.0.1:1"}, "url"),
        ({"url": ""}, "url"),
        ({"secret": ""}, "secret"),
        ({"notices_email": "olga"}, "notices_email"),
        ({"validity": "14"}, "validity"),
        ({"validity": "day"}, "validity"),
        ({"public_url": "desk"}, "public_url"),
        ({"preset": "custom", "description": "nowhere.toml"}, "description"),
        ({"proxies": "http://127.0.0.1:1"}, "proxies"),
    )

    @pytest.fixture
    async def sandbox(self) -> AsyncIterator[VkNotifySandbox]:
        async with VkNotifySandbox() as sandbox:
            yield sandbox

    @pytest.fixture
    async def bound(self, connector: Connector, sandbox: VkNotifySandbox, door: Door) -> Bound:
        bound = await connector.bind(ScriptedAsker(sandbox.answers))
        public_url = door.address(bound.hook_key).removesuffix(f"/hooks/{bound.hook_key}")
        return replace(bound, settings={**bound.settings, "public_url": public_url})

    async def test_a_customers_words_arrive_with_name_and_address(self) -> None:
        can = manifest("vk_notify").capabilities
        assert (can.answers_arrive_on, can.free_text, can.application) == (["vk"], False, True)

    async def test_what_is_acknowledged_is_not_repeated_and_what_is_not_comes_again(
        self, session: Session, sandbox: VkNotifySandbox, door: Door
    ) -> None:
        sandbox.fate = ("delivered",)
        await session.send(notice())
        async with aclosing(door.batches(session, durable=False)) as batches:
            lost = await anext(batches)
        (again,) = await first_arrivals(session, None, door)
        assert lost.arrivals[0].provider_id == again.provider_id
        assert changes_of(again) == [State.DELIVERED]

    async def test_a_webhook_needs_no_session_and_comes_to_the_same(
        self, connector: Connector, bound: Bound, sandbox: VkNotifySandbox, door: Door
    ) -> None:
        sandbox.fate = ("delivered",)
        async with connector.open(ChannelId(1), bound) as session:
            await session.send(notice())
        async with aclosing(door.without_session(connector, bound, durable=False)) as batches:
            (alone,) = (await anext(batches)).arrivals
        async with connector.open(ChannelId(1), bound) as session:
            (again,) = await first_arrivals(session, None, door)
        assert (alone.provider_id, changes_of(alone)) == (again.provider_id, [State.DELIVERED])

    async def test_an_answer_reaches_the_customer_and_gets_an_id(
        self, session: Session, sandbox: VkNotifySandbox
    ) -> None:
        receipt = await session.send(notice())
        (heard,) = await sandbox.heard(ANNA)
        assert receipt.ids == ("1",)
        assert heard.text == 'Заказ №7 "А" готов, ждём вас до {20:00}\nпн & вт.'
        assert await sandbox.heard(BORIS) == []

    async def test_an_outage_is_a_channel_error_and_the_gap_arrives_afterwards(
        self, session: Session, sandbox: VkNotifySandbox, door: Door
    ) -> None:
        await session.send(notice())
        await sandbox.vanish()
        with pytest.raises(Retryable):
            await session.send(notice())
        await sandbox.come_back()
        async with aclosing(door.batches(session)) as batches:
            found = [await anext(batches) for _ in sandbox.fate]
        assert changes_of(*(one for batch in found for one in batch.arrivals)) == [
            State.SENT,
            State.DELIVERED,
            State.READ,
        ]

    async def test_what_was_kept_raw_is_understood_again(
        self, connector: Connector, session: Session, bound: Bound, door: Door
    ) -> None:
        await session.send(notice())
        (first,) = await first_arrivals(session, None, door)
        (event,) = first.events
        assert isinstance(event, DeliveryChanged)
        assert connector.understand(bound, StoredArrival(first.provider_id, event.at, first.raw)) == first

    async def test_what_was_said_between_the_end_of_a_login_and_its_renewal_arrives_once(
        self, connector: Connector, sandbox: VkNotifySandbox, bound: Bound, door: Door
    ) -> None:
        """Here it is the reports."""
        async with connector.open(ChannelId(1), bound) as session:
            await session.send(notice())
        await sandbox.end_login()
        async with connector.open(ChannelId(1), bound) as session:
            with pytest.raises(NeedsRebind):
                await session.send(notice())
        again = await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)
        async with connector.open(ChannelId(1), again) as session, aclosing(door.batches(session)) as batches:
            found = [one for _ in sandbox.fate for one in (await anext(batches)).arrivals]
            await session.send(replace(notice(), key="2" * 32))
        assert changes_of(*found) == [State.SENT, State.DELIVERED, State.READ]
        assert len({one.provider_id for one in found}) == len(found)

    async def test_templates_are_what_the_manifest_promises(self, session: Session) -> None:
        assert manifest("vk_notify").capabilities.templates
        assert isinstance(session, HasTemplates)

    async def test_the_key_is_proved_only_by_a_notice_and_the_check_says_so(
        self, connector: Connector, bound: Bound
    ) -> None:
        findings = {finding.name: finding for finding in await connector.check(bound)}
        assert str(findings["send"].what) == "The gateway answers; only a message can prove the login."
        assert "never tried" in str(findings["preset"].what)
