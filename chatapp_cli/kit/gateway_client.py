"""Talks to a gateway according to its description, and turns its answers into results and errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.kit import http
from chatapp_cli.kit.gateway import Gateway, GatewayFault, RequestMap, ResponseMap
from chatapp_cli.kit.gateway_raw import Call
from chatapp_cli.kit.gateway_template import Values, dig, filled, filled_json, filled_table, plain
from chatapp_cli.kit.http import HttpResponse as Response
from chatapp_cli.kit.http import StatusErrors, network, read, veil, verdict
from chatapp_cli.kit.trees import shown
from chatapp_cli.ports.world import Clock


class LoginRefused(NeedsRebind):
    """The gateway's own code says that it refuses the login, not the message."""


FAULTS: Final[Mapping[GatewayFault, Callable[[str], ChannelError]]] = {
    "unauthorised": partial(LoginRefused, "unauthorised"),
    "no_money": partial(SendingBlocked, "no_money"),
    "busy": partial(Retryable, "busy"),
    "rate_limited": partial(RateLimited, "rate_limited", retry_after=60),
    "daily_limit": partial(RateLimited, "daily_limit", retry_after=3600, scope="dialog"),
    "bad_sender": partial(SendingBlocked, "bad_sender"),
    "bad_phone": partial(Rejected, "bad_phone"),
    "bad_text": partial(Rejected, "bad_text"),
    "too_long": partial(Rejected, "too_long"),
    "no_template": partial(Rejected, "no_template"),
    "bad_values": partial(Rejected, "bad_values"),
    "not_a_user": partial(Rejected, "not_a_user"),
    "opted_out": partial(Rejected, "opted_out"),
    "refused": partial(Rejected, "refused"),
}
"""The error for each of a gateway's own codes."""

VERDICTS: Final[StatusErrors] = {
    **http.VERDICTS,
    **dict.fromkeys((404, 405, 410), partial(Misconfigured, "not_there", field="url")),
}
"""The error for a status without an explanation by the gateway."""

_WORDS: Final = 300


@dataclass(frozen=True, slots=True)
class _ResponseReader:
    """An answer, read according to its description."""

    response: Response
    about: ResponseMap
    document: Any
    """``None`` if it is not in the expected format."""

    @classmethod
    def of(cls, response: Response, about: ResponseMap) -> _ResponseReader:
        call = Call(response.body, response.headers.get("Content-Type", ""))
        return cls(response, about, call.text() if about.format == "text" else _json(call))

    def find(self, path: str) -> str:
        """The value there, as text."""
        if not path or self.document is None:
            return ""
        if self.about.format == "json":
            places = (plain(dig(self.document, place.strip())) for place in path.split("|"))
            return shown(next(filter(None, places), ""))
        match = re.search(path, self.document)
        return shown(match[1] or "") if match else ""

    @property
    def good(self) -> bool:
        """Whether the gateway did what it was asked."""
        if not self.response.ok or self.document is None:
            return False
        if self.about.ok:
            return all(self.find(path) in allowed for path, allowed in self.about.ok.items())
        return not self.find(self.about.error)

    @property
    def clear(self) -> bool:
        """Whether the gateway itself reports an error, so that it certainly did nothing."""
        refusals = (self.find(path) not in {"", *allowed} for path, allowed in self.about.ok.items())
        return bool(self.find(self.about.error)) or any(refusals)


class GatewayClient:
    """One account at a gateway."""

    def __init__(
        self, session: aiohttp.ClientSession, gateway: Gateway, *, own: Values, hide: Iterable[str], clock: Clock
    ) -> None:
        self._http, self._gateway, self._own, self._clock = session, gateway, own, clock
        self._hide = [spelling for secret in hide if secret for spelling in _spellings(secret)]

    async def send(self, values: Values) -> str:
        """Send a message; returns the gateway's id, empty if it gives none.

        Raises OutcomeUnknown if there is no clear answer.
        """
        asked = self._gateway.send
        reading = await self._ask(asked, values, once=True)
        if not reading.good:
            raise self._refusal(reading, asked, once=True)
        found = reading.find(asked.answer.id)
        if asked.answer.id and not found:
            raise OutcomeUnknown("unclear_answer", self._words(reading))
        return found

    async def status(self, ext_id: str, phone: str) -> tuple[str, str]:
        """The gateway's state of a message, and its explanation."""
        assert self._gateway.status is not None
        reading = await self._ask(self._gateway.status, {"id": ext_id, "phone": phone})
        state = reading.find(self._gateway.status.answer.status)
        if not reading.good and not state:
            raise self._refusal(reading, self._gateway.status)
        return state, reading.find(self._gateway.status.answer.words)

    async def inbox(self, after: str) -> Any:
        """The gateway's messages after this one."""
        assert self._gateway.inbox is not None
        reading = await self._ask(self._gateway.inbox, {"after": after})
        if not reading.good:
            raise self._refusal(reading, self._gateway.inbox)
        return reading.document

    async def test(self) -> str:
        """Check the login; returns what the gateway shows, such as the balance.

        Without a query for that, only the connection is checked.
        """
        if self._gateway.test is None:
            return await self._reach()
        reading = await self._ask(self._gateway.test, {})
        if not reading.good:
            raise self._refusal(reading, self._gateway.test)
        return reading.find(self._gateway.test.answer.value)

    async def _reach(self) -> str:
        with network(self._hide):
            async with self._http.get(str(self._own["url"]), allow_redirects=False):
                return ""

    async def _ask(self, asked: RequestMap, values: Values, *, once: bool = False) -> _ResponseReader:
        every = {**self._own, **values}
        with network(self._hide, once=once):
            async with self._http.request(asked.method, _address(asked, every), **_content(asked, every)) as response:
                return _ResponseReader.of(await read(response), asked.answer)

    def _refusal(self, reading: _ResponseReader, asked: RequestMap, *, once: bool = False) -> ChannelError:
        words = self._words(reading)
        if fault := self._gateway.errors.get(reading.find(asked.answer.error)):
            return FAULTS[fault](words)
        if once and not reading.clear and _leaves_open(reading.response, asked):
            return OutcomeUnknown("unclear_answer", words)
        if reading.response.ok:
            return Rejected("refused", words)
        return verdict(reading.response, words, now=self._clock.now(), verdicts=VERDICTS)

    def _words(self, reading: _ResponseReader) -> str:
        """The gateway's words, without our secrets."""
        parts = (reading.find(reading.about.error), reading.find(reading.about.words))
        words = " ".join(filter(None, parts)) or f"HTTP {reading.response.status}"
        return veil(" ".join(words.split()), self._hide)[:_WORDS]


def _spellings(secret: str) -> tuple[str, str, str]:
    """A secret in plain form, as encoded in a path, and as encoded in a query."""
    return secret, quote(secret, safe=""), URL.build(query={"k": secret}).raw_query_string.removeprefix("k=")


def _leaves_open(response: Response, asked: RequestMap) -> bool:
    """Whether the message may have been taken: in part, or with an answer that cannot be parsed."""
    return response.ok or (
        response.status >= HTTPStatus.INTERNAL_SERVER_ERROR and response.status not in asked.not_taken
    )


def _address(asked: RequestMap, values: Values) -> URL:
    base = str(values["url"])
    raw = filled(asked.url.replace("{url}", "", 1), values, partial(quote, safe=""))
    url = URL((base if asked.url.startswith("{url}") else "") + raw, encoded=True)
    return url.update_query(filled_table(asked.query, values)) if asked.query else url


def _content(asked: RequestMap, values: Values) -> dict[str, Any]:
    """Each connection is used once, because a request on a dead one would have an unknown outcome."""
    headers = {**filled_table(asked.headers, values), "Connection": "close"}
    content: dict[str, Any] = {"headers": headers, "allow_redirects": False}
    if asked.form:
        fields = filled_table(asked.form, values)
        content["data"] = aiohttp.FormData(fields, default_to_multipart=asked.multipart)
    elif asked.json is not None:
        content["json"] = filled_json(asked.json, values)
    return content


def _json(call: Call) -> Any:
    try:
        return json.loads(call.text())
    except (ValueError, RecursionError):
        return None
