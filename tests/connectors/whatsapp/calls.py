"""Meta's calls of a session, without the network between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from chatapp_cli.connectors.whatsapp.connector import WhatsAppSession
from chatapp_cli.domain.arrival import ProviderEvent
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from chatapp_cli.sandbox.whatsapp.meta import NUMBER, PHONE, WABA

E = TypeVar("E", bound=ProviderEvent)
KEY = "0123456789abcdef0123456789abcdef"


def signed(sandbox: WhatsAppSandbox, body: bytes, **changes: Any) -> HookRequest:
    headers = {"x-hub-signature-256": f"sha256={sandbox.courier.sign(body)}"}
    return HookRequest(**{"method": "POST", "path": "", "query": {}, "headers": headers, "body": body, **changes})


def call(session: WhatsAppSession, sandbox: WhatsAppSandbox, payload: object) -> HookReply:
    return session.accept(signed(sandbox, json.dumps(payload, ensure_ascii=False).encode()))


def taken(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> Sequence[ProviderEvent]:
    """Everything that waits at Meta, in order."""
    found: list[ProviderEvent] = []
    while sandbox.courier.waiting:
        body = sandbox.courier.waiting.popleft()
        sandbox.courier.carried.append(body)
        reply = session.accept(signed(sandbox, body))
        assert (reply.status, [arrival.problem for arrival in reply.batch.arrivals if arrival.problem]) == (200, [])
        found += [event for arrival in reply.batch.arrivals for event in arrival.events]
    return found


def of(kind: type[E], events: Sequence[ProviderEvent]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def payload(*values: dict[str, Any], field: str = "messages", number: str = NUMBER) -> dict[str, Any]:
    head = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": PHONE, "phone_number_id": number}}
    changes = [{"field": field, "value": {**head, **value}} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": changes}]}


def out(address: str, text: str = "Да", **changes: Any) -> Outbound:
    return Outbound(**{"message_id": MessageId(1), "key": KEY, "address": address, "text": text, **changes})


TEXT = {"from": "7916", "id": "wamid.1", "timestamp": "1795000000", "type": "text", "text": {"body": "да"}}
