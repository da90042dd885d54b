"""JSON as it comes from programs that nobody proofread: a byte order mark, half letters, nulls, odd extras.

``read_as`` is how connectors read it: strict first, which is fast; only what fails is read once more, each field by
itself, so that one odd field takes no readable one away. ``kit/slices.py`` cuts what is to be kept as it came.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeAlias, TypeVar, Union, get_args, get_origin

import msgspec

from chatapp_cli.kit.slices import bare, fields, members
from chatapp_cli.kit.trees import shown

UNREADABLE: Final = (ValueError, RecursionError)
"""What decoders raise at what they cannot read: bytes that are no text and towers of brackets too."""

VITAL: Final = msgspec.Meta(extra={"vital": True})
"""Marks a field that may be missing, but has to be read where it is there: without it nothing is understood."""

STANDING: Final = msgspec.Meta(extra={"standing": True})
"""Marks the members of a list of which one that cannot be read stands as an empty one: that it was there matters."""

Int: TypeAlias = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
"""A number that every store can hold."""

_DEEPEST: Final = 10
_DIGITS: Final = 25
_described: Final = cache(msgspec.structs.fields)

T = TypeVar("T")


class Unfit(ValueError):
    """A part without which the rest means nothing is missing or of another type."""


def read_as(raw: bytes, kind: type[T], *, spelled: bool = False, lax: bool = False, lost: list[str] | None = None) -> T:
    """Read a Struct so that an odd field costs nothing but itself.

    A field that is null or of another type has its default, a list has the members that can be read, a text the
    letters that are some. ``spelled`` takes a text like ``"5"`` for a number; ``lax`` takes that, a number for a text
    and a single thing for a list of one. ``lost`` is given the paths of what had to be left out: ``message.geo``, or
    ``files.?`` for a member of a list. Raises ValueError where it is no JSON, or what has no default is missing.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNREADABLE:
        _insist_on_json(raw)
    try:
        found: T = _Reading([] if lost is None else lost, spelled=spelled or lax, lax=lax).value(raw, kind)
    except RecursionError:
        raise Unfit("brackets are nested too deeply") from None
    return found


def _insist_on_json(raw: bytes) -> None:
    """Raise ValueError for what is none, however many letters or numbers are odd; of a tower nobody can tell."""
    with suppress(RecursionError):
        json.loads(bare(raw).decode("utf-8", "replace"), parse_int=float)


class _Reading:
    """One reading, and how deep it is: every level is looked at once more, so that there cannot be many."""

    def __init__(self, lost: list[str], *, spelled: bool, lax: bool) -> None:
        self._lost, self._lax = lost, lax
        self._modes = (True, False) if spelled else (True,)
        self._path: list[str] = []

    def value(self, raw: bytes, kind: Any) -> Any:
        """A value of this type. Raises what is in ``UNREADABLE``."""
        for strict in self._modes:
            try:
                return msgspec.json.decode(raw, type=kind, strict=strict)
            except UNREADABLE:
                continue
        return self._inside(raw, kind)

    def _inside(self, raw: bytes, kind: Any) -> Any:
        """What has parts is read part by part."""
        origin, inside = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return msgspec.convert(self.value(raw, inside[0]), kind)
        if origin in {Union, UnionType}:
            return self._first_fit(raw, inside)
        if origin is list:
            return self._list(raw, inside[0])
        if origin is dict:
            return self._mapping(raw, inside[1])
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._struct(raw, kind)
        return self._simple(raw, kind)

    def _first_fit(self, raw: bytes, kinds: tuple[Any, ...]) -> Any:
        """One of several types; what was lost on the way to another one is not lost."""
        before, why = len(self._lost), ""
        for kind in kinds:
            if kind is not NoneType:
                try:
                    return self.value(raw, kind)
                except UNREADABLE as error:
                    why = str(error)
                    del self._lost[before:]
        raise Unfit(why)

    def _struct(self, raw: bytes, model: type[msgspec.Struct]) -> msgspec.Struct:
        if len(self._path) >= _DEEPEST:
            raise Unfit("objects are nested too deeply")
        parts, values = fields(raw), {}
        for field in _described(model):
            part = parts.get(field.encode_name, b"null")
            if part == b"null" and not field.required:
                continue
            self._path.append(field.encode_name)
            try:
                values[field.name] = self.value(part, field.type)
            except UNREADABLE as error:
                self._leave_out(field, f"{model.__name__} without {field.encode_name}", error)
            finally:
                self._path.pop()
        return model(**values)

    def _leave_out(self, field: msgspec.structs.FieldInfo, without: str, error: Exception) -> None:
        """Note what is lost. Raises Unfit where the Struct means nothing without it."""
        if field.required:
            raise Unfit(f"{without}: {error}") from None
        if _is(VITAL, field.type):
            raise Unfit(f"{field.encode_name}: {error}") from None
        self._lost.append(".".join(self._path))

    def _list(self, raw: bytes, kind: Any) -> list[Any]:
        found = []
        single = self._lax and not bare(raw).startswith(b"[")
        for part in [raw] if single else members(raw):
            try:
                found.append(self.value(part, kind))
            except UNREADABLE:
                self._lost.append(".".join([*self._path, "?"]))
                if _is(STANDING, kind):
                    found.append(get_args(kind)[0]())
        return found

    def _mapping(self, raw: bytes, kind: Any) -> dict[str, Any]:
        found = {}
        for name, part in fields(raw).items():
            try:
                found[shown(name)] = self.value(part, kind)
            except UNREADABLE:
                self._lost.append(".".join([*self._path, shown(name)]))
        return found

    def _simple(self, raw: bytes, kind: Any) -> Any:
        """A text that is not quite one, and if lax whatever can be taken for a value of this type."""
        if kind is msgspec.Raw:
            return msgspec.Raw(raw)
        if not self._lax and kind is not str:
            raise Unfit("a value of another type")
        said = json.loads(bare(raw).decode("utf-8", "replace"), parse_int=_number)
        if isinstance(said, str):
            said = shown(said)
        elif self._lax and kind is str and isinstance(said, int | float) and not isinstance(said, bool):
            said = bare(raw).decode()
        return msgspec.convert(said, kind, strict=not self._lax)


def _is(mark: msgspec.Meta, kind: Any) -> bool:
    return get_origin(kind) is Annotated and mark in get_args(kind)


def _number(digits: str) -> int | float:
    """A number that is beyond all counts is beyond all."""
    return int(digits) if len(digits) <= _DIGITS else float(digits)
