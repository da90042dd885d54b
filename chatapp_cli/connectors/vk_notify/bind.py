"""The VK Notify part of binding a gateway (S-090)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.kit.gateway_bind import Trade

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LIFE: Final = range(15, 86401)


def _check(answers: Mapping[str, str]) -> None:
    if not _EMAIL.fullmatch(answers["notices_email"]):
        raise UsageError(T("This is no e-mail address."), field="notices_email")
    if not (answers["validity"].isdecimal() and int(answers["validity"]) in _LIFE):
        raise UsageError(T("A notice lives between 15 and 86400 seconds."), field="validity")


TRADE: Final = Trade(
    kind="vk_notify",
    package="chatapp_cli.connectors.vk_notify",
    needed=frozenset({"phone", "template", "values"}),
    check=_check,
    intro=(
        T(
            "Read the rules at https://notify.mail.ru/ and have the application approved first: {how}",
            how=to_do(Next.NEW_APPLICATION),
        ),
        T("A partner of VK Notify gives you the address, the key and the sender of your community."),
        T("Clients answer in the community: bind the VK community to the same line."),
    ),
)
