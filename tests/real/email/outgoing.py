"""Mails that the desk sends to Dovecot and Postfix."""

from __future__ import annotations

from chatapp_cli.domain.outbound import Outbound
from tests.connectors.email import desk
from tests.real.email.servers import ANNA


def outbound(**changes: object) -> Outbound:
    """A mail of the desk to Anna."""
    return desk.outbound(**{"address": ANNA, "text": "Есть, приезжайте.", "subject": "Заказ"} | changes)
