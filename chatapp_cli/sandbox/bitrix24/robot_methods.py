"""The methods of robots, with the refusals of b24-rest-docs ``api-reference/bizproc/bizproc-robot``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from chatapp_cli.sandbox.bitrix24.basic_methods import said_against_address
from chatapp_cli.sandbox.bitrix24.call import Call, Desk, Method
from chatapp_cli.sandbox.bitrix24.objects import Json, PortalRefusal

_CODE: Final = re.compile(r"[a-zA-Z0-9._-]+")
_KEY: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
_TYPES: Final = frozenset({"bool", "date", "datetime", "double", "file", "int", "select", "string", "text", "user"})
_INVALID: Final = "ERROR_ACTIVITY_VALIDATION_FAILURE"
_FIELDS: Final = frozenset({
    "HANDLER", "AUTH_USER_ID", "USE_SUBSCRIPTION", "NAME", "DESCRIPTION", "PROPERTIES", "RETURN_PROPERTIES",
    "DOCUMENT_TYPE", "FILTER", "USE_PLACEMENT", "PLACEMENT_HANDLER",
})  # fmt: skip


class RobotMethods:
    """Bound to one portal."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    @property
    def table(self) -> Mapping[str, Method]:
        """The methods by their names."""
        return {
            "bizproc.robot.add": self.add,
            "bizproc.robot.update": self.change,
            "bizproc.robot.list": self.codes,
            "bizproc.robot.delete": self.delete,
            "bizproc.event.send": self.end,
            "bizproc.activity.log": self.log,
        }

    def add(self, call: Call) -> bool:
        """Register a robot. Raises PortalRefusal."""
        self._require_admin(call)
        code = _code(call)
        self._heed_handler(call.text("HANDLER"))
        if not call.params.get("NAME"):
            raise PortalRefusal(400, _INVALID, "Empty activity NAME!")
        self._heed_properties(call.params)
        if code in self._office.robots:
            raise PortalRefusal(400, "ERROR_ACTIVITY_ALREADY_INSTALLED", "Activity or Robot already installed!")
        self._office.robots[code] = dict(call.params)
        return True

    def change(self, call: Call) -> bool:
        """New fields of a robot, which steps that are filled in already have too. Raises PortalRefusal."""
        self._require_admin(call)
        robot, fields = self._robot(call), call.map("FIELDS")
        if not fields:
            raise PortalRefusal(400, _INVALID, "No fields to update")
        self._desk.problems.extend(f"bizproc.robot.update does not know {name}" for name in fields.keys() - _FIELDS)
        if "HANDLER" in fields:
            self._heed_handler(str(fields["HANDLER"]))
        self._heed_properties(fields)
        robot.update(fields)
        return True

    def codes(self, call: Call) -> list[str]:
        """The codes of this application's robots."""
        self._require_admin(call)
        return list(self._office.robots)

    def delete(self, call: Call) -> bool:
        """Remove a robot; where it stands on stages it does nothing any more. Raises PortalRefusal."""
        self._require_admin(call)
        self._robot(call)
        del self._office.robots[call.text("CODE")]
        return True

    def end(self, call: Call) -> bool:
        """Give a step its results; also true for one that does not wait any more. Raises PortalRefusal."""
        run = self._desk.automation.step(call.text("EVENT_TOKEN"))
        self._desk.automation.answer(run, call.map("RETURN_VALUES"), call.text("LOG_MESSAGE"))
        return True

    def log(self, call: Call) -> bool:
        """Write a line into the log of a step's process. Raises PortalRefusal."""
        run = self._desk.automation.step(call.text("EVENT_TOKEN"))
        if not call.text("LOG_MESSAGE"):
            raise PortalRefusal(400, "ERROR_EMPTY_LOG_MESSAGE", "Empty log message!")
        if run.placed.waits:
            run.log.append(call.text("LOG_MESSAGE"))
        return True

    def _require_admin(self, call: Call) -> None:
        if not self._office.employees[call.user].admin:
            raise PortalRefusal(403, "ACCESS_DENIED", "Access denied!")

    def _robot(self, call: Call) -> Json:
        robot = self._office.robots.get(_code(call))
        if robot is None:
            raise PortalRefusal(400, "ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!")
        return robot

    def _heed_handler(self, address: str) -> None:
        """Refuse an address of another host than the application's: the check of the module ``rest``."""
        parts = urlsplit(address)
        if not parts.hostname:
            raise PortalRefusal(400, "ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
        if parts.scheme not in {"http", "https"}:
            raise PortalRefusal(400, "ERROR_UNSUPPORTED_PROTOCOL", "Unsupported handler protocol")
        if self._office.application_host not in {"", parts.hostname}:
            raise PortalRefusal(400, "ERROR_HANDLER_URL_MATCH", "Handler URL host doesn't match application URL")
        self._desk.problems.extend(said_against_address("bizproc.robot: HANDLER", address))

    def _heed_properties(self, fields: Mapping[str, Any]) -> None:
        for name in ("PROPERTIES", "RETURN_PROPERTIES"):
            said = fields.get(name, {})
            if not isinstance(said, dict):
                raise PortalRefusal(400, _INVALID, "Wrong properties array!")
            for key, one in said.items():
                if not _KEY.fullmatch(key):
                    raise PortalRefusal(400, _INVALID, f"Wrong property key ({key})!")
                if not isinstance(one, dict) or not one.get("Name"):
                    raise PortalRefusal(400, _INVALID, f"Empty property NAME ({key})!")
                self._desk.problems.extend(_said_against_property(key, one))


def _code(call: Call) -> str:
    code = call.text("CODE")
    if not _CODE.fullmatch(code):
        raise PortalRefusal(400, _INVALID, "Wrong activity code!" if code else "Empty activity code!")
    return code


def _said_against_property(key: str, one: Json) -> list[str]:
    """What a portal takes in silence and then shows as something else."""
    wrong = [] if one.get("Type") in _TYPES else [f"a property of a robot has the type {one.get('Type')}"]
    if one.get("Type") == "select" and not isinstance(one.get("Options"), dict):
        wrong.append(f"the property {key} of a robot has nothing to choose from")
    return wrong
