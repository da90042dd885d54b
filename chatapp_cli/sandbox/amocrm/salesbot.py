"""Bots that call our widget and stand still until they are continued. providers-crm.md 6.2, C6."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlsplit

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.amocrm.authority import AmoAuthority
from chatapp_cli.sandbox.amocrm.jwt import signed
from chatapp_cli.sandbox.amocrm.misbehaviour import AmoFaults
from chatapp_cli.sandbox.amocrm.objects import AmoBotRun, Json
from chatapp_cli.sandbox.amocrm.office import AmoOffice
from chatapp_cli.sandbox.amocrm.posting import post
from chatapp_cli.sandbox.brackets import flattened

DEADLINE: Final = 600.0
"""Seconds after which a bot that still stands still is overdue. No document says so: the desk has to keep to it."""
TOKEN_LIVES: Final = 1800
_KINDS: Final = {"leads": 2, "contacts": 1, "customers": 12}


class SalesBots:
    """Runs bots: one at a time on each card."""

    def __init__(self, office: AmoOffice, authority: AmoAuthority, clock: Clock, faults: AmoFaults) -> None:
        self._office, self._authority, self._clock, self._faults = office, authority, clock, faults
        self.address = ""
        """The account's address."""
        self.account_id, self.subdomain = 0, ""
        self.widget_url = ""
        """The address that the widget wrote into the bot; empty: the bot has no step of ours."""
        self.widget_data: Json = {}
        """What the widget wrote there beside it."""
        self.triggers: dict[int, tuple[int, Json | None]] = {}
        """The bot that is started by a lead's coming to a stage, with what the widget wrote into it."""
        self._tasks: set[asyncio.Task[None]] = set()

    def entered(self, lead: int, stage: int) -> None:
        """A lead came to a stage: «Выполнить: После перехода в этап»."""
        if stage in self.triggers:
            bot, data = self.triggers[stage]
            self.run(bot, "leads", lead, data)

    def run(self, bot: int, kind: str, card: int, data: Json | None = None) -> AmoBotRun:
        """Start a bot on a card: one that works there already stops."""
        for other in self._office.runs:
            if (other.kind, other.card, other.state) == (kind, card, "waiting"):
                other.state = "stopped"
        number = self._office.number()
        run = AmoBotRun(
            id=number, bot=bot, card=card, kind=kind, started=self._clock.monotonic(), data=data or self.widget_data,
            return_url=f"{self.address}/api/v4/salesbot/{bot}/continue/{number}", claims=self._claims(kind, card),
        )  # fmt: skip
        self._office.runs.append(run)
        if self.widget_url:
            task = asyncio.create_task(self._ask(run))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return run

    def _claims(self, kind: str, card: int) -> Json:
        now, to = self._office.seconds(), urlsplit(self.widget_url)
        return {
            "iss": self.address, "aud": f"{to.scheme}://{to.netloc}", "jti": self._office.uuid(), "iat": now,
            "nbf": now, "exp": now + TOKEN_LIVES, "account_id": self.account_id, "subdomain": self.subdomain,
            "client_uuid": self._authority.client_id, "entity_id": card, "entity_type": _KINDS[kind],
            "bot_type": "salesbot",
        }  # fmt: skip

    def request(self, run: AmoBotRun) -> Json:
        """What the widget is asked."""
        token = signed(run.claims, self._authority.client_secret, "HS512")
        return {"token": token, "data": run.data, "return_url": run.return_url}

    async def _ask(self, run: AmoBotRun) -> None:
        said, patience = self.request(run), self._faults.hook_patience
        if self._faults.bot_form:
            run.answered = await post(self.widget_url, patience, data=flattened(said))
        else:
            run.answered = await post(self.widget_url, patience, json=said)

    def overdue(self) -> list[AmoBotRun]:
        """Those that nobody has continued for too long."""
        now = self._clock.monotonic()
        return [one for one in self._office.runs if one.state == "waiting" and now - one.started > DEADLINE]

    @property
    def pending(self) -> bool:
        """Whether a widget is being asked right now."""
        return bool(self._tasks)

    async def stop(self) -> None:
        """Forget who is being asked."""
        for task in (stopped := set(self._tasks)):
            task.cancel()
        await asyncio.gather(*stopped, return_exceptions=True)
