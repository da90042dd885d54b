"""Files that people give us in the designer of bots, at ``…/file``, by the script of our widget (S-192).

The page of the account calls us from a browser: it asks first whether it may (CORS), and proves by a one-time token
of amoCRM's which account it is. The bot gets an address of ours by which its step names the file; nobody can read it
there.
Sources: providers' sheet §4.2 B, §6.3; amoCRM's page on one-time tokens; ``token.onetime.claims`` of the contracts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from chatapp_cli.crm.amocrm import clocks, jwt
from chatapp_cli.crm.amocrm.hosts import is_account
from chatapp_cli.crm.amocrm.record import held, integration
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.events import CrmArrival, CrmFileGiven
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CrmReply

PAGE: Final = "file"
"""Below our own address for a link: where files are given."""
LARGEST: Final = 32 << 20
"""Bytes of a file."""
ENDINGS: Final = (
    *("jpg", "jpeg", "png", "gif", "webp", "heic"),
    *("mp3", "ogg", "oga", "opus", "wav", "m4a", "aac", "mp4", "mov", "webm", "3gp", "avi", "mkv"),
    *("pdf", "txt", "csv", "rtf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp"),
    *("zip", "rar", "7z", "vcf", "ics"),
)
"""Of the files that are taken: what a browser or a telephone would run is none of them."""
_HEADER: Final = "x-auth-token"
_ASKED: Final = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": f"{_HEADER}, content-type",
    "access-control-max-age": "600",
}
"""What a browser is told beforehand."""


def address(bound: Bound, key: str = "", name: str = "") -> str:
    """Where files are given, or the one by which a bot names a file."""
    base = f"{jwt.origin_of(bound.settings['redirect_uri'])}/hooks/{bound.hook_key}/{PAGE}"
    return f"{base}/{key}/{quote(name, safe='')}" if key else base


def key_in(bound: Bound, said: str) -> str:
    """The key of the file that a bot names; empty for a link elsewhere.

    Whatever the host is: the path bears our own key, and the desk may have moved since.
    """
    try:
        path = urlsplit(said).path
    except ValueError:
        return ""
    found = re.match(rf"/hooks/{re.escape(bound.hook_key)}/{PAGE}/([0-9a-f]{{24}})(?:/|$)", path)
    return found[1] if found else ""


async def accept(bound: Bound, request: HookRequest, now: Millis) -> CrmReply:
    """Take a file, or tell a browser whether it may give one."""
    page = _of_page(request)
    if request.method == "OPTIONS":
        return CrmReply(status=204, headers={**page, **_ASKED})
    mark = await _mark(bound, request.headers.get(_HEADER, ""), now)
    name = border.file_name(request.query.get("name", "").strip())
    status = 403 if not mark else _fault_of(name, request.body)
    if status:
        return CrmReply(status=status, headers=page)
    key = sha256(mark.encode()).hexdigest()[:24]
    said = msgspec.json.encode({"url": address(bound, key, name)})
    arrival = CrmArrival(
        provider_id=border.external_id(f"file:{mark}"), event=CrmFileGiven(key=key, name=name), raw=b"{}"
    )
    return CrmReply(
        arrivals=[arrival],
        given=request.body,
        repeated=CrmReply(status=403, headers=page),
        refused=lambda _: CrmReply(status=507, headers=page),
        body=said,
        content_type="application/json",
        headers=page,
    )


async def _mark(bound: Bound, token: str, now: Millis) -> str:
    """By what a one-time token of our account is known again; empty for any other."""
    account, keys = await held(bound), await integration(bound)
    if account is None or keys is None:
        return ""
    try:
        claims = jwt.of_widget(token, keys.client_secret, now, await clocks.known(bound.memory))
    except ValueError:
        return ""
    return claims.jti if claims.is_for(account.number, keys.client_id, bound.settings["redirect_uri"]) else ""


def _fault_of(name: str, content: bytes) -> int:
    """The status for a file that is not taken; 0 for any other."""
    if not content or not name:
        return 400
    if len(content) > LARGEST:
        return 413
    return 0 if name.rpartition(".")[2].lower() in ENDINGS and "." in name else 415


def _of_page(request: HookRequest) -> Mapping[str, str]:
    """What lets a page of an account read our answer: the token decides what it may do, and no cookie is sent."""
    origin = request.headers.get("origin", "")
    return {"access-control-allow-origin": origin, "vary": "origin"} if _is_page(origin) else {"vary": "origin"}


def _is_page(origin: str) -> bool:
    return bool(origin) and origin == jwt.origin_of(origin) and is_account(origin)
