"""Dead letters of CRMs, tried again by a person."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain import border
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.text import T
from chatapp_cli.services import crm_event_form, crm_intake, links

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.store.rows.crm import CrmArrivedRow


def retry(company: Company, arrived: int) -> None:
    """Try a dead letter of a CRM again, as after a fix.

    Raises NotFound, and Refused for one that still cannot be read: it would only die again.
    """
    company.require(Right.REPAIR)
    row = company.read(partial(crm_intake.letter, arrived=arrived))
    if why := _why_unreadable(company, row):
        raise Refused(
            "unreadable",
            T("Dead letter {n} cannot be tried again. It could not be understood: {why}", n=arrived, why=why),
            T("Forget it: {how}", how=f"chatapp crm deadletter forget {arrived}"),
        )
    company.write(partial(crm_intake.revive, arrived=arrived))


def _why_unreadable(company: Company, row: CrmArrivedRow) -> str:
    """What the code of the CRM says about it now; empty if it can be read. Raises StoreError."""
    link = company.read(lambda tx: links.one(tx, row.link_id))
    bound = company.read(lambda tx: links.bound(tx, company.vault, link))
    try:
        if row.event:
            crm_event_form.event_of(row)
        else:
            company.crm(link.kind).understand(bound, row.raw)
    except Exception as error:  # noqa: BLE001 - a CRM of another package may raise anything for what it cannot read
        return border.text(str(error) or type(error).__name__)
    return ""
