"""The queue server: posts events to their handlers, once each, and forgets what was not answered in time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.bitrix24.authority import SCOPES, BitrixAuthority
from chatapp_cli.sandbox.bitrix24.misbehaviour import Misbehaviour
from chatapp_cli.sandbox.bitrix24.objects import ADMIN, SYSTEM, Answered, EventBinding, Json, PortalEvent
from chatapp_cli.sandbox.bitrix24.office import PortalOffice
from chatapp_cli.sandbox.brackets import Pairs, flattened, unordered
from chatapp_cli.sandbox.serving import reach

OK: Final = 200


class EventCourier:
    """Delivers in order, except what ``Misbehaviour`` doubles, delays or loses."""

    def __init__(
        self, authority: BitrixAuthority, office: PortalOffice, clock: Clock, misbehaviour: Misbehaviour
    ) -> None:
        self._authority, self._office, self._clock, self._misbehaviour = authority, office, clock, misbehaviour
        self.events: list[PortalEvent] = []
        """All events that somebody was or should have been told, in order."""
        self.posted: list[tuple[Pairs, Json]] = []
        """All forms that the portal posted, each with its query."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: asyncio.Task[None] | None = None

    def tell(self, event: str, data: Any, *, user: int = ADMIN) -> None:
        """Queue an event for all handlers that are bound to it; not before the installation is finished."""
        if not self._authority.installed:
            return
        for binding in [one for one in self._office.bindings if one.event == event.upper()]:
            self._queue(binding, data, user)

    def _queue(self, binding: EventBinding, data: Any, user: int) -> None:
        head = {"eventId": binding.id} if "DIALOG" in binding.event else {"event_handler_id": binding.id}
        tokenless = self._misbehaviour.events_without_tokens or binding.event == "ONAPPUNINSTALL"
        auth = self.auth_block(binding.auth_type or user or ADMIN, tokens=not tokenless)
        said = {"event": binding.event, **head, "data": data, "ts": self.seconds(), "auth": auth}
        event = PortalEvent(name=binding.event, handler=binding.handler, form=unordered(flattened(said)))
        self.events.append(event)
        if self._spend("drop_events"):
            event.outcome = "dropped"
            return
        copies = [event]
        if self._spend("doubled_events"):
            copies.append(PortalEvent(name=event.name, handler=event.handler, form=event.form))
            self.events.append(copies[1])
        self._start(copies)

    def _spend(self, which: str) -> bool:
        left: int = getattr(self._misbehaviour, which)
        setattr(self._misbehaviour, which, max(0, left - 1))
        return left > 0

    def _start(self, copies: list[PortalEvent]) -> None:
        late = self._misbehaviour.late_events
        before = None if late else self._last
        task = asyncio.create_task(self._carry(copies, before, self._clock.monotonic() + late))
        self._last = self._last if late else task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, copies: list[PortalEvent], before: asyncio.Task[None] | None, moment: float) -> None:
        if before:
            await asyncio.wait({before})
        await reach(self._clock, moment)
        await asyncio.gather(*(self._deliver(event) for event in copies))

    async def _deliver(self, event: PortalEvent) -> None:
        event.status = (await self.post(event.handler, event.form)).status
        event.outcome = "delivered" if event.status == OK else "dropped"

    async def post(self, url: str, form: Pairs, query: Mapping[str, str] | None = None) -> Answered:
        """Post a form to the desk; status 0 if it does not answer in time."""
        self.posted.append((form, dict(query or {})))
        return await self.post_unnoted(url, form, query)

    async def post_unnoted(self, url: str, form: Pairs, query: Mapping[str, str] | None = None) -> Answered:
        """The same for a form that is not the portal's own."""
        patience = aiohttp.ClientTimeout(total=self._misbehaviour.patience)
        try:
            async with (
                aiohttp.ClientSession(timeout=patience) as http,
                http.post(url, data=form, params=query, allow_redirects=False) as answer,
            ):
                return Answered(status=answer.status, body=await answer.text(), headers=dict(answer.headers))
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Answered(status=0)

    async def settled(self) -> None:
        """Wait until every queued event is delivered or dropped."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self) -> None:
        """Forget what is queued."""
        for task in (stopped := set(self._tasks)):
            task.cancel()
        await asyncio.gather(*stopped, return_exceptions=True)

    def seconds(self) -> int:
        """The portal's time, in seconds since 1970."""
        return self._clock.now() // 1000

    def auth_block(self, user: int, *, tokens: bool = True, refresh: bool = False) -> Json:
        """The ``auth`` part of what the portal posts."""
        authority = self._authority
        said: Json = {
            "domain": authority.domain, "server_endpoint": authority.server_endpoint, "status": "L",
            "client_endpoint": authority.client_endpoint, "member_id": authority.member_id,
            "application_token": authority.application_token,
        }  # fmt: skip
        if not tokens:
            return said
        given: Json = {"access_token": authority.access_for(ADMIN if user == SYSTEM else user)}
        if refresh:
            pair = authority.hand_out(user)
            given = {"access_token": pair.access, "refresh_token": pair.refresh}
        ends = self.seconds() + int(authority.lives)
        return {
            **said, **given, "expires": ends, "expires_in": int(authority.lives), "scope": ",".join(SCOPES),
            "user_id": user or ADMIN,
        }  # fmt: skip
