"""Convert a message for a gateway."""

from __future__ import annotations

from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.domain.segments import MOST, segments
from chatapp_cli.kit.gateway_template import Values
from chatapp_cli.kit.phones import e164


def outgoing(message: Outbound) -> Values:
    """Phone and text. Raises Rejected for an invalid phone and for more parts than the gateway joins."""
    phone = e164(message.address)
    if not phone:
        raise Rejected("bad_phone", message.address)
    if segments(message.text).parts > MOST:
        raise Rejected("too_long")
    return {"phone": phone.removeprefix("+"), "text": message.text}
