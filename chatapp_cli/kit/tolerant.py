"""JSON from outside, read for everything that can be read of it: one odd field takes no readable one away.

What fits its type is read fast. Only where something does not fit are the fields tried one by one: one that is null, of
another type or beyond all numbers counts as left out, and bytes that are no text or a tower of brackets do no harm to
what stands around them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Final, NamedTuple, TypeAlias, TypeVar, Union, get_args, get_origin

import msgspec

R = TypeVar("R")

VITAL: Final = msgspec.Meta(extra={"vital": True})
"""Marks an optional field that, where it is there, has to be read: without it nothing is understood."""

Int: TypeAlias = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
"""A number that every store can hold."""

_DEEPEST: Final = 100
"""Brackets within brackets: no provider of ours goes beyond a dozen, and a decoder breaks at a thousand."""
_DIGITS: Final = 25
_PAIRS: Final = {b"[": b"]", b"{": b"}"}
_CLOSING: Final = frozenset(_PAIRS.values())
_BRACKETS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{\]}]', re.DOTALL)
_MARKS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{\]},"]', re.DOTALL)
_MEMBER: Final = re.compile(rb'\s*"([^"\\]*)"\s*:(.*)', re.DOTALL)


class Unfit(ValueError):
    """A part without which the rest means nothing is missing or of another type."""


class Read(NamedTuple):
    """What was read, and whether nothing of it had to be left out."""

    value: Any
    whole: bool


def read(raw: bytes, kind: type[R]) -> R:
    """Read as a Struct. Raises ValueError (or its like) where it is no JSON, or lacks what the Struct requires."""
    value: R = read_marked(raw, kind).value
    return value


def read_marked(raw: bytes, kind: type[Any]) -> Read:
    """The same, and tell whether something was left out."""
    try:
        return Read(msgspec.json.decode(raw, type=kind), whole=True)
    except (ValueError, RecursionError):
        return Read(_fit(plain(raw), kind), whole=False)


def plain(raw: bytes) -> Any:
    """Read as dictionaries and lists, without what lies too deep; what is no text becomes U+FFFD."""
    text = _shallow(raw).decode("utf-8", "replace").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    return json.loads(text, parse_int=_number)


def items(raw: bytes, name: str) -> list[bytes]:
    """The elements of a list, each raw: the list is all there is, or has this name in the outermost object.

    Raises ValueError where its brackets do not close.
    """
    try:
        if raw.lstrip().startswith(b"["):
            return [bytes(one) for one in msgspec.json.decode(raw, type=list[msgspec.Raw])]
        found = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        return [bytes(one) for one in msgspec.json.decode(found[name], type=list[msgspec.Raw])]
    except KeyError:
        return []
    except (ValueError, RecursionError):
        return _parts(raw) if raw.lstrip().startswith(b"[") else _parts(member(raw, name))


def member(raw: bytes, name: str) -> bytes:
    """What stands under a name in the outermost object, raw; empty if there is none.

    Raises ValueError where its brackets do not close.
    """
    for part in _parts(raw):
        found = _MEMBER.fullmatch(part)
        if found and found[1] == name.encode():
            return found[2].strip()
    return b""


def _parts(raw: bytes) -> list[bytes]:
    """What stands between the commas of the outermost list or object, whatever is inside; nothing of anything else."""
    if not raw.lstrip().startswith((b"[", b"{")):
        return []
    return [part for part in (one.strip() for one in _cut(raw)) if part]


def _cut(raw: bytes) -> Iterator[bytes]:
    opened: list[bytes] = []
    since = 0
    for mark in _MARKS.finditer(raw):
        sign = mark[0]
        if sign == b'"':
            raise Unfit("a text that does not end")
        if sign in _PAIRS:
            opened.append(_PAIRS[sign])
            since = mark.end() if len(opened) == 1 else since
        elif len(opened) == 1 and sign in {b",", opened[0]}:
            yield raw[since : mark.start()]
            since = mark.end()
        if sign in _CLOSING and opened.pop() != sign:
            raise Unfit("brackets of two kinds")
        if not opened:
            break
    if opened or raw[since:].strip():
        raise Unfit("the brackets do not close")


def _shallow(raw: bytes) -> bytes:
    """Take out what lies deeper than any provider goes."""
    kept: list[bytes] = []
    depth = since = 0
    for mark in _BRACKETS.finditer(raw):
        if mark[0] in {b"[", b"{"}:
            depth += 1
            if depth == _DEEPEST:
                kept.append(raw[since : mark.end()])
        elif mark[0] in {b"]", b"}"}:
            since = mark.start() if depth == _DEEPEST else since
            depth -= 1
    return b"".join([*kept, raw[since:]]) if kept else raw


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _DIGITS else float(digits)


def _fit(value: Any, kind: Any) -> Any:
    """Make a value of this type out of what can be used of it. Raises ValueError where nothing can."""
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        return _choose(value, get_args(kind))
    if origin is list:
        return list(_elements(value, get_args(kind)[0]))
    if origin is dict:
        return dict(_members(value, get_args(kind)[1]))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(value, kind)
    return _simple(value, kind)


def _choose(value: Any, kinds: tuple[Any, ...]) -> Any:
    if value is None and NoneType in kinds:
        return None
    for kind in kinds:
        if kind is not NoneType:
            try:
                return _fit(value, kind)
            except ValueError:
                continue
    raise Unfit(f"{type(value).__name__} is none of them")


def _elements(value: Any, kind: Any) -> Iterator[Any]:
    """What is no list counts as one of a single element; one that is no good stands as an empty one if it can."""
    for one in value if isinstance(value, list) else [value]:
        try:
            yield _fit(one, kind)
        except ValueError:
            if (empty := _empty(kind)) is not None:
                yield empty


def _empty(kind: Any) -> Any:
    try:
        return kind() if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None
    except TypeError:
        return None


def _members(value: Any, kind: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        raise Unfit(f"{type(value).__name__} is no object")
    for name, one in value.items():
        try:
            yield _clean(name), _fit(one, kind)
        except ValueError:
            continue


def _struct(value: Any, kind: type[msgspec.Struct]) -> msgspec.Struct:
    if not isinstance(value, Mapping):
        raise Unfit(f"{type(value).__name__} is no {kind.__name__}")
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        said = value.get(field.encode_name)
        try:
            if field.encode_name in value:
                given[field.name] = _fit(said, field.type)
        except ValueError as error:
            if said is not None and _is_vital(field.type):
                raise Unfit(f"{field.encode_name}: {error}") from None
        if field.required and field.name not in given:
            raise Unfit(f"{kind.__name__} without {field.encode_name}")
    return kind(**given)


def _is_vital(kind: Any) -> bool:
    return get_origin(kind) is Annotated and VITAL in get_args(kind)


def _simple(value: Any, kind: Any) -> Any:
    if get_origin(kind) is Annotated and VITAL in get_args(kind):
        return _fit(value, get_args(kind)[0])
    if kind is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return msgspec.convert(_clean(value) if isinstance(value, str) else value, kind, strict=False)


def _clean(text: str) -> str:
    """Half a character, which no store takes, is none."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
