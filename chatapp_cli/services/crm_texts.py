"""Messages that a CRM has us send to phones, as it does with providers of SMS (S-158)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, composing, crm_cards, crm_owed, pairings
from chatapp_cli.services.message_request import MessageRequest, ToAddress
from chatapp_cli.services.sending import SendOptions, key_of
from chatapp_cli.store.rows.crm import PairedRow

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.events import CrmTexted
    from chatapp_cli.domain.ids import LinkId
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.tx import Tx


def send(tx: Tx, link: LinkId, event: CrmTexted, able: Able) -> None:
    """Accept a text under a key of its own, so that it goes out once, or have the CRM told why not.

    ``tx`` acts in the name of who sent it. Raises NotFound if the pairing is not one of the link's, or has ended.
    """
    access.require(tx, Right.ANSWER)
    pairing = pairings.one(tx, event.pairing)
    if pairing.link_id != link or not pairing.active:
        raise NotFound(T("Pairing {n} does not send texts of this CRM.", n=event.pairing))
    paired = PairedRow(pairing.id, pairing.link_id, pairing.after)
    origin = Origin.ROBOT if event.automatic else Origin.CRM
    options = SendOptions(key=key_of(f"crm {link} text {event.remote}"), origin=origin)
    try:
        with tx.trial():
            to = ToAddress(pairing.channel_id, crm_cards.require_phone(tx, event.phone))
            request = MessageRequest(to=to, options=options, draft=Draft(text=event.text))
            message = composing.accept(tx, able, request)
            crm_owed.keep_text(tx, paired, message, event.remote, employee=event.employee)
    except (Refused, NotFound, UsageError) as refusal:
        crm_owed.refuse_text(tx, paired, event.remote, refusal.what, employee=event.employee)
