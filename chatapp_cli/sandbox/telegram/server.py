"""The server, and the sandbox interface with customers who write to the bound account."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import ClassVar, Final, Self

from chatapp_cli.sandbox.stage import Customer, Heard, StageFile
from chatapp_cli.sandbox.telegram.cloud import Cloud
from chatapp_cli.sandbox.telegram.connection import Connection
from chatapp_cli.sandbox.telegram.crypto import ServerKey
from chatapp_cli.sandbox.telegram.desk import APP, CODE
from chatapp_cli.sandbox.telegram.files import DC, Media
from chatapp_cli.sandbox.telegram.letters import Letter, Person
from chatapp_cli.sandbox.telegram.office import Office
from chatapp_cli.sandbox.telegram.password import CloudPassword
from chatapp_cli.sandbox.telegram.stage import Stage

OWNER_ID: Final = 5_000_000_042
PASSWORD: Final = "снег и ёлки"
PHONE: Final = "79160004200"


class TelegramSandbox:
    """One data centre with one application and initially one account; the stage adds others.

    Everything but the connections survives ``vanish()``: people, messages, sequences, keys and logins.
    """

    kind: ClassVar[str] = "telegram"

    def __init__(self, *, password: str = PASSWORD) -> None:
        self.cloud = Cloud()
        self.owner = self.cloud.settle(
            Person(OWNER_ID, "Ёлочный базар", username="yolki_shop", phone=PHONE),
        )
        """The bound account."""
        if password:
            self.owner.password = CloudPassword(password, hint="зима")
        self.stage = Stage(self.cloud, self.owner)
        self.key = ServerKey()
        self._password = password
        self._office = Office(self.cloud, self.stage.ledger)
        self._server: asyncio.Server | None = None
        self._connections: dict[Connection, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.vanish()
        if mistakes := self.stage.ledger.mistakes:
            raise ExceptionGroup("the sandbox could not answer", mistakes)

    @property
    def port(self) -> int:
        """The listening port."""
        return self.cloud.address[1]

    @property
    def dc(self) -> int:
        """The number of the data centre, for ``session.set_dc``."""
        return DC

    @property
    def answers(self) -> Mapping[str, str]:
        """The answers for binding the account by code."""
        return {
            "dc": f"127.0.0.1:{self.port}",
            "rsa_key": self.key.pem,
            "api_id": str(APP[0]),
            "api_hash": APP[1],
            "method": "code",
            "phone": f"+{self.owner.phone}",
            "code": CODE,
            "password": self._password,
            "proxies": "",
        }

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:  # noqa: ARG002 - no subjects in Telegram
        """Write to the account; the text is the last file's caption if there are files."""
        person = self.stage.person(who)
        chat = self.cloud.private(person, self.owner)
        *first, last = files or (None,)
        for file in first:
            self.stage.write(person, chat, file=file)
        return str(self.stage.write(person, chat, text, file=last).id_for(self.owner))

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """The account's messages to this customer that were not deleted."""
        person = self.stage.person(who)
        chat = self.cloud.private(person, self.owner)
        return [self._heard(one) for one in reversed(person.box.of(chat)) if one.author is self.owner]

    def _heard(self, letter: Letter) -> Heard:
        answered = letter.reply_to.id_for(self.owner) if letter.reply_to else None
        files = [letter.media.file] if isinstance(letter.media, Media) else []
        return Heard(text=letter.text, files=files, reply_to=str(answered or ""))

    async def end_login(self) -> None:
        """End all logins of the account, as its owner can on the phone."""
        self.stage.revoke()

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """Write what only a newer client can decode; MTProto cannot skip unknown data, so it hides what follows."""
        person = self.stage.person(who)
        self.stage.write_of_tomorrow(person, self.cloud.private(person, self.owner), text, value)

    async def vanish(self) -> None:
        """Close the port and all connections."""
        if self._server:
            self._server.close()
        for connection, task in list(self._connections.items()):
            connection.cut()
            with suppress(asyncio.CancelledError):
                await task
        if self._server:
            await self._server.wait_closed()
        self._server = None

    async def come_back(self) -> None:
        """Listen on the same port."""
        self._server = await asyncio.start_server(self._greet, *self.cloud.address, reuse_address=True)
        self.cloud.address = self._server.sockets[0].getsockname()[:2]

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection((reader, writer), self.key, self.cloud.devices, self._office.answer)
        task = asyncio.current_task()
        assert task is not None
        self._connections[connection] = task
        try:
            await connection.serve()
        finally:
            del self._connections[connection]
