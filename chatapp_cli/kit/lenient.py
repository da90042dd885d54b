"""Reads imperfect JSON of other programs: with a byte order mark, lone surrogates, nulls, odd extras.

Connectors use ``read_as``: strict first, which is fast; only if that fails, each field separately, so that one odd
field does not lose the others. ``kit/slices.py`` splits JSON that has to be stored as it came.
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
"""The errors of decoders, also for bytes that are not text and for very deep nesting."""

VITAL: Final = msgspec.Meta(extra={"vital": True})
"""Marks a field that may be missing, but must be valid if it is there: otherwise the whole is invalid."""

STANDING: Final = msgspec.Meta(extra={"standing": True})
"""Marks the members of a list in which an invalid member becomes an empty one, because its presence matters."""

Int: TypeAlias = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
"""An integer within the range of both databases."""

_DEEPEST: Final = 10
_DIGITS: Final = 25
_described: Final = cache(msgspec.structs.fields)

T = TypeVar("T")


class Unfit(ValueError):
    """A required part is missing or of another type."""


def read_as(raw: bytes, kind: type[T], *, spelled: bool = False, lax: bool = False, lost: list[str] | None = None) -> T:
    """Read a Struct so that an invalid field loses only itself.

    A field that is null or of another type gets its default, a list keeps its valid members, a text its valid letters.
    ``spelled`` accepts a text like ``"5"`` as a number; ``lax`` also a number as a text and a single value as a list
    of one. The paths of lost parts are added to ``lost``: ``message.geo``, or ``files.?`` for a member of a list.
    Raises ValueError if it is not JSON or a required field is missing.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNREADABLE:
        _require_json(raw)
    try:
        found: T = _LenientDecoder([] if lost is None else lost, spelled=spelled or lax, lax=lax).value(raw, kind)
    except RecursionError:
        raise Unfit("brackets are nested too deeply") from None
    return found


def _require_json(raw: bytes) -> None:
    """Raise ValueError for invalid JSON; odd letters and numbers are accepted, and very deep nesting is not checked."""
    with suppress(RecursionError):
        json.loads(bare(raw).decode("utf-8", "replace"), parse_int=float)


class _LenientDecoder:
    """One run, with its depth, which is limited because every level is parsed again."""

    def __init__(self, lost: list[str], *, spelled: bool, lax: bool) -> None:
        self._lost, self._lax = lost, lax
        self._modes = (True, False) if spelled else (True,)
        self._path: list[str] = []

    def value(self, raw: bytes, kind: Any) -> Any:
        """A value of this type. Raises one of ``UNREADABLE``."""
        for strict in self._modes:
            try:
                return msgspec.json.decode(raw, type=kind, strict=strict)
            except UNREADABLE:
                continue
        return self._inside(raw, kind)

    def _inside(self, raw: bytes, kind: Any) -> Any:
        """Read a value with parts part by part."""
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
        """The first of several types that fits; losses of earlier attempts do not count."""
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
        """Record a lost field. Raises Unfit if the Struct requires it."""
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
        """A text with invalid letters, and if lax any value that can be converted."""
        if kind is msgspec.Raw:
            return msgspec.Raw(raw)
        if not self._lax and kind is not str:
            raise Unfit("a value of another type")
        value = json.loads(bare(raw).decode("utf-8", "replace"), parse_int=_number)
        if isinstance(value, str):
            value = shown(value)
        elif self._lax and kind is str and isinstance(value, int | float) and not isinstance(value, bool):
            value = bare(raw).decode()
        return msgspec.convert(value, kind, strict=not self._lax)


def _is(mark: msgspec.Meta, kind: Any) -> bool:
    return get_origin(kind) is Annotated and mark in get_args(kind)


def _number(digits: str) -> int | float:
    """A JSON integer; one with too many digits as a float."""
    return int(digits) if len(digits) <= _DIGITS else float(digits)
