"""The real child with the real neonize, as far as the dial: nothing of it leaves this machine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("neonize", reason="needs libmagic1: apt install libmagic1", exc_type=ImportError)

from chatapp_cli.connectors.whatsapp_web import process, wire
from chatapp_cli.connectors.whatsapp_web.bind import ENDPOINT
from chatapp_cli.connectors.whatsapp_web.child.journal import Entry
from chatapp_cli.domain.errors import Misconfigured, Retryable, UsageError
from chatapp_cli.ports.connector import Connector
from tests.contract.connector_contract import ScriptedAsker

pytestmark = pytest.mark.timeout(120)
NOWHERE = "http://127.0.0.1:1"
"""A proxy that refuses: the dial fails before any name is looked up."""


class Spoken:
    """The child by its bare protocol."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self.running = running

    async def say(self, **line: Any) -> None:
        assert self.running.stdin
        self.running.stdin.write(json.dumps(line).encode() + b"\n")
        await self.running.stdin.drain()

    async def hear(self) -> dict[str, Any]:
        assert self.running.stdout
        line = await self.running.stdout.readline()
        heard: dict[str, Any] = json.loads(line)
        return heard

    async def end(self) -> int:
        assert self.running.stdin
        self.running.stdin.close()
        return await self.running.wait()


@asynccontextmanager
async def spoken(tmp_path: Path, **env: str) -> AsyncIterator[Spoken]:
    pipe = asyncio.subprocess.PIPE
    with (tmp_path / "printed").open("wb") as printed:
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", process.OWN, stdin=pipe, stdout=pipe, stderr=printed, env={**os.environ, **env}
        )
    try:
        async with asyncio.timeout(60):
            yield Spoken(running)
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def test_it_greets_fails_the_dial_in_words_keeps_its_files_to_itself_and_goes_when_stdin_ends(
    tmp_path: Path,
) -> None:
    async with spoken(tmp_path) as child:
        assert await child.hear() == {"hello": {"protocol": 1, "library": "neonize 0.5.2"}}
        await child.say(id=1, do="open", **{"with": {"folder": str(tmp_path), "pair": "qr", "proxy": NOWHERE}})
        answer = await child.hear()
        assert (answer["id"], answer["error"]["code"], answer["error"]["outcome"]) == (1, "unreachable", "retry")
        assert "127.0.0.1:1" in answer["error"]["detail"]
        assert await child.end() == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.name != "printed"}
    assert modes == dict.fromkeys(("device.db", "journal", "lock"), 0o600)


async def test_a_device_that_takes_anothers_place_carries_its_journal_over_and_asks_the_library_for_history(
    tmp_path: Path,
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
    entry = Entry(n=1, type="Message", id="3EB0A1", key="79160000001", at=time.time_ns() // 1_000_000)
    (before / "journal").write_bytes(msgspec.json.encode(entry) + b"\n")
    more = {"folder": str(after), "pair": "qr", "proxy": NOWHERE, "renews": str(before)}
    async with spoken(tmp_path) as child:
        await child.hear()
        await child.say(id=1, do="open", **{"with": more})
        answer = await child.hear()
        assert answer["error"]["code"] == "unreachable"
        assert await child.end() == 0
    kept = [msgspec.json.decode(line, type=Entry) for line in (after / "journal").read_bytes().splitlines()]
    assert [one.id for one in kept if one.n] == ["3EB0A1"]
    assert kept[-1].since == entry.at - 3_600_000


async def test_an_order_that_cannot_be_read_is_stepped_over(tmp_path: Path) -> None:
    async with spoken(tmp_path) as child:
        await child.hear()
        assert child.running.stdin
        for line in (b"\xff\n", b'{"id":"one"}\n', b"[" * 100_000 + b"\n", b"\n"):
            child.running.stdin.write(line)
        await child.say(id=7, do="levitate", **{"with": {}})
        assert (await child.hear())["id"] == 7


async def test_what_is_printed_natively_never_reaches_the_protocol(tmp_path: Path) -> None:
    """A build of the library that prints at import, as its Go core does later, to both descriptors."""
    site = tmp_path / "site"
    site.mkdir()
    noise = "import os\nos.write(1, b'Login event: x')\nos.write(2, b'Press Ctrl+C')\nprint('SendMessage: Error')\n"
    (site / "neonize.py").write_text(f"{noise}raise ImportError('failed to find libmagic.  Check your installation')\n")
    async with spoken(tmp_path, PYTHONPATH=str(site)) as child:
        answer = await child.hear()
        assert answer["error"]["code"] == "no_libmagic"
        assert answer["error"]["outcome"] == "misconfigured"
        assert await child.end() == 1
    printed = (tmp_path / "printed").read_bytes()
    assert b"Login event: x" in printed
    assert b"Press Ctrl+C" in printed


async def test_without_libmagic_the_desk_is_told_which_package_is_missing(tmp_path: Path) -> None:
    script = tmp_path / "child.py"
    said = '{"error":{"code":"no_libmagic","outcome":"misconfigured","detail":"failed to find libmagic"}}'
    script.write_text(f"print('{said}')")
    with pytest.raises(Misconfigured) as missing:
        async with process.child(f"{sys.executable} {script}", tmp_path / "log"):
            pass
    assert missing.value.code == "no_libmagic"


async def test_a_request_that_is_not_known_or_comes_too_early_is_refused_by_name(tmp_path: Path) -> None:
    async with spoken(tmp_path) as child:
        await child.hear()
        for number, do in enumerate(("send", "levitate"), 1):
            await child.say(id=number, do=do, **{"with": {}})
            answer = await child.hear()
            assert answer == {"id": number, "error": {"code": "bad_request", "detail": do}}


async def test_a_second_process_on_one_device_is_turned_away(tmp_path: Path) -> None:
    with held(tmp_path / "lock", b"online"):
        async with process.child("", tmp_path / "log") as child:
            with pytest.raises(Retryable) as busy:
                await child.ask("open", wire.Open(folder=str(tmp_path), proxy=NOWHERE), wire.Account)
    assert (busy.value.code, busy.value.detail) == ("in_use", "online")
    assert not (tmp_path / "device.db").exists()


@contextmanager
def held(path: Path, state: bytes) -> Iterator[None]:
    import fcntl

    with path.open("wb") as lock:
        lock.write(state)
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def test_the_way_to_whatsapp_is_through_the_proxy_and_its_password_stays_unsaid(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    way = f"http://olga:very-secret@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, process.child("", tmp_path / "log") as child:
        with pytest.raises(Retryable) as failed:
            await child.ask("open", wire.Open(folder=str(tmp_path), proxy=way), wire.Account)
        said = Path(f"/proc/{child.pid}/cmdline").read_bytes() + Path(f"/proc/{child.pid}/environ").read_bytes()
    assert asked[0].startswith(f"CONNECT {ENDPOINT.removeprefix('https://')}:443 ".encode())
    assert b"Proxy-Authorization: Basic" in asked[0]
    assert failed.value.code == "unreachable"
    assert "very-secret" not in failed.value.detail + str(said) + (tmp_path / "log").read_text()


async def test_a_child_that_hangs_in_a_dial_is_gone_within_the_deadline(tmp_path: Path) -> None:
    """A proxy that never answers makes the library hang even when it is told to stop."""
    callers: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: callers.append(writer), "127.0.0.1", 0)
    way = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    async with silent:
        async with process.child("", tmp_path / "log") as child:
            with pytest.raises(Retryable) as failed:
                await child.ask("open", wire.Open(folder=str(tmp_path), proxy=way), wire.Account, patience=2)
            pid = child.pid
        for caller in callers:
            caller.close()
        assert len(callers) == 1
        assert failed.value.code == "child_silent"
        assert not Path(f"/proc/{pid}").exists()


async def test_a_child_whose_desk_was_killed_goes_by_itself(tmp_path: Path) -> None:
    company = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from chatapp_cli.connectors.whatsapp_web.process import child\n"
        "async def main():\n"
        "    async with child('', Path(sys.argv[1])) as one:\n"
        "        print(one.pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(sys.executable, "-c", company, str(tmp_path / "log"), stdout=pipe)
    assert running.stdout
    async with asyncio.timeout(60):
        pid = int(await running.stdout.readline())
        os.kill(running.pid, signal.SIGKILL)
        await running.communicate()
        while Path(f"/proc/{pid}").exists() and not _zombie(pid):
            await asyncio.sleep(0.02)


def _zombie(pid: int) -> bool:
    """Gone, but nobody above it collects the dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def test_binding_without_a_way_to_whatsapp_says_so(connector: Connector, tmp_path: Path) -> None:
    asker = ScriptedAsker({"consent": "on", "method": "qr", "phone": "", "child": "", "proxies": NOWHERE})
    with pytest.raises(UsageError):
        await connector.bind(asker)
    assert asker.blamed == {
        "proxies": "None of the proxies leads to WhatsApp.",
        "": "Replace them: proxies kind=whatsapp_web",
    }
