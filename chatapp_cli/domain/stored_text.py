"""Sentences as the store holds them, so that they are translated for whoever reads them later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chatapp_cli.domain.next_step import Next, NextStep
from chatapp_cli.domain.text import Text


def stored(text: Text) -> Mapping[str, Any]:
    """A sentence as JSON can hold it."""
    return {"msgid": text.msgid, "params": _values(text.params)}


def _values(params: Mapping[str, object]) -> Mapping[str, object]:
    return {name: _value(value) for name, value in params.items()}


def _value(value: object) -> object:
    if isinstance(value, Text):
        return stored(value)
    if isinstance(value, NextStep):
        return {"step": value.code, "params": _values(value.params)}
    return value if isinstance(value, int) else str(value)


def restored(kept: Mapping[str, Any]) -> Text:
    """A sentence that was stored."""
    return Text(kept["msgid"], _restored(kept["params"]))


def _restored(params: Mapping[str, Any]) -> Mapping[str, object]:
    return {name: _back(value) if isinstance(value, dict) else value for name, value in params.items()}


def _back(kept: Mapping[str, Any]) -> object:
    """A sentence or a next step inside of a sentence; a step of a newer version is said by its code."""
    if "step" not in kept:
        return restored(kept)
    code = kept["step"]
    return NextStep(Next(code), _restored(kept["params"])) if code in set(Next) else code


def kept(text: Text) -> str:
    """A sentence as a column holds it."""
    return json.dumps(stored(text), ensure_ascii=False)


def recalled(column: str) -> Text:
    """A sentence that a column holds; one that was kept as plain words, by an earlier version, is said as it is."""
    return restored(json.loads(column)) if column.startswith('{"msgid":') else Text(column)
