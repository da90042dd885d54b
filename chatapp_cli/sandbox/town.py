"""Invented customers for the demo: each writes in one channel and reacts to the desk's answers."""

from __future__ import annotations

import asyncio
import base64
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.stage import AnswersElsewhere, Customer, Sandbox, StageFile

_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
_DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="30"/></svg>'
_CONTENTS = {"png": ("image/png", _PIXEL), "svg": ("image/svg+xml", _DRAWING)}
_PRICES = StageFile(
    name="Прайс.txt", mime="text/plain", content="Плед «Норвегия» — 2 390 ₽\nСвеча соевая — 490 ₽\n".encode()
)
_RECEIPT = ("text/plain", "Чек № 1047 от 14 ноября, 2 390 ₽".encode())


@dataclass(slots=True)
class Townsman:
    """A customer with a channel and a script."""

    customer: Customer
    sandbox: Sandbox
    subject: str
    first: str
    answer: str
    then: Sequence[str]
    files: Sequence[StageFile] = ()
    by_rule: str = ""
    """The rule that answers the first message; empty: none does."""
    answered: int = 0

    async def begin(self) -> None:
        """Write the first message."""
        await self.sandbox.say(self.customer, self.first, subject=self.subject, files=self.files)

    async def add(self) -> str:
        """Write the next message without waiting for an answer; returns its text."""
        text = self.then[min(self.answered, len(self.then) - 1)]
        await self.sandbox.say(self.customer, text, subject=f"Re: {self.subject}")
        self.answered = min(self.answered + 1, len(self.then))
        return text

    async def react(self) -> bool:
        """Write the next message if the desk answered the last one; true if it did."""
        heard = len(await self.sandbox.heard(self.customer))
        if heard <= self.answered or self.answered >= len(self.then):
            self.answered = max(self.answered, min(heard, len(self.then)))
            return False
        await self.sandbox.say(self.customer, self.then[self.answered], subject=f"Re: {self.subject}")
        self.answered += 1
        return True


@dataclass(slots=True)
class Town:
    """All customers, distributed over the channels."""

    company: str
    line: str
    from_phone: str
    """What somebody of the desk answers from a phone."""
    in_crm: Sequence[str]
    """The kinds of channels that CRMs are paired with."""
    from_crm: str
    """What an employee answers from a CRM."""
    rules: Sequence[Mapping[str, Any]]
    """What the desk does by itself, as a file of rules says it."""
    from_robot: str
    """What a robot of a CRM writes to the client of a deal."""
    people: Sequence[Townsman] = field(default_factory=list)

    async def live(self, world: World) -> None:
        """Write, wait for answers and react, until cancelled."""
        for one in self.people:
            await one.begin()
            await world.clock.sleep(world.chance.between(0.5, 2.5))
        await self.answer_elsewhere()
        while True:
            await world.clock.sleep(world.chance.between(1.0, 3.0))
            for one in self.people:
                await one.react()
                await asyncio.sleep(0)

    async def answer_elsewhere(self) -> None:
        """Answer the first customer whose channel people use beside the desk too."""
        for one in self.people:
            if isinstance(one.sandbox, AnswersElsewhere):
                await one.sandbox.answer_from_phone(one.customer, self.from_phone)
                return


def town(sandboxes: Sequence[Sandbox]) -> Town:
    """Create the customers for these channels."""
    data = tomllib.loads(resources.files(__package__).joinpath("town.toml").read_text("utf-8"))
    people = [_townsman(entry, sandboxes[n % len(sandboxes)]) for n, entry in enumerate(data["people"])]
    said = {name: data[name] for name in ("company", "line", "from_phone", "in_crm", "from_crm", "from_robot", "rules")}
    return Town(**said, people=people)


def _townsman(entry: dict[str, Any], sandbox: Sandbox) -> Townsman:
    customer = Customer(**{name: entry[name] for name in ("number", "name", "username", "phone", "email")})
    files = (_file(entry["file"]),) if "file" in entry else ()
    by_rule = entry.get("by_rule", "")
    return Townsman(customer, sandbox, entry["subject"], entry["first"], entry["answer"], entry["then"], files, by_rule)


def handout(types: Sequence[str]) -> StageFile:
    """The desk's price list, as a picture if the channel carries only pictures."""
    if types and _PRICES.mime not in types:
        mime, content = _CONTENTS["png"]
        return StageFile(name="Прайс.png", mime=mime, content=content)
    return _PRICES


def _file(name: str) -> StageFile:
    mime, content = _CONTENTS.get(name.rpartition(".")[2], _RECEIPT)
    return StageFile(name=name, mime=mime, content=content)
