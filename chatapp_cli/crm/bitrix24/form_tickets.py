"""The tickets of forms in the portal's frames: what a form may do goes out with it and comes back, signed by us.

A browser sends no application token with a form of ours, so its ticket stands in that place. It holds for a while, and
what it asks for is stored under its number, so it is taken once. No cookie lets anybody in, so a form of a foreign page
that an employee's browser sends has no ticket, and changes nothing.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from typing import Final, TypedDict, TypeVar

import msgspec

from chatapp_cli.domain.crm.events import CrmArrival, CrmEvent
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.crm import CrmReply
from chatapp_cli.ports.world import World

FIELD: Final = "ticket"
"""The field of a form that bears its ticket."""
LASTS: Final[Millis] = 3_600_000
"""How long a form may usually be sent after it was shown, in milliseconds."""
LATE: Final = T("The form is too old. Open the page again.")
SENT: Final = T("This form was sent already. Open the page again to send another.")
_LONGEST: Final = 4000
"""Characters of a ticket."""


class FormTicket(msgspec.Struct, frozen=True, kw_only=True):
    """What every form bears."""

    until: Millis
    number: str
    """One for each form that was shown."""
    language: str = "ru"

    def is_late(self, now: Millis) -> bool:
        """Whether the form may not be sent any more."""
        return self.until <= now


class TicketTerms(TypedDict):
    """What every ticket is made with."""

    until: Millis
    number: str
    language: str


K = TypeVar("K", bound=FormTicket)


def terms(world: World, language: str, *, lasts: Millis = LASTS) -> TicketTerms:
    """Those of a form that is shown now, and may be sent for so long."""
    return TicketTerms(until=world.clock.now() + lasts, number=world.chance.key(), language=language)


def signed(bound: Bound, ticket: FormTicket) -> str:
    """A ticket as its form bears it."""
    body = base64.urlsafe_b64encode(msgspec.json.encode(ticket))
    return f"{body.decode()}.{_signature(bound, type(ticket), body)}"


def read(bound: Bound, said: str, kind: type[K]) -> K | None:
    """The ticket that a form bears; ``None`` if it was not made by us, for this link and this kind of form."""
    body, _, signature = said.partition(".")
    if len(said) > _LONGEST or not said.isascii():
        return None
    if not hmac.compare_digest(_signature(bound, kind, body.encode()), signature):
        return None
    return msgspec.json.decode(base64.urlsafe_b64decode(body), type=kind)


def once(name: str, event: CrmEvent, page: CrmReply, sent: CrmReply, *, raw: bytes) -> CrmReply:
    """Have what a form asks for stored under its name, and answer with a page; the second time, that it was sent."""
    arrival = CrmArrival(provider_id=name, event=event, raw=raw)
    return replace(page, arrivals=[arrival], repeated=sent)


def _signature(bound: Bound, kind: type[FormTicket], body: bytes) -> str:
    key = f"{kind.__name__} {bound.hook_key} {bound.secrets['client_secret']}".encode()
    return hmac.new(key, body, "sha256").hexdigest()
