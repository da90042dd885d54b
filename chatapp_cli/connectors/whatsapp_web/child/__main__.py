"""Protect the protocol's streams before anything native is loaded, then serve until stdin ends.

neonize's Go core prints to file descriptors 1 and 2 directly: the real stdout is moved to another descriptor, and its
prints go to stderr. Go sees only the environment at process start: if a needed variable is missing, the process
restarts itself.
"""

from __future__ import annotations

import asyncio
import os
import sys

from chatapp_cli.connectors.whatsapp_web import wire


def main() -> None:
    """Serve, then exit hard, because the library's threads may never end."""
    os.umask(0o077)
    if any(os.environ.get(name) != value for name, value in wire.NO_BOT.items()):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | wire.NO_BOT)  # noqa: S606
    orders, out = _guarded()
    failure = _load()
    if failure:
        os.write(out, wire.encode(wire.Line(error=failure)) + b"\n")
        os._exit(1)
    from chatapp_cli.connectors.whatsapp_web.child.server import serve

    asyncio.run(serve(orders, out))


def _guarded() -> tuple[int, int]:
    """Move stdin and stdout to descriptors unknown to native code."""
    orders, out = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return orders, out


def _load() -> wire.Failure | None:
    """Import neonize, whichever build is installed."""
    try:
        import neonize  # noqa: F401 - whether it can be imported is the question
    except (ImportError, OSError) as error:
        code = "no_libmagic" if "libmagic" in str(error) else "no_library"
        return wire.Failure(code=code, outcome="misconfigured", detail=str(error))
    return None


if __name__ == "__main__":
    main()
