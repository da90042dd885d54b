"""A plain Telethon client in front of the sandbox, without our connector between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from telethon import TelegramClient, events
from telethon.crypto import rsa
from telethon.errors import SessionPasswordNeededError
from telethon.sessions import MemorySession

from chatapp_cli.sandbox.telegram import TelegramSandbox
from chatapp_cli.sandbox.telegram.desk import APP
from tests.contract.connector_contract import ANNA, BORIS

__all__ = ["ANNA", "BORIS", "Device", "device", "logged_in", "login", "until"]


async def until(holds: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)


class Device(TelegramClient):  # type: ignore[misc]
    """A client that keeps every update and message it was given."""

    def __init__(self, sandbox: TelegramSandbox, session: MemorySession, **options: Any) -> None:
        defaults = {"raise_last_call_error": True, "retry_delay": 0, "request_retries": 0, "flood_sleep_threshold": 0}
        super().__init__(session, *APP, **{**defaults, **options})
        self.sandbox = sandbox
        self.messages: list[Any] = []
        self.told: list[Any] = []
        self.add_event_handler(self._message, events.NewMessage)
        self.add_event_handler(self._told, events.Raw)

    async def _message(self, event: Any) -> None:
        self.messages.append(event.message)

    async def _told(self, update: Any) -> None:
        self.told.append(update)

    def of(self, kind: type) -> list[Any]:
        return [update for update in self.told if isinstance(update, kind)]

    @property
    def texts(self) -> list[str]:
        return [message.message for message in self.messages]

    async def hears(self, count: int) -> list[str]:
        await until(lambda: len(self.messages) >= count)
        return self.texts

    async def told_of(self, kind: type, count: int = 1) -> Any:
        await until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[-1]


@asynccontextmanager
async def device(
    sandbox: TelegramSandbox, session: MemorySession | None = None, **options: Any
) -> AsyncIterator[Device]:
    """A connected client, logged in if its session is."""
    rsa.add_key(sandbox.key.pem, old=False)
    if session is None:
        session = MemorySession()
        session.set_dc(sandbox.dc, "127.0.0.1", sandbox.port)
    client = Device(sandbox, session, **options)
    await client.connect()
    try:
        yield client
    finally:
        await client.disconnect()


async def login(client: Device) -> Any:
    """By code, and by password if there is one."""
    known = client.sandbox.answers
    await client.send_code_request(known["phone"])
    try:
        return await client.sign_in(known["phone"], known["code"])
    except SessionPasswordNeededError:
        return await client.sign_in(password=known["password"])


@asynccontextmanager
async def logged_in(sandbox: TelegramSandbox, **options: Any) -> AsyncIterator[Device]:
    async with device(sandbox, **options) as client:
        await login(client)
        yield client
