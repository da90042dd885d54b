"""Files that people give us in the designer of bots: whose are taken, which, and what a bot names them by."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp_cli.crm.amocrm import uploads
from chatapp_cli.domain.crm.events import CrmFileGiven, CrmStepAsked
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.browser import CallBlocked
from chatapp_cli.sandbox.amocrm.jwt import claims_of, signed
from chatapp_cli.sandbox.amocrm.objects import MANAGER
from tests.crm.amocrm.desk import AmoDesk
from tests.sandbox.amocrm.schema import said_against

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
async def linked(desk: AmoDesk) -> AmoDesk:
    await desk.link()
    await desk.allow()
    async with desk.session():
        return desk


def token(account: Account, desk: AmoDesk, *, algorithm: Any = "HS256", secret: str = "", **claims: Any) -> str:
    said = claims_of(account.consent.widget_token(MANAGER, desk.url))
    assert said_against("token.onetime.claims", said) == []
    return signed({**said, **claims}, secret or account.client_secret, algorithm)


async def test_a_file_from_the_designer_is_named_by_a_bot_and_its_token_is_believed_once(
    linked: AmoDesk, account: Account
) -> None:
    where = uploads.address(linked.bound) if linked.bound else ""
    assert where == linked.address("file")
    status, said = await account.browser.uploads(where, "ёлка 1.PNG", PNG, user=MANAGER)
    asked, given = linked.replies[-2:]
    [arrival] = given.arrivals
    assert (status, asked.arrivals, given.given) == (200, (), PNG)
    assert isinstance(arrival.event, CrmFileGiven)
    assert (arrival.event.name, len(arrival.event.key)) == ("ёлка 1.PNG", 24)
    assert said == {"url": f"{where}/{arrival.event.key}/%D1%91%D0%BB%D0%BA%D0%B0%201.PNG"}
    one = token(account, linked)
    names = set()
    for _ in range(2):
        reply = await linked.accept("file", PNG, query={"name": "1.png"}, x_auth_token=one)
        names.add(reply.arrivals[0].provider_id)
        assert (reply.repeated and reply.repeated.status, reply.refused is not None) == (403, True)
    assert len(names) == 1
    account.widget_url = linked.address("salesbot")
    lead = await account.makes_deal(account._desk.office.add_contact("Иван", responsible=1).id, "Ёлка")
    await account.runs_bot(lead.id, {"file": said["url"]})
    await account.settled()
    reply = linked.replies[-1]
    step = reply.arrivals[0].event
    assert isinstance(step, CrmStepAsked)
    assert (step.upload, step.file) == (arrival.event.key, "")
    assert linked.bound is not None
    assert linked.crm.understand(linked.bound, reply.arrivals[0].raw) == step


@pytest.mark.parametrize(
    "forged",
    [
        {"algorithm": "HS512"},
        {"secret": "another secret"},
        {"aud": "https://other.example.ru"},
        {"account_id": 1},
        {"client_uuid": "6b1f0d9e-2f3a-4f1e-9a55-0c8f5c1f7a10"},
        {"exp": 1_600_000_000},
        {"nbf": 4_000_000_000},
        {"jti": ""},
    ],
)
async def test_a_token_of_another_kind_time_place_or_account_gives_no_file(
    linked: AmoDesk, account: Account, forged: dict[str, Any]
) -> None:
    status, said = await account.browser.uploads(
        linked.address("file"), "1.png", PNG, user=MANAGER, token=token(account, linked, **forged)
    )
    assert (status, said, linked.replies[-1].arrivals, linked.replies[-1].given) == (403, None, (), None)


async def test_what_is_empty_too_big_nameless_or_a_program_is_not_taken(linked: AmoDesk, account: Account) -> None:
    async def given(name: str, content: bytes) -> tuple[int, int]:
        said = {"x_auth_token": token(account, linked)}
        reply = await linked.accept("file", content, query={"name": name} if name else {}, **said)
        return reply.status, len(reply.arrivals)

    assert await given("1.png", b"") == (400, 0)
    assert await given("", PNG) == (400, 0)
    assert await given("1.pdf", bytes(uploads.LARGEST + 1)) == (413, 0)
    assert await given("1.pdf", bytes(uploads.LARGEST)) == (200, 1)
    for name in ("price.exe", "page.html", "page.svg", "png", "run.png.js"):
        assert await given(name, PNG) == (415, 0), name
    assert (await linked.accept("file", PNG, query={"name": "1.png"})).status == 403
    assert (await linked.accept("file", method="GET")).status == 405
    assert (await linked.accept("file/0123", method="GET")).status == 404


async def test_only_a_page_of_an_account_may_call_from_a_browser(linked: AmoDesk, account: Account) -> None:
    for origin in ("https://evil.example.ru", "https://hvoya.amocrm.ru.evil.example.ru", "null", "https://[", ""):
        reply = await linked.accept("file", method="OPTIONS", origin=origin)
        assert "access-control-allow-origin" not in reply.headers, origin
    reply = await linked.accept("file", method="OPTIONS", origin="https://hvoya.amocrm.ru")
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (204, "https://hvoya.amocrm.ru")
    with pytest.raises(CallBlocked):
        await account.browser.uploads(linked.address("nothing"), "1.png", PNG, user=MANAGER)


@pytest.mark.parametrize(
    "link",
    [
        "https://example.ru/1.png",
        "{file}/0123456789abcdef0123456/1.png",
        "{other}/0123456789abcdef01234567",
        "http://[",
    ],
)
async def test_a_link_elsewhere_is_a_link(linked: AmoDesk, link: str) -> None:
    assert linked.bound is not None
    said = link.format(file=linked.address("file"), other=f"{linked.url}/hooks/other/file")
    assert uploads.key_in(linked.bound, said) == ""
