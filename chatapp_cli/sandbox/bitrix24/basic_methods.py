"""The methods of the application itself: who it is, which events and pages are bound, who works in the portal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.bitrix24.authority import SCOPES
from chatapp_cli.sandbox.bitrix24.call import Call, Desk, Method, Unusual
from chatapp_cli.sandbox.bitrix24.objects import EventBinding, Json, PlacementBinding, PortalEmployee, PortalRefusal

EVENTS: Final = frozenset(
    {
        "ONAPPINSTALL", "ONAPPUNINSTALL", "ONAPPTEST", "ONAPPUPDATE", "ONAPPMETHODCONFIRM",
        "ONIMCONNECTORMESSAGEADD", "ONIMCONNECTORMESSAGEUPDATE", "ONIMCONNECTORMESSAGEDELETE",
        "ONIMCONNECTORDIALOGSTART", "ONIMCONNECTORDIALOGFINISH", "ONIMCONNECTORSTATUSDELETE",
        "ONIMCONNECTORLINEDELETE", "ONOPENLINEMESSAGEADD", "ONOPENLINEMESSAGEUPDATE", "ONOPENLINEMESSAGEDELETE",
        "ONSESSIONSTART", "ONSESSIONFINISH", "ONCRMTIMELINECOMMENTADD",
        *(f"ONCRM{kind}{what}" for kind in ("LEAD", "DEAL", "CONTACT", "COMPANY")
          for what in ("ADD", "UPDATE", "DELETE")),
    }
)  # fmt: skip
PLACEMENTS: Final = frozenset(
    f"CRM_{kind}_{place}"
    for kind in ("LEAD", "DEAL", "CONTACT", "COMPANY")
    for place in ("DETAIL_TAB", "DETAIL_TOOLBAR", "LIST_TOOLBAR", "ACTIVITY_TIMELINE_MENU")
)
PAGE: Final = 50
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def said_against_address(what: str, address: str) -> list[str]:
    """What is wrong with an address that the portal should call; only this portal can call one on loopback."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return []
    return [f"{what} is not a public https address"]


class BasicMethods:
    """Bound to one portal."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk, self._clock, self._office = desk, clock, desk.office
        self._bindings = 554

    @property
    def table(self) -> Mapping[str, Method]:
        """The methods by their names."""
        return {
            "app.info": lambda _call: self._desk.authority.app_info(),
            "server.time": lambda _call: datetime.fromtimestamp(self._clock.now() // 1000, UTC).isoformat(),
            "scope": self.scope,
            "profile": self.profile,
            "user.current": lambda call: self._person(self._employee(call.user)),
            "user.admin": lambda call: self._employee(call.user).admin,
            "user.get": self.users,
            "event.bind": self.bind,
            "event.get": self.bound,
            "event.unbind": self.unbind,
            "event.test": self.test,
            "placement.bind": self.place,
            "placement.get": self.placed,
            "placement.list": lambda _call: sorted(PLACEMENTS),
            "placement.unbind": self.displace,
        }

    def scope(self, _call: Call) -> list[str]:
        """What the application may use."""
        return [name for name in SCOPES if name not in self._desk.misbehaviour.missing_scopes]

    def _employee(self, number: int) -> PortalEmployee:
        return self._office.employees[number]

    def profile(self, call: Call) -> Json:
        """The user of the token, shortly."""
        one = self._employee(call.user)
        return {"ID": str(one.id), "ADMIN": one.admin, "NAME": one.name, "LAST_NAME": one.last_name}

    def _person(self, one: PortalEmployee) -> Json:
        return {
            "ID": str(one.id), "ACTIVE": one.active, "NAME": one.name, "LAST_NAME": one.last_name,
            "EMAIL": one.email, "WORK_POSITION": "", "UF_DEPARTMENT": [1], "USER_TYPE": "employee",
        }  # fmt: skip

    def users(self, call: Call) -> list[Json]:
        """The employees, 50 on a page."""
        wanted = {**call.map("filter"), **call.map("FILTER")}
        found = [one for one in self._office.employees.values() if _fits(one, wanted)]
        start = call.number("start")
        call.extra["total"] = len(found)
        if len(found) > start + PAGE >= PAGE:
            call.extra["next"] = start + PAGE
        return [self._person(one) for one in found[max(start, 0) :][:PAGE]]

    def bind(self, call: Call) -> bool:
        """Bind an event to a handler; another spelling of the address is another handler."""
        event, handler = call.text("event").upper(), call.text("handler")
        if event not in EVENTS:
            raise PortalRefusal(400, "ERROR_EVENT_NOT_FOUND", "There is no such event")
        self._desk.problems.extend(said_against_address("event.bind: handler", handler))
        if any((one.event, one.handler) == (event, handler) for one in self._office.bindings):
            raise PortalRefusal(400, "ERROR_CORE", "Unable to set event handler: it is already bound")
        self._bindings += 1
        bound = EventBinding(event=event, handler=handler, id=self._bindings, auth_type=call.number("auth_type"))
        self._office.bindings.append(bound)
        return True

    def bound(self, _call: Call) -> list[Json]:
        """The bindings."""
        return [
            {"event": one.event, "handler": one.handler, "auth_type": str(one.auth_type), "offline": 0}
            for one in self._office.bindings
        ]

    def unbind(self, call: Call) -> Json:
        """Take bindings of one event and one handler away."""
        wanted = (call.text("event").upper(), call.text("handler"))
        gone = [one for one in self._office.bindings if (one.event, one.handler) == wanted]
        self._office.bindings[:] = [one for one in self._office.bindings if one not in gone]
        return {"count": len(gone)}

    def test(self, call: Call) -> bool:
        """Send a test event with the parameters of the call."""
        self._desk.courier.tell("ONAPPTEST", {"QUERY": call.params}, user=call.user)
        return True

    def place(self, call: Call) -> bool:
        """Bind a page; the errors come with status 200."""
        placement, handler = call.text("PLACEMENT").upper(), call.text("HANDLER")
        if placement not in PLACEMENTS:
            raise Unusual({"error": "ERROR_ARGUMENT", "error_description": "Placement not found"})
        self._desk.problems.extend(said_against_address("placement.bind: HANDLER", handler))
        if any((one.placement, one.handler) == (placement, handler) for one in self._office.placements):
            raise Unusual({"error": "ERROR_CORE", "error_description": "The handler is already bound"})
        made = PlacementBinding(
            placement=placement, handler=handler, title=call.text("TITLE"), user=call.number("USER_ID")
        )
        self._office.placements.append(made)
        return True

    def placed(self, _call: Call) -> list[Json]:
        """The application's own pages."""
        return [
            {"placement": one.placement, "userId": one.user, "handler": one.handler, "options": [],
             "title": one.title, "description": "", "langAll": []}
            for one in self._office.placements
        ]  # fmt: skip

    def displace(self, call: Call) -> Json:
        """Take pages away: of one placement and handler, or more if less is said."""
        placement, handler = call.text("PLACEMENT").upper(), call.text("HANDLER")
        gone = [
            one for one in self._office.placements
            if placement in {"", one.placement} and handler in {"", one.handler}
        ]  # fmt: skip
        self._office.placements[:] = [one for one in self._office.placements if one not in gone]
        return {"count": len(gone)}


def _fits(one: PortalEmployee, wanted: Mapping[str, Any]) -> bool:
    said: Mapping[str, Any] = {"ID": str(one.id), "EMAIL": one.email, "NAME": one.name, "LAST_NAME": one.last_name}
    for name, value in wanted.items():
        if name == "ACTIVE":
            if one.active is not (value in {True, "1", "Y", "true"}):
                return False
        elif name in said and said[name] not in [str(each) for each in (value if isinstance(value, list) else [value])]:
            return False
    return True
