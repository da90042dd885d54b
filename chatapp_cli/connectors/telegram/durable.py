"""What earlier sessions kept, looked at before it is used: an entry that cannot be read stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from chatapp_cli.domain.event import Arrival
from chatapp_cli.kit.understanding import dead
from chatapp_cli.ports.memory import Memory

log = structlog.get_logger()

Entry = TypeVar("Entry")


def finding(name: str, problem: str, raw: bytes = b"") -> Arrival:
    """Something that was set aside, for a person to see; the desk keeps the same ``name`` once.

    ``problem`` may tell a chat's title, which is for the operators and not for the log.
    """
    log.warning("telegram.set_aside", name=name)
    return dead(raw, problem, provider_id=f"finding:{name}")


@dataclass(slots=True)
class Findings:
    """What a session found on its way in and a person has to see."""

    arrivals: list[Arrival] = field(default_factory=list)

    def add(self, name: str, error: Exception) -> None:
        """Something was passed over; its content may be a key and is not shown."""
        self.arrivals.append(finding(name, f"{type(error).__name__}: kept by an earlier session and not understood"))

    def take(self) -> list[Arrival]:
        """All that nobody was told yet."""
        told, self.arrivals = self.arrivals, []
        return told


async def entries(
    memory: Memory, prefix: str, read: Callable[[str, str], Entry], findings: Findings | None = None
) -> list[Entry]:
    """Read what is kept under names that begin so, by the rest of the name and the text."""
    found: list[Entry] = []
    for name, text in (await memory.known(prefix)).items():
        try:
            found.append(read(name.removeprefix(prefix), text))
        except Exception as error:  # noqa: BLE001 - whatever an entry holds, the account opens
            (findings or Findings()).add(f"memory:{name}", error)
    return found
