"""Acts that tell another program what happened, and what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chatapp_cli.domain.moment import iso
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.services import auto_calls, contacts, dialogs
from chatapp_cli.services.auto_addresses import origin
from chatapp_cli.services.auto_deed import AutoDeed, AutoDone


def call(deed: AutoDeed) -> AutoDone:
    """Have the address told what happened; ``runtime`` does it after the transaction, and says how that went."""
    words = T("{host} is to be told", host=origin(deed.value))
    body = json.dumps(_said(deed), ensure_ascii=False, separators=(",", ":"))
    auto_calls.begin(deed.tx, deed.row.id, url=deed.value, body=body, words=words)
    return AutoDone(words, ended=False)


def _said(deed: AutoDeed) -> Mapping[str, Any]:
    row, rule = deed.row, deed.rule
    return {
        "id": auto_calls.delivery_of(row),
        "at": iso(deed.tx.now),
        "rule": {"id": rule.id, "name": rule.wanted.name, "version": rule.version},
        "event": rule.wanted.event.value,
        "why": show(recalled(row.why)),
        "dialog": _dialog(deed),
        "contact": _contact(deed),
        "message": _message(deed),
    }


def _dialog(deed: AutoDeed) -> Mapping[str, Any]:
    card = deed.card
    return {
        "id": card.id,
        "name": card.name,
        "chat_id": card.address,
        "chat_kind": card.chat_kind,
        "channel": {"id": card.channel_id, "kind": card.kind, "title": card.channel},
        "line": {"id": card.line_id, "name": card.line},
        "assignee": card.assignee,
        "tags": dialogs.tags(deed.tx, card.id),
        "waiting_since": iso(card.waiting_since),
    }


def _contact(deed: AutoDeed) -> Mapping[str, Any] | None:
    card = deed.card
    if card.contact_id is None:
        return None
    return {
        "id": contacts.root(deed.tx, card.contact_id),
        "name": card.person or card.name,
        "phone": card.phone,
        "email": card.email,
        "username": card.username,
    }


def _message(deed: AutoDeed) -> Mapping[str, Any] | None:
    message = deed.message
    if message is None:
        return None
    return {
        "id": message.id,
        "direction": message.direction,
        "author": message.author or message.sender,
        "text": message.text,
        "automatic": bool(message.automatic),
        "at": iso(message.at),
    }
