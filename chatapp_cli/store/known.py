"""What is asked about dialogs and messages before anything that a provider tells of them can happen."""

from __future__ import annotations

from typing import NamedTuple

from chatapp_cli.domain.ids import ContactId, DialogId, MessageId, Millis


class Known(NamedTuple):
    """What ingest has to know of a dialog."""

    id: DialogId
    contact_id: ContactId | None
    blocked: int
    reachable: int
    name: str
    renamed: int
    person: str
    username: str
    phone: str
    email: str
    last_at: Millis
    early: int


class Ref(NamedTuple):
    """A message by its identity, and where it stands."""

    id: MessageId
    dialog_id: DialogId
    direction: str
    state: str
    origin: str
    sender: str
    placeholder: int


class EarlyRow(NamedTuple):
    """News that came before the verdict."""

    state: str
    code: str
    detail: str
