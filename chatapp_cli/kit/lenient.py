"""JSON as it comes from programs that nobody proofread: a byte order mark, half letters, nulls, odd extras.

Whoever reads here is strict first, which is fast; only what fails is read once more, each field by itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

import msgspec

from chatapp_cli.kit.slices import bare, fields, members

UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoders raise at what they cannot read: bytes that are no text and towers of brackets too."""


_DEEPEST: Final = 10

T = TypeVar("T")


def forgiving(raw: bytes, kind: type[T], lost: list[str], *, strict: bool = True) -> T:
    """Read a Struct so that an odd field costs nothing but itself; paths of those that were left out go to ``lost``.

    Such a path is ``message.geo``; ``?`` is a member of a list.
    A field that is null or of another type has its default, a list has the members that can be read, a text the
    letters that are some. Raises what is in ``UNREADABLE`` where something that has no default is missing.
    """
    found: T = _Reading(lost, strict=strict).value(raw, kind)
    return found


class _Reading:
    """One reading, and how deep it is: every level is looked at once more, so that there cannot be many."""

    def __init__(self, lost: list[str], *, strict: bool) -> None:
        self._lost, self._strict = lost, strict
        self._path: list[str] = []

    def value(self, raw: bytes, kind: Any) -> Any:
        """A value of this type. Raises what is in ``UNREADABLE``."""
        try:
            return msgspec.json.decode(raw, type=kind, strict=self._strict)
        except UNREADABLE:
            if kind is msgspec.Raw:
                return msgspec.Raw(raw)
            return _text(raw) if kind is str else self._inside(raw, kind)

    def _inside(self, raw: bytes, kind: Any) -> Any:
        """What has parts is read part by part."""
        origin, inside = get_origin(kind), get_args(kind)
        if origin is list:
            return self._list(raw, inside[0])
        if origin is Annotated:
            return msgspec.convert(self.value(raw, inside[0]), kind)
        if origin in {Union, UnionType}:
            return self.value(raw, next(one for one in inside if one is not type(None)))
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and len(self._path) < _DEEPEST:
            return self._struct(raw, kind)
        raise ValueError("a value of another type")

    def _struct(self, raw: bytes, model: type[msgspec.Struct]) -> msgspec.Struct:
        parts, values = fields(raw), {}
        for one in msgspec.structs.fields(model):
            if (part := parts.get(one.encode_name, b"null")) == b"null" and not one.required:
                continue
            self._path.append(one.encode_name)
            try:
                values[one.name] = self.value(part, one.type)
            except UNREADABLE:
                if one.required:
                    raise
                self._lost.append(".".join(self._path))
            finally:
                self._path.pop()
        return model(**values)

    def _list(self, raw: bytes, kind: Any) -> list[Any]:
        found = []
        for member in members(raw):
            try:
                found.append(self.value(member, kind))
            except UNREADABLE:
                self._lost.append(".".join([*self._path, "?"]))
        return found


def _text(raw: bytes) -> str:
    return shown(msgspec.convert(json.loads(raw.decode("utf-8", "replace")), str))


def known(raw: bytes, names: Collection[str]) -> dict[str, Any]:
    """The fields of an object that bear these names, without those that are null; no other is looked at.

    Raises what is in ``UNREADABLE``.
    """
    found = {name: loaded(value) for name, value in fields(raw).items() if name in names}
    return {name: without_nulls(value) for name, value in found.items() if value is not None}


def loaded(raw: bytes) -> Any:
    """What a piece of JSON says, in letters that can be stored. Raises what is in ``UNREADABLE``."""
    return _sound(json.loads(bare(raw).decode()))


def without_nulls(tree: Any) -> Any:
    """The same without fields that say nothing."""
    if isinstance(tree, dict):
        return {name: without_nulls(value) for name, value in tree.items() if value is not None}
    return [without_nulls(one) for one in tree if one is not None] if isinstance(tree, list) else tree


def shown(text: str) -> str:
    """A text that can be stored and shown: two halves of a letter become one, whatever is half alone a mark."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _sound(tree: Any) -> Any:
    if isinstance(tree, str):
        return shown(tree)
    if isinstance(tree, list):
        return [_sound(one) for one in tree]
    return {shown(name): _sound(one) for name, one in tree.items()} if isinstance(tree, dict) else tree
