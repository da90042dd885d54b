"""The child process of one account: start it, talk to it, and end it within a deadline."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import msgspec

from chatapp_cli.connectors.whatsapp_web import errors, wire
from chatapp_cli.domain.errors import ChannelError, Misconfigured, OutcomeUnknown, Retryable

T = TypeVar("T")

OWN: Final = "chatapp_cli.connectors.whatsapp_web.child"
START = 30.0
"""The timeout for the child's greeting, in seconds: it loads a large library."""
PATIENCE = 60.0
STOP = 5.0
"""Seconds between closing the child's stdin and killing it: neonize can hang when it is stopped."""
GARBLED: Final = 100
"""Unreadable lines in a row after which the child counts as broken."""
_LONGEST_LINE = 1 << 26
"""The longest line in bytes: an address book may be long."""


@dataclass(frozen=True, slots=True)
class Received:
    """An event with its number; 0 for an unreadable line, which has none."""

    n: int
    raw: bytes


def command(said: str) -> Sequence[str]:
    """The command of the child; empty means our own. Raises Misconfigured."""
    try:
        return shlex.split(said) or [sys.executable, "-m", OWN]
    except ValueError as error:
        raise Misconfigured("no_child", str(error), field="child") from None


def _environment() -> dict[str, str]:
    """Our environment without the desk's settings, which include its key; the library's bot tag is turned off."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CHATAPP_")}
    return ours | wire.NO_BOT


@asynccontextmanager
async def child(said: str, log: Path) -> AsyncIterator[Child]:
    """Start the program, and stop it on exit. Raises Misconfigured, Retryable."""
    argv = command(said)
    sink = await asyncio.to_thread(_sink, log)
    try:
        process = await _started(argv, sink)
    finally:
        sink.close()
    one = Child(process)
    try:
        await one.greet()
        yield one
    finally:
        await one.stop()


def _sink(log: Path) -> BinaryIO:
    """The log file for the library's output; the previous process's is kept beside it."""
    with suppress(FileNotFoundError):
        log.replace(log.with_name(f"{log.stem}.before{log.suffix}"))
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


async def _started(argv: Sequence[str], sink: BinaryIO) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=pipe,
            stdout=pipe,
            stderr=sink,
            limit=_LONGEST_LINE,
            env=_environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise Misconfigured("no_child", str(error), field="child") from None


class Child:
    """A running child process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._in, self._out = process, process.stdin, process.stdout
        self._numbers = count(1)
        self._asked: dict[int, tuple[asyncio.Future[bytes], bool]] = {}
        self._hello: asyncio.Future[wire.Hello] = asyncio.get_running_loop().create_future()
        self._arrived: asyncio.Queue[Received | None] = asyncio.Queue()
        self.news: asyncio.Queue[wire.News | None] = asyncio.Queue()
        """The current states; ``None`` at the end."""
        self._verdict: ChannelError | None = None
        self._reader = asyncio.create_task(self._read(), name=f"child-{process.pid}")

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def greet(self) -> None:
        """Wait for the greeting and check the protocol version."""
        try:
            async with asyncio.timeout(START):
                hello = await self._hello
        except TimeoutError:
            raise Retryable("child_silent") from None
        if hello.protocol != wire.VERSION:
            raise Misconfigured("child_differs", f"{hello.protocol}, not {wire.VERSION}", field="child")

    async def ask(
        self, do: str, args: msgspec.Struct, into: type[T], *, patience: float = PATIENCE, once: bool = False
    ) -> T:
        """Send a request and return the answer; ``once`` if it is not repeatable."""
        if self._verdict:
            raise self.verdict
        number = next(self._numbers)
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[number] = future, once
        try:
            await self._say(wire.Order(id=number, do=do, args=msgspec.Raw(wire.encode(args))))
            async with asyncio.timeout(patience):
                answer = await future
        except TimeoutError:
            raise _lost("child_silent", once=once) from None
        finally:
            self._asked.pop(number, None)
        try:
            return msgspec.json.decode(answer, type=into)
        except msgspec.MsgspecError:
            raise _lost("child_garbled", once=once) from None

    async def acknowledge(self, n: int) -> None:
        """Acknowledge everything up to this number, which is stored on our side."""
        await self._say(wire.Order(ack=n))

    async def _say(self, order: wire.Order) -> None:
        """Write a line; the reader notices if the child is gone."""
        with suppress(ConnectionError):
            self._in.write(wire.encode(order) + b"\n")
            await self._in.drain()

    async def received(self, *, most: int, patience: float) -> Sequence[Received]:
        """The events received, or none after this many seconds. Raises the failure that ended the child."""
        try:
            async with asyncio.timeout(patience):
                one = await self._arrived.get()
        except TimeoutError:
            return ()
        found: list[Received] = []
        while one is not None:
            found.append(one)
            if len(found) == most or self._arrived.empty():
                return found
            one = self._arrived.get_nowait()
        self._arrived.put_nowait(None)
        if not found:
            raise self.verdict
        return found

    @property
    def verdict(self) -> ChannelError:
        """The failure that ended it."""
        return errors.again(self._verdict or Retryable("child_ended"))

    async def _read(self) -> None:
        garbled = 0
        try:
            async for line in self._out:
                garbled = 0 if self._understood(line) else garbled + 1
                if garbled and (garbled > GARBLED or not self._hello.done()):
                    self._end(Retryable("child_garbled", line[:100].decode("utf-8", "backslashreplace")))
                    return
        except ValueError as error:
            self._end(Retryable("child_garbled", str(error)))
        else:
            self._end(Retryable("child_ended"))

    def _understood(self, line: bytes) -> bool:
        """Handle a line; an unreadable one is passed on raw, so that it becomes a dead letter."""
        try:
            said = wire.line(line)
        except (ValueError, RecursionError):
            self._arrived.put_nowait(Received(0, line))
            return False
        self._take(said)
        return True

    def _take(self, line: wire.Line) -> None:
        if line.hello and not self._hello.done():
            self._hello.set_result(line.hello)
        elif line.n:
            self._arrived.put_nowait(Received(line.n, bytes(line.event)))
        elif line.news:
            self.news.put_nowait(line.news)
        elif line.id in self._asked:
            self._answer(line)
        elif line.error and not line.id:
            self._end(errors.of(line.error))

    def _answer(self, line: wire.Line) -> None:
        future, _ = self._asked.pop(line.id)
        if future.done():
            return
        if line.error:
            future.set_exception(errors.of(line.error))
        else:
            future.set_result(bytes(line.ok))

    def _end(self, why: ChannelError) -> None:
        """Record the end: pending requests and the reader fail with its reason. Only the first call counts."""
        if self._verdict:
            return
        self._verdict = why
        for future, once in self._asked.values():
            if not future.done():
                future.set_exception(OutcomeUnknown(why.code) if once else self.verdict)
        if not self._hello.done():
            self._hello.set_exception(self.verdict)
        self._arrived.put_nowait(None)
        self.news.put_nowait(None)

    async def stop(self) -> None:
        """Close its stdin, which asks it to exit; kill it if it does not."""
        self._in.close()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP):
                    await self._process.wait()
        finally:
            with suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()
        await self._reader
        if self._hello.done() and not self._hello.cancelled():
            self._hello.exception()
        with suppress(ConnectionError):
            await self._in.wait_closed()


def _lost(code: str, *, once: bool) -> ChannelError:
    return OutcomeUnknown(code) if once else Retryable(code)
