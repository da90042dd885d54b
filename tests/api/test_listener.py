"""What strangers and slow callers get from the listener, and what of them is held and logged."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
import uvicorn
from structlog.testing import capture_logs
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from chatapp_cli.api import hooks
from chatapp_cli.api.body import BodyMemory, read_body
from chatapp_cli.api.http_protocol import LingeringTransport, protocol_with
from chatapp_cli.api.limits import LIMITS, MB, Limits, Refusal
from chatapp_cli.api.server import application
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.runtime.deadlines import Deadlines

if TYPE_CHECKING:
    from chatapp_cli.runtime.daemon import Daemon

QUICK = replace(LIMITS, head_seconds=0.3, pause_seconds=0.3, body_seconds=0.6, linger_seconds=0.3)


@dataclass
class Doorkeeper:
    """Stands for the daemon: it knows one channel, and what it does with a call is said."""

    reply: Callable[[], HookReply] = HookReply

    async def takes_calls(self, seconds: float) -> bool:
        return True

    async def knows(self, key: str) -> bool:
        return key == "known"

    async def accept(self, key: str, request: HookRequest) -> HookReply:
        return self.reply()


@asynccontextmanager
async def listening(limits: Limits = LIMITS, keep_alive: int = 5) -> AsyncIterator[str]:
    """The address of the listener, with limits that a test can wait for; ``keep_alive`` in seconds."""
    app = application(cast("Daemon", Doorkeeper()), limits=limits)
    config = uvicorn.Config(
        app, http=protocol_with(limits), log_config=None, lifespan="off", timeout_keep_alive=keep_alive
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        task = asyncio.create_task(server.serve(sockets=[opened]))
        yield f"http://127.0.0.1:{opened.getsockname()[1]}"
        server.should_exit = True
        await task


@asynccontextmanager
async def calling(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the listener."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[str, str]:
    """The status line and the words, once the listener has closed the connection."""
    head, _, body = (await asyncio.wait_for(reader.read(), 5)).decode().partition("\r\n\r\n")
    return head.splitlines()[0], body


def post(path: str, length: int) -> bytes:
    return f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n".encode()


async def test_a_stranger_is_turned_away_before_a_byte_of_the_body_is_read() -> None:
    async with listening() as address, calling(address) as (reader, writer):
        writer.write(post("/hooks/nobody", 39 * MB))
        assert await answer(reader) == ("HTTP/1.1 404 Not Found", "no such channel or link\n")


async def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    async with listening() as address, calling(address) as (reader, writer):
        writer.write(post("/hooks/known", 41 * MB))
        status, words = await answer(reader)
        assert (status.split()[1], words) == ("413", "the body is larger than 40 MB\n")


async def test_what_came_of_an_unread_body_is_freed_with_its_connection() -> None:
    gc.disable()
    try:
        async with listening() as address, calling(address) as (reader, writer):
            writer.write(post("/hooks/known", 41 * MB) + b"x" * MB)
            assert (await answer(reader))[0].split()[1] == "413"
        assert [held for held in gc.get_objects() if type(held) is RequestResponseCycle] == []
    finally:
        gc.enable()


async def test_headers_and_bodies_that_trickle_in_are_ended_in_words_while_others_are_answered() -> None:
    async with listening(QUICK) as address, calling(address) as (head, heads), calling(address) as (body, bodies):
        trickling = [
            asyncio.create_task(trickle(heads, b"GET /x HTTP/1.1\r\nx: ", b"y")),
            asyncio.create_task(trickle(bodies, post("/hooks/known", 1000), b"{")),
        ]
        async with httpx.AsyncClient() as http:
            assert (await http.post(f"{address}/hooks/known", content=b"{}")).status_code == 200
        assert await answer(head) == ("HTTP/1.1 408 Request Timeout", "the headers came too slowly\n")
        assert await answer(body) == ("HTTP/1.1 408 Request Timeout", "the body came too slowly\n")
        for task in trickling:
            task.cancel()
        await asyncio.gather(*trickling, return_exceptions=True)


async def trickle(writer: asyncio.StreamWriter, begin: bytes, drop: bytes) -> None:
    """Write a byte from time to time, for ever."""
    writer.write(begin)
    while True:
        await asyncio.sleep(0.02)
        writer.write(drop)


async def test_a_connection_that_says_nothing_is_ended() -> None:
    async with listening(QUICK) as address, calling(address) as (reader, _writer):
        assert (await answer(reader))[0] == "HTTP/1.1 408 Request Timeout"


async def test_headers_without_end_are_refused_by_their_size() -> None:
    async with listening() as address, calling(address) as (reader, writer):
        writer.write(b"GET /x HTTP/1.1\r\n" + b"x: yyyyyyyyyyyyyyy\r\n" * 10_000)
        status, words = await answer(reader)
        assert (status.split()[1], words) == ("431", "the headers are too large\n")


async def test_a_connection_is_kept_for_further_requests() -> None:
    async with listening(QUICK) as address, calling(address) as (reader, writer):
        for _ in range(2):
            writer.write(post("/hooks/known", 2) + b"{}")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(QUICK.head_seconds + 0.1)


async def test_a_kept_connection_is_closed_when_no_further_request_comes() -> None:
    async with listening(keep_alive=0) as address, calling(address) as (reader, writer):
        writer.write(post("/hooks/known", 2) + b"{}")
        status, words = await answer(reader)
        assert (status, words) == ("HTTP/1.1 200 OK", "")


@pytest.mark.parametrize("parts", [1, 2, 3])
async def test_an_answer_leaves_at_once_with_its_head_and_whole_before_the_connection_is_closed(parts: int) -> None:
    wire = Wire()
    transport = LingeringTransport(wire, lambda: False, 1.0)
    for part in (b"head", b"body", b"more")[:parts]:
        transport.write(part)
    await asyncio.sleep(0)
    whole = [b"head"] if parts == 1 else [b"headbody", b"more"][: parts - 1]
    assert wire.sent == whole
    transport.write(b"last")
    transport.close()
    await asyncio.sleep(0)
    assert wire.sent == [*whole, b"last", None]


class Wire(asyncio.Transport):
    """Records what is sent, each system call by itself; ``None`` for the end."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes | None] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def is_closing(self) -> bool:
        return None in self.sent

    def close(self) -> None:
        self.sent.append(None)


async def test_one_channels_bodies_leave_room_for_the_others() -> None:
    room = BodyMemory(replace(LIMITS, held_by_one=100, held_in_all=150))
    with room.for_body("a") as one, room.for_body("a") as again, room.for_body("b") as other:
        one(80)
        with pytest.raises(Refusal, match="too many large bodies") as refused:
            again(30)
        assert (refused.value.status, refused.value.again) == (503, True)
        again(20)
        other(50)
        with pytest.raises(Refusal):
            other(1)
    with room.for_body("a") as one, room.for_body("b") as other:
        one(100)
        other(50)


async def test_a_body_larger_than_it_said_is_not_held() -> None:
    parts = iter([b"x" * 60, b"x" * 60])
    held: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": next(parts), "more_body": True}

    with pytest.raises(Refusal, match="the body is larger"):
        await read_body(receive, 0, replace(LIMITS, largest_body=100), held.append, Deadlines())
    assert sum(held) == 60


async def test_a_fault_of_ours_is_words_for_the_caller_and_one_line_of_the_log_without_values() -> None:
    app = application(cast("Daemon", Doorkeeper(reply=stumble)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http:
        with capture_logs() as logs:
            replies = [await http.get("/metrics"), await http.post("/hooks/known", content=b"{}")]
    assert [(reply.status_code, reply.text) for reply in replies] == [(500, hooks.FAILED)] * 2
    assert [(line["event"], line["hook"], line["error"].partition(" ")[0]) for line in logs] == [
        ("http.failed", False, "AttributeError"),
        ("http.failed", True, "KeyError"),
    ]
    assert "sesame" not in str(logs)


def stumble() -> HookReply:
    """Fail with a value that nobody should read in a log."""
    raise KeyError("sesame")
