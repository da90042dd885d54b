"""Takes requests, and answers each by the handler that a table names for it."""

from __future__ import annotations

from typing import Any

from telethon.tl import functions as F

from chatapp_cli.sandbox.telegram.cloud import Actor, Cloud
from chatapp_cli.sandbox.telegram.devices import Authorisation
from chatapp_cli.sandbox.telegram.connection import Connection
from chatapp_cli.sandbox.telegram.methods import HANDLERS, OPEN_TO_ALL
from chatapp_cli.sandbox.telegram.methods.call import Call
from chatapp_cli.sandbox.telegram.orders import Ledger
from chatapp_cli.sandbox.telegram.tl import Refusal, method_name, refused, result


class Office:
    """Answers requests from what the cloud knows, unless something else was ordered."""

    def __init__(self, cloud: Cloud, ledger: Ledger) -> None:
        self._cloud = cloud
        self._ledger = ledger

    def answer(self, connection: Connection, msg_id: int, request: Any) -> bytes | None:
        """The answer or the refusal; ``None`` is silence."""
        device = connection.device
        assert device is not None
        request, quiet = _unwrapped(request, device)
        method, person = method_name(request), device.person
        connection.wants_updates |= not quiet
        order = self._ledger.due(method)
        if order and not order.refusal and not order.done:
            self._ledger.enter(method, request, person, "silence")
            return self._silence(connection, cut=order.cut)
        try:
            if order and order.refusal:
                raise Refusal(order.refusal)
            done = result(msg_id, self._done(connection, device, request))
        except Refusal as refusal:
            self._ledger.enter(method, request, person, refusal.name)
            return refused(msg_id, refusal)
        self._ledger.enter(method, request, person)
        return self._silence(connection, cut=order.cut) if order else done

    @staticmethod
    def _silence(connection: Connection, *, cut: bool) -> None:
        if cut:
            connection.cut()

    def _done(self, connection: Connection, device: Authorisation, request: Any) -> Any:
        kind = type(request)
        _admit(device, free=kind in OPEN_TO_ALL)
        if kind not in HANDLERS:
            raise Refusal("METHOD_INVALID")
        actor = Actor(self._cloud, device.person or self._cloud.service, connection)
        value = HANDLERS[kind](Call(actor, device, connection), request)
        device.known.update(user.id for user in getattr(value, "users", None) or ())
        return value


def _admit(device: Authorisation, *, free: bool) -> None:
    if device.revoked:
        raise Refusal(device.revoked)
    if device.person is None and not free:
        raise Refusal("SESSION_PASSWORD_NEEDED" if device.awaits_password else "AUTH_KEY_UNREGISTERED")


def _unwrapped(request: Any, device: Authorisation) -> tuple[Any, bool]:
    """The request itself, and whether it comes without a wish for updates."""
    quiet = False
    while hasattr(request, "query"):
        quiet |= isinstance(request, F.InvokeWithoutUpdatesRequest)
        if isinstance(request, F.InitConnectionRequest):
            device.device, device.api_id = request.device_model, request.api_id
        request = request.query
    return request, quiet
