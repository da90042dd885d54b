"""Updates per second from getUpdates until they are durable, against a dispatcher of aiogram that stores nothing."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import ClientSession, web

from benchmarks.harness import Case
from chatapp_cli.connectors.telegram_bot.api import BotApi
from chatapp_cli.connectors.telegram_bot.receive import poll
from chatapp_cli.domain.event import Batch, MessageArrived

UPDATES = 10_000
BATCH = 100
TOKEN = "8000000042:AA-invented-for-the-benchmark"
WORDS = "Здравствуйте, ёлки ещё есть? Нужна пушистая, два метра, с доставкой в субботу. " * 2


def cases() -> Iterator[Case]:
    with serving() as url, tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        yield Case(
            "bot polling → durable; no-op dispatcher",
            "upd/s",
            ours=lambda: rate(ours(url, store)),
            peer=lambda: rate(dispatcher(url)),
            at_least=1.3,
        )
        yield Case(
            "bot polling → durable; bare loop + sqlite3",
            "upd/s",
            ours=lambda: rate(ours(url, store)),
            peer=lambda: rate(bare(url, store)),
            at_least=0.5,
        )


def rate(work: object) -> float:
    start = time.perf_counter()
    asyncio.run(work)  # type: ignore[arg-type]
    return UPDATES / (time.perf_counter() - start)


async def ours(url: str, folder: Path) -> None:
    seen = 0
    async with BotApi(token=TOKEN, url=url, local=False) as api, aclosing(poll(api, None, 1 << 24)) as batches:
        with sink(folder) as store:
            async for batch in batches:
                keep(store, batch)
                seen += len(batch.arrivals)
                if seen >= UPDATES:
                    return


async def dispatcher(url: str) -> None:
    seen = 0
    dp = Dispatcher()

    @dp.message()
    async def noop(_message: object) -> None:
        nonlocal seen
        seen += 1
        if seen == UPDATES:
            await dp.stop_polling()

    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))
    await dp.start_polling(bot, handle_signals=False, handle_as_tasks=False, polling_timeout=0)


async def bare(url: str, folder: Path) -> None:
    decode, offset = msgspec.json.Decoder().decode, 0
    async with ClientSession() as http:
        with sink(folder) as store:
            while offset < UPDATES:
                async with http.post(f"{url}/bot{TOKEN}/getUpdates", json={"offset": offset}) as answer:
                    found = decode(await answer.read())["result"]
                write(
                    store, [(str(u["update_id"]), json.dumps(u).encode()) for u in found], [bare_row(u) for u in found]
                )
                offset = found[-1]["update_id"] + 1


def bare_row(update: dict) -> tuple[str, str, str]:
    message = update["message"]
    return str(message["chat"]["id"]), str(message["message_id"]), message["text"]


def keep(store: sqlite3.Connection, batch: Batch) -> None:
    found = (event for arrival in batch.arrivals for event in arrival.events)
    rows = [(e.peer.key, e.ext_id, e.text) for e in found if isinstance(e, MessageArrived)]
    write(store, [(arrival.provider_id, arrival.raw) for arrival in batch.arrivals], rows)


def write(store: sqlite3.Connection, raw: Sequence[tuple[str, bytes]], rows: Sequence[tuple[str, str, str]]) -> None:
    with store:
        store.executemany("insert or ignore into inbox values (?, ?)", raw)
        store.executemany("insert or ignore into message values (?, ?, ?)", rows)


@contextmanager
def sink(folder: Path) -> Iterator[sqlite3.Connection]:
    """A durable stand-in for the store: one transaction a batch, synced to the disk."""
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".db") as file:
        store = sqlite3.connect(file.name)
        store.execute("pragma journal_mode = wal")
        store.execute("pragma synchronous = full")
        store.execute("create table inbox (provider_id text primary key, raw blob)")
        store.execute("create table message (peer text, ext_id text, text text, primary key (peer, ext_id))")
        yield store
        store.close()


@contextmanager
def serving() -> Iterator[str]:
    """A Bot API in a process of its own, which answers from prepared bytes."""
    here, there = get_context("spawn").Pipe()
    child = get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    child.start()
    yield f"http://127.0.0.1:{here.recv()}"
    child.terminate()
    child.join()


def serve(tell: Connection) -> None:
    asyncio.run(_serve(tell))


async def _serve(tell: Connection) -> None:
    batches = {start: answer(start) for start in range(0, UPDATES, BATCH)}
    me = json.dumps({"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "Бот", "username": "b"}}).encode()

    async def reply(request: web.Request) -> web.Response:
        if request.match_info["method"] != "getUpdates":
            return web.Response(body=me, content_type="application/json")
        asked = await request.json() if request.content_type == "application/json" else await request.post()
        body = batches.get(int(asked.get("offset") or 0), b'{"ok":true,"result":[]}')
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/bot{token}/{method}", reply)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tell.send(runner.addresses[0][1])
    await asyncio.Event().wait()


def answer(start: int) -> bytes:
    return json.dumps({"ok": True, "result": [update(number) for number in range(start, start + BATCH)]}).encode()


def update(number: int) -> dict:
    person = {
        "id": 7000 + number % 500,
        "first_name": "Анна",
        "last_name": "Белова",
        "username": f"client_{number % 500}",
    }
    head = {"message_id": number, "date": 1_790_000_000 + number, "chat": {**person, "type": "private"}}
    return {"update_id": number, "message": {**head, "from": {**person, "is_bot": False}, "text": WORDS}}
