"""Looking at a server of our own: its name, its certificate, and what it answers."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from chatapp_cli.kit.address_look import AnswerHere, look_at
from tests.real.email.certificates import Authority, Files


@asynccontextmanager
async def served(files: Files | None = None) -> AsyncIterator[str]:
    """A server that answers 404 with words below /a, and leads on below /b."""

    async def answer(request: web.Request) -> web.Response:
        if request.path.startswith("/b"):
            raise web.HTTPFound("/a")
        return web.Response(status=404, text="nobody\n")

    context = None
    if files is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(files.certificate, files.key)
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"{'https' if files else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this machine trusts, and no other."""
    found = Authority(tmp_path, "trusted")
    monkeypatch.setenv("SSL_CERT_FILE", str(found.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return found


async def test_answers_are_read_and_nothing_is_followed() -> None:
    async with served() as url:
        seen = await look_at(url, ["/a/x", "/b/x"], now())
    assert (seen.host, seen.secure, seen.addresses, seen.trouble) == ("127.0.0.1", False, ["127.0.0.1"], "")
    assert seen.answers["/a/x"] == AnswerHere(404, b"nobody\n")
    assert seen.answers["/b/x"].status == 302


async def test_the_days_of_a_trusted_certificate_are_counted(authority: Authority) -> None:
    async with served(authority.issue("good", ends=timedelta(days=20, hours=1))) as url:
        seen = await look_at(url, ["/a"], now())
    assert (seen.secure, seen.days, seen.distrust, seen.trouble) == (True, 20, "", "")
    assert seen.answers["/a"].status == 404


@pytest.mark.parametrize(
    ("ends", "host", "why"),
    [
        (timedelta(hours=-1), "127.0.0.1", "certificate has expired"),
        (timedelta(days=9), "desk.example.ru", "IP address mismatch, certificate is not valid for '127.0.0.1'."),
    ],
)
async def test_a_certificate_that_has_ended_or_is_for_another_name_is_not_trusted(
    authority: Authority, ends: timedelta, host: str, why: str
) -> None:
    async with served(authority.issue("bad", ends=ends, host=host)) as url:
        seen = await look_at(url, ["/a"], now())
    assert (seen.distrust, seen.days, seen.answers) == (why, None, {})


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other", "stranger")
    async with served(stranger.issue("foreign")) as url:
        seen = await look_at(url, ["/a"], now())
    assert "certificate" in seen.distrust
    assert seen.answers == {}


async def test_a_server_that_is_away_and_one_that_speaks_something_else_are_told(authority: Authority) -> None:
    async with served() as url:
        plain = url
        spoken = await look_at(url.replace("http:", "https:"), ["/a"], now())
    assert (bool(spoken.trouble), spoken.days, spoken.answers) == (True, None, {})
    away = await look_at(plain, ["/a"], now())
    assert (bool(away.trouble), away.answers) == (True, {})


@pytest.mark.parametrize("name", ["nowhere.invalid", "a..b", pytest.param("ё" * 70, id="long")])
async def test_a_name_without_an_address_is_nothing(name: str) -> None:
    assert (await look_at(f"https://{name}", ["/a"], now())).addresses == ()
