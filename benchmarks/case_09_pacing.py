"""Mass sending under a rate: how much of it is used, and how full the fullest window gets, by the kernel's stamps."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from typing import TypeAlias

import aiohttp

from benchmarks.harness import Case, LeftOut
from chatapp_cli.domain.arrival import ChatKind
from chatapp_cli.domain.manifest import Rate
from chatapp_cli.kit.system import SystemClock
from chatapp_cli.runtime.governor import Governor, RateTarget

Arrivals: TypeAlias = Mapping[str, Sequence[float]]
"""When requests reached the server, by lane."""
Send: TypeAlias = Callable[[str], Awaitable[None]]
Worker: TypeAlias = Callable[[Send, Governor], Awaitable[None]]

FAST = Rate(scope="account", limit=500, per=1)
BULK = Rate(scope="account", limit=30, per=1)
DIALOG = Rate(scope="dialog", limit=1, per=1)
GROUP = Rate(scope="group", limit=20, per=60)
WORKERS = 16
SO_TIMESTAMPNS = 35
"""Linux' number for «tell when each packet came»."""
WARM_UP = "warm-up"
"""The lane in which connections are made before anything counts."""


def cases() -> Iterator[Case]:
    yield from judged("30 a second", BULK, lambda: crowd(BULK, 8))
    yield from judged("500 a second", FAST, lambda: crowd(FAST, 5))
    yield from judged("1 a second in each dialog", DIALOG, lambda: dialogs(DIALOG, "private", 8), rounds=3)
    yield from judged("20 a minute in each group", GROUP, lambda: dialogs(GROUP, "group", 24), rounds=1)


def judged(name: str, rate: Rate, run: Callable[[], Arrivals], rounds: int = 5) -> Iterator[Case]:
    """Judge the same runs twice: by the share of the rate that was used, and by the fullest window."""
    kept: list[Arrivals] = []

    def share() -> float:
        kept.append(run())
        return used(kept[-1], rate)

    def window() -> float:
        return fullest(kept.pop(0) if kept else run(), rate)

    yield Case(f"{name}: share used", "", ours=share, at_least=0.99, rounds=rounds, warm_up=False)
    yield Case(f"{name}: fullest window", "", ours=window, at_most=1.0, rounds=rounds, warm_up=False)


def used(arrivals: Arrivals, rate: Rate) -> float:
    """The share of the allowed rate that the slowest lane reached."""
    return min((len(t) - 1) / (t[-1] - t[0]) * rate.per / rate.limit for t in arrivals.values())


def fullest(arrivals: Arrivals, rate: Rate) -> float:
    """The most arrivals in any window of any lane, edges included, against the allowed number."""
    return max(bisect_right(t, at + rate.per) - i for t in arrivals.values() for i, at in enumerate(t)) / rate.limit


def crowd(rate: Rate, seconds: int) -> Arrivals:
    """Write to ever new dialogs, several at a time."""
    numbers = iter(range(rate.limit * seconds))

    async def worker(send: Send, governor: Governor) -> None:
        for number in numbers:
            await governor.acquire(RateTarget(str(number)))
            await send("account")

    return measured([rate], [worker] * WORKERS)


def dialogs(rate: Rate, kind: ChatKind, count: int) -> Arrivals:
    """Write to a few dialogs as fast as each allows, under an account's rate that they do not reach."""

    def worker(address: str) -> Worker:
        async def work(send: Send, governor: Governor) -> None:
            for _ in range(count):
                while delay := governor.delay(RateTarget(address, kind)):
                    await asyncio.sleep(delay)
                await governor.acquire(RateTarget(address, kind))
                await send(address)

        return work

    return measured([BULK, rate], [worker(str(number)) for number in range(8)])


def measured(rates: Sequence[Rate], workers: Sequence[Worker]) -> Arrivals:
    """Let the workers send to a server in a process of its own, and take the moments at which requests reached it."""
    ours, theirs = Pipe()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        receiver = Process(target=receive, args=(listener, theirs))
        receiver.start()
        ours.recv()
        asyncio.run(sending(f"http://127.0.0.1:{listener.getsockname()[1]}/", rates, workers))
        ours.send("enough")
        arrivals: Arrivals = ours.recv()
        receiver.join()
    return arrivals


async def sending(url: str, rates: Sequence[Rate], workers: Sequence[Worker]) -> None:
    governor = Governor(SystemClock(), rates)
    async with aiohttp.ClientSession() as http:

        async def send(lane: str) -> None:
            async with http.post(url + lane):
                pass

        await asyncio.gather(*(send(WARM_UP) for _ in workers))
        await asyncio.gather(*(worker(send, governor) for worker in workers))


def receive(listener: socket.socket, parent: Connection) -> None:
    """Answer on a thread for each connection until told that it is enough; then hand over what arrived when."""
    arrivals: dict[str, list[float]] = defaultdict(list)
    listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    threading.Thread(target=accept, args=(listener, arrivals), daemon=True).start()
    parent.send("ready")
    parent.recv()
    parent.send({lane: sorted(moments) for lane, moments in arrivals.items() if lane != WARM_UP})


def accept(listener: socket.socket, arrivals: dict[str, list[float]]) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, arrivals), daemon=True).start()


def answer(connection: socket.socket, arrivals: dict[str, list[float]]) -> None:
    """Take note of the kernel's stamp: how late this process gets to read does not matter."""
    while True:
        request, extra, _, _ = connection.recvmsg(1 << 16, 256)
        if not request:
            return
        lane = request.split(b" ", 2)[1].removeprefix(b"/").decode()
        arrivals[lane].append(stamp(extra))
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


def stamp(extra: Sequence[tuple[int, int, bytes]]) -> float:
    """The moment at which the packet reached this machine, in seconds since 1970."""
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("ll", data)
            return float(seconds + nanoseconds / 1e9)
    raise LeftOut("needs a kernel that stamps packets, such as Linux")
