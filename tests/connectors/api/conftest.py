"""A bound program and an open session, in a world whose clock the test holds."""

from __future__ import annotations

import base64
import hmac
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeAlias

import msgspec
import pytest

from chatapp_cli.connectors.api.connector import ApiSession, create
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.ports.world import World
from tests.unit.kit.worlds import NOON, held_world

SECRET = "whsec_YSBrZXkgb2YgdGhpcnR5LXR3byBieXRlcywgaGVyZS4="

Post: TypeAlias = Callable[..., HookReply]


@pytest.fixture
def world() -> World:
    return held_world()


def binding(url: str = "", *, secret: str = SECRET, previous: str = "", replaced_at: int = NOON) -> Bound:
    return Bound(
        account="Базар",
        title="Базар",
        settings={"url": url, "replaced_at": str(replaced_at)},
        secrets={"secret": secret, "previous_secret": previous},
        hook_key="h00k",
    )


@pytest.fixture
async def session(world: World) -> AsyncIterator[ApiSession]:
    async with create(world).open(ChannelId(1), binding()) as session:
        yield session


@pytest.fixture
def post(session: ApiSession, world: World) -> Post:
    """Post a signed webhook to the session and take its reply."""

    def post(event: object, *, webhook_id: str = "w-1", secret: str = SECRET, at: int | None = None) -> HookReply:
        said = event.encode() if isinstance(event, str) else event
        body = said if isinstance(said, bytes) else msgspec.json.encode(said)
        signed = signature(secret, webhook_id, world.clock.now() if at is None else at, body)
        return session.accept(request(body, signed))

    return post


def signature(secret: str, webhook_id: str, at: int, body: bytes) -> Mapping[str, str]:
    """By the specification itself, which signs bytes and not texts."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.digest(key, f"{webhook_id}.{at // 1000}.".encode() + body, "sha256")).decode()
    return {"webhook-id": webhook_id, "webhook-timestamp": str(at // 1000), "webhook-signature": f"v1,{mac}"}


def request(body: bytes, headers: Mapping[str, str], **changes: Any) -> HookRequest:
    return HookRequest(**{"method": "POST", "path": "", "query": {}, "headers": headers, "body": body} | changes)
