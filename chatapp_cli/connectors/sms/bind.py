"""What the conversation about a gateway has to know of SMS."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.text import T
from chatapp_cli.kit.gateway_bind import Trade

TRADE: Final = Trade(
    kind="sms",
    package="chatapp_cli.connectors.sms",
    needed=frozenset({"phone", "text"}),
    intro=(
        T("Open an account at an SMS gateway, register the sender's name there, and copy login and key."),
        T("Give the gateway the webhook path of this channel, so that it reports deliveries and brings answers."),
    ),
)
