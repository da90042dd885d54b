"""Judges the items of a request, and refuses all of them with ``validation-errors`` if one is wrong.

The form is documented, and so is the code ``NotSupportedChoice`` (providers-crm.md 4.3); the names of the other codes
are ours, so that nobody should rely on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from chatapp_cli.sandbox.amocrm.objects import AmoRefusal, Json
from chatapp_cli.sandbox.amocrm.request import MOST, AmoRequest


@dataclass(frozen=True, slots=True)
class Inside:
    """An object inside an item, or an array of them; it may have keys that are not known."""

    shape: Mapping[str, tuple[type, ...] | Inside]
    needs: tuple[str, ...] = ()
    many: bool = False


Shape: TypeAlias = Mapping[str, tuple[type, ...] | Inside]
"""The known keys of an item, each with the types that are taken, or with what is inside."""

TEXT: Final = (str,)
WHOLE: Final = (int,)
LIST: Final = (list,)
MAP: Final = (dict,)
YES_NO: Final = (bool,)
NULL: Final = type(None)

CHOICE: Final = "NotSupportedChoice"
UNKNOWN: Final = "UnexpectedField"
MISSING: Final = "FieldMissing"
TYPE: Final = "InvalidType"
LENGTH: Final = "InvalidLength"
TAKEN: Final = "NotUnique"


class Judge:
    """Collects what is wrong with the items of one request."""

    def __init__(self, problems: list[str], where: str) -> None:
        """``problems`` are told of what no client should send at all, ``where`` it is sent to."""
        self._problems, self._where = problems, where
        self._wrong: dict[str, list[Json]] = {}

    def says(self, request_id: str, code: str, path: str, detail: str = "The value is not valid.") -> None:
        """Note one error."""
        self._wrong.setdefault(request_id, []).append({"code": code, "path": path, "detail": detail})
        if code in {UNKNOWN, MISSING, TYPE}:
            self._problems.append(f"{self._where}: {code} {path}")

    def shape(self, request_id: str, item: Json, shape: Shape, needs: Iterable[str] = ()) -> bool:
        """Judge the keys of an item and the types of their values; whether nothing is wrong."""
        wrong = [(MISSING, name) for name in needs if name not in item]
        wrong += [(UNKNOWN, name) for name in item if name not in shape]
        wrong += [pair for name, value in item.items() if name in shape for pair in _misfits(name, value, shape[name])]
        for code, path in wrong:
            self.says(request_id, code, path)
        return not wrong

    def settle(self) -> None:
        """Refuse everything if anything is wrong. Raises AmoRefusal."""
        if self._wrong:
            errors = [{"request_id": name, "errors": errors} for name, errors in self._wrong.items()]
            raise AmoRefusal(400, "Request validation failed", **{"validation-errors": errors})


def _misfits(path: str, value: Any, expected: tuple[type, ...] | Inside) -> Iterator[tuple[str, str]]:
    """What is wrong with a value: codes and paths."""
    if not isinstance(expected, Inside):
        if not fits(value, expected):
            yield TYPE, path
    elif expected.many:
        for place, one in enumerate(value) if isinstance(value, list) else [(0, None)]:
            yield from _misfits(f"{path}.{place}", one, replace(expected, many=False))
    elif not isinstance(value, dict):
        yield TYPE, path
    else:
        yield from ((MISSING, f"{path}.{name}") for name in expected.needs if name not in value)
        for name, inner in expected.shape.items():
            if name in value:
                yield from _misfits(f"{path}.{name}", value[name], inner)


def fits(value: Any, types: tuple[type, ...]) -> bool:
    """Whether a value is of one of these types; a yes or no is not a number."""
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types or object in types)


def items_of(request: AmoRequest, problems: list[str], most: int = MOST) -> list[tuple[str, Json]]:
    """The items of a collection, each with its ``request_id``. Raises AmoRefusal."""
    where = f"{request.method} {request.path}"
    if not isinstance(request.body, list) or not all(isinstance(one, dict) for one in request.body):
        problems.append(f"{where}: not an array")
        raise AmoRefusal(400, "The body is not an array of objects")
    if not request.body or len(request.body) > most:
        problems.append(f"{where}: {len(request.body)} items")
        raise AmoRefusal(400, f"An array has from 1 to {most} items")
    return [(str(one.get("request_id", number)), one) for number, one in enumerate(request.body)]
