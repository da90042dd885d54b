"""An IMAP connection on which every call ends: with the answer, at a deadline, or when the connection is lost.

Built on aioimaplib, whose calls hang when the connection is lost, whose parser recurses once per line, and which has no
STARTTLS.
"""

from __future__ import annotations

import asyncio
import math
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from aioimaplib import IMAP4, AioImapException
from aioimaplib.aioimaplib import SELECTED, Command, Response, quoted

from chatapp_cli.connectors.email import errors, login
from chatapp_cli.connectors.email.account import Account, Server
from chatapp_cli.connectors.email.folders import Folder, listed
from chatapp_cli.connectors.email.incoming import Mail
from chatapp_cli.domain.errors import Misconfigured, Retryable
from chatapp_cli.domain.ids import Millis

INBOX = "INBOX"
DEADLINE = 30.0
"""The timeout for an answer, in seconds."""
_SLOWEST = 20_000
"""The slowest accepted transfer of a mail to the server, in bytes per second."""
_TRICKLE = 1_000
"""The slowest accepted transfer of mails from the server, in bytes per second: slow lines are slow for every mail."""
_LONGEST_HEAD = 256 * 1024
_PIECE = 8192
"""Bytes passed to aioimaplib's parser at once: at most some 600 lines, which fits Python's stack."""
_BEGIN = re.compile(rb"(?:\* )?\d+ FETCH \(")
"""The beginning of an answer about a mail; aioimaplib leaves the star if it takes the line before for unfinished."""
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_QUOTED_CONTENT = re.compile(rb'\bBODY\[[^\]"]*\](?:<\d+>)? ("(?:[^"\\]|\\.)*+")', re.DOTALL)
_NEVER = datetime.fromtimestamp(0, UTC)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A mail's UID, size and time, before it is fetched."""

    uid: int
    size: int
    at: Millis
    """When the server received it; 0 if its time is invalid."""


class _Protocol(login.ChallengedProtocol):
    news = False
    """Whether the server told of new mails since the folder was searched last; it tells so only once."""
    received = 0
    """Bytes received so far."""

    def _untagged_response(self, line: bytes) -> Command | None:
        self.news = self.news or re.fullmatch(rb"\* \d+ EXISTS\s*", line) is not None
        return super()._untagged_response(line)

    def data_received(self, d: bytes) -> None:
        self.received += len(d)
        for start in range(0, len(d), _PIECE):
            super().data_received(d[start : start + _PIECE])


class _Client(IMAP4):  # type: ignore[misc]  # aioimaplib is untyped
    def create_client(self, host: str, port: int, loop: Any, conn_lost_cb: Any = None, ssl_context: Any = None) -> None:
        loop = asyncio.get_running_loop()
        self.protocol = _Protocol(loop, conn_lost_cb)
        self._client_task = loop.create_task(loop.create_connection(lambda: self.protocol, host, port, ssl=ssl_context))


class Imap:
    """A logged-in connection; every method raises only the ``ChannelError`` family."""

    def __init__(self, server: Server, trust: ssl.SSLContext) -> None:
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._server = server
        self._trust = trust
        self.inside = ""
        """The entered folder."""
        self.uidvalidity = 0
        """That of the entered folder."""
        self._client = _Client(
            server.host,
            server.port,
            timeout=DEADLINE,
            conn_lost_cb=self._on_lost,
            ssl_context=trust if server.tls == "tls" else None,
        )

    def _on_lost(self, _reason: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(None)

    async def _answer(self, call: Awaitable[_T], seconds: float = DEADLINE) -> _T:
        """Wait for an answer, or raise why there will be none."""
        task = asyncio.ensure_future(call)
        try:
            await self._wait_for(task, seconds)
            if task.done():
                return task.result()
        except (OSError, AioImapException) as error:
            raise errors.unreachable(error) from error
        finally:
            task.cancel()
        if self._lost.done():
            raise Retryable("connection_lost")
        raise Retryable("unreachable", f"no answer within {seconds:.0f} s")

    async def _wait_for(self, task: asyncio.Future[Any], seconds: float) -> None:
        """Wait until it is done, the connection is lost, or nothing worth mentioning came for so many seconds."""
        before = -math.inf
        while not (task.done() or self._lost.done()) and self._received - before >= _TRICKLE * seconds:
            before = self._received
            await _first(task, self._lost, seconds)

    @property
    def _received(self) -> int:
        """Bytes received so far."""
        found: int = self._client.protocol.received
        return found

    async def _done(self, call: Awaitable[Response], seconds: float = DEADLINE) -> Sequence[bytes]:
        """Wait for an OK answer and return its lines."""
        response = await self._answer(call, seconds)
        if response.result != "OK":
            raise errors.imap_refusal(_words(response))
        lines: Sequence[bytes] = response.lines
        return lines

    async def start(self, account: Account) -> None:
        """Connect, start TLS, log in and read the server's capabilities."""
        await self._answer(self._client.wait_hello_from_server())
        if self._server.tls == "starttls":
            await self._start_tls()
        response = await login.enter(self._client, account, self._answer)
        if response.result != "OK":
            raise errors.imap_login(_words(response), by_token=account.access is not None)
        await self._answer(self._client.protocol.capability())

    async def _start_tls(self) -> None:
        """Switch the connection to TLS; earlier capabilities are discarded (RFC 9051 §6.2.1)."""
        protocol = self._client.protocol
        response = await self._answer(protocol.execute(Command("STARTTLS", protocol.new_tag())))
        if response.result != "OK" or protocol.incomplete_line:
            raise Misconfigured("tls_mismatch", _words(response))
        upgrade = asyncio.get_running_loop().start_tls(
            protocol.transport, protocol, self._trust, server_hostname=self._server.host
        )
        protocol.transport = await self._answer(upgrade)
        await self._answer(protocol.capability())

    async def close(self) -> None:
        """Hang up."""
        connecting = self._client._client_task  # aioimaplib offers no other way to give up connecting
        connecting.cancel()
        await asyncio.wait({connecting})
        if self._client.protocol.transport is not None:
            self._client.protocol.transport.close()
            await asyncio.wait({self._lost}, timeout=1)
            self._client.protocol.transport.abort()

    async def select(self, folder: str = INBOX) -> int:
        """Enter a folder and return its UIDVALIDITY."""
        self.inside = ""
        lines = await self._done(self._client.select(quoted(folder)))
        self.inside, self.uidvalidity = folder, _uidvalidity(lines)
        return self.uidvalidity

    async def examine(self, folder: str) -> int:
        """Enter a folder without changing anything there, and return its UIDVALIDITY."""
        self.inside = ""
        lines = await self._done(self._client.examine(quoted(folder)))
        self._client.protocol.state = SELECTED  # aioimaplib knows only of SELECT
        self.inside, self.uidvalidity = folder, _uidvalidity(lines)
        return self.uidvalidity

    async def status(self, folder: str) -> tuple[int, ...]:
        """Numbers of a folder that change when a mail comes in: UIDVALIDITY and UIDNEXT."""
        lines = await self._done(self._client.status(quoted(folder), "(UIDVALIDITY UIDNEXT)"))
        return tuple(int(found) for line in lines[:-1] for found in re.findall(rb"\bUID[A-Z]+ (\d+)", line))

    async def search(self, *criteria: str) -> Sequence[int]:
        """UIDs in the folder that meet the criteria, ascending."""
        self._client.protocol.news = False
        lines = await self._done(self._client.uid_search(*criteria, charset=None))
        return _numbers(lines)

    async def with_message_id(self, message_id: str) -> Sequence[int]:
        """UIDs of the mails in the folder with this Message-ID, ascending."""
        quotable = message_id.replace("\\", "\\\\").replace('"', '\\"')
        return await self.search("HEADER", "Message-ID", f'"{quotable}"')

    async def existing(self, uids: Sequence[int]) -> Sequence[int]:
        """Those of these mails that are in the folder."""
        lines = await self._done(self._client.uid_search("UID", _range(uids), charset=None))
        return sorted({*uids}.intersection(_numbers(lines)))

    async def noop(self) -> None:
        """Check that the server responds, and let it report new mail."""
        await self._done(self._client.noop())

    async def entries(self, uids: Sequence[int]) -> Sequence[Entry]:
        """Size and time of these mails; deleted ones are left out."""
        lines = await self._done(self._client.uid("fetch", _range(uids), "(UID RFC822.SIZE INTERNALDATE)"))
        return sorted(filter(None, map(_entry, lines)), key=lambda entry: entry.uid)

    async def fetch(self, entries: Sequence[Entry], first: int | None = None) -> Sequence[Mail]:
        """The mails, or their ``first`` bytes."""
        what = "(UID BODY.PEEK[])" if first is None else f"(UID BODY.PEEK[]<0.{first}>)"
        call = self._client.uid("fetch", _range([entry.uid for entry in entries]), what)
        bodies = dict(_bodies(await self._done(call)))
        return [
            Mail(uid=entry.uid, at=entry.at, size=entry.size if first else 0, raw=bodies[entry.uid])
            for entry in entries
            if entry.uid in bodies
        ]

    async def head(self, uid: int) -> bytes:
        """The head of a mail; empty if the server does not give it."""
        lines = await self._done(self._client.uid("fetch", str(uid), f"(UID BODY.PEEK[HEADER]<0.{_LONGEST_HEAD}>)"))
        return dict(_bodies(lines)).get(uid, b"")

    @property
    def can_idle(self) -> bool:
        """Whether the server supports IDLE."""
        return bool(self._client.has_capability("IDLE"))

    async def idle(self, seconds: float) -> None:
        """Wait for new mail up to this long; the closing exchange proves that the server responds.

        Ends at once if the server told of new mail since the last search: it would not do so again.
        """
        if self._client.protocol.news:
            return
        idling = await self._answer(self._client.idle_start(seconds + 2 * DEADLINE))
        push = asyncio.ensure_future(self._client.wait_server_push())
        try:
            await _first(push, self._lost, seconds)
        finally:
            push.cancel()
        self._client.idle_done()
        await self._answer(idling)

    async def folders(self) -> Sequence[Folder]:
        """All folders of the mailbox that hold mails."""
        return listed(await self._done(self._client.list('""', '"*"')))

    async def message_ids(self, uids: Sequence[int]) -> Mapping[int, str]:
        """The Message-ID of each of these mails that has one."""
        what = "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
        lines = await self._done(self._client.uid("fetch", _range(uids), what))
        found = {uid: re.search(rb"<[^<>]+>", head) for uid, head in _bodies(lines)}
        return {uid: one.group().decode("ascii", "replace") for uid, one in found.items() if one}

    async def add_flags(self, uids: Sequence[int], flags: str) -> None:
        """Set flags, separated by blanks, on mails of the entered folder."""
        await self._done(self._client.uid("store", _range(uids), "+FLAGS.SILENT", f"({flags})"))

    async def append(self, folder: str, mail: bytes) -> None:
        """File a mail as read."""
        call = self._client.append(mail, quoted(folder), flags="\\Seen")
        await self._done(call, DEADLINE + len(mail) / _SLOWEST)


@asynccontextmanager
async def connect(account: Account) -> AsyncIterator[Imap]:
    """Log in to a mailbox."""
    imap = Imap(account.imap, await account.trust.load())
    try:
        await imap.start(account)
        yield imap
    finally:
        await imap.close()


async def _first(one: asyncio.Future[Any], other: asyncio.Future[Any], seconds: float) -> None:
    await asyncio.wait({one, other}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def _uidvalidity(lines: Sequence[bytes]) -> int:
    found = re.search(rb"\[UIDVALIDITY (\d+)\]", b"\n".join(lines))
    return int(found[1]) if found else 0


def _words(response: Response) -> str:
    last = response.lines[-1] if response.lines else b""
    return bytes(last).decode("utf-8", "replace").strip()


def _range(uids: Sequence[int]) -> str:
    """Write UIDs as ranges: ``4,7:9``."""
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in _spans(uids))


def _spans(uids: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = 0
    for uid in uids:
        if last and uid == last + 1:
            last = uid
            continue
        if last:
            yield first, last
        first = last = uid
    if last:
        yield first, last


def _numbers(lines: Sequence[bytes]) -> Sequence[int]:
    """The numbers in the answer to SEARCH, ascending."""
    return sorted({int(number) for line in lines[:-1] for number in re.findall(rb"\b\d+\b", line)})


def _entry(line: bytes) -> Entry | None:
    uid, size = re.search(rb"\bUID (\d+)", line), re.search(rb"\bRFC822\.SIZE (\d+)", line)
    if not (uid and size):
        return None
    return Entry(uid=int(uid[1]), size=int(size[1]), at=_received(line))


def _received(line: bytes) -> Millis:
    date = re.search(rb'\bINTERNALDATE "([^"]+)"', line)
    try:
        at = parsedate_to_datetime(date[1].decode("ascii").strip()) if date else _NEVER
        return int(at.timestamp() * 1000)
    except (ValueError, OverflowError, TypeError, IndexError):  # what parsedate makes of absurd dates
        return 0


def _bodies(lines: Sequence[bytes | bytearray]) -> Iterator[tuple[int, bytes]]:
    """UID and content of every mail in an answer; the UID may come before or after the content."""
    about: bytes = b""
    literal: bytearray | None = None
    for line in [*lines, b"0 FETCH ("]:
        if isinstance(line, bytearray):
            literal = line
        elif _BEGIN.match(line):
            content = literal if literal is not None else _quoted_content(about)
            uid = re.search(rb"\bUID (\d+)", _QUOTED.sub(b'""', about))
            if uid and content is not None:
                yield int(uid[1]), bytes(content)
            about, literal = line, None
        else:
            about += b" " + line


def _quoted_content(about: bytes) -> bytes | None:
    """The content of a mail that came as a quoted string (RFC 9051 §4.3.2), which needs no size before it."""
    found = _QUOTED_CONTENT.search(about)
    return re.sub(rb"\\(.)", rb"\1", found[1][1:-1]) if found else None
