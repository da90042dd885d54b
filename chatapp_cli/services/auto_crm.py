"""Acts that write into the CRM that a dialog is shown in."""

from __future__ import annotations

from chatapp_cli.domain.crm.states import Tells
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import crm_presence
from chatapp_cli.services.auto_deed import AutoDeed, AutoDone


def comment(deed: AutoDeed, text: str) -> AutoDone:
    """Have the card of the dialog commented in each CRM that is told of it. Raises Refused if none can be."""
    if not crm_presence.is_paired(deed.tx, deed.card.id):
        raise Refused("not_paired", T("No CRM is told of {title}.", title=deed.card.channel))
    from chatapp_cli.services import crm_owed, crm_signs

    pairings = crm_signs.telling(deed.tx, deed.card.id, Tells.REMARKS)
    if not pairings:
        raise Refused("no_remarks", T("The CRM of {title} takes no comments.", title=deed.card.channel))
    for pairing in pairings:
        crm_owed.owe_remark(deed.tx, pairing, deed.card.id, "", Text("{text}", {"text": text}))
    return AutoDone(T("the CRM is told the comment"))
