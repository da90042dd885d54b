"""Servers to compare with: one that does nothing, one that inserts what it gets, and the usual way."""

from __future__ import annotations

import socket
import sys
from typing import Any

import uvicorn


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


def bare(url: str) -> Any:
    """The same, after the body was inserted and committed, as durably as the daemon does it."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from chatapp_cli.store.database import driver_for

    driver = driver_for(url)
    connection = driver.connect()
    connection.execute("CREATE TABLE IF NOT EXISTS bare (body text)")
    insert = f"INSERT INTO bare VALUES ({'?' if driver.dialect == 'sqlite' else '%s'})"

    async def take(request: Request) -> Response:
        connection.execute(insert, ((await request.body()).decode(),))
        return Response(b"ok")

    return Starlette(routes=[Route("/{rest:path}", take, methods=["POST"])])


def main() -> None:
    """``python -m benchmarks.peers noop``, ``bare URL`` or ``usual FILE``: prints its port and serves until ended."""
    if sys.argv[1] == "noop":
        app = noop()
    elif sys.argv[1] == "bare":
        app = bare(sys.argv[2])
    else:
        from benchmarks.usual import usual

        app = usual(sys.argv[2])
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main()
