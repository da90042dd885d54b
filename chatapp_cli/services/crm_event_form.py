"""Events of CRMs as they are stored."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final, get_args

import msgspec

from chatapp_cli.domain.crm.events import CrmEvent
from chatapp_cli.store.patterns import beginning_with

if TYPE_CHECKING:
    from chatapp_cli.store.rows.crm import CrmArrivedRow

EVENTS: Final[tuple[type[CrmEvent], ...]] = get_args(CrmEvent)
"""All that can be stored."""
_BY_NAME: Final = {kind.__name__: kind for kind in EVENTS}


def written(event: CrmEvent | None) -> str:
    """An event as it is stored; empty for none."""
    if event is None:
        return ""
    return msgspec.json.encode([type(event).__name__, event]).decode()


def event_of(row: CrmArrivedRow) -> CrmEvent:
    """The event of a row. Raises ValueError for one of a newer version."""
    return read(row.event)


def read(stored: str) -> CrmEvent:
    """A stored event. Raises ValueError for one of a newer version."""
    name, values = msgspec.json.decode(stored)
    if name not in _BY_NAME:
        raise ValueError(f"unknown event {name}")
    return msgspec.convert(values, type=_BY_NAME[name])


def kind_of(stored: str) -> type[CrmEvent] | None:
    """The kind of a stored event; ``None`` if it is not known, as of one that could not be understood."""
    return next((kind for kind in EVENTS if stored.startswith(_beginning(kind))), None)


def pattern_of(*kinds: type[CrmEvent]) -> str:
    """What ``LIKE … ESCAPE '!'`` finds the stored events of some kinds by, whose names begin alike and as no others."""
    letters = zip(*map(_beginning, kinds), strict=False)
    beginning = "".join(some[0] for some in takewhile(lambda some: len(set(some)) == 1, letters))
    others = [kind.__name__ for kind in EVENTS if kind not in kinds and _beginning(kind).startswith(beginning)]
    assert not others, others
    return beginning_with(beginning)


def pattern_of_remote(kind: type[CrmEvent], remote: str) -> str:
    """The same, of the events of a kind whose first field is this ``remote``."""
    return beginning_with(f'{_beginning(kind)}{{"remote":{msgspec.json.encode(remote).decode()},')


def _beginning(kind: type[CrmEvent]) -> str:
    return f'["{kind.__name__}",'
