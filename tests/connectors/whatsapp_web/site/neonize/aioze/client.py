"""The client: what happens to it and what it answers comes from the test, what is asked of it goes there."""

import asyncio
import os
import pickle
import struct
from itertools import count
from pathlib import Path

from neonize.exc import NeonizeError


class NewAClient:
    def __init__(self, name, uuid=None, props=None, prefix=""):
        Path(name).touch()
        self._handlers = {}
        self._numbers = count(1)
        self._asked = {}
        self._running = set()
        self._qr = None
        self.contact = _Named(self, "contact.")

    def event(self, kind):
        return lambda handler: self._handlers.update({kind.DESCRIPTOR.name: handler})

    def qr(self, handler):
        self._qr = handler

    async def connect(self, proxy_settings=None):
        reader, self._writer = await asyncio.open_connection("127.0.0.1", int(os.environ["NATIVE"]))
        return asyncio.create_task(self._live(reader))

    async def _live(self, reader):
        while True:
            (size,) = struct.unpack("!I", await reader.readexactly(4))
            what, value = pickle.loads(await reader.readexactly(size))
            if what == "event":
                handler = self._handlers.get(type(value).DESCRIPTOR.name)
                if handler:
                    self._later(handler(self, value))
            elif what == "qr":
                self._later(self._qr(self, value))
            elif what == "dial":
                raise NeonizeError(value)
            else:
                self._asked.pop(what).set_result(value)

    def _later(self, handling):
        """As the usual build does: in order, but nobody waits for a handler to end."""
        task = asyncio.create_task(handling)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def ask(self, name, args, kwargs):
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        frame = pickle.dumps((number, name, args, kwargs))
        self._writer.write(struct.pack("!I", len(frame)) + frame)
        answer = await self._asked[number]
        if isinstance(answer, Exception):
            raise NeonizeError(str(answer))
        return answer

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_Named(self, ""), name)


class _Named:
    def __init__(self, client, prefix):
        self._client, self._prefix = client, prefix

    def __getattr__(self, name):
        async def call(*args, **kwargs):
            return await self._client.ask(self._prefix + name, args, kwargs)

        return call
