"""Events of CRMs as they are stored until they are applied."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from chatapp_cli.domain.crm.events import (
    CardChanged,
    CardCommented,
    CopyCame,
    CrmConversation,
    CrmEvent,
    CrmReacted,
    CrmRewrote,
    CrmStepAsked,
    CrmTexted,
    CrmWithdrew,
    CrmWrote,
    CrmWroteFirst,
    LinkInstalled,
    LinkRemoved,
    PlaceConfigured,
    PlaceDetached,
)
from chatapp_cli.store.rows.crm import CrmArrivedRow

_EVENTS = (
    *(CrmWrote, CrmRewrote, CrmWithdrew, CrmReacted, CrmTexted, CrmWroteFirst, CrmConversation),
    *(PlaceDetached, CopyCame, CrmStepAsked, PlaceConfigured, CardChanged, CardCommented, LinkInstalled, LinkRemoved),
)
_BY_NAME: Mapping[str, type[CrmEvent]] = {kind.__name__: kind for kind in _EVENTS}


def written(event: CrmEvent | None) -> str:
    """An event as it is stored; empty for none."""
    if event is None:
        return ""
    return msgspec.json.encode([type(event).__name__, event]).decode()


def event_of(row: CrmArrivedRow) -> CrmEvent:
    """The stored event. Raises ValueError for one of a newer version."""
    name, values = msgspec.json.decode(row.event)
    kind = _BY_NAME.get(name)
    if kind is None:
        raise ValueError(f"unknown event {name}")
    return msgspec.convert(values, type=kind)
