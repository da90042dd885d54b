"""Answers requests with the handler from a table."""

from __future__ import annotations

from typing import Any

from telethon.tl import functions

from chatapp_cli.sandbox.telegram.cloud import Actor, Cloud
from chatapp_cli.sandbox.telegram.connection import Connection
from chatapp_cli.sandbox.telegram.devices import Authorisation
from chatapp_cli.sandbox.telegram.methods import HANDLERS, OPEN_TO_ALL
from chatapp_cli.sandbox.telegram.methods.call import Call
from chatapp_cli.sandbox.telegram.orders import SILENCE, Ledger, Order
from chatapp_cli.sandbox.telegram.tl import Refusal, method_name, refused, result


class Office:
    """Answers requests from the cloud's data, unless a test ordered something else."""

    def __init__(self, cloud: Cloud, ledger: Ledger) -> None:
        self._cloud = cloud
        self._ledger = ledger

    def answer(self, connection: Connection, msg_id: int, request: Any) -> bytes | None:
        """The answer or the refusal; ``None`` for no answer."""
        assert connection.device is not None
        request, quiet = _unwrapped(request, connection.device)
        connection.wants_updates |= not quiet
        method = method_name(request)
        order = self._ledger.due(method)
        person = connection.device.person
        try:
            answer = self._obey(order, connection, msg_id, request)
        except Refusal as refusal:
            self._ledger.enter(method, request, person, refusal.name)
            return refused(msg_id, refusal)
        except Exception as error:  # noqa: BLE001 - a mistake of ours is kept for the test's end: a client repeats what breaks its connection
            self._ledger.mistakes.append(error)
            return refused(msg_id, Refusal("INTERNAL"))
        self._ledger.enter(method, request, person, "" if answer else SILENCE)
        return answer

    def _obey(self, order: Order | None, connection: Connection, msg_id: int, request: Any) -> bytes | None:
        if order is None:
            return result(msg_id, self._done(connection, request))
        if order.garbled is not None:
            self._done(connection, request)
            return result(msg_id, order.garbled)
        if order.refusal:
            raise Refusal(order.refusal)
        if order.done:
            self._done(connection, request)
        if order.cut:
            connection.cut()
        return None

    def _done(self, connection: Connection, request: Any) -> Any:
        device = connection.device
        assert device is not None
        kind = type(request)
        _admit(device, free=kind in OPEN_TO_ALL)
        if kind not in HANDLERS:
            raise Refusal("METHOD_INVALID")
        actor = Actor(self._cloud, device.person or self._cloud.service, connection)
        value = HANDLERS[kind](Call(actor, device, connection), request)
        device.show(value)
        return value


def _admit(device: Authorisation, *, free: bool) -> None:
    if free:
        return
    if device.revoked:
        raise Refusal(device.revoked)
    if device.person is None:
        raise Refusal("SESSION_PASSWORD_NEEDED" if device.awaits_password else "AUTH_KEY_UNREGISTERED")


def _unwrapped(request: Any, device: Authorisation) -> tuple[Any, bool]:
    """The inner request, and whether it declines updates."""
    quiet = False
    while hasattr(request, "query"):
        quiet |= isinstance(request, functions.InvokeWithoutUpdatesRequest)
        if isinstance(request, functions.InitConnectionRequest):
            device.model, device.api_id = request.device_model, request.api_id
        request = request.query
    return request, quiet
