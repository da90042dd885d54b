"""A desk whose alarm command writes what it is told, and for what, into a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from tests.stores import OWNER, HeldClock

_STEP = "→ "


def with_command(companies: Callable[..., Company], clock: HeldClock, folder: Path) -> Company:
    script = folder / "tell"
    script.write_text(
        f'#!/bin/sh\n(echo $ALARM_KIND $ALARM_STATE; echo "→ ENV $ALARM_NEXT_STEP"; cat) >> {folder}/told\n'
    )
    script.chmod(0o755)
    settings = companies(alarm_command=str(script)).settings
    return open_company(settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)


def told(desk: Company) -> list[str]:
    """What the command was told, without next steps."""
    return [line for line in _lines(desk) if not line.startswith(_STEP)]


def steps(desk: Company) -> list[str]:
    """The next steps that the command was told, in its environment and on its standard input."""
    return [line.removeprefix(_STEP) for line in _lines(desk) if line.startswith(_STEP)]


def _lines(desk: Company) -> list[str]:
    file = Path(desk.settings.home).parent / "told"
    return file.read_text().splitlines() if file.exists() else []
