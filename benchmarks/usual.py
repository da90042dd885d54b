"""The usual way: FastAPI, a SQLModel session per request, models for everything; durable like ours."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlmodel import Field, SQLModel, select

from benchmarks.shop import SECRET


class Dialog(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    name: str = ""
    unread: int = 0
    preview: str = ""


class Message(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    dialog_id: int | None = Field(foreign_key="dialog.id", index=True)
    ext_id: str = Field(unique=True)
    text: str


class Sender(BaseModel):
    id: str
    name: str
    phone: str


class Arrived(BaseModel):
    type: str
    id: str
    chat_id: str
    text: str
    sender: Sender


def usual(file: str) -> FastAPI:
    """The application on a database file."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}", pool_size=1, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def durable(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @asynccontextmanager
    async def made(_app: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        yield

    app = FastAPI(lifespan=made)

    @app.post("/{rest:path}")
    async def take(request: Request, body: Arrived) -> dict[str, str]:
        _check(await request.body(), request)
        async with AsyncSession(engine) as session:
            await _store(session, body)
        return {"status": "ok"}

    return app


def _check(raw: bytes, request: Request) -> None:
    head = request.headers
    content = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + raw
    key = b64decode(SECRET.removeprefix("whsec_"))
    wanted = "v1," + b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(wanted, head["webhook-signature"]):
        raise HTTPException(401)


async def _store(session: AsyncSession, body: Arrived) -> None:
    found = (await session.execute(select(Dialog).where(Dialog.key == body.chat_id))).scalars().first()
    dialog = found or Dialog(key=body.chat_id, name=body.sender.name)
    dialog.unread += 1
    dialog.preview = body.text[:120]
    session.add(dialog)
    await session.flush()
    session.add(Message(dialog_id=dialog.id, ext_id=body.id, text=body.text))
    await session.commit()
