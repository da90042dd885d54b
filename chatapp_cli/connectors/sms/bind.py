"""The SMS part of binding a gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.kit.gateway_bind import Trade

_PRICE: Final = re.compile(r"\d{1,6}(\.\d{1,4})?")


def _check(answers: Mapping[str, str]) -> None:
    if answers["price"] and not _PRICE.fullmatch(answers["price"]):
        raise UsageError(T("A price is a number such as 4.35."), field="price")


TRADE: Final = Trade(
    kind="sms",
    package="chatapp_cli.connectors.sms",
    needed=frozenset({"phone", "text"}),
    check=_check,
    intro=(
        T("Open an account at an SMS gateway, register the sender's name there, and copy login and key."),
        T("Give the gateway the webhook path of this channel, so that it reports deliveries and brings answers."),
    ),
)
