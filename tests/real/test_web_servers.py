"""The web servers of the documentation lead operators and webhooks to the daemon, and nobody to anything else."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from chatapp_cli.bootstrap import open_company
from chatapp_cli.services import operators, passwords
from chatapp_cli.settings import Settings
from tests.real.email.certificates import Authority, Files
from tests.real.machine import ROOT, blocks
from tests.runtime.desk import eventually
from tests.stores import OWNER

NGINX, CADDY = shutil.which("nginx", path="/usr/sbin:/usr/bin"), shutil.which("caddy")
pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not (NGINX and CADDY), reason="needs web servers: apt-get install nginx caddy"),
]

HOST, DAEMON = "desk.example.org", "127.0.0.1:8320"
PASSWORD = "тёплый плед 7"
AROUND_NGINX = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/chatapp.conf;
}}
"""
AROUND_CADDY = """{{
    admin off
    auto_https disable_redirects
}}
https://{host}:{port} {{
    tls {certificate} {key}
"""


def nginx(folder: Path, daemon: str, port: int, files: Files) -> Sequence[Sequence[str]]:
    """Write config/nginx.example.conf with these in their places; gives what checks it and what serves it."""
    site = (ROOT / "config" / "nginx.example.conf").read_text("utf-8")
    for written, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("listen [::]:443 ssl;", ""),
        ("/etc/letsencrypt/live/desk.example.org/fullchain.pem", str(files.certificate)),
        ("/etc/letsencrypt/live/desk.example.org/privkey.pem", str(files.key)),
        (DAEMON, daemon),
    ):
        assert written in site
        site = site.replace(written, here)
    (folder / "chatapp.conf").write_text(site, "utf-8")
    (folder / "nginx.conf").write_text(AROUND_NGINX.format(folder=folder), "utf-8")
    program = (str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log"))
    return (*program, "-t"), program


def caddy(folder: Path, daemon: str, port: int, files: Files) -> Sequence[Sequence[str]]:
    """The same for the block of docs/browser.md."""
    site = blocks("browser.md")["Caddy 1"][1]
    around = AROUND_CADDY.format(host=HOST, port=port, certificate=files.certificate, key=files.key)
    assert site.startswith(f"{HOST} {{\n")
    assert DAEMON in site
    file = folder / "Caddyfile"
    file.write_text(site.replace(f"{HOST} {{\n", around).replace(DAEMON, daemon), "utf-8")
    named = ("--config", str(file), "--adapter", "caddyfile")
    return (str(CADDY), "validate", *named), (str(CADDY), "run", *named)


@asynccontextmanager
async def running(words: Sequence[str], log: Path, **env: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process meanwhile."""
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *words, env={**os.environ, **env}, stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[str]:
    """A daemon with the window in a browser, and an operator who may log in; its host and port."""
    home = str(tmp_path / "home")
    company = open_company(Settings(home=home)).seen_by(OWNER)
    company.write(lambda tx: operators.add(tx, "Ольга", passwords.hashed(PASSWORD), []))
    company.close()
    given = {"CHATAPP_HOME": home, "CHATAPP_CONFIG": str(tmp_path / "config.toml"), "CHATAPP_HTTP_PORT": "0"}
    words = (sys.executable, "-m", "chatapp_cli", "--lang", "en", "serve", "--web")
    async with running(words, tmp_path / "daemon.log", **given) as process:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().strip().removeprefix("http://")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def answers(port: int) -> bool:
    with suppress(OSError):
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()
        return True
    return False


class Browser:
    """Somebody far away, who knows the desk by its name."""

    def __init__(self, port: int, authority: Authority) -> None:
        self.port, self.tls = port, ssl.create_default_context(cafile=str(authority.file))
        self.origin = f"https://{HOST}:{port}"
        headers = {"host": f"{HOST}:{port}", "origin": self.origin}
        self.http = httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=self.tls, headers=headers)

    async def ask(self, method: str, path: str, **form: str) -> httpx.Response:
        return await self.http.request(method, path, data=form or None, extensions={"sni_hostname": HOST})

    async def log_in(self) -> httpx.Response:
        proof = re.search(r'name="proof" value="(\w+)"', (await self.ask("GET", "/desk/login")).text)
        assert proof is not None
        return await self.ask("POST", "/desk/login", proof=proof[1], name="Ольга", password=PASSWORD)

    async def window(self, cookies: str) -> str:
        """What a window paints until it has its title."""
        url, painted = f"wss://{HOST}:{self.port}/desk/window?width=100&height=30", ""
        near = {"host": "127.0.0.1", "port": self.port, "server_hostname": HOST, "ssl": self.tls, "max_size": None}
        headers = {"cookie": cookies}
        async with connect(url, origin=self.origin, additional_headers=headers, **near) as page:  # type: ignore[arg-type]
            while "\x1b]2;" not in painted:
                said = await page.recv()
                painted += said if isinstance(said, str) else said.decode(errors="replace")
        return painted


@pytest.mark.parametrize("server", [nginx, caddy])
async def test_a_web_server_of_the_documentation_leads_to_the_desk_and_to_nothing_else(
    server: type, daemon: str, tmp_path: Path
) -> None:
    authority, port = Authority(tmp_path, "authority"), free_port()
    check, serve = server(tmp_path, daemon, port, authority.issue("desk", host=HOST))
    own = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    async with running(check, tmp_path / "check.log", **own) as checking:
        assert await checking.wait() == 0, (tmp_path / "check.log").read_text("utf-8")
    async with running(serve, tmp_path / "server.log", **own), AsyncExitStack() as stack:
        await eventually(lambda: answers(port), 20)
        browser = Browser(port, authority)
        stack.push_async_callback(browser.http.aclose)
        for path in ("/healthz", "/readyz", "/metrics", "/"):
            said = (await browser.ask("GET", path)).text
            assert (path, not said or "<center>nginx" in said) == (path, True)
        hook = await browser.ask("POST", "/hooks/nobody", text="Алло")
        assert (hook.status_code, hook.text) == (404, "no such channel or link\n")
        entered = await browser.log_in()
        assert entered.status_code == 303
        cookie = entered.headers["set-cookie"]
        assert "; Secure" in cookie
        assert "\x1b]2;" in await browser.window(cookie.partition(";")[0])
