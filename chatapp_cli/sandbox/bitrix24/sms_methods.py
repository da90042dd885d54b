"""The methods of the providers of SMS, with the refusals of b24-rest-docs ``api-reference/messageservice``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from chatapp_cli.sandbox.bitrix24.basic_methods import said_against_address
from chatapp_cli.sandbox.bitrix24.call import Call, Desk, Method
from chatapp_cli.sandbox.bitrix24.objects import Json, PortalRefusal

_CODE: Final = re.compile(r"[a-zA-Z0-9._-]+")
_STATUSES: Final = frozenset({"queued", "sent", "delivered", "undelivered", "failed"})
_CHANGEABLE: Final = ("HANDLER", "NAME", "DESCRIPTION")


class SmsMethods:
    """Bound to one portal."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    @property
    def table(self) -> Mapping[str, Method]:
        """The methods by their names."""
        return {
            "messageservice.sender.add": self.add,
            "messageservice.sender.update": self.change,
            "messageservice.sender.list": self.codes,
            "messageservice.sender.delete": self.delete,
            "messageservice.message.status.update": self.set_status,
        }

    def add(self, call: Call) -> bool:
        """Register a provider."""
        self._require_admin(call)
        code, invalid = call.text("CODE"), "ERROR_SENDER_VALIDATION_FAILURE"
        if not _CODE.fullmatch(code):
            raise PortalRefusal(400, invalid, "Wrong sender code!" if code else "Empty sender code!")
        if not call.params.get("NAME"):
            raise PortalRefusal(400, invalid, "Empty sender NAME!")
        if call.text("TYPE") != "SMS":
            raise PortalRefusal(400, invalid, "Unknown sender message TYPE!")
        if code in self._office.senders:
            raise PortalRefusal(400, "ERROR_SENDER_ALREADY_INSTALLED", "Sender already installed!")
        self._heed_handler(call)
        self._office.senders[code] = dict(call.params)
        return True

    def change(self, call: Call) -> bool:
        """New words or a new address of a provider."""
        self._require_admin(call)
        sender = self._sender(call)
        changes = {name: call.params[name] for name in _CHANGEABLE if call.params.get(name)}
        if not changes:
            raise PortalRefusal(400, "ERROR_SENDER_OTHER_PARAMS_REQUIRED", "At least one other parameter is required!")
        self._heed_handler(call)
        sender.update(changes)
        return True

    def codes(self, call: Call) -> list[str]:
        """The codes of this application's providers."""
        self._require_admin(call)
        return list(self._office.senders)

    def delete(self, call: Call) -> bool:
        """Remove a provider."""
        self._require_admin(call)
        self._sender(call)
        del self._office.senders[call.text("CODE")]
        return True

    def set_status(self, call: Call) -> bool:
        """What became of an SMS; only its sender or an administrator may say."""
        self._sender(call)
        sms = self._office.sms.get(call.text("MESSAGE_ID"))
        if sms is None or sms.code != call.text("CODE"):
            raise PortalRefusal(400, "ERROR_MESSAGE_NOT_FOUND", "Message not found!")
        if sms.author != call.user:
            self._require_admin(call)
        if call.text("STATUS") not in _STATUSES:
            raise PortalRefusal(400, "ERROR_MESSAGE_STATUS_INCORRECT", "Message status incorrect!")
        sms.statuses.append(call.text("STATUS"))
        return True

    def _require_admin(self, call: Call) -> None:
        if not self._office.employees[call.user].admin:
            raise PortalRefusal(403, "ACCESS_DENIED", "Access denied!")

    def _sender(self, call: Call) -> Json:
        sender = self._office.senders.get(call.text("CODE"))
        if sender is None:
            raise PortalRefusal(400, "ERROR_SENDER_NOT_FOUND", "Sender not found!")
        return sender

    def _heed_handler(self, call: Call) -> None:
        if address := call.text("HANDLER"):
            self._desk.problems.extend(said_against_address(f"{call.method}: HANDLER", address))
