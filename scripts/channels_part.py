"""The table of channels in ``README.md``, from the manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from chatapp_cli import i18n
from chatapp_cli.commands.transcripts import receipts_word
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.manifest import Manifest, Rate
from chatapp_cli.i18n import show
from chatapp_cli.kit.manifests import manifests
from scripts.parts import table

COLUMNS = (
    "channel",
    "source id",
    "receives by",
    "writes first to",
    "files out / in",
    "tells back",
    "buttons",
    "sends at most",
)
INTAKE: Mapping[str, str] = {"socket": "open connection", "poll": "polling", "webhook": "webhook"}
WHERE: Mapping[str, str] = {
    "account": "",
    "dialog": " in a dialog",
    "group": " in a group",
    "phone": " to bare phone numbers",
    "strangers": " to people who never wrote",
}
SPANS: Mapping[float, str] = {1: "a second", 60: "a minute", 180: "in three minutes", 3600: "an hour", 86400: "a day"}


def render(_root: Path) -> str:
    """One row for every channel."""
    i18n.use("en")
    return table(COLUMNS, map(_row, manifests().values()))


def _row(known: Manifest) -> tuple[object, ...]:
    can = known.capabilities
    return (
        f"[{show(known.title)}](docs/channels/{known.kind}.md)",
        known.source_id,
        " or ".join(dict.fromkeys([INTAKE[can.intake], *_choices(known)])),
        ", ".join(can.write_first).replace("_", " ") or "–",
        f"{_size(can.max_upload, none='–')} / {_size(can.max_download, none='no own limit')}",
        receipts_word(can),
        f"{can.buttons.most} of {can.buttons.longest} characters" if can.buttons.most else "as a list",
        "; ".join(map(_rate, can.rates)) or "–",
    )


def _choices(known: Manifest) -> Iterator[str]:
    """The ways among which a person chooses while binding."""
    offered = (choice.value for field in known.fields if field.name == "intake" for choice in field.choices)
    return (word for value in offered for word in INTAKE.values() if word == value)


def _size(most: int, *, none: str) -> str:
    return f"{most // MEGABYTE} MB" if most else none


def _rate(rate: Rate) -> str:
    where = WHERE[rate.scope]
    return f"{rate.limit} {SPANS.get(rate.per, f'in {rate.per:g} s')}{where}"
