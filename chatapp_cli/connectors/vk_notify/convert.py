"""Convert a notice for the provider."""

from __future__ import annotations

from chatapp_cli.connectors.vk_notify.bind import TRADE
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.gateway_template import Values
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.phones import e164


def outgoing(message: Outbound) -> Values:
    """Phone, template and its values. Raises Rejected for anything but a template to a phone."""
    if message.template is None:
        raise Rejected("only_templates")
    phone = e164(message.address)
    if not phone:
        raise Rejected("bad_phone", message.address)
    if len(message.text) > manifest(TRADE.kind).capabilities.max_text:
        raise Rejected("too_long")
    return {
        "phone": phone.removeprefix("+"),
        "text": message.text,
        "template": message.template.name,
        "language": message.template.language,
        "values": dict(message.template.values),
    }
