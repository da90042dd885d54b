"""Requests of a Salesbot's step at ``…/salesbot``, and how the bot is let go on.

A bot stands still until ``return_url`` is called, and only one works on a card: so it is told by a deadline whatever
happens. ``return_url`` comes from outside, and only its path is kept: the token goes to the account and nowhere else.
Sources: providers' sheet §6.2, §6.3, addendum C6; ``salesbot.*`` and ``token.salesbot.claims`` of the contracts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from chatapp_cli.crm.amocrm import clocks, jwt, uploads
from chatapp_cli.crm.amocrm.hosts import is_account
from chatapp_cli.crm.amocrm.jwt import BotClaims, OutOfTime
from chatapp_cli.crm.amocrm.names import KIND
from chatapp_cli.crm.amocrm.record import HeldAccount, held, integration
from chatapp_cli.crm.amocrm.rest import AmoApi
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, CrmStepAsked
from chatapp_cli.domain.crm.states import TextFate
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.kit.brackets import parse
from chatapp_cli.kit.crms import manifest
from chatapp_cli.kit.trees import loaded
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CrmReply

PAGE: Final = "salesbot"
"""Below our own address for a link: where bots come."""
DEADLINE: Final = "bot_minutes"
"""The setting for how long a bot waits at most."""
AUTO: Final = "auto"
"""The answer «Автоматическое определение»."""
STOP: Final = "stop"
"""The answer «остановить работу» for groups."""
PARAMETERS: Final = 10
"""How many values for a template the widget asks for."""
_FOR_TELLING: Final[Millis] = 15_000
"""How much earlier than its deadline a bot is told, which takes some time too."""
_TEMPLATE: Final = re.compile(r"#(\S+)")
"""How a stored template is named in place of a text."""
_CONTINUE: Final = re.compile(r"/api/v4/(?:salesbot|marketingbot)/[0-9]{1,18}/continue/[0-9]{1,18}")
_CARDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("2", "lead", "leads"), "deal"),
    **dict.fromkeys(("1", "contact", "contacts"), "contact"),
    **dict.fromkeys(("12", "customer", "customers"), "customer"),
}
"""Our word for a card by the claim ``entity_type``."""
_LONGEST: Final = 300
_REPLAYED: Final = 86_400
"""Seconds out of time from which on no clock explains a token."""


class KeptStep(msgspec.Struct, frozen=True, kw_only=True):
    """What a bot's step asks for, as it is kept."""

    path: str
    """Where it is continued, in the account."""
    until: int
    card: str
    number: str
    data: dict[str, str]
    values: list[str]
    upload: str = ""
    """The key of the file in ``data``, if that was given to us, see ``uploads``."""


async def accept(bound: Bound, request: HookRequest, now: Millis) -> CrmReply:
    """Check a request of a bot and translate it. Raises ValueError for what is no such request."""
    said = loaded(request.body) if request.body.lstrip()[:1] == b"{" else parse(request.body)
    account, keys = await held(bound), await integration(bound)
    if not isinstance(said, dict) or account is None or keys is None:
        return CrmReply(status=403)
    token = str(said.get("token") or "")
    late = 0.0
    try:
        claims = jwt.claims_of(token, keys.client_secret, now, await clocks.known(bound.memory))
    except OutOfTime as error:
        claims, late = error.claims, error.seconds
    except ValueError:
        return CrmReply(status=403)
    if late > _REPLAYED:
        return CrmReply(status=403)
    if not claims.is_for(account.number, keys.client_id, bound.settings["redirect_uri"]):
        return CrmReply(status=403)
    path = _path_of(str(said.get("return_url") or ""), account, claims)
    if not path:
        return CrmReply(status=400)
    until = now if late else now + deadline(bound)
    kept = _kept(said.get("data"), path, claims, until, partial(uploads.key_in, bound))
    mark = claims.jti or sha256(token.encode()).hexdigest()
    told = [arrival(kept, mark), *([_out_of_time(kept, mark, late)] if late else [])]
    return CrmReply(arrivals=told, body=b"ok")


def _out_of_time(kept: KeptStep, mark: str, seconds: float) -> CrmArrival:
    """Tell a person why nothing is sent for a bot, which is let go on by the exit for errors at once."""
    problem = T(
        "The clocks of this machine and of amoCRM differ: a bot's token is {n} seconds out of time.", n=round(seconds)
    )
    return CrmArrival(
        provider_id=border.external_id(f"clock:{mark}"), event=None, raw=msgspec.json.encode(kept), problem=problem
    )


def deadline(bound: Bound) -> Millis:
    """How long until a bot is told, at most, in milliseconds."""
    default = next(field.default for field in manifest(KIND).fields if field.name == DEADLINE)
    return int(bound.settings.get(DEADLINE) or default) * 60_000 - _FOR_TELLING


def _path_of(address: str, account: HeldAccount, claims: BotClaims) -> str:
    """Where the bot is continued; empty for an address elsewhere.

    ``iss``, which the account has signed, is its present name if it was renamed since we last asked.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    named = [origin for origin in (account.origin, jwt.origin_of(claims.iss)) if is_account(origin)]
    same = f"{parts.scheme}://{parts.netloc}" in named and urlsplit(account.origin).scheme == parts.scheme
    plain = not parts.query and not parts.fragment and address == f"{parts.scheme}://{parts.netloc}{parts.path}"
    return parts.path if same and plain and _CONTINUE.fullmatch(parts.path) else ""


def _kept(data: Any, path: str, claims: BotClaims, until: Millis, key_in: Callable[[str], str]) -> KeptStep:
    told = data if isinstance(data, Mapping) else {}
    params = told.get("params")
    values = params if isinstance(params, Mapping) else dict(enumerate(params)) if isinstance(params, list) else {}
    by_place = {int(str(place)): str(value) for place, value in values.items() if str(place).isdecimal()}
    return KeptStep(
        path=path,
        until=until,
        card=_CARDS.get(str(claims.entity_type), str(claims.entity_type)),
        number=str(claims.entity_id),
        upload=key_in(str(told.get("file") or "").strip()),
        data={str(name): str(value) for name, value in told.items() if isinstance(value, str | int)},
        values=[by_place[place] for place in sorted(by_place)][: PARAMETERS + 1],
    )


def arrival(kept: KeptStep, mark: str) -> CrmArrival:
    """A step, once for each token."""
    return CrmArrival(
        provider_id=border.external_id(f"step:{mark}"), event=event_of(kept), raw=msgspec.json.encode(kept)
    )


def event_of(kept: KeptStep) -> CrmStepAsked:
    """What a step asks for."""
    told = kept.data
    words = told.get("template", "").strip()
    template = _TEMPLATE.fullmatch(words)
    return CrmStepAsked(
        remote=kept.path,
        until=kept.until,
        card=CardRef(kept.card, kept.number),
        whom=border.name(told.get("contact_choice") or "main"),
        address=border.address(told.get("contact_value", "").strip()),
        line=_chosen(told, "line"),
        kind=_chosen(told, "messenger"),
        text="" if template else border.text(words),
        template=border.name(template[1]) if template else "",
        values=[border.text(one) for one in kept.values],
        file="" if kept.upload else border.text(told.get("file", "").strip()),
        upload=kept.upload,
        groups=told.get("group_mode") != STOP,
    )


def _chosen(told: Mapping[str, str], name: str) -> str:
    said = border.name(told.get(name, "").strip())
    return "" if said == AUTO else said


async def go_on(api: AmoApi, entry: LedgerEntry) -> CrmReceipt:
    """Let a bot go on by the exit that its messages have earned; one that does not wait any more is over."""
    status = "success" if entry.fate is TextFate.SENT else "fail"
    goto = {"handler": "goto", "params": {"type": "question", "step": 1}}
    body = {"data": {"status": status, "detail": entry.reason[:_LONGEST]}, "execute_handlers": [goto]}
    if not _CONTINUE.fullmatch(entry.remote):
        raise Rejected("refused", entry.remote)
    try:
        await api.post(entry.remote, body)
    except Rejected as error:
        if error.code != "gone":
            raise
    return CrmReceipt()
