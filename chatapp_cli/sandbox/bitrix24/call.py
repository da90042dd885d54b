"""One call as the methods see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from chatapp_cli.sandbox.bitrix24.authority import BitrixAuthority
from chatapp_cli.sandbox.bitrix24.automation import Automation
from chatapp_cli.sandbox.bitrix24.courier import EventCourier
from chatapp_cli.sandbox.bitrix24.misbehaviour import Misbehaviour
from chatapp_cli.sandbox.bitrix24.objects import ADMIN, Json, PortalRefusal
from chatapp_cli.sandbox.bitrix24.office import PortalOffice
from chatapp_cli.sandbox.bitrix24.tracker import CardTracker


@dataclass(frozen=True, slots=True)
class Desk:
    """What the methods work on."""

    office: PortalOffice
    authority: BitrixAuthority
    courier: EventCourier
    tracker: CardTracker
    automation: Automation
    misbehaviour: Misbehaviour
    problems: list[str]


@dataclass(frozen=True, slots=True)
class Call:
    """The parameters of a call and who makes it."""

    method: str
    params: Json
    user: int = ADMIN
    extra: Json = field(default_factory=dict)
    """What stands beside ``result`` in the answer, such as ``total``."""

    def text(self, name: str) -> str:
        """A parameter as text; empty if it is missing."""
        value = self.params.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> int:
        """A parameter as a number; 0 if it is missing. Raises PortalRefusal."""
        try:
            return int(self.params.get(name) or 0)
        except (TypeError, ValueError) as error:
            raise PortalRefusal(400, "ERROR_ARGUMENT", f"{name} is not a number") from error

    def map(self, name: str) -> Json:
        """A parameter as a map; empty if it is missing."""
        value = self.params.get(name)
        return value if isinstance(value, dict) else {}


class Unusual(Exception):
    """An answer with status 200 that is not ``{"result": …}``."""

    def __init__(self, body: Json) -> None:
        super().__init__(str(body))
        self.body = body


Method: TypeAlias = Callable[[Call], Any]
