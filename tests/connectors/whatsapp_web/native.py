"""The test's end of the substituted library: makes things happen to the client and answers what is asked of it."""

from __future__ import annotations

import asyncio
import pickle
import shlex
import struct
import sys
from pathlib import Path
from typing import Any, Self

from neonize.proto import Neonize_pb2 as events

from chatapp_cli.connectors.whatsapp_web import process
from tests.connectors.whatsapp_web.library import OWNER, OWNER_HIDDEN, jid, whole

SITE = Path(__file__).parent / "site"


def sent(ident: str, at: int = 1_795_000_000) -> events.SendResponse:
    return whole(events.SendResponse(ID=ident, Timestamp=at))  # type: ignore[return-value]


class Native:
    """``answers`` by the name of the function: a value, an exception to raise, or a list of them to give in turn."""

    def __init__(self) -> None:
        me = events.Device(JID=jid(OWNER, device=7), LID=jid(OWNER_HIDDEN), PushName="Ёлочный базар", Initialized=True)
        unknown = dict.fromkeys(("get_pn_from_lid", "get_lid_from_pn"), jid())
        self.answers: dict[str, Any] = {"get_me": whole(me), "disconnect": None, **unknown}
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.up = True
        """Connect as soon as the client dials."""
        self._writer: asyncio.StreamWriter | None = None
        self._dialled = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    @property
    def child(self) -> str:
        port = self._server.sockets[0].getsockname()[1]
        around = [f"PYTHONPATH={SITE}", f"NATIVE={port}"]
        return shlex.join(["env", *around, sys.executable, "-m", process.OWN])

    def called(self, name: str) -> list[tuple[Any, ...]]:
        return [args for one, args, _ in self.calls if one == name]

    async def happens(self, what: str, value: object) -> None:
        """An ``event``, a ``qr`` code or a failed ``dial``."""
        await self._dialled.wait()
        self._write(what, value)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._dialled.set()
        if self.up:
            self._write("event", events.Connected(status=True))
        try:
            while True:
                (size,) = struct.unpack("!I", await reader.readexactly(4))
                number, name, args, kwargs = pickle.loads(await reader.readexactly(size))
                self.calls.append((name, args, kwargs))
                self._write(number, self._answer(name))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._dialled.clear()
        finally:
            writer.close()

    def _answer(self, name: str) -> object:
        prepared = self.answers.get(name)
        return prepared.pop(0) if isinstance(prepared, list) else prepared

    def _write(self, what: object, value: object) -> None:
        assert self._writer
        frame = pickle.dumps((what, value))
        self._writer.write(struct.pack("!I", len(frame)) + frame)
