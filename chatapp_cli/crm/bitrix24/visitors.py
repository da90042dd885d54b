"""Who opened a page of ours in the portal's frame, as the portal says it of their own access token.

The application's token and ``member_id`` say nothing about it: both come through the browser, so every employee who
opened such a page knows them. Sources: b24-rest-docs ``user.current``, ``user.admin``; providers' sheet §2.1.
"""

from __future__ import annotations

from typing import Any

from chatapp_cli.crm.bitrix24.api import EmployeeCalls, PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.lines import employee_in
from chatapp_cli.domain.crm.link import Employee, PlaceVisitor
from chatapp_cli.domain.errors import ChannelError, Rejected
from chatapp_cli.kit.pace import Urgency

STRANGER = "not_an_employee"
"""The code of a token that is of nobody who works in the portal."""


async def place_visitor(api: PortalApi, access: str) -> PlaceVisitor:
    """The employee who has an access token. Raises Rejected for a token of nobody who works there.

    Only administrators set connectors up: ``imconnector.*`` asks for the same (providers' sheet §2.1).
    """
    asked = {name: BatchCommand(name) for name in ("user.current", "user.admin")}
    told = await api.of_employee(access).batch(asked, urgency=Urgency.OPERATOR)
    return PlaceVisitor(employee=named(told["user.current"]).id, administers=told["user.admin"] is True)


async def employee_of(reader: EmployeeCalls) -> Employee:
    """The employee whose calls these are. Raises Rejected for nobody who works there."""
    return named(await reader.call("user.current", urgency=Urgency.OPERATOR))


def named(told: Any | ChannelError) -> Employee:
    """The employee in an answer of ``user.current``. Raises Rejected if it names nobody who works there."""
    if isinstance(told, ChannelError):
        raise told
    number = str(told.get("ID") or "") if isinstance(told, dict) and told.get("ACTIVE") is True else ""
    if not (number.isascii() and number.isdecimal() and int(number)):
        raise Rejected(STRANGER)
    return employee_in(told)
