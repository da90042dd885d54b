"""The webhook: the handshake by GET, and events by POST with a signature over the raw body."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from chatapp_cli.connectors.whatsapp import convert
from chatapp_cli.connectors.whatsapp.people import Book
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookReply, HookRequest

HEADER: Final = "x-hub-signature-256"


def accept(request: HookRequest, bound: Bound, book: Book, now: Millis) -> HookReply:
    """Convert a request with Meta's valid signature; any other is refused and nothing is stored."""
    if request.path:
        return HookReply(status=404)
    if request.method == "GET":
        return _handshake(request, bound.settings["verify_token"])
    if request.method != "POST":
        return HookReply(status=405)
    if not _signed(request, bound.secrets["app_secret"]):
        return HookReply(status=401)
    return HookReply(batch=Batch(arrivals=convert.arrivals(request.body, bound.account, book, now)))


def _handshake(request: HookRequest, verify_token: str) -> HookReply:
    """Answer a «verification request» of Meta: return the challenge if the token is right."""
    query = request.query
    known = hmac.compare_digest(query.get("hub.verify_token", "").encode(), verify_token.encode())
    if query.get("hub.mode") != "subscribe" or not known:
        return HookReply(status=403)
    return HookReply(body=query.get("hub.challenge", "").encode())


def _signed(request: HookRequest, app_secret: str) -> bool:
    expected = "sha256=" + hmac.new(app_secret.encode(), request.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(request.headers.get(HEADER, "").encode(), expected.encode())
