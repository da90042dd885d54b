"""Finds channels by their manifests and imports one only on request."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.buttons import ButtonLimits
from chatapp_cli.domain.errors import Misconfigured
from chatapp_cli.domain.form import Choice, Field
from chatapp_cli.domain.manifest import Capabilities, ErrorWords, Manifest, NoCapabilities, Rate
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import Text
from chatapp_cli.kit.entry_points import entry_points
from chatapp_cli.kit.proxies import FIELD

if TYPE_CHECKING:
    from chatapp_cli.ports.connector import Connector
    from chatapp_cli.ports.world import World

ENTRY_POINTS = "chatapp.connectors"
"""Other packages add a channel by an entry point of this group that names its package."""

RESERVED: Mapping[int, str] = MappingProxyType({10: "Telegram Private Parsing"})
"""Numbers of S-036 that no channel bears yet, and what they are kept for."""

_OWN = "chatapp_cli.connectors"


def parse(kind: str, data: Mapping[str, Any]) -> Manifest:
    """Turn a manifest's TOML into a value; an unknown key is a TypeError."""
    rest = dict(data)
    capabilities = dict(rest.pop("capabilities"))
    rates = tuple(Rate(**rate) for rate in capabilities.pop("rates", ()))
    buttons = ButtonLimits(**capabilities.pop("buttons", {}))
    own = tuple(field_of(entry) for entry in rest.pop("fields", ()))
    return Manifest(
        kind=kind,
        title=Text(rest.pop("title")),
        summary=Text(rest.pop("summary")),
        capabilities=Capabilities(rates=rates, buttons=buttons, **capabilities),
        fields=(*own, FIELD) if capabilities.get("proxies") else own,
        limits=tuple(with_steps(words, kind) for words in rest.pop("limits", ())),
        errors={code: error_words(entry, kind) for code, entry in rest.pop("errors", {}).items()},
        **rest,
    )


def field_of(entry: Mapping[str, Any]) -> Field:
    """A question of a manifest; an unknown key is a TypeError."""
    rest = dict(entry)
    return Field(
        label=Text(rest.pop("label")),
        hint=_text(rest.pop("hint", None)),
        choices=tuple(_choice(choice) for choice in rest.pop("choices", ())),
        **rest,
    )


def _choice(entry: Mapping[str, Any]) -> Choice:
    return Choice(value=entry["value"], label=Text(entry["label"]), endings=tuple(entry.get("endings", ())))


def error_words(entry: Mapping[str, str], kind: str) -> ErrorWords:
    """The explanation of an error code of a manifest."""
    step, running = (with_steps(entry[key], kind) if key in entry else None for key in ("next_step", "running"))
    return ErrorWords(what=Text(entry["what"]), next_step=step, running=running)


def _text(words: str | None) -> Text | None:
    return None if words is None else Text(words)


def with_steps(words: str, kind: str) -> Text:
    """A sentence in which a code in braces is a next step with this kind of channel."""
    codes = [code for code in _IN_BRACES.findall(words) if code in set(Next)]
    return Text(words, {code: to_do(Next(code), kind=kind) for code in codes})


_IN_BRACES = re.compile(r"\{(\w+)\}")


@cache
def packages() -> Mapping[str, str]:
    """Every channel's kind and the package that holds it, without importing any."""
    foreign = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    return dict(sorted((foreign | {kind: f"{_OWN}.{kind}" for kind in _own_files()}).items()))


@cache
def _own_files() -> Mapping[str, Path]:
    """The manifests of our own channels, without scanning installed distributions, which is slow."""
    folders = (Path(place) for place in import_module(_OWN).__path__)
    return {file.parent.name: file for folder in folders for file in folder.glob("*/manifest.toml")}


def _package(kind: str) -> str:
    return f"{_OWN}.{kind}" if kind in _own_files() else packages()[kind]


@cache
def manifest(kind: str) -> Manifest:
    """One channel's manifest; if its package is not installed, one with :class:`NoCapabilities` in its place."""
    own = _own_files().get(kind)
    text = _foreign_text(kind) if own is None else own.read_text("utf-8")
    return _not_installed(kind) if text is None else parse(kind, tomllib.loads(text))


def _foreign_text(kind: str) -> str | None:
    from pkgutil import get_data

    if kind not in packages():
        return None
    try:
        return (get_data(_package(kind), "manifest.toml") or b"").decode()
    except (ImportError, OSError):  # its entry point is left, but not its files
        return None


def _not_installed(kind: str) -> Manifest:
    can = NoCapabilities(intake="socket")
    return Manifest(kind=kind, title=Text(kind), label=kind, source_id=0, summary=Text(""), capabilities=can)


def kind_of(named: str) -> str:
    """The kind for a name or a stable number (S-036); the input itself if there is none."""
    if not named.isdecimal():
        return named
    return next((kind for kind, one in manifests().items() if one.source_id == int(named)), named)


def manifests() -> Mapping[str, Manifest]:
    """All of them, in the order of their source ids."""
    found = (manifest(kind) for kind in packages())
    there = (one for one in found if not isinstance(one.capabilities, NoCapabilities))
    return {one.kind: one for one in sorted(there, key=lambda one: one.source_id)}


def keeping_raw() -> Sequence[str]:
    """The kinds of channels whose raw arrivals are the messages themselves."""
    return [kind for kind, one in manifests().items() if one.capabilities.keeps_raw]


def create(kind: str, world: World) -> Connector:
    """Import the channel, which may take seconds: never on the event loop. Raises Misconfigured if there is none."""
    if isinstance(manifest(kind).capabilities, NoCapabilities):
        raise Misconfigured("not_installed", kind)
    module = import_module(f"{_package(kind)}.connector")
    connector: Connector = module.create(world)
    return connector
