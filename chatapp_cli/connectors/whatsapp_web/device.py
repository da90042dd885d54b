"""Where an account's device lives: a folder of its own, for nobody else's eyes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chatapp_cli.domain.errors import Misconfigured
from chatapp_cli.domain.ids import Millis

_SHELF: Final = "devices/whatsapp_web"
LOG: Final = "child.log"
NUMBERED: Final = "numbered_since"
"""Setting: the first of the devices whose events are numbered together."""


def shelf(place: Path | None) -> Path:
    """The folder of all devices. Raises Misconfigured where there is no company to keep them."""
    if place is None:
        raise Misconfigured("no_place")
    folder = place / _SHELF
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def fresh(place: Path | None, key: str) -> Path:
    """An empty folder for a device that is being linked."""
    folder = shelf(place) / f"pending-{key}"
    folder.mkdir(mode=0o700)
    return folder


def keep(pending: Path, phone: str, at: Millis) -> str:
    """Give a linked device its lasting name and return it."""
    name = f"{phone}-{at:013d}"
    pending.rename(pending.with_name(name))
    return name


def drop(folder: Path) -> None:
    """Forget a device that was not linked."""
    shutil.rmtree(folder, ignore_errors=True)


def find(place: Path | None, name: str) -> Path:
    """The folder of a bound device. Raises Misconfigured if it is gone with all its keys."""
    folder = shelf(place) / name
    if not folder.is_dir():
        raise Misconfigured("device_gone", name)
    return folder


def numbered(settings: Mapping[str, str]) -> str:
    """The name under which a binding's events are numbered: a device that takes another one's place goes on with it."""
    return settings.get(NUMBERED) or settings["device"]


def forget_older(place: Path | None, name: str) -> None:
    """Remove what earlier bindings of the same account left: it bears an earlier time in its name."""
    account = name.partition("-")[0]
    for folder in shelf(place).glob(f"{account}-*"):
        if folder.name < name:
            drop(folder)
