"""The window in a browser: who gets in, what a page may do, and that nothing is left running."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from chatapp_cli.api.web.application import WebApplication
from chatapp_cli.api.web.login_page import SESSION
from chatapp_cli.api.web.upload_folders import fitting
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.option import COMPANY
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.system import SystemClock
from chatapp_cli.runtime.restricted import own_settings
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.services import operators, options, passwords
from chatapp_cli.settings import load, save
from tests.runtime.desk import bound, eventually

ECHO = (sys.executable, str(Path(__file__).with_name("fake_window.py")))
PASSWORD = "тёплый плед 7"
WRONG = "холодный плед 7"


class MovedClock(SystemClock):
    """The real clock, moved on when a test says so."""

    def __init__(self) -> None:
        self.moved = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.moved

    def now(self) -> int:
        return super().now() + int(self.moved * 1000)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(0.02)


class Site:
    """The desk's address, and a browser that keeps cookies."""

    def __init__(self, address: str, company: Company, clock: MovedClock) -> None:
        self.address, self.company, self.clock = address, company, clock
        self.http = self.browser()

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.address)

    async def log_in(
        self, name: str = "Ольга", password: str = PASSWORD, http: httpx.AsyncClient | None = None, **headers: str
    ) -> httpx.Response:
        http = http or self.http
        form = {"proof": hidden(await http.get("/desk/login")), "name": name, "password": password}
        return await http.post("/desk/login", data=form, headers=headers)

    def window(
        self, http: httpx.AsyncClient | None = None, *, origin: str | None = None, query: str = "?width=100&height=30"
    ) -> connect:
        cookies = "; ".join(f"{name}={value}" for name, value in (http or self.http).cookies.items())
        return connect(
            f"{self.address.replace('http', 'ws')}/desk/window{query}",
            origin=self.address if origin is None else origin,  # type: ignore[arg-type]
            additional_headers={"cookie": cookies},
        )


def hidden(page: httpx.Response) -> str:
    found = re.search(r'name="proof" value="(\w+)"', page.text)
    assert found, page.text
    return found[1]


@pytest.fixture
async def site(company: Company) -> AsyncIterator[Site]:
    async with running(company) as site:
        yield site


@asynccontextmanager
async def running(company: Company, **settings: object) -> AsyncIterator[Site]:
    """The pages of a desk with two operators, whose windows only echo."""
    clock = MovedClock()
    company.database.clock = clock
    world = replace(company.world, clock=clock)
    company = replace(company, world=world, settings=replace(company.settings, **settings))  # type: ignore[arg-type]
    known = passwords.hashed(PASSWORD)
    for name in ("Ольга", "Иван"):
        company.write(lambda tx, name=name: operators.add(tx, name, known, []))
    store = AsyncStore(company)
    web = WebApplication(store, command=ECHO)
    server = uvicorn.Server(
        uvicorn.Config(web.application(), port=0, log_config=None, lifespan="off", ws="websockets-sansio")
    )
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    site = Site(f"http://127.0.0.1:{port}", company, clock)
    try:
        yield site
    finally:
        await web.aclose()
        await site.http.aclose()
        server.should_exit = True
        await task
        await store.aclose()


async def said(socket: ClientConnection) -> str:
    async with asyncio.timeout(15):
        told = await socket.recv()
    return told if isinstance(told, str) else told.decode()


async def closes(socket: ClientConnection) -> None:
    await asyncio.wait_for(socket.wait_closed(), 15)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_who_has_no_session_gets_the_login_and_who_knows_the_password_gets_the_page(site: Site) -> None:
    stranger = await site.http.get("/desk")
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/desk/login")
    assert (await site.http.get("/")).headers["location"] == "/desk"
    answer = await site.log_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    page = await site.http.get("/desk")
    assert page.status_code == 200
    assert f'data-session-websocket-url="{site.address.replace("http", "ws")}/desk/window"' in page.text
    assert "Ольга" in page.text


async def test_a_wrong_password_an_unknown_name_and_a_disabled_operator_are_told_the_same(site: Site) -> None:
    site.company.write(lambda tx: operators.disable(tx, "Иван"))
    for name, password in (("Ольга", WRONG), ("Никто", PASSWORD), ("Иван", PASSWORD)):
        answer = await site.log_in(name, password)
        assert answer.status_code == 401
        assert "Name or password is wrong." in answer.text
        assert password not in answer.text
    assert (await site.http.get("/desk")).status_code == 303


async def test_the_session_is_kept_from_scripts_and_other_sites_and_behind_tls_from_plain_connections(
    site: Site,
) -> None:
    plain = (await site.log_in()).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= set(plain.split("; "))
    assert "Secure" not in plain
    behind = (await site.log_in(**{"x-forwarded-proto": "https"})).headers["set-cookie"]
    assert "Secure" in behind.split("; ")
    await site.log_in()
    page = await site.http.get("/desk", headers={"x-forwarded-proto": "https", "host": "desk.example.org"})
    assert 'data-session-websocket-url="wss://desk.example.org/desk/window"' in page.text


async def test_a_form_of_another_site_or_of_another_browser_is_refused(site: Site) -> None:
    elsewhere = await site.log_in(origin="https://example.org")
    assert elsewhere.status_code == 403
    form = {"proof": hidden(await site.http.get("/desk/login")), "name": "Ольга", "password": PASSWORD}
    async with site.browser() as other:
        assert (await other.post("/desk/login", data=form)).status_code == 403
        assert (await other.post("/desk/login", data={**form, "proof": ""})).status_code == 403
    assert (await site.http.post("/desk/login", content=b"x" * 5000)).status_code == 403
    assert (await site.log_in()).status_code == 303
    assert (await site.http.post("/desk/logout")).status_code == 403
    assert (await site.http.get("/desk")).status_code == 200


async def test_ten_wrong_passwords_for_a_name_shut_it_for_a_quarter_of_an_hour_however_it_is_spelt(site: Site) -> None:
    spellings = ["Ольга", " Ольга", "Ольга\t", "\u00a0Ольга  "]
    wrong = [(await site.log_in(spellings[n % 4], WRONG)).status_code for n in range(10)]
    shut = await site.log_in()
    assert (wrong, shut.status_code) == ([401] * 10, 429)
    assert 0 < int(shut.headers["retry-after"]) <= 901
    assert (await site.log_in("Иван")).status_code == 303
    site.clock.moved += 901
    assert (await site.log_in()).status_code == 303


async def test_a_browser_that_was_idle_for_too_long_is_logged_out_without_a_window_too(site: Site) -> None:
    site.company.write(lambda tx: options.save(tx, COMPANY, {"web_idle": "5"}))
    await site.log_in()
    for _ in range(3):
        site.clock.moved += 4 * 60
        assert (await site.http.get("/desk")).status_code == 200
    token = site.http.cookies[SESSION]
    site.clock.moved += 5 * 60
    assert (await site.http.get("/desk")).status_code == 303
    assert site.company.read(lambda tx: operators.of_session(tx, token)) is None


async def test_whoever_uses_one_window_stays_logged_in_in_the_other(site: Site) -> None:
    site.company.write(lambda tx: options.save(tx, COMPANY, {"web_idle": "5"}))
    await site.log_in()
    async with site.window() as used, site.window() as left:
        assert await said(used)
        assert await said(left)
        for _ in range(3):
            site.clock.moved += 4 * 60
            await used.send(json.dumps(["stdin", "here"]))
            assert await said(used) == "typed here"
            await asyncio.sleep(0.2)
        await left.send(json.dumps(["stdin", "still"]))
        assert await said(left) == "typed still"
        site.clock.moved += 6 * 60
        await closes(left)
        await closes(used)


async def test_every_page_tells_the_browser_what_it_may_not_do(site: Site) -> None:
    for path in ("/desk/login", "/desk", "/desk/static/desk.css", "/desk/static/js/textual.js", "/desk/nothing"):
        headers = (await site.http.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert (await site.http.get("/desk/static/fonts/RobotoMono-VariableFont_wght.ttf")).status_code == 200
    assert (await site.http.get("/desk/static/../desk.py")).status_code in {303, 404}


async def test_a_name_is_never_markup(site: Site) -> None:
    answer = await site.log_in('"><script>alert(1)</script>', WRONG)
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


async def test_keys_sizes_and_pastes_go_to_a_window_of_ones_own(site: Site) -> None:
    await site.log_in()
    async with site.window() as socket:
        hello = (await said(socket)).split()
        assert hello[1:] == ["32", "100x30", site.company.settings.home]
        for sent, answer in (
            (["stdin", "Привет 👋"], "typed Привет 👋"),
            (["stdin", "\x1b[200~два\nряда\x1b[201~"], "typed \x1b[200~два\nряда\x1b[201~"),
            (["resize", {"width": 90_000, "height": 0}], '{"type": "resize", "width": 500, "height": 1}'),
            (["blur"], '{"type": "blur"}'),
            (["ping", "17"], '["pong", "17"]'),
        ):
            await socket.send(json.dumps(sent))
            assert await said(socket) == answer
        for nonsense in ("{", "[]", '["stdin", 7]', '["resize", {"width": "a"}]', "null"):
            await socket.send(nonsense)
        await socket.send(b"\x00")
        await socket.send(json.dumps(["stdin", "still here"]))
        assert await said(socket) == "typed still here"


async def test_a_page_of_another_site_or_without_a_session_gets_no_window(site: Site) -> None:
    await site.log_in()
    async with site.browser() as stranger:
        for opening in (site.window(origin="https://example.org"), site.window(origin=""), site.window(stranger)):
            with pytest.raises(InvalidStatus) as refused:
                await opening
            assert refused.value.response.status_code == 403


async def test_the_process_ends_with_its_page(site: Site) -> None:
    await site.log_in()
    async with site.window() as socket:
        pid = int((await said(socket)).split()[0])
        assert runs(pid)
    await eventually(lambda: not runs(pid))


async def test_a_window_that_is_left_closes_its_page_and_one_that_dies_too(site: Site) -> None:
    await site.log_in()
    async with site.window() as socket:
        pid = int((await said(socket)).split()[0])
        await socket.send(json.dumps(["stdin", "quit"]))
        await closes(socket)
        await eventually(lambda: not runs(pid))
    async with site.window() as socket:
        os.kill(int((await said(socket)).split()[0]), signal.SIGKILL)
        await closes(socket)


async def test_logging_out_ends_the_windows_of_this_login_alone(site: Site) -> None:
    await site.log_in()
    async with site.browser() as other, site.window() as socket:
        mine = int((await said(socket)).split()[0])
        await site.log_in("Иван", http=other)
        async with site.window(other) as theirs:
            their = int((await said(theirs)).split()[0])
            out = await site.http.post("/desk/logout", data={"proof": hidden(await site.http.get("/desk"))})
            assert (out.status_code, out.headers["location"]) == (303, "/desk/login")
            assert (runs(mine), runs(their)) == (False, True)
            await closes(socket)
            assert (await site.http.get("/desk")).status_code == 303
            assert (await other.get("/desk")).status_code == 200


async def test_a_window_closes_when_its_operator_is_disabled(site: Site) -> None:
    await site.log_in()
    async with site.window() as socket:
        await said(socket)
        site.company.write(lambda tx: operators.disable(tx, "Ольга"))
        await closes(socket)


async def test_a_window_that_nobody_touches_is_logged_out(site: Site) -> None:
    await site.log_in()
    async with site.window() as socket:
        await said(socket)
        site.clock.moved += 239 * 60
        await socket.send(json.dumps(["stdin", "k"]))
        assert await said(socket) == "typed k"
        site.clock.moved += 239 * 60
        await socket.send(json.dumps(["ping", "1"]))
        assert await said(socket) == '["pong", "1"]'
        site.clock.moved += 2 * 60
        await closes(socket)
    assert (await site.http.get("/desk")).status_code == 303


async def test_a_key_counts_from_when_it_was_pressed_though_the_store_was_busy_then(site: Site) -> None:
    await site.log_in()
    async with site.window() as socket:
        await said(socket)
        free = threading.Event()
        busy = asyncio.create_task(asyncio.to_thread(site.company.write, lambda _tx: free.wait(5)))
        await socket.send(json.dumps(["stdin", "k"]))
        assert await said(socket) == "typed k"
        await asyncio.sleep(0.2)
        site.clock.moved += 239 * 60
        free.set()
        assert await busy
        site.clock.moved += 2 * 60
        await closes(socket)


async def test_more_windows_than_allowed_are_refused_with_a_page_that_says_so(company: Company) -> None:
    async with running(company, web_windows=1) as site:
        await site.log_in()
        async with site.window() as socket:
            await said(socket)
            page = await site.http.get("/desk")
            assert page.status_code == 503
            assert "The limit of windows open in browsers is reached." in page.text
            with pytest.raises(InvalidStatus):
                await site.window()
        await eventually(lambda: opens(site))


async def opens(site: Site) -> bool:
    return (await site.http.get("/desk")).status_code == 200


async def test_nothing_is_left_running_when_the_daemon_stops(company: Company) -> None:
    async with running(company) as site:
        await site.log_in()
        sockets = [await site.window() for _ in range(3)]
        pids = [int((await said(socket)).split()[0]) for socket in sockets]
        assert all(map(runs, pids))
    assert not any(map(runs, pids))
    await asyncio.gather(*map(closes, sockets))


async def test_a_window_that_cannot_open_says_why(company: Company) -> None:
    os.environ["CHATAPP_SUPPORT"] = "broken"
    try:
        async with running(company) as site:
            await site.log_in()
            async with site.window() as socket:
                assert await said(socket) == "It cannot open.\r\nDo something.\r\n"
                await closes(socket)
    finally:
        del os.environ["CHATAPP_SUPPORT"]


async def test_links_open_only_on_the_web(site: Site) -> None:
    await site.log_in()
    async with site.window() as socket:
        await said(socket)
        await socket.send(json.dumps(["stdin", "link"]))
        assert await said(socket) == '["open_url", {"url": "https://example.org/", "new_tab": true}]'


async def test_a_file_is_downloaded_by_its_own_page_once_and_never_shown_as_a_page(site: Site) -> None:
    await site.log_in()
    async with site.browser() as other, site.window() as socket:
        await said(socket)
        await site.log_in("Иван", http=other)
        await socket.send(json.dumps(["stdin", "file"]))
        assert await said(socket) == '["deliver_file_start", "k1"]'
        assert (await other.get("/download/k1")).status_code == 404
        file = await site.http.get("/download/k1")
        assert (file.status_code, file.content) == (200, b"<script>1")
        assert file.headers["content-type"] == "application/octet-stream"
        assert file.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert file.headers["content-disposition"].startswith("attachment; filename*=utf-8''%D0%A1")
        assert (await site.http.get("/download/k1")).status_code == 404


async def uploaded(
    site: Site,
    name: str = "Смета.pdf",
    content: bytes = b"%PDF-1.4",
    http: httpx.AsyncClient | None = None,
    **headers: str,
) -> httpx.Response:
    http = http or site.http
    own = {"x-proof": http.cookies.get("chatapp_proof", ""), "x-name": quote(name), "origin": site.address}
    return await http.post("/desk/upload", content=content, headers=own | headers)


def in_folders(site: Site) -> dict[str, bytes]:
    """Everything that was uploaded, whoever did it."""
    return {file.name: file.read_bytes() for file in (site.company.settings.folder / "trays").glob("*/*")}


@pytest.fixture
async def carrying(company: Company) -> AsyncIterator[Site]:
    """A desk with a channel that carries files."""
    async with ApiSandbox() as program:
        await bound(company, program)
        async with running(company) as site:
            await site.log_in()
            yield site


async def test_an_upload_lies_in_the_tray_of_its_login_until_that_is_over(carrying: Site) -> None:
    site = carrying
    async with site.browser() as other:
        await site.log_in("Иван", http=other)
        answer = await uploaded(site)
        assert (answer.status_code, answer.text) == (200, "Смета.pdf is here: attach it in the window.")
        await uploaded(site, "Фото.png", b"png", other)
        assert in_folders(site) == {"Смета.pdf": b"%PDF-1.4", "Фото.png": b"png"}
        (mine,) = (site.company.settings.folder / "trays").glob("*/Смета.pdf")
        assert mine.parent.stat().st_mode & 0o777 == 0o700
        assert not {token for token in site.http.cookies.values() if token in str(mine)}
        async with site.window() as socket:
            await said(socket)
            await socket.send(json.dumps(["stdin", "tray"]))
            assert await said(socket) == f"typed {mine.parent}"
        await site.http.post("/desk/logout", data={"proof": hidden(await site.http.get("/desk"))})
        assert in_folders(site) == {"Фото.png": b"png"}
        site.company.write(lambda tx: operators.disable(tx, "Иван"))
        assert (await uploaded(site, http=other)).status_code == 403
        await site.log_in()
        await uploaded(site)
        assert set(in_folders(site)) == {"Смета.pdf"}


async def test_what_an_operator_sets_in_a_browser_is_kept_for_them_alone(site: Site) -> None:
    await site.log_in()
    async with site.window() as socket:
        await said(socket)
        await socket.send(json.dumps(["stdin", "own"]))
        told = Path((await said(socket)).removeprefix("typed "))
    assert told == own_settings(site.company.settings.folder, "Ольга")


async def test_a_window_in_a_browser_is_a_restricted_one_and_so_never_the_owners(site: Site) -> None:
    await site.log_in()
    async with site.window() as socket:
        await said(socket)
        await socket.send(json.dumps(["stdin", "restricted"]))
        assert await said(socket) == "typed on"


@pytest.mark.req("S-012")
async def test_the_language_that_is_chosen_at_the_login_is_the_operators_own_from_then_on(site: Site) -> None:
    assert '<html lang="en">' in (await site.http.get("/desk/login")).text
    russian = (await site.http.get("/desk/login?lang=ru")).text
    assert ('<html lang="ru">' in russian, "Ваше имя" in russian) == (True, True)
    assert '<html lang="ru">' in (await site.http.get("/desk/login?lang=fr")).text
    refused = await site.log_in(password=WRONG)
    assert "Имя или пароль неверны" in refused.text
    await site.log_in()
    assert "Выйти" in (await site.http.get("/desk")).text
    async with site.browser() as elsewhere:
        assert '<html lang="en">' in (await elsewhere.get("/desk/login")).text
        await site.log_in(http=elsewhere)
        assert "Выйти" in (await elsewhere.get("/desk")).text
        assert await spoken(site, elsewhere) == "typed ru"
        await site.log_in(name="Иван", http=elsewhere)
        assert "Log out" in (await elsewhere.get("/desk")).text
        assert await spoken(site, elsewhere) == "typed en"


async def spoken(site: Site, http: httpx.AsyncClient) -> str:
    """The language of a window."""
    async with site.window(http) as socket:
        await said(socket)
        await socket.send(json.dumps(["stdin", "lang"]))
        return await said(socket)


@pytest.mark.parametrize("name", ["Ольга", "..", "../main", "Александра Константиновна " * 20])
def test_whatever_an_operator_is_called_their_settings_have_a_place_of_their_own(tmp_path: Path, name: str) -> None:
    file = own_settings(tmp_path, name)
    save(file, "theme", "light")
    assert load(env={"CHATAPP_OWN": str(file), "HOME": str(tmp_path)}).settings.theme == "light"
    assert file.resolve().parent.parent == tmp_path / "operators"
    assert file != own_settings(tmp_path, "Иван")


async def test_only_a_page_of_ours_uploads(carrying: Site) -> None:
    site = carrying
    for wrong in (
        {"origin": "https://example.org"},
        {"x-proof": "another"},
        {"x-proof": "д".encode()},
    ):
        assert (await uploaded(site, **wrong)).status_code == 403
    async with site.browser() as stranger:
        await stranger.get("/desk/login")
        assert (await uploaded(site, http=stranger)).status_code == 403
    assert in_folders(site) == {}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../secret.key", "secret.key"),
        ("/etc/passwd", "passwd"),
        ("C:\\papers\\Смета.pdf", "Смета.pdf"),
        (".profile", "profile"),
        ("a\nb\0.txt", "ab.txt"),
    ],
)
async def test_an_uploads_name_never_leaves_its_tray(carrying: Site, name: str, kept: str) -> None:
    assert (await uploaded(carrying, name)).status_code == 200
    assert set(in_folders(carrying)) == {kept}


async def test_a_file_without_a_name_one_that_is_too_large_and_one_of_unknown_size_are_refused(carrying: Site) -> None:
    site = carrying
    assert (await uploaded(site, "..")).status_code == 422
    limit = manifest("api").capabilities.max_upload
    assert f'data-limit="{limit}"' in (await site.http.get("/desk")).text
    async with begun(site, limit + 1) as reader:
        answer = (await reader.readuntil(b"at most.")).decode()
    assert answer.startswith("HTTP/1.1 422 ")
    assert f"The file is larger than any channel carries: {limit // MEGABYTE} MB at most." in answer

    async def pieces() -> AsyncIterator[bytes]:
        yield b"endless"

    own = {"x-proof": site.http.cookies["chatapp_proof"], "x-name": "a", "origin": site.address}
    assert (await site.http.post("/desk/upload", content=pieces(), headers=own)).status_code == 422
    assert in_folders(site) == {}


@asynccontextmanager
async def begun(site: Site, size: int) -> AsyncIterator[asyncio.StreamReader]:
    """An upload that says how long it is, sends a few bytes and leaves."""
    cookies = "; ".join(f"{name}={value}" for name, value in site.http.cookies.items())
    head = {
        "Host": site.address.removeprefix("http://"),
        "Origin": site.address,
        "Cookie": cookies,
        "Content-Length": str(size),
        "X-Proof": site.http.cookies["chatapp_proof"],
        "X-Name": "half.bin",
    }
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(site.address).port)
    lines = ["POST /desk/upload HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", "half"]
    writer.write("\r\n".join(lines).encode())
    yield reader
    writer.close()
    await writer.wait_closed()


async def test_an_upload_that_breaks_off_leaves_nothing_and_a_second_one_waits_for_it(carrying: Site) -> None:
    site = carrying
    async with begun(site, 5_000):
        await eventually(lambda: in_folders(site))
        other = await uploaded(site)
        assert (other.status_code, other.text) == (503, "Another file is being uploaded. Wait until it is here.")
    await eventually(lambda: not in_folders(site))
    assert (await uploaded(site)).status_code == 200


async def test_a_tray_holds_twenty_files_and_the_oldest_goes_for_the_next(carrying: Site) -> None:
    for n in range(22):
        await uploaded(carrying, f"{n}.txt")
    assert set(in_folders(carrying)) == {f"{n}.txt" for n in range(2, 22)}


def test_a_long_name_keeps_its_ending() -> None:
    assert fitting("Щ" * 300 + ".pdf") == "Щ" * 98 + ".pdf"


async def test_no_upload_outlasts_the_daemon(company: Company) -> None:
    left = company.settings.folder / "trays" / "left" / "Смета.pdf"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"of a daemon that was killed")
    async with running(company) as site:
        assert in_folders(site) == {}
    assert not left.parent.parent.exists()
