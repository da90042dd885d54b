"""What the desk posts, and what the program's answers lead to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from chatapp_cli.connectors.api.connector import ApiSession, create
from chatapp_cli.connectors.api.errors import FILES, OURS
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    RateLimited,
    Rejected,
    Retryable,
)
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.connector import ProvesAccess
from chatapp_cli.sandbox.api import ApiSandbox
from tests.connectors.api.conftest import SECRET, binding
from tests.contract.connector_contract import ANNA, ODD

pytestmark = pytest.mark.req("S-111")

OLD = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
KEY = "0123456789abcdef0123456789abcdef"


def message(**changes: Any) -> Outbound:
    return Outbound(**{"message_id": MessageId(1), "key": KEY, "address": "client-7", "text": "Есть."} | changes)


class Peer:
    """A program that answers as the test says, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.body = b""
        self.got: list[tuple[Mapping[str, str], bytes]] = []
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, headers=self.headers, body=self.body)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    await peer.server.start_server()
    yield peer
    await peer.server.close()


@pytest.fixture
async def session(peer: Peer) -> AsyncIterator[ApiSession]:
    bound = binding(str(peer.server.make_url("/desk")))
    async with create(system_world()).open(ChannelId(1), bound) as session:
        yield session


@pytest.mark.parametrize(
    ("status", "headers", "error", "code"),
    [
        (429, {"Retry-After": "30"}, RateLimited, "rate_limited"),
        (503, {"Retry-After": "30"}, RateLimited, "rate_limited"),
        (429, {}, Retryable, "busy"),
        (500, {}, Retryable, "server_error"),
        (502, {"Retry-After": "30"}, Retryable, "server_error"),
        (401, {}, NeedsRebind, "unauthorised"),
        (403, {}, NeedsRebind, "unauthorised"),
        (410, {}, Misconfigured, "gone"),
        (307, {"Location": "/other"}, Misconfigured, "redirected"),
        (413, {}, Rejected, "too_big"),
        (404, {}, Rejected, "refused"),
        (422, {}, Rejected, "refused"),
    ],
)
async def test_an_answer_decides_what_happens_next_and_is_explained(
    session: ApiSession, peer: Peer, status: int, headers: Mapping[str, str], error: type[ChannelError], code: str
) -> None:
    peer.status, peer.headers, peer.body = status, headers, b'{"error": "no such client"}'
    with pytest.raises(ChannelError) as caught:
        await session.send(message())
    assert (type(caught.value), caught.value.code, caught.value.detail) == (error, code, "no such client")
    assert manifest("api").errors[code].next_step
    assert len(peer.got) == 1


def test_every_verdict_is_explained() -> None:
    codes = {make("").code for table in (OURS, FILES) for make in table.values()}
    assert codes <= set(manifest("api").errors)


async def test_plain_words_are_shown_as_they_are_but_without_the_secret(session: ApiSession, peer: Peer) -> None:
    peer.status, peer.body = 400, f"bad\n  secret {SECRET}".encode()
    with pytest.raises(Rejected) as caught:
        await session.send(message())
    assert caught.value.detail == "bad secret ***"


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b'{"id": "m-5"}', "m-5"), (b'{"id": 5}', "5"), (b"", KEY), (b"OK", KEY), (b'{"ok": true}', KEY), (b"[]", KEY)]
    + [(b'{"id": ' + value + b"}", KEY) for value in (ODD[0], ODD[1], ODD[3], ODD[4])],
    ids=len,
)
async def test_the_programs_id_is_kept_and_without_one_our_key_serves(
    session: ApiSession, peer: Peer, body: bytes, expected: str
) -> None:
    peer.status, peer.body = 202, body
    assert (await session.send(message())).ids == (expected,)


@pytest.mark.parametrize("secret", [SECRET, OLD])
async def test_while_a_secret_is_replaced_either_of_both_proves_us(peer: Peer, secret: str) -> None:
    world = system_world()
    bound = binding(str(peer.server.make_url("/")), previous=OLD, replaced_at=world.clock.now())
    async with create(world).open(ChannelId(1), bound) as session:
        await session.send(message())
    ((headers, body),) = peer.got
    assert Webhook(secret).verify(body, dict(headers))["text"] == "Есть."


async def test_a_lost_answer_is_sent_again_and_heard_once() -> None:
    async with ApiSandbox() as shop:
        bound = binding(shop.answers["url"], secret=shop.answers["secret"])
        async with create(system_world()).open(ChannelId(1), bound) as session:
            ids = {(await session.send(message(address=f"client-{ANNA.number}"))).ids for _ in range(3)}
        assert len(ids) == 1
        assert [heard.text for heard in await shop.heard(ANNA)] == ["Есть."]


async def test_edits_deletions_and_reactions_are_told(peer: Peer, session: ApiSession) -> None:
    await session.edit("client-7", "m-5", "Нет.")
    await session.delete("client-7", "m-5")
    await session.react("client-7", "m-1", "👍")
    await session.react("client-7", "m-1", "")
    bodies = [Webhook(SECRET).verify(body, dict(headers)) for headers, body in peer.got]
    assert bodies == [
        {"type": "message.edited", "id": "m-5", "chat_id": "client-7", "text": "Нет.", "from_us": True},
        {"type": "messages.deleted", "chat_id": "client-7", "ids": ["m-5"], "from_us": True},
        {"type": "reaction", "id": "m-1", "chat_id": "client-7", "emoji": ["👍"]},
        {"type": "reaction", "id": "m-1", "chat_id": "client-7", "emoji": []},
    ]


async def test_a_message_tells_all_that_it_has(peer: Peer, session: ApiSession, tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"pdf")
    file = LocalFile(path=path, name="Прайс.pdf", mime="application/pdf", size=3)
    await session.send(message(subject="Заказ", reply_to="m-1", title="Анна", files=(file,)))
    ((headers, body),) = peer.got
    assert Webhook(SECRET).verify(body, dict(headers)) == {
        "type": "message",
        "id": KEY,
        "chat_id": "client-7",
        "chat_title": "Анна",
        "text": "Есть.",
        "subject": "Заказ",
        "reply_to": "m-1",
        "files": [{"name": "Прайс.pdf", "mime": "application/pdf", "content": "cGRm"}],
        "from_us": True,
    }
    assert headers["webhook-id"] == KEY
    assert headers["Content-Type"] == "application/json"


async def test_too_much_is_rejected_before_it_is_read(session: ApiSession, tmp_path: Path) -> None:
    file = LocalFile(path=tmp_path / "absent", name="a", mime="text/plain", size=(16 << 20) // 2 + 1)
    with pytest.raises(Rejected) as caught:
        await session.send(message(files=(file, file)))
    assert caught.value.code == "too_big"


async def test_without_an_address_nothing_can_be_sent() -> None:
    async with create(system_world()).open(ChannelId(1), binding()) as session:
        with pytest.raises(Rejected) as caught:
            await session.send(message())
    assert caught.value.code == "no_url"


async def test_a_linked_file_is_fetched(peer: Peer, session: ApiSession, tmp_path: Path) -> None:
    peer.body = b"plan"
    await session.fetch(str(peer.server.make_url("/plan")), tmp_path / "plan")
    assert (tmp_path / "plan").read_bytes() == b"plan"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.1.2.3", "169.254.169.254"]
)
async def test_a_link_to_this_machine_or_its_network_is_refused_unless_the_channel_allows_it(
    peer: Peer, session: ApiSession, tmp_path: Path, host: str
) -> None:
    other = Peer()
    other.body = b"plan"
    await other.server.start_server()
    try:
        with pytest.raises(Rejected) as caught:
            await session.fetch(f"http://{host}:{other.server.port}/plan", tmp_path / "plan")
        assert caught.value.code == "link_inside"
        assert other.got == []
        bound = binding(str(peer.server.make_url("/desk")))
        near = replace(bound, settings={**bound.settings, "near_links": "on"})
        async with create(system_world()).open(ChannelId(1), near) as allowed:
            await allowed.fetch(str(other.server.make_url("/plan")), tmp_path / "plan")
        assert (tmp_path / "plan").read_bytes() == b"plan"
    finally:
        await other.server.close()


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [(302, Rejected, "file_refused"), (401, Rejected, "file_refused"), (500, Retryable, "server_error")],
)
async def test_a_link_that_does_not_work_is_no_fault_of_the_channel(
    peer: Peer, session: ApiSession, tmp_path: Path, status: int, error: type[ChannelError], code: str
) -> None:
    peer.status = status
    with pytest.raises(ChannelError) as caught:
        await session.fetch(str(peer.server.make_url("/plan")), tmp_path / "plan")
    assert (type(caught.value), caught.value.code) == (error, code)


async def test_a_file_that_never_ends_is_given_up(peer: Peer, session: ApiSession, tmp_path: Path) -> None:
    peer.body = bytes(manifest("api").capabilities.max_download + 1)
    with pytest.raises(Rejected) as caught:
        await session.fetch(str(peer.server.make_url("/plan")), tmp_path / "plan")
    assert caught.value.code == "file_too_big"


async def test_a_refusal_of_one_text_is_told_from_a_secret_that_is_not_accepted() -> None:
    async with ApiSandbox() as program:
        program.firewall = "DROP TABLE"
        bound = binding(program.answers["url"], secret=program.answers["secret"])
        async with create(system_world()).open(ChannelId(1), bound) as session:
            assert isinstance(session, ProvesAccess)
            with pytest.raises(NeedsRebind):
                await session.send(message(text="DROP TABLE ёлки"))
            await session.prove()
            await session.send(message(key="1" * 32))
            await program.end_login()
            with pytest.raises(NeedsRebind):
                await session.send(message(key="2" * 32))
            with pytest.raises(NeedsRebind):
                await session.prove()
        assert [event["type"] for event in program.events] == ["ping", "message"]


@pytest.mark.parametrize("body", [*(b'{"error": ' + value + b"}" for value in ODD), *ODD], ids=len)
async def test_no_answer_is_too_odd_to_be_shown(session: ApiSession, peer: Peer, body: bytes) -> None:
    peer.status, peer.body = 400, body
    with pytest.raises(Rejected):
        await session.send(message())
