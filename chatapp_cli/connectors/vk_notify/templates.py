"""Templates of the community, as far as a person told of them: the provider has no public way to ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec

from chatapp_cli.domain.template import Template
from chatapp_cli.ports.memory import Memory

_NAME: Final = "template "


class Register:
    """Kept with the binding."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def templates(self) -> Sequence[Template]:
        """Everything that was entered, by name."""
        kept = await self._memory.known(_NAME)
        return [msgspec.json.decode(text, type=Template) for _name, text in sorted(kept.items())]

    async def submit(self, template: Template) -> Template:
        """Enter a template: a draft waits for moderation, which a person asks for and whose verdict a person enters."""
        entered = replace(template, state="pending") if template.state == "draft" else template
        name = f"{_NAME}{entered.name} {entered.language}"
        await self._memory.keep({name: msgspec.json.encode(entered).decode()})
        return entered
