"""Finds CRMs by their manifests and imports one only on request."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.crm_manifest import ChannelThere, CrmCommand, CrmManifest, OneWay
from chatapp_cli.domain.errors import Misconfigured, UsageError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.entry_points import entry_points
from chatapp_cli.kit.manifests import error_words, field_of, with_steps

if TYPE_CHECKING:
    from chatapp_cli.ports.crm import Crm
    from chatapp_cli.ports.world import World

ENTRY_POINTS = "chatapp.crm"
"""Other packages add a CRM by an entry point of this group that names its package (S-018)."""
_OWN = "chatapp_cli.crm"


def parse(kind: str, data: Mapping[str, Any]) -> CrmManifest:
    """Turn a manifest's TOML into a value; an unknown key is a TypeError."""
    rest = dict(data)
    return CrmManifest(
        kind=kind,
        title=Text(rest.pop("title")),
        summary=Text(rest.pop("summary")),
        admits=_said(rest.pop("admits", "")),
        letter=_said(rest.pop("letter", "")),
        own_cards=_said(rest.pop("own_cards", "")),
        leave=Text(rest.pop("leave", "")),
        one_way=_one_way(rest.pop("one_way", None)),
        fields=tuple(map(field_of, rest.pop("fields", ()))),
        pairing_fields=tuple(map(field_of, rest.pop("pairing_fields", ()))),
        channels={name: ChannelThere(**there) for name, there in rest.pop("channels", {}).items()},
        limits=tuple(with_steps(words, kind) for words in rest.pop("limits", ())),
        errors={code: error_words(entry, kind) for code, entry in rest.pop("errors", {}).items()},
        commands={name: _command(name, entry) for name, entry in rest.pop("commands", {}).items()},
        **rest,
    )


def _said(words: str) -> Text | None:
    return Text(words) if words else None


def _command(name: str, data: Mapping[str, Any]) -> CrmCommand:
    """A command or a group of a manifest. A single word is a group: one beside the desk's own could be taken later."""
    rest = dict(data)
    if rest.get("does") and " " not in name:
        raise TypeError(f"{name} belongs into a group")
    next_step = rest.pop("next_step", "")
    return CrmCommand(
        summary=Text(rest.pop("summary")),
        fields=tuple(map(field_of, rest.pop("fields", ()))),
        next_step=_said(next_step),
        **rest,
    )


def _one_way(data: Mapping[str, str] | None) -> OneWay | None:
    if data is None:
        return None
    words = {name: Text(data[name]) for name in ("label", "leave")}
    return OneWay(field=data["field"], answer=data["answer"], **words)


@cache
def packages() -> Mapping[str, str]:
    """Every CRM's kind and the package that holds it, without importing any."""
    folders = (Path(place) for place in import_module(_OWN).__path__)
    own = {
        file.parent.name: f"{_OWN}.{file.parent.name}" for folder in folders for file in folder.glob("*/manifest.toml")
    }
    foreign = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    return MappingProxyType(dict(sorted((foreign | own).items())))


@cache
def manifest(kind: str) -> CrmManifest:
    """One CRM's manifest; if its package is not installed, one without channels in its place."""
    from pkgutil import get_data

    try:
        text = (get_data(packages()[kind], "manifest.toml") or b"").decode()
    except (KeyError, ImportError, OSError):  # the link is left, but not the package
        return CrmManifest(kind=kind, title=Text(kind), summary=Text(""))
    return parse(kind, tomllib.loads(text))


def manifests() -> Mapping[str, CrmManifest]:
    """All of them, by name."""
    return {kind: manifest(kind) for kind in packages()}


def create(kind: str, world: World) -> Crm:
    """Import the CRM, which may take a second: never on the event loop. Raises Misconfigured if there is none."""
    if kind not in packages():
        raise Misconfigured("not_installed", kind)
    crm: Crm = import_module(f"{packages()[kind]}.connector").create(world)
    return crm


def require_address(public_url: str) -> None:
    """Raise UsageError for a link that a CRM has to call, if nobody has said where."""
    if not public_url:
        raise UsageError(
            T("A CRM calls this desk from outside, and its public address is not known."),
            T(
                "Set it: {how}",
                how=to_do(Next.CONFIGURE_COMPANY, name="public_url", value="https://desk.example.ru"),
            ),
            field="public_url",
        )
