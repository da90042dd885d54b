"""Tells who is responsible for the cards of a chat (K-04)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chatapp_cli.crm.amocrm import names
from chatapp_cli.crm.amocrm.cards import ids_of_chat
from chatapp_cli.crm.amocrm.rest import AmoApi
from chatapp_cli.domain.crm import owner
from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.errors import Rejected

_PATHS: Final[Mapping[str, str]] = {"deal": "/api/v4/leads", "contact": "/api/v4/contacts"}


async def tell(api: AmoApi, entry: LedgerEntry) -> None:
    """Make an employee responsible for those cards of a chat that the pairing counts; may be told twice."""
    if not entry.employee.isdecimal():
        raise Rejected("no_employee", entry.employee)
    counted = owner.cards(entry.pairing.options)
    for kind, number in (await ids_of_chat(api, names.chat_of(entry.chat.remote))).items():
        if kind in counted and kind in _PATHS:
            await api.patch(_PATHS[kind], [{"id": number, "responsible_user_id": int(entry.employee)}])
