"""Reads JSON without a Struct as dictionaries and lists of storable text."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from chatapp_cli.kit.slices import bare, fields


def known(raw: bytes, names: Collection[str]) -> dict[str, Any]:
    """The fields of an object with these names, without nulls; others are ignored.

    Raises ValueError, or RecursionError for a tower of brackets.
    """
    found = {name: loaded(value) for name, value in fields(raw).items() if name in names}
    return {name: without_nulls(value) for name, value in found.items() if value is not None}


def loaded(raw: bytes) -> Any:
    """Decode JSON to storable text.

    Raises ValueError, or RecursionError for a tower of brackets.
    """
    return _sound(json.loads(bare(raw).decode()))


def without_nulls(tree: Any) -> Any:
    """The same without null fields."""
    if isinstance(tree, dict):
        return {name: without_nulls(value) for name, value in tree.items() if value is not None}
    return [without_nulls(one) for one in tree if one is not None] if isinstance(tree, list) else tree


def shown(text: str) -> str:
    """A storable text: surrogate pairs become letters, lone surrogates a replacement character."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _sound(tree: Any) -> Any:
    if isinstance(tree, str):
        return shown(tree)
    if isinstance(tree, list):
        return [_sound(one) for one in tree]
    return {shown(name): _sound(one) for name, one in tree.items()} if isinstance(tree, dict) else tree
