"""Calls of the API of an account, at its pace, with a token that is renewed when it is refused.

Sources: providers' sheet §4.3, addendum C8: arrays in, answers in any order, 204 for nothing, seven requests a second.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import msgspec

from chatapp_cli.crm.amocrm import errors
from chatapp_cli.crm.amocrm.access import Bearer, account_in, bearer
from chatapp_cli.crm.amocrm.record import HELD, HeldAccount, held
from chatapp_cli.domain.errors import (
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    ReadInPart,
    Rejected,
)
from chatapp_cli.kit.http import HttpResponse, network, open_session, read
from chatapp_cli.kit.pace import Bucket, Urgency
from chatapp_cli.kit.records import written
from chatapp_cli.kit.tokens import AccessToken
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock, World

RATE: Final = 6.4
"""Requests a second, of seven: the rest is for commands beside the daemon and for uneven networks."""
BURST: Final = 1
LARGEST: Final = 32 << 20
"""The largest answer in bytes."""
PATIENCE: Final = 65.0
"""Seconds: big requests take long, and some end with 504."""
ACCOUNT: Final = "/api/v4/account"
PAGE: Final = 250
"""The most members of a page, and of a collection that is written."""
MOST_PAGES: Final = 200
AGAIN: Final = 3
"""How often a request that was one too many is repeated here, before the caller hears of it."""
LONGEST_WAIT: Final = 5.0
"""Seconds that such a request waits here in all: a bundle of others is held meanwhile."""
_ONLY: Final = "0"
"""What the only member of a request is called in its answer."""

Params = Mapping[str, str | int]


class Pauses:
    """The pauses of one call, because its requests were too many."""

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket, self._clock = bucket, clock
        self._number, self._seconds = 0, 0.0

    async def take(self, error: RateLimited) -> None:
        """Take one more. Raises the error, which says how long the caller has to wait, if it is one too many here."""
        self._number, self._seconds = self._number + 1, self._seconds + error.retry_after
        if self._number > AGAIN or self._seconds > LONGEST_WAIT:
            raise error
        self._bucket.overflowed()
        await self._clock.sleep(error.retry_after)


class AmoApi:
    """Calls for one link; every failure is a ChannelError without secrets."""

    def __init__(
        self, http: aiohttp.ClientSession, tokens: Bearer, account: HeldAccount, memory: Memory, world: World
    ) -> None:
        self.http, self._bearer, self._memory, self._world = http, tokens, memory, world
        self._bucket = Bucket(world.clock, leak=RATE, burst=BURST)
        self.account = account
        self.date = ""
        """The server's clock in its last answer."""
        self.calls = 0
        """Requests made so far."""

    async def aclose(self) -> None:
        """Let nobody wait any more, and wait for a running renewal."""
        await self._bucket.aclose()
        await self._bearer.aclose()

    async def get(self, path: str, params: Params | None = None, *, urgency: Urgency = Urgency.CLIENT) -> Any:
        """What stands at a path; an empty mapping for nothing."""
        return await self._answer("GET", path, params=params, urgency=urgency)

    async def post(self, path: str, body: Any, *, urgency: Urgency = Urgency.CLIENT) -> Any:
        """Make something. Raises OutcomeUnknown if the answer was lost: nothing marks a repeated request."""
        return await self._answer("POST", path, body=body, urgency=urgency, once=True)

    async def add(self, path: str, name: str, item: Mapping[str, Any]) -> int:
        """Make one member of a collection; returns its number.

        Raises OutcomeUnknown also for an answer that does not tell it: an array is carried out in part (addendum C8).
        """
        answer = await self.post(path, [{**item, "request_id": _ONLY}])
        made = by_request(answer, name).get(_ONLY, {}).get("id")
        if not isinstance(made, int):
            raise OutcomeUnknown("strange_answer", path)
        return made

    async def patch(self, path: str, body: Any, *, urgency: Urgency = Urgency.CLIENT) -> Any:
        """Change something; may be repeated."""
        return await self._answer("PATCH", path, body=body, urgency=urgency)

    async def delete(self, path: str, body: Any = None) -> None:
        """Take something away; what is gone already counts as taken."""
        try:
            await self._answer("DELETE", path, body=body, urgency=Urgency.BACKGROUND)
        except Rejected as error:
            if error.code != "gone":
                raise

    async def pages(
        self, path: str, name: str, params: Params | None = None, *, urgency: Urgency = Urgency.BACKGROUND
    ) -> Sequence[Mapping[str, Any]]:
        """All members of a list. Raises ReadInPart."""
        return [one async for page in self.by_page(path, name, params, urgency=urgency) for one in page]

    async def by_page(
        self, path: str, name: str, params: Params | None = None, *, urgency: Urgency = Urgency.BACKGROUND
    ) -> AsyncGenerator[Sequence[Mapping[str, Any]], None]:
        """The pages of a list; the link to the next one ends it by being absent. Raises ReadInPart after the last."""
        asked: Params = {"limit": PAGE, **(params or {})}
        for _ in range(MOST_PAGES):
            answer = await self.get(path, asked, urgency=urgency)
            yield embedded(answer, name)
            following = _next(answer)
            if not following:
                return
            asked = {**asked, **following}
        raise ReadInPart("read_in_part", path)

    async def _answer(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Any = None,
        urgency: Urgency,
        once: bool = False,
    ) -> Any:
        token, renewed, moved = await self._bearer.present(), False, False
        pauses = Pauses(self._bucket, self._world.clock)
        while True:
            await self._bucket.enter(urgency)
            response = await self._attempt(token, method, path, params, body, once=once)
            if response.ok:
                return errors.understood(response, once=once)
            error = errors.refusal(response, now=self._world.clock.now(), once=once, secrets=[token.access])
            if response.status == errors.UNAUTHORISED and not renewed:
                token, renewed = await self._bearer.another(token), True
            elif response.status == errors.NOT_FOUND and not moved and await self._followed(token):
                moved = True
            elif isinstance(error, RateLimited):
                await pauses.take(error)
            elif error.code == "scope" and path != ACCOUNT and await self._lets_us_in(token):
                raise Rejected(error.code, error.detail)
            else:
                raise error

    async def _lets_us_in(self, token: AccessToken) -> bool:
        """Whether the account as a whole answers, so that a right is lacking only for what was asked."""
        await self._bucket.enter(Urgency.OPERATOR)
        return (await self._attempt(token, "GET", ACCOUNT, None, None, once=False)).ok

    async def _followed(self, token: AccessToken) -> bool:
        """Follow an account that has moved; false if it is where it was: then the refusal is about something in it.

        Raises Misconfigured if it is nowhere.
        """
        await self._bucket.enter(Urgency.OPERATOR)
        if (await self._attempt(token, "GET", ACCOUNT, None, None, once=False)).status != errors.NOT_FOUND:
            return False
        origin = await self._bearer.where(token)
        if not origin:
            raise Misconfigured("redirected", self.account.origin, field="account")
        moved = msgspec.structs.replace(self.account, origin=origin)
        self.account = moved
        about = await self._attempt(token, "GET", ACCOUNT, None, None, once=False)
        if about.ok and account_in(errors.said(about)) != moved.number:
            raise NeedsRebind("other_account", origin)
        await self._memory.save({HELD: written(moved)})
        return True

    async def _attempt(
        self, token: AccessToken, method: str, path: str, params: Params | None, body: Any, *, once: bool
    ) -> HttpResponse:
        self.calls += 1
        headers = {"Authorization": f"Bearer {token.access}"}
        data = None
        if body is not None:
            data = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        with network([token.access], once=once):
            url = f"{self.account.origin}{path}"
            async with self.http.request(
                method, url, params=params, data=data, headers=headers, allow_redirects=False
            ) as response:
                found = await read(response, LARGEST)
        self.date = found.headers.get("Date", "")
        return found


def embedded(answer: Any, name: str) -> list[Mapping[str, Any]]:
    """The members of a list in an answer; none for an answer without a body."""
    inside = answer.get("_embedded") if isinstance(answer, dict) else None
    found = inside.get(name) if isinstance(inside, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def numbers_in(card: Any, name: str) -> Sequence[int]:
    """The numbers of the cards that a card names, the main one first."""
    found = sorted(embedded(card, name), key=lambda one: one.get("is_main") is not True)
    return [one["id"] for one in found if isinstance(one.get("id"), int) and not isinstance(one["id"], bool)]


def by_request(answer: Any, name: str) -> Mapping[str, Mapping[str, Any]]:
    """The members of an answer to a collection by their ``request_id``: their order is not that of the request."""
    return {str(one["request_id"]): one for one in embedded(answer, name) if "request_id" in one}


def inside(said: Any, *names: str) -> Any:
    """A value deep in an answer; ``None`` if something on the way is missing."""
    for name in names:
        said = said.get(name) if isinstance(said, dict) else None
    return said


def _next(answer: Any) -> dict[str, str]:
    """The query of the next page; only its query is used, whatever host it names."""
    href = inside(answer, "_links", "next", "href")
    return dict(parse_qsl(urlsplit(href).query)) if isinstance(href, str) else {}


@asynccontextmanager
async def connected(bound: Bound, world: World) -> AsyncIterator[AmoApi]:
    """Open the API for a link, once its tokens are proved to be those of the account that it was linked to.

    Raises NeedsRebind if there are none, or if they are another account's.
    """
    async with open_session(total=PATIENCE) as http:
        tokens = await bearer(bound, http, world)
        known = await held(bound)
        account = known or HeldAccount(number=0, origin=bound.settings["account"])
        api = AmoApi(http, tokens, account, bound.memory, world)
        try:
            if known is None or known.doubtful:
                api.account = await _proved(api, bound, known)
            yield api
        finally:
            await api.aclose()


async def _proved(api: AmoApi, bound: Bound, known: HeldAccount | None) -> HeldAccount:
    """Whose tokens they are, by the account's own answer: those of the account that was known before, if one was."""
    found = await about_account(api)
    wanted = bound.settings.get("number", "") or ("" if known is None else str(known.number))
    if wanted and wanted != str(found.number):
        raise NeedsRebind("other_account", str(found.number))
    await bound.memory.save({HELD: written(found)})
    return found


async def about_account(api: AmoApi) -> HeldAccount:
    """The account of the present token with the employee whose it is."""
    answer = await api.get(ACCOUNT, {"with": "amojo_id"}, urgency=Urgency.OPERATOR)
    user = answer.get("current_user_id")
    return HeldAccount(
        number=account_in(answer),
        origin=api.account.origin,
        subdomain=str(answer.get("subdomain") or ""),
        amojo_id=str(answer.get("amojo_id") or ""),
        user=user if isinstance(user, int) else 0,
    )
