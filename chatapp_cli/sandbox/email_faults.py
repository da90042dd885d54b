"""Faults of real IMAP servers, put between a client and a sound server: mails that are not handed out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Literal

from pymap.backend.dict.mailbox import MailboxData
from pymap.parsing.specials import FetchRequirement

Fault = Literal["unreadable", "refused", "dropped", "stalled", "skipped", "gone", "nil", "quoted"]
"""What happens to the command that asks for a mail.

``unreadable``: NO, also to its size; ``refused``: NO to its body alone; ``dropped``: the connection breaks inside it;
``stalled``: it stops half way; ``skipped``: OK without it; ``gone``: the same, because it was deleted just before;
``nil``: OK with ``NIL``; ``quoted``: a quoted string.
"""
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Open = Callable[[str], Awaitable[MailboxData]]

_FETCH = re.compile(rb"(?P<tag>\S+) UID FETCH (?P<uids>[\d:,]+) (?P<what>.+?)\r\n$")
_ENTERED = re.compile(rb'\S+ (?:SELECT|EXAMINE) "?(?P<folder>[^"\r]+)"?\r\n$')
_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")
_NO = b" NO [SERVERBUG] Internal error occurred. Refer to server log for more information.\r\n"


@dataclass(slots=True, kw_only=True)
class Faults:
    """The faults of a mailbox; folders have the names that IMAP gives them."""

    mails: MutableMapping[tuple[str, int], Fault] = field(default_factory=dict)
    """By folder and UID."""
    folders: MutableMapping[str, bytes] = field(default_factory=dict)
    """The answer to every STATUS, SELECT and EXAMINE of a folder, such as ``NO [INUSE] later``."""
    asked: list[str] = field(default_factory=list)
    """The commands of all connections, without their tags."""
    stopped: bool = False
    """Whether a mail has stopped half way."""

    async def between(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, serve: Serve, mailbox: Open
    ) -> None:
        """Serve a connection with these faults; ``mailbox`` opens a folder by its name as IMAP gives it."""
        inner = asyncio.StreamReader(limit=2**26)
        asking = asyncio.create_task(_Connection(self, reader, inner, writer, mailbox).run())
        try:
            await serve(inner, writer)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)


class _Connection:
    """The commands of one client, on their way to the sound server."""

    def __init__(
        self,
        faults: Faults,
        client: asyncio.StreamReader,
        server: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        mailbox: Open,
    ) -> None:
        self._faults = faults
        self._client, self._server, self._writer = client, server, writer
        self._mailbox = mailbox
        self._folder = ""

    async def run(self) -> None:
        """Pass commands on until the client hangs up."""
        try:
            while line := await self._client.readline():
                self._faults.asked.append(line.partition(b" ")[2].decode("utf-8", "replace").strip())
                await self._pass(line)
                if literal := _LITERAL.search(line):
                    self._server.feed_data(await self._client.readexactly(int(literal[1])))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        self._server.feed_eof()

    async def _pass(self, line: bytes) -> None:
        if entered := _ENTERED.match(line):
            self._folder = entered["folder"].decode()
        if refusal := self._refusal(line):
            self._writer.write(line.split()[0] + b" " + refusal + b"\r\n")
        elif fetch := _FETCH.match(line):
            await self._fetch(fetch, line)
        else:
            self._server.feed_data(line)

    def _refusal(self, line: bytes) -> bytes:
        asks = re.match(rb'\S+ (?:STATUS|SELECT|EXAMINE) "?([^"\r]+)"?', line)
        return self._faults.folders.get(asks[1].decode(), b"") if asks else b""

    async def _fetch(self, fetch: re.Match[bytes], line: bytes) -> None:
        faults = {uid: fault for uid in _uids(fetch["uids"]) if (fault := self._fault(uid, fetch["what"]))}
        if not faults:
            self._server.feed_data(line)
            return
        if {"unreadable", "refused"} & {*faults.values()}:
            self._writer.write(fetch["tag"] + _NO)
            return
        for uid, fault in faults.items():
            if fault in {"dropped", "stalled"}:
                await self._break_off(uid, fault)
                return
            await self._answer_oddly(uid, fault)
        await self._fetch_others(fetch, faults)

    async def _content(self, uid: int) -> bytes:
        mailbox = await self._mailbox(self._folder)
        (found,) = [message async for message in mailbox.messages() if message.uid == uid]
        return bytes((await found.load_content(FetchRequirement.CONTENT)).get_body())

    def _fault(self, uid: int, what: bytes) -> Fault | None:
        fault = self._faults.mails.get((self._folder, uid))
        only_body = fault != "unreadable"
        return None if only_body and b"BODY.PEEK[]" not in what else fault

    async def _break_off(self, uid: int, fault: Fault) -> None:
        content = await self._content(uid)
        self._writer.write(
            b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (uid, uid, len(content)) + content[: len(content) // 2]
        )
        await self._writer.drain()
        if fault == "dropped":
            self._writer.transport.abort()
        self._faults.stopped = True

    async def _answer_oddly(self, uid: int, fault: Fault) -> None:
        if fault == "gone":
            await (await self._mailbox(self._folder)).delete([uid])
        if fault == "nil":
            self._writer.write(b"* %d FETCH (UID %d BODY[] NIL)\r\n" % (uid, uid))
        if fault == "quoted":
            content = (await self._content(uid)).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            flat = content.replace(b"\r\n", b"\n")  # a quoted string has no line end of the protocol's
            self._writer.write(b'* %d FETCH (UID %d BODY[] "%b")\r\n' % (uid, uid, flat))

    async def _fetch_others(self, fetch: re.Match[bytes], faults: Mapping[int, Fault]) -> None:
        others = [b"%d" % uid for uid in _uids(fetch["uids"]) if uid not in faults]
        if others:
            self._server.feed_data(b"%b UID FETCH %b %b\r\n" % (fetch["tag"], b",".join(others), fetch["what"]))
        else:
            self._writer.write(fetch["tag"] + b" OK done\r\n")


def _uids(said: bytes) -> Iterator[int]:
    for span in said.split(b","):
        first, _, last = span.partition(b":")
        yield from range(int(first), int(last or first) + 1)
