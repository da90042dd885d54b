"""Events of CRMs that could not be used yet: since when, why, and when they are tried again."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatapp_cli.domain.crm.events import (
    CardChanged,
    CardCommented,
    CopyCame,
    CrmConversation,
    CrmEvent,
    CrmFileGiven,
    CrmReacted,
    CrmRewrote,
    CrmStepAsked,
    CrmTexted,
    CrmWithdrew,
    CrmWrote,
    CrmWroteFirst,
    PlaceConfigured,
    PlaceDetached,
    RobotAsked,
)
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services.crm_event_form import kind_of
from chatapp_cli.services.crm_intake import MOST_TRIES
from chatapp_cli.store.rows.crm import CrmPutOffRow
from chatapp_cli.store.tx import Tx

SHOWN = 20
"""Of how many a person is told at once."""
WORDS: Final[Mapping[type[CrmEvent], Text]] = MappingProxyType(
    {
        CrmWrote: T("message of an employee"),
        CrmRewrote: T("edit of an employee"),
        CrmWithdrew: T("deletion by an employee"),
        CrmTexted: T("SMS of the CRM"),
        CrmWroteFirst: T("first message of an employee"),
        CrmStepAsked: T("step of a bot"),
        CrmFileGiven: T("file for a bot"),
        CrmConversation: T("beginning or end of a conversation"),
        CopyCame: T("look into a chat"),
        PlaceDetached: T("disconnected channel"),
        PlaceConfigured: T("channel that was chosen there"),
        CardChanged: T("change of a card"),
        CardCommented: T("comment in a card"),
        RobotAsked: T("robot of an automation"),
        CrmReacted: T("reaction of an employee"),
    }
)
"""What each event that can be put off is called."""


def oldest(tx: Tx, link: LinkId, *, n: int = SHOWN) -> list[CrmPutOffRow]:
    """The events of a link that could not be used yet and are tried again, the oldest first."""
    return tx.all(CrmPutOffRow, "crmevents.put_off", link=link, n=n)


def sentence(row: CrmPutOffRow) -> Text:
    """What it is, since when it waits, why, and when it is tried again."""
    kind = kind_of(row.event)
    return T(
        "{moment}, {what}: {why} Next try: {next}; {n} of {most} attempts were made.",
        moment=written(row.at),
        what=T("event of the CRM") if kind is None else WORDS[kind],
        why=row.problem,
        next=written(row.next_at),
        n=row.tries,
        most=MOST_TRIES,
    )
