"""What rules are made and carried out with: the names of the company, its hours and what its channels can do."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog_condition import HoursOf
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.opening_hours import OpeningHours
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.services import business_hours, calendars, rule_making
from chatapp_cli.services.business_hours import BusinessHours
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.store.tx import Tx


def names(tx: Tx, company: Company, *, strict: bool = False) -> SourceNames:
    """What conditions of rules may name, with the hours of lines as they are in this transaction.

    ``strict``: a person says just now what they mean, so that kinds of channels have to exist.
    """
    known_kinds = (
        {kind: one.source_name or kind for kind, one in manifests().items()} if strict else rule_making.NO_KINDS
    )
    found = rule_making.source_names(tx, company.settings.folder / calendars.FOLDER, known_kinds)
    known = business_hours.of_company(company.options, company.settings.folder)
    return replace(found, hours=hours_of(tx, known))


def hours_of(tx: Tx, known: BusinessHours) -> HoursOf:
    """The hours of lines, each read once."""
    read: dict[LineId, OpeningHours | None] = {}

    def of(line: LineId) -> OpeningHours | None:
        if line not in read:
            read[line] = partial(known.of, tx)(line)
        return read[line]

    return of
