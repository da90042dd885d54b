"""``chatapp serve`` and the daemons that windows start for themselves, as processes on one store."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.i18n import show
from chatapp_cli.runtime.embedded_daemon import EmbeddedDaemon, accompanied
from chatapp_cli.runtime.lease import HolderKind, current_holder
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.settings import Settings
from tests.contract.connector_contract import ANNA
from tests.runtime.desk import answer, bound, eventually, state_of, the_dialogs
from tests.stores import OWNER

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

SERVE = (sys.executable, "-m", "chatapp_cli", "serve")


@pytest.fixture
async def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Company]:
    for name, value in {"HOME": str(tmp_path), "HTTP_PORT": "0", "LOG_LEVEL": "error"}.items():
        monkeypatch.setenv(f"CHATAPP_{name}", value)
    opened = open_company(Settings(home=str(tmp_path))).seen_by(OWNER)
    yield opened
    opened.close()


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramBotSandbox]:
    async with TelegramBotSandbox() as sandbox:
        yield sandbox


@asynccontextmanager
async def window(company: Company, patience: float = 60.0) -> AsyncIterator[list[str]]:
    """What a window does about the daemon; yields what it said so far."""
    said: list[str] = []
    async with accompanied(company, look=0.1, patience=patience) as daemon:
        telling = asyncio.create_task(_tell(daemon, said))
        try:
            yield said
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)


async def _tell(daemon: EmbeddedDaemon, said: list[str]) -> None:
    async for state in daemon.states():
        said += [show(state.text)]


@asynccontextmanager
async def serve() -> AsyncIterator[asyncio.subprocess.Process]:
    """The service: it must come up, whoever holds the store."""
    process = await asyncio.create_subprocess_exec(*SERVE, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert (await process.stdout.readline()).startswith(b"http://"), await process.wait()
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


def held_by(company: Company, kind: HolderKind, process: int | None = None) -> bool:
    found = current_holder(company)
    return found is not None and found.kind is kind and process in {None, found.process}


async def test_the_service_gets_its_place_back_from_a_window_every_time(company: Company) -> None:
    async with window(company, patience=0.5):
        for _ in range(4):
            await eventually(lambda: held_by(company, HolderKind.WINDOW))
            async with serve() as process:
                assert held_by(company, HolderKind.DAEMON, process.pid)
                await asyncio.sleep(0.5)
                assert held_by(company, HolderKind.DAEMON, process.pid)
                assert process.returncode is None


async def test_a_killed_service_comes_back_beside_an_open_window_and_receives_when_that_is_closed(
    company: Company, telegram: TelegramBotSandbox
) -> None:
    await bound(company, telegram)
    async with serve() as first:
        async with window(company) as said:
            await eventually(lambda: said == [""])
            first.send_signal(signal.SIGKILL)
            await first.wait()
            await asyncio.sleep(2)
            assert said == ["", "the daemon has ended; waiting for it"]
            assert current_holder(company) is None
            async with serve() as second:
                await eventually(lambda: said[-1] == "")
                assert held_by(company, HolderKind.DAEMON, second.pid)
                second.send_signal(signal.SIGKILL)
                await second.wait()
            third = serve()
            process = await third.__aenter__()
        assert held_by(company, HolderKind.DAEMON, process.pid)
        await telegram.say(ANNA, "Есть ёлки?")
        await eventually(lambda: the_dialogs(company))
        await third.__aexit__(None, None, None)


async def test_of_two_windows_the_second_takes_over_at_once_when_the_first_closes(company: Company) -> None:
    async with AsyncExitStack() as stack:
        first = AsyncExitStack()
        await first.enter_async_context(window(company))
        await eventually(lambda: held_by(company, HolderKind.WINDOW))
        said = await stack.enter_async_context(window(company))
        await eventually(lambda: said == [""])
        await first.aclose()
        await eventually(lambda: said == ["", "the daemon starts", ""])
        assert held_by(company, HolderKind.WINDOW)
    assert current_holder(company) is None


async def test_what_a_window_was_sending_is_finished_before_the_service_takes_its_place(
    company: Company, telegram: TelegramBotSandbox
) -> None:
    channel = await bound(company, telegram)
    async with window(company):
        await telegram.say(ANNA, "Есть ёлки?")
        (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
        telegram.slowness = 1.5
        message = answer(company, channel, dialog, "Есть, двухметровые.")
        await eventually(lambda: state_of(company, message) == "sending")
        async with serve():
            assert state_of(company, message) == "sent"
    assert [one.text for one in await telegram.heard(ANNA)] == ["Есть, двухметровые."]
