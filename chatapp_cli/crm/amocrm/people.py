"""The employees of an account: by their number there, and by the id that the chats know them by.

Source: providers' sheet §4.4, §5.5; only an administrator may list them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from chatapp_cli.crm.amocrm.record import STAFF
from chatapp_cli.crm.amocrm.rest import AmoApi, inside
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.errors import ChannelError, Misconfigured, Rejected
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock

PATH = "/api/v4/users"
_FRESH: Final = 600.0
"""Seconds for which what the account told of its employees is taken to be so still, if many are asked about."""


log = structlog.get_logger()


class AmoStaff:
    """Who is who; read once in a session, and again when somebody is not found."""

    def __init__(self, api: AmoApi, bound: Bound, clock: Clock) -> None:
        self._api, self._memory, self._clock = api, bound.memory, clock
        self._bot = bound.settings.get("bot_id", "")
        self._ids: Mapping[str, str] = {}
        """The ids in the chats, by number."""
        self._active: frozenset[str] = frozenset()
        self._whole = False
        """Whether the account tells of others than of the one whose the tokens are."""
        self._read_at: float | None = None

    async def learn(self) -> bool:
        """Read who works there; false if the account does not tell it now, and then what is known stays."""
        try:
            await self.employees()
        except ChannelError as error:
            log.warning("amocrm.employees_not_told", code=error.code, detail=error.detail)
            self._ids = self._ids or await _kept(self._memory)
            return False
        return True

    async def author(self, employee: str) -> str:
        """In whose name a message of ours is shown: the employee's, the bot's, or the one's whose the tokens are.

        Raises Rejected if nobody there has an id in the chats.
        """
        if employee and employee not in self._ids:
            await self.learn()
        found = self._ids.get(employee) or self._bot or await self._owner()
        if not found:
            raise Rejected("no_author")
        return found

    async def _owner(self) -> str:
        owner = str(self._api.account.user)
        if owner not in self._ids:
            await self.employees()
        return self._ids.get(owner, "")

    async def works_there(self, employee: str) -> bool:
        """Whether an employee is active; true as well if the account does not tell of its employees."""
        if employee not in self._active and not await self.learn():
            return employee.isdecimal()
        return self._is_active(employee)

    async def at_work(self, wanted: Sequence[str]) -> Sequence[str]:
        """Those of some employees who work there, in their order; the account is not asked each time."""
        if wanted and (self._read_at is None or self._clock.monotonic() - self._read_at > _FRESH):
            await self.learn()
        return [one for one in wanted if self._is_active(one)]

    def _is_active(self, employee: str) -> bool:
        return employee in self._active or (not self._whole and employee.isdecimal())

    async def employees(self) -> Sequence[Employee]:
        """Who works in the account and is active; keeps what hooks call them."""
        everybody = await people(self._api)
        self._read_at = self._clock.monotonic()
        rows = [one for one in everybody if inside(one, "rights", "is_active") is not False]
        self._whole = any(one.get("id") != self._api.account.user for one in everybody)
        self._active = frozenset(str(one["id"]) for one in rows if one.get("id"))
        self._ids = {str(one["id"]): str(one["amojo_id"]) for one in rows if one.get("id") and one.get("amojo_id")}
        await _keep(self._memory, self._ids)
        return [
            Employee(
                id=border.external_id(str(one["id"])),
                name=border.name(str(one.get("name") or one["id"])),
                email=border.text(str(one.get("email") or "")),
            )
            for one in rows
            if one.get("id")
        ]


async def _kept(memory: Memory) -> Mapping[str, str]:
    """The ids in the chats, by number, as an earlier session left them."""
    known = await memory.known(STAFF)
    return {number: name.removeprefix(STAFF) for name, number in known.items() if number}


async def _keep(memory: Memory, ids: Mapping[str, str]) -> None:
    wanted = {f"{STAFF}{amojo_id}": number for number, amojo_id in ids.items()}
    known = await memory.known(STAFF)
    changes = {name: number for name, number in wanted.items() if known.get(name) != number}
    if changes:
        await memory.save(changes)


async def people(api: AmoApi) -> Sequence[Mapping[str, Any]]:
    """The rows of the users with their rights; only one's own without an administrator's rights."""
    try:
        return await api.pages(PATH, "users", {"with": "amojo_id,role,group"})
    except (Misconfigured, Rejected) as error:
        if error.code != "scope" or not api.account.user:
            raise
    own = await api.get(f"{PATH}/{api.account.user}", {"with": "amojo_id"})
    return [own] if isinstance(own, dict) and own.get("id") else []
