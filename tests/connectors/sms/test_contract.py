"""SMS keeps the promises of every channel at a gateway that calls; what the other presets do is in test_presets.py."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from chatapp_cli.domain.arrival import DeliveryChanged
from chatapp_cli.domain.errors import NeedsRebind
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, ProvesAccess, Session
from chatapp_cli.sandbox.sms import SmsSandbox
from chatapp_cli.sandbox.stage import Customer
from tests.contract.connector_contract import ANNA, ConnectorContract, collect
from tests.contract.door import Door

pytestmark = [pytest.mark.req("S-036"), pytest.mark.req("S-110")]


class TestSms(ConnectorContract):
    kind = "sms"
    by_hook = True
    anybody = "+79160000009"
    wrong = (
        ({"secret": "wrong"}, "secret"),
        ({"login": "nobody"}, "secret"),
        ({"login": ""}, "login"),
        ({"url": "http://127.0.0.1:1"}, "url"),
        ({"url": "ftp://sms.example.org"}, "url"),
        ({"public_url": "http://ivan:pass@desk.example.org"}, "public_url"),
        ({"name": " "}, "name"),
        ({"price": "дорого"}, "price"),
        ({"price": "-1"}, "price"),
        ({"preset": "custom", "description": "nowhere.toml"}, "description"),
        ({"preset": "custom", "description": "~nobody/gateway.toml"}, "description"),
        ({"proxies": "ftp://proxy.example.org"}, "proxies"),
        ({"proxies": "http://127.0.0.1:1"}, "proxies"),
    )

    @pytest.fixture
    async def sandbox(self) -> AsyncIterator[SmsSandbox]:
        async with SmsSandbox() as sandbox:
            yield sandbox

    async def test_a_customers_words_arrive_with_name_and_address(
        self, session: Session, sandbox: SmsSandbox, bound: Bound, door: Door
    ) -> None:
        """A short message brings no name: the phone is all that is known."""
        await sandbox.say(ANNA, "СТОП")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        assert message.text == "СТОП", "words that end a subscription are messages like all others"
        assert (message.peer.key, message.peer.address, message.sender.phone) == (ANNA.phone, ANNA.phone, ANNA.phone)
        assert not message.from_us

    @pytest.mark.parametrize(("charset", "declares"), [("cp1251", True), ("cp1251", False), ("utf-8", False)])
    async def test_words_are_read_in_the_charset_in_which_the_gateway_writes(
        self, session: Session, sandbox: SmsSandbox, bound: Bound, door: Door, charset: str, declares: bool
    ) -> None:
        sandbox.charset, sandbox.declares = charset, declares
        await sandbox.say(ANNA, "Привет, ёлки есть? №5")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        assert message.text == "Привет, ёлки есть? №5"

    async def test_a_client_abroad_is_answered_where_they_are(
        self, session: Session, sandbox: SmsSandbox, bound: Bound, door: Door
    ) -> None:
        for number, phone in enumerate(("+84901234567", "+85291234567", "+85512345678", "+79160000001")):
            who = Customer(number=number, name="", phone=phone)
            await sandbox.say(who, "Здравствуйте")
            (message,), _ = await collect(session, 1, bound.cursor, door=door)
            assert (message.peer.key, message.peer.address, message.sender.phone) == (phone, phone, phone)
            await session.send(self.outbound(message, f"Вам, {phone}"))
            assert [heard.text for heard in await sandbox.heard(who)] == [f"Вам, {phone}"]

    async def test_a_login_that_is_accepted_still_is_proved_without_a_message(
        self, connector: Connector, session: Session, sandbox: SmsSandbox, bound: Bound
    ) -> None:
        assert isinstance(session, ProvesAccess)
        await session.prove()
        await sandbox.end_login()
        with pytest.raises(NeedsRebind):
            await session.prove()
        assert sandbox.sent == []

    @pytest.mark.parametrize("statuses", [("1", "20"), ("20", "1"), ("1", "20", "1"), ("-1", "1", "0", "1")])
    async def test_reports_of_parts_and_late_ones_are_told_in_their_order(
        self, session: Session, sandbox: SmsSandbox, door: Door, statuses: tuple[str, ...]
    ) -> None:
        sandbox.reachable = False
        await session.send(
            Outbound(message_id=MessageId(1), key="0" * 32, address=ANNA.phone, text="Вот " + "плед " * 40)
        )
        sandbox.settle(sandbox.sent[0], *statuses)
        words = {"-1": [], "0": [State.SENT], "1": [State.DELIVERED], "20": [State.FAILED]}
        async with aclosing(door.batches(session)) as batches:
            found = [one for _ in statuses for one in (await anext(batches)).arrivals]
        told = [event.state for one in found for event in one.events if isinstance(event, DeliveryChanged)]
        assert told == [state for status in statuses for state in words[status]]

    async def test_a_gateway_that_cannot_be_asked_still_brings_what_clients_write(
        self, connector: Connector, sandbox: SmsSandbox, bound: Bound, door: Door
    ) -> None:
        await sandbox.end_login()
        async with connector.open(ChannelId(1), bound) as session, aclosing(session.events(None)) as events:
            assert not (await anext(events)).arrivals, "its answer to our question is a refusal"
            await sandbox.say(ANNA, "Ау")
            (message,), _ = await collect(session, 1, None, door=door)
            assert message.text == "Ау"
