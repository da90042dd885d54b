"""Servers to compare with: one that does nothing, and the usual FastAPI and SQLModel way."""

from __future__ import annotations

import hashlib
import hmac
import socket
import sys
from base64 import b64decode, b64encode
from typing import Any

import uvicorn

from benchmarks.shop import SECRET


def noop() -> Any:
    """The framework of our own daemon, reading the body and answering."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def take(request: Request) -> Response:
        await request.body()
        return Response(b"ok")

    return Starlette(routes=[Route("/{rest:path}", take, methods=["POST"])])


def usual(file: str) -> Any:
    """A session per request, models for everything, one transaction per event; durable like ours."""
    from fastapi import FastAPI, HTTPException, Request
    from pydantic import BaseModel
    from sqlalchemy import event
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from sqlmodel import Field, SQLModel, select

    class Dialog(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        key: str = Field(unique=True)
        name: str = ""
        unread: int = 0
        preview: str = ""

    class Message(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        dialog_id: int = Field(foreign_key="dialog.id", index=True)
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

    engine = create_async_engine(f"sqlite+aiosqlite:///{file}", connect_args={"timeout": 30})

    @event.listens_for(engine.sync_engine, "connect")
    def durable(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    app = FastAPI()
    key = b64decode(SECRET.removeprefix("whsec_"))

    @app.on_event("startup")
    async def make() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)

    @app.post("/{rest:path}")
    async def take(request: Request, body: Arrived) -> dict[str, str]:
        raw = await request.body()
        content = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + raw
        wanted = "v1," + b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(wanted, request.headers["webhook-signature"]):
            raise HTTPException(401)
        async with AsyncSession(engine) as session:
            found = (await session.execute(select(Dialog).where(Dialog.key == body.chat_id))).scalars().first()
            dialog = found or Dialog(key=body.chat_id, name=body.sender.name)
            dialog.unread += 1
            dialog.preview = body.text[:120]
            session.add(dialog)
            await session.flush()
            session.add(Message(dialog_id=dialog.id, ext_id=body.id, text=body.text))
            await session.commit()
        return {"status": "ok"}

    return app


def main() -> None:
    """``python -m benchmarks.peers noop`` or ``usual FILE``: prints its port and serves until ended."""
    app = noop() if sys.argv[1] == "noop" else usual(sys.argv[2])
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main()
