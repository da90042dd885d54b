"""What stands behind a signed address of a message's file: the file for a while, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import httpx
import pytest

from chatapp_cli.api.server import application
from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.doors import NO_FILE
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.services import media_links
from chatapp_cli.services.media_links import SharedContent
from tests.stores import HeldClock

if TYPE_CHECKING:
    from chatapp_cli.runtime.daemon import Daemon

DESK = "https://desk.example.ru"
CONTENT = "<script>alert(1)</script> ёлка".encode()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def company(companies: Callable[..., Company], clock: HeldClock) -> Company:
    return open_company(companies().settings, World(clock=clock, chance=SystemChance()))


@pytest.fixture
async def http(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    """A CRM that fetches from the listener's application; an exception of ours would reach the test."""
    daemon = SimpleNamespace(store=SimpleNamespace(company=company))
    wire = httpx.ASGITransport(application(cast("Daemon", daemon)))
    async with httpx.AsyncClient(transport=wire, base_url=DESK) as http:
        yield http
    company.close()


def shared(company: Company, *, mime: str = "text/html", name: str = "ёлка & Co.html") -> str:
    """The address of a file, which lasts as long as any."""
    until = company.world.clock.now() + media_links.LASTS
    content = SharedContent(sha256=company.media.put(CONTENT), mime=mime, until=until)
    return media_links.address(company.vault, DESK, name, content)


async def test_a_file_is_given_by_its_type_to_be_saved_and_never_run_and_its_head_says_the_same(
    company: Company, http: httpx.AsyncClient
) -> None:
    url = shared(company)
    whole, head = await http.get(url), await http.head(url)
    assert (whole.status_code, whole.content, head.status_code, head.content) == (200, CONTENT, 200, b"")
    assert head.headers == whole.headers
    headers = whole.headers
    assert headers["content-type"].partition(";")[0] == "text/html"
    assert (headers["content-length"], headers["x-content-type-options"]) == (str(len(CONTENT)), "nosniff")
    named = "attachment; filename*=UTF-8''%D1%91%D0%BB%D0%BA%D0%B0%20%26%20Co.html"
    assert headers["content-disposition"] == named
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert (headers["cache-control"], headers["referrer-policy"]) == ("private, no-store", "no-referrer")


async def test_what_is_no_type_is_given_as_bytes(company: Company, http: httpx.AsyncClient) -> None:
    for mime in ("", "тип/файл", "text/html\r\nset-cookie: a=b", "no type", "image/png; charset=кои"):
        given = await http.get(shared(company, mime=mime))
        assert (given.status_code, given.content, given.headers["content-type"]) == (
            *(200, CONTENT), "application/octet-stream",
        ), mime  # fmt: skip


async def test_an_address_that_is_not_ours_or_has_ended_or_whose_file_is_lost_leads_nowhere(
    company: Company, http: httpx.AsyncClient, clock: HeldClock
) -> None:
    url = shared(company)
    token = url.removeprefix(f"{DESK}{media_links.PREFIX}").partition("/")[0]
    (other,) = company.vault.seal_all(["a secret of something else"])
    forged = {
        "changed": token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:],
        "cut": token[:40],
        "of something else": other.decode(),
        "too long": token * 20,
        "no ASCII": "%D1%91%D0%BB%D0%BA%D0%B0",
    }
    clock.at += media_links.LASTS
    assert (await http.get(url)).status_code == 200
    for name, one in forged.items():
        found, head = [await http.request(way, f"{media_links.PREFIX}{one}/a.html") for way in ("GET", "HEAD")]
        assert (found.status_code, head.status_code, found.text) == (404, 404, f"{NO_FILE}\n"), name
    assert (await http.post(url)).status_code == 405
    clock.at += 1
    assert (await http.get(url)).status_code == 404
    clock.at -= 1
    company.media.path(company.media.put(CONTENT)).unlink()
    assert [(await http.request(method, url)).status_code for method in ("GET", "HEAD")] == [404, 404]
