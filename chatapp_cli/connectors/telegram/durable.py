"""Data stored by earlier sessions; unreadable entries are skipped and reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.kit.understanding import dead
from chatapp_cli.ports.memory import Memory

log = structlog.get_logger()

Entry = TypeVar("Entry")


def finding(name: str, problem: str, raw: bytes = b"") -> Arrival:
    """A dead letter for a person to see; the desk stores each ``name`` once.

    ``problem`` may contain a chat's title, which operators may see but the log must not.
    """
    log.warning("telegram.set_aside", name=name)
    return dead(raw, problem, provider_id=f"finding:{name}")


@dataclass(slots=True)
class Findings:
    """What a session found at its start and a person has to see."""

    arrivals: list[Arrival] = field(default_factory=list)

    def add(self, name: str, error: Exception) -> None:
        """Report a skipped entry; its content may be a key and is not shown."""
        self.arrivals.append(finding(name, f"{type(error).__name__}: kept by an earlier session and not understood"))

    def take(self) -> list[Arrival]:
        """Return and clear the unreported findings."""
        told, self.arrivals = self.arrivals, []
        return told


async def entries(
    memory: Memory, prefix: str, read: Callable[[str, str], Entry], findings: Findings | None = None
) -> list[Entry]:
    """Stored entries whose names have this prefix, as pairs of the rest of the name and the text."""
    found: list[Entry] = []
    for name, text in (await memory.known(prefix)).items():
        try:
            found.append(read(name.removeprefix(prefix), text))
        except (ValueError, RecursionError) as error:
            (findings or Findings()).add(f"memory:{name}", error)
    return found
