"""Gathers the seeds: what the channels' own tests, sandboxes included, let arrive.

``python -m pytest -p tests.fuzz.recorder tests/connectors`` writes ``tests/fuzz/seeds/<kind>.jsonl`` anew,
and the bodies of webhook calls into ``<kind>.hook.jsonl``.
Those are kept that together show every field and every kind of event, what shows most first.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.ports.connector import HookRequest

SEEDS = Path(__file__).with_name("seeds")
MOST = 60
"""Seeds of a channel at most."""
ENOUGH = 30
"""Seeds of a channel that are wanted where they show nothing new."""
LONGEST_NAME = 40
LARGEST = 6_000
"""Bytes of a seed at most: what is longer shows nothing more and makes every mutation slow."""

_heard: dict[str, dict[bytes, frozenset[str]]] = defaultdict(dict)
_kind = ""


def pytest_configure() -> None:
    """Listen to every arrival that is made from now on."""
    made, called = Arrival.__init__, HookRequest.__init__

    def listen(self: Arrival, **values: Any) -> None:
        made(self, **values)
        if not self.problem:
            _hear(_kind, self.raw, shown(self))

    def hear_call(self: HookRequest, **values: Any) -> None:
        called(self, **values)
        if self.method == "POST" and _sound(self.body):
            _hear(f"{_kind}.hook", self.body, fields_of(self.body))

    Arrival.__init__ = listen  # type: ignore[method-assign]  # a tool of ours, in no test
    HookRequest.__init__ = hear_call  # type: ignore[method-assign]


def _sound(body: bytes) -> bool:
    """Tell whether a call could be read at all: tests of a door knock with odd bytes as well."""
    try:
        return body[:1] not in b"{[" or bool(json.loads(body))
    except (ValueError, RecursionError):
        return False


def _hear(name: str, raw: bytes, what: Iterable[str]) -> None:
    if _kind and 0 < len(raw) <= LARGEST:
        _heard[name][bytes(raw)] = frozenset(what)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Know whose arrivals they are."""
    global _kind
    parts = Path(item.path).parts
    _kind = parts[parts.index("connectors") + 1] if "connectors" in parts else ""


def pytest_unconfigure() -> None:
    """Write what was heard."""
    for kind, heard in _heard.items():
        lines = [json.dumps(written(raw), ensure_ascii=False) for raw in chosen(heard)]
        (SEEDS / f"{kind}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def shown(arrival: Arrival) -> Iterator[str]:
    """What an arrival shows: its events, its files, the fields of its JSON."""
    for event in arrival.events:
        yield type(event).__name__
        yield from (f"file {file.kind}" for file in getattr(event, "files", ()))
    yield from fields_of(arrival.raw)


def fields_of(raw: bytes) -> Iterator[str]:
    """The names in JSON, in a form's fields or in the lines of a mail."""
    try:
        yield from fields(json.loads(raw))
    except (ValueError, RecursionError):
        words = raw.decode("latin-1")
        if "\n" not in words:
            yield from (part.partition("=")[0] for part in words.split("&"))
        else:
            yield from map(_of_line, words.splitlines())


def _of_line(line: str) -> str:
    """The name of a header, with its value where that tells kinds apart."""
    name, _, value = line.partition(": ")
    if name.lower() in {"content-type", "content-transfer-encoding", "content-disposition", "auto-submitted"}:
        return f"{name.lower()} {value.partition(';')[0]}"
    return name.lower() if len(name) < LONGEST_NAME and value else ""


def fields(value: object, path: str = "") -> Iterator[str]:
    """The paths of all fields below a value, with the values of those that tell kinds apart."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            if name in {"type", "kind", "_", "update_type", "event"} and isinstance(below, str):
                yield f"{path}.{name}={below}"
            yield from fields(below, f"{path}.{name}")
    elif isinstance(value, list):
        for below in value:
            yield from fields(below, f"{path}[]")
    else:
        yield f"{path}:{type(value).__name__}"


def chosen(heard: Mapping[bytes, frozenset[str]]) -> list[bytes]:
    """Take what shows most that is new, until nothing is; then the shortest that show it in another combination."""
    left, seen, taken = dict(heard), set[str](), list[bytes]()
    while left and len(taken) < MOST:
        best = max(left, key=lambda raw: (len(left[raw] - seen), -len(raw), raw))
        if not left[best] - seen:
            break
        seen |= left.pop(best)
        taken.append(best)
    combinations = {heard[raw] for raw in taken}
    for raw in sorted(left, key=lambda raw: (len(raw), raw)):
        if len(taken) < ENOUGH and left[raw] not in combinations:
            combinations.add(left[raw])
            taken.append(raw)
    return taken


def written(raw: bytes) -> dict[str, str]:
    """A seed as a line of JSON."""
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def seeds(kind: str) -> list[bytes]:
    """The seeds of a channel."""
    lines = (SEEDS / f"{kind}.jsonl").read_text("utf-8").splitlines()
    return [_read(json.loads(line)) for line in lines]


def _read(line: Mapping[str, str]) -> bytes:
    return line["text"].encode() if "text" in line else base64.b64decode(line["base64"])
