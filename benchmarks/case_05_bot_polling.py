"""Updates per second from getUpdates until they are durable, against a dispatcher of aiogram that stores nothing."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import aclosing, closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import msgspec
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import ClientSession, web

from benchmarks.harness import Case
from benchmarks.ingesting import by_hand_opened, company, write
from chatapp_cli.bootstrap import Company
from chatapp_cli.connectors.telegram_bot.api import BotApi
from chatapp_cli.connectors.telegram_bot.convert import Ears, arrival
from chatapp_cli.connectors.telegram_bot.receive import poll
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.system import SystemClock
from chatapp_cli.runtime.intake import Intake
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services.ingest import ingest

UPDATES = 10_000
BATCH = 100
CHATS = 500
EARS = Ears(bot="8000000042", max_download=1 << 24)
TOKEN = "8000000042:AA-invented-for-the-benchmark"
WORDS = "Здравствуйте, ёлки ещё есть? Нужна пушистая, два метра, с доставкой в субботу. " * 2


def cases() -> Iterator[Case]:
    with serving() as url:
        yield Case(
            "bot polling → durable; no-op dispatcher",
            "upd/s",
            ours=lambda: stored(url, ours),
            peer=lambda: rate(dispatcher(url)),
            at_least=1.3,
        )
        yield Case(
            "bot polling → durable; bare loop + sqlite3",
            "upd/s",
            ours=lambda: stored(url, ours),
            peer=lambda: stored(url, bare),
            at_least=0.5,
        )


def rate(work: Coroutine[Any, Any, None]) -> float:
    start = time.perf_counter()
    asyncio.run(work)
    return UPDATES / (time.perf_counter() - start)


def stored(url: str, way: Callable[[str, Company], Coroutine[Any, Any, None]]) -> float:
    """The rate of a way into a store that knows the chats already."""
    with company() as opened:
        hello = [arrival(json.dumps(update(-number)).encode(), EARS, 1) for number in range(1, CHATS + 1)]
        opened.write(lambda tx: ingest(tx, ChannelId(1), Batch(arrivals=hello)))
        return rate(way(url, opened))


async def ours(url: str, opened: Company) -> None:
    seen = 0
    store = AsyncStore(opened)
    intake = Intake(store, ChannelId(1))
    async with (
        BotApi(token=TOKEN, url=url, local=False) as api,
        aclosing(poll(api, SystemClock(), None, EARS)) as batches,
    ):
        async for batch in batches:
            seen += (await intake.take(batch)).messages
            if seen >= UPDATES:
                break
    await store.aclose()


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


async def bare(url: str, opened: Company) -> None:
    """Decode and write the same rows, with neither types nor second thoughts."""
    decode, offset = msgspec.json.Decoder(Answer).decode, 0
    with closing(by_hand_opened(opened)) as store:
        async with ClientSession() as http:
            while offset < UPDATES:
                async with http.post(f"{url}/bot{TOKEN}/getUpdates", json={"offset": offset}) as answer:
                    found = decode(await answer.read()).result
                keep(store, found)
                offset += len(found)


class Answer(msgspec.Struct):
    result: list[msgspec.Raw]


def keep(store: sqlite3.Connection, found: Sequence[msgspec.Raw]) -> None:
    """One transaction for all updates of an answer."""
    store.execute("BEGIN IMMEDIATE")
    for raw in found:
        one = msgspec.json.decode(raw)
        message = one["message"]
        chat, number = str(message["chat"]["id"]), str(message["message_id"])
        write(store.execute, number, chat, raw=bytes(raw), text=message["text"])
    store.execute("COMMIT")


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
        body = batches.get(int(str(asked.get("offset") or 0)), b'{"ok":true,"result":[]}')
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


def update(number: int) -> dict[str, Any]:
    person = {
        "id": 7000 + number % CHATS,
        "first_name": "Анна",
        "last_name": "Белова",
        "username": f"client_{number % CHATS}",
    }
    head = {"message_id": number, "date": 1_790_000_000 + number, "chat": {**person, "type": "private"}}
    return {"update_id": number, "message": {**head, "from": {**person, "is_bot": False}, "text": WORDS}}
