"""Acts that tell another program what happened: where they may lead, and what they say (``webhook``)."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from chatapp_cli.domain import limits
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.moment import iso
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.services import auto_calls, auto_values, contacts, dialogs
from chatapp_cli.services.auto_deed import AutoDeed, AutoDone
from chatapp_cli.store.tx import Tx

KIND: Final = "webhook"
_EXAMPLE: Final = "webhook: https://example.org/desk"


def checked(tx: Tx, said: Any) -> str:
    """An address that begins with https, or with http on this machine. Raises UsageError."""
    url: str = auto_values.text(KIND, limits.ADDRESS, _EXAMPLE)(tx, said)
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        has_password = parts.port == 0 or bool(parts.username or parts.password)
    except ValueError:
        raise auto_values.wrong(KIND, said, _EXAMPLE) from None
    if not host or has_password or any(sign.isspace() for sign in url) or parts.scheme not in {"http", "https"}:
        raise auto_values.wrong(KIND, origin(url), _EXAMPLE)
    _require_allowed(parts.scheme, host)
    return url


def _require_allowed(scheme: str, host: str) -> None:
    address = _address(host)
    if scheme == "http":
        if host != "localhost" and (address is None or not address.is_loopback):
            raise UsageError(T("It has to begin with https://."), field="then")
    elif address is not None and not address.is_global:
        raise UsageError(
            T("{host} is an address inside a network.", host=host),
            T("Give one on the Internet, or http://localhost for a program on this machine."),
            field="then",
        )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_here(url: str) -> bool:
    """Whether an address that was checked is of a program on this machine: no other may do without TLS."""
    return url.lower().startswith("http://")


def origin(url: Any) -> str:
    """Where an address leads, without what may be a secret in it."""
    scheme, _, rest = str(url).partition("://")
    host = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    return f"{scheme}://{host}" if host else scheme[: limits.NAME.most]


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
