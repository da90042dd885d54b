"""Connecting operators with users of a CRM by which they can log in, for ``chatapp user ways``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands import printing
from chatapp_cli.commands.errors import note
from chatapp_cli.documents import operators as documents
from chatapp_cli.domain.access import Right
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import login_ways
from chatapp_cli.services import links, login_identities
from chatapp_cli.store.rows.operators import IdentityRow

_NOBODY = "0"


def connect(company: Company, name: str, person: str, link: str) -> None:
    """Let an operator log in as a user of amoCRM, named by their number there, or by none of them any more."""
    company.require(Right.USERS)
    if person == _NOBODY:
        _disconnect(company, name)
        return
    row = company.read(lambda tx: links.find(tx, link or login_ways.AMO))
    identity = asyncio.run(login_ways.identity_in(company, row, person))
    company.whole.write(partial(login_identities.connect, name=name, identity=identity))
    note("{name} can log in through amoCRM now: chatapp login --amo {account}", name=name, account=row.account)


def _disconnect(company: Company, name: str) -> None:
    """Also from accounts that are linked no longer."""
    for one in company.whole.read(partial(login_identities.of, name=name)):
        if one.way == login_ways.AMO:
            company.whole.write(partial(login_identities.disconnect, name=name, way=one.way, realm=one.realm))


def print_ways(name: str, found: Sequence[IdentityRow], *, as_json: bool) -> None:
    """Print who an operator is elsewhere, or how to connect one who is nobody there."""
    if as_json:
        printing.document([documents.identity(one) for one in found])
        return
    rows = [(show(manifest(one.way).title), one.realm, one.person, one.name) for one in found]
    if not found:
        note("{name} logs in by the password alone. Connect them: chatapp user ways {name} --amo NUMBER", name=name)
        return
    printing.table((_("Logs in through"), _("Account"), _("Number"), _("Name")), rows)
