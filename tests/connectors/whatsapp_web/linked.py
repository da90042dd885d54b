"""What tests of the real child over the substituted library share: linking it, and taking what it tells."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from neonize.proto import Neonize_pb2 as events

from chatapp_cli.bootstrap import Company
from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.domain.arrival import Arrival, MessageArrived, ProviderEvent
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.services import transcript
from tests.connectors.whatsapp_web.library import OWNER, jid
from tests.connectors.whatsapp_web.native import Native
from tests.contract.connector_contract import ScriptedAsker
from tests.runtime.desk import the_dialogs

PHONE = "+79160000001"


async def linked(connector: Connector, native: Native, previous: Bound | None = None) -> tuple[Bound, ScriptedAsker]:
    """Let the owner's phone scan the code."""
    asker = ScriptedAsker({"consent": "on", "method": "qr", "phone": "", "child": native.child})
    native.up = False
    binding = asyncio.create_task(connector.bind(asker, previous=previous))
    await native.happens("qr", b"https://wa.me/settings/linked_devices#abc")
    paired = events.PairStatus(ID=jid(OWNER), BusinessName="", Platform="android", Status=events.PairStatus.SUCCESS)
    await native.happens("event", paired)
    await native.happens("event", events.Connected(status=True))
    await native.happens("event", events.OfflineSyncCompleted(Count=0))
    async with asyncio.timeout(60):
        bound = await binding
    native.up = True
    return bound, asker


def outbound(text: str = "", **changes: object) -> Outbound:
    return replace(Outbound(message_id=MessageId(1), key="0" * 32, address=PHONE, text=text), **changes)  # type: ignore[arg-type]


async def arrivals(session: WhatsAppSession, count: int, cursor: str | None = None) -> tuple[list[Arrival], str | None]:
    found: list[Arrival] = []
    async with asyncio.timeout(30), aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            found += batch.arrivals
            cursor = batch.cursor or cursor
            if len(found) >= count:
                return found, cursor
    raise AssertionError("the session ended by itself")


def words(found: list[Arrival]) -> list[str]:
    return [event.text for event in happened(found) if isinstance(event, MessageArrived)]


def happened(found: list[Arrival]) -> list[ProviderEvent]:
    return [event for one in found for event in one.events]


def entries(company: Company, dialog: DialogId) -> list[transcript.TranscriptEntry]:
    return list(company.read(partial(transcript.latest, dialog=dialog)))


def texts(company: Company) -> list[list[str]]:
    return [[entry.message.text for entry in entries(company, dialog.id)] for dialog in the_dialogs(company)]
