"""What Avito's published description says against calls, answers and webhooks."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from chatapp_cli.sandbox.avito import AvitoSandbox
from chatapp_cli.sandbox.avito.server import Exchange
from tests.contract.openapi import OpenApi

_PUBLISHED = Path(__file__).parents[3] / "shared" / "contracts"
MESSENGER = _PUBLISHED / "avito_messenger_patched.json"
AUTH = _PUBLISHED / "avito_auth.json"

_MARK = "\N{LEFT-TO-RIGHT MARK}"
_GRANTS = {"client_credentials": "", "authorization_code": _MARK, "refresh_token": _MARK * 2}
"""The description tells three uses of one address apart by invisible letters behind it."""
_SELF = {"id": int, "name": str, "email": str, "phone": str, "phones": list, "profile_url": str}
"""The account's own page is described in another part of the catalogue."""


class AvitoSchema:
    """Finds what is wrong, in words."""

    def __init__(self) -> None:
        self._messenger = OpenApi(json.loads(MESSENGER.read_text("utf-8")))
        self._auth = OpenApi(json.loads(AUTH.read_text("utf-8")))

    def exchange(self, one: Exchange) -> list[str]:
        """Judge a call, and its answer unless that is a refusal."""
        if one.path == "/token":
            return self._token(one)
        if one.path == "/core/v1/accounts/self":
            return (
                [f"{name} is unknown" for name, said in one.answer.items() if not _fits(name, said)] if _ok(one) else []
            )
        carried = dict.fromkeys(one.call.files, "") or one.call.body or None
        wrong = self._messenger.query(one.method, one.path, one.call.query)
        wrong += self._messenger.body(one.method, one.path, carried, one.content_type)
        return wrong + (self._messenger.answer(one.method, one.path, one.status, _unwrapped(one)) if _ok(one) else [])

    def _token(self, one: Exchange) -> list[str]:
        path = "/token" + _GRANTS[one.call.body["grant_type"]]
        wrong = self._auth.body("POST", path, dict(one.call.body), one.content_type)
        return wrong + (self._auth.answer("POST", path, 200, one.answer) if _ok(one) else [])

    def webhook(self, webhook: object) -> list[str]:
        """Judge what Avito calls with."""
        return self._messenger.answer("POST", "/messenger/v3/webhook", 201, webhook)


def _ok(one: Exchange) -> bool:
    return one.status == 200


def _fits(name: str, said: object) -> bool:
    return name in _SELF and isinstance(said, _SELF[name])


def _unwrapped(one: Exchange) -> Any:
    """Messages come inside an object, although the description promises a bare list."""
    return (
        one.answer["messages"]
        if "/v3/" in one.path and isinstance(one.answer, dict) and "messages" in one.answer
        else one.answer
    )


@cache
def schema() -> AvitoSchema | None:
    """The judge; ``None`` where the description is not there."""
    return AvitoSchema() if MESSENGER.is_file() and AUTH.is_file() else None


def problems(sandbox: AvitoSandbox) -> list[str]:
    """Everything that is wrong with what went between us and a sandbox."""
    judge = schema()
    if judge is None:
        return sandbox.strange
    called = [words for webhook in sandbox.called for words in judge.webhook(webhook)]
    sane = (exchange for exchange in sandbox.exchanges if "poison" not in str(exchange.answer))
    return sandbox.strange + called + [words for exchange in sane for words in judge.exchange(exchange)]
