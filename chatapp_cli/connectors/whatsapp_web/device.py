"""The folder of an account's device, private to its owner."""

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
"""Setting: the first device of a shared event numbering."""


def shelf(place: Path | None) -> Path:
    """The folder of all devices. Raises Misconfigured without an opened company."""
    if place is None:
        raise Misconfigured("no_place")
    folder = place / _SHELF
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def fresh(place: Path | None, key: str) -> Path:
    """A new folder for a device being linked."""
    folder = shelf(place) / f"pending-{key}"
    folder.mkdir(mode=0o700)
    return folder


def keep(pending: Path, phone: str, at: Millis) -> str:
    """Rename the folder of a linked device to its permanent name and return it."""
    name = f"{phone}-{at:013d}"
    pending.rename(pending.with_name(name))
    return name


def drop(folder: Path) -> None:
    """Delete the folder of a device that was not linked."""
    shutil.rmtree(folder, ignore_errors=True)


def find(place: Path | None, name: str) -> Path:
    """The folder of a bound device. Raises Misconfigured if it is missing, and its keys with it."""
    folder = shelf(place) / name
    if not folder.is_dir():
        raise Misconfigured("device_gone", name)
    return folder


def numbered(settings: Mapping[str, str]) -> str:
    """The name of a binding's event numbering, which a replacement device continues."""
    return settings.get(NUMBERED) or settings["device"]


def forget_older(place: Path | None, name: str) -> None:
    """Delete the folders of earlier bindings of the same account, by the time in their names."""
    account = name.partition("-")[0]
    for folder in shelf(place).glob(f"{account}-*"):
        if folder.name < name:
            drop(folder)
