"""One client's connection: key exchange, then encrypted requests and pushes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from telethon.tl import functions, types
from telethon.tl.core import GzipPacked, MessageContainer

from chatapp_cli.sandbox.telegram.crypto import Envelope, ServerKey, seal, unseal
from chatapp_cli.sandbox.telegram.devices import Authorisation
from chatapp_cli.sandbox.telegram.handshake import Handshake
from chatapp_cli.sandbox.telegram.tl import unpacked
from chatapp_cli.sandbox.telegram.wire import frame, read_frame

_UNKNOWN_KEY: Final = (-404).to_bytes(4, "little", signed=True)
_PLAIN_HEAD: Final = 20
_WRONG_SALT: Final = 48
_SERVICE: Final = (types.MsgsAck, types.MsgsStateReq, types.MsgsStateInfo, types.MsgsAllInfo, types.MsgResendReq)


class Connection:
    """A TCP connection; ``answer`` gets every request and returns bytes, or ``None`` for no answer."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server_key: ServerKey,
        devices: dict[int, Authorisation],
        answer: Callable[[Connection, int, Any], bytes | None],
    ) -> None:
        self.device: Authorisation | None = None
        self.wants_updates = False
        """Whether the client accepts updates."""
        self._reader, self._writer = streams
        self._handshake = Handshake(server_key)
        self._devices = devices
        self._answer = answer
        self._session_id = 0
        self._frames = 0
        self._contents = 0
        self._last_id = 0

    async def serve(self) -> None:
        """Serve until either side disconnects."""
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    self._take(await read_frame(self._reader))
        finally:
            self._leave()
            self.cut()

    def cut(self) -> None:
        """Disconnect at once."""
        self._writer.transport.abort()

    def push(self, updates: Any) -> None:
        """Push an update."""
        if self.wants_updates:
            self._send(bytes(updates))

    def _take(self, packet: bytes) -> None:
        key_id = int.from_bytes(packet[:8], "little")
        if key_id == 0:
            self._shake(unpacked(packet[_PLAIN_HEAD:]))
        elif key_id not in self._devices:
            self._write(_UNKNOWN_KEY)
        else:
            self._open(self._devices[key_id], packet)

    def _shake(self, request: Any) -> None:
        body = bytes(self._handshake.answer(request))
        self._write(bytes(8) + self._next_id().to_bytes(8, "little") + len(body).to_bytes(4, "little") + body)
        if (key := self._handshake.key) is not None:
            salt = int.from_bytes(os.urandom(8), "little", signed=True)
            self._devices.setdefault(key.key_id, Authorisation(key, salt))

    def _open(self, device: Authorisation, packet: bytes) -> None:
        envelope = unseal(device.key, packet)
        self._enter(device, envelope)
        if envelope.salt != device.salt:
            self._send(
                bytes(types.BadServerSalt(envelope.msg_id, envelope.seq_no, _WRONG_SALT, device.salt)), content=False
            )
        else:
            self._handle(envelope.msg_id, unpacked(envelope.body))

    def _enter(self, device: Authorisation, envelope: Envelope) -> None:
        if (self.device, self._session_id) == (device, envelope.session_id):
            return
        self._leave()
        self.device, self._session_id = device, envelope.session_id
        device.sessions.append(self)
        self._send(bytes(types.NewSessionCreated(envelope.msg_id, envelope.session_id, device.salt)))

    def _leave(self) -> None:
        if self.device and self in self.device.sessions:
            self.device.sessions.remove(self)

    def _handle(self, msg_id: int, message: Any) -> None:
        match message:
            case MessageContainer():
                for inner in message.messages:
                    self._handle(inner.msg_id, inner.obj)
            case GzipPacked():
                self._handle(msg_id, unpacked(message.data))
            case functions.PingRequest() | functions.PingDelayDisconnectRequest():
                self._send(bytes(types.Pong(msg_id, message.ping_id)), content=False)
            case _ if not isinstance(message, _SERVICE):
                self._reply(msg_id, message)

    def _reply(self, msg_id: int, request: Any) -> None:
        self._send(bytes(types.MsgsAck([msg_id])), content=False)
        if (answer := self._answer(self, msg_id, request)) is not None:
            self._send(answer)

    def _send(self, body: bytes, *, content: bool = True) -> None:
        """Encrypt and send; content messages are counted."""
        assert self.device is not None
        seq_no = self._contents * 2 + content
        self._contents += content
        envelope = Envelope(self.device.salt, self._session_id, self._next_id(), seq_no, body)
        self._write(seal(self.device.key, envelope))

    def _next_id(self) -> int:
        """The next message id: based on the time; a server's are 1 or 3 modulo 4."""
        self._last_id = max(int(time.time() * 2**32) & ~3 | 1, self._last_id + 4)
        return self._last_id

    def _write(self, payload: bytes) -> None:
        self._writer.write(frame(self._frames, payload))
        self._frames += 1
