"""A child in place of the one with neonize: passes lines between its parent and the sandbox.

    python -m chatapp_cli.sandbox.whatsapp_web.stand_in HOST PORT [stubborn]

A stubborn one does not exit when its stdin ends, as sometimes happens with neonize.
"""

from __future__ import annotations

import os
import socket
import sys
import threading

_CHUNK = 1 << 16


def main() -> None:
    """Pass lines until either side ends."""
    host, port, *mood = sys.argv[1:]
    try:
        world = socket.create_connection((host, int(port)))
    except OSError as error:
        sys.exit(f"the sandbox is not there: {error}")
    world.sendall(b'{"pid":%d}\n' % os.getpid())
    threading.Thread(target=_outwards, args=(world,), daemon=True).start()
    while chunk := os.read(0, _CHUNK):
        world.sendall(chunk)
    if mood:
        threading.Event().wait()


def _outwards(world: socket.socket) -> None:
    while chunk := world.recv(_CHUNK):
        _write(chunk)
    os._exit(1)


def _write(chunk: bytes) -> None:
    while chunk:
        chunk = chunk[os.write(1, chunk) :]


if __name__ == "__main__":
    main()
