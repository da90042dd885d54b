"""What is wrong with the links to CRMs, for the alarms; apart from ``faults``, because most desks have no link."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.text import T
from chatapp_cli.services import links, pairings, rule_troubles, words
from chatapp_cli.services.faults import Fault, Key
from chatapp_cli.store.rows.crm import LinkRow, PairingRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm_manifest import CrmManifest


def of_links(tx: Tx, manifest: Callable[[str], CrmManifest]) -> Mapping[Key, Fault]:
    """The links to CRMs that do not work, or refused something.

    Each state is a fault of its own: what a person has to do is another thing, and is told though one is told already.
    """
    found: dict[Key, Fault] = {}
    for row in links.everything(tx):
        if row.state != LinkState.OK:
            what = words.what_there(manifest(row.kind), row.code, row.detail)
            found[AlarmKind.CRM, f"{row.id} {row.state}"] = Fault(T("{title}: {what}", title=row.title, what=what))
        if row.dead:
            text = T("{title}: {n} things could not be told or used", title=row.title, n=row.dead)
            found[AlarmKind.CRM, f"{row.id} refused"] = Fault(text)
    for row, paired in _held(tx):
        what = words.why_refused(manifest(row.kind), paired)[0]
        text = T("{title}: {what}", title=f"{row.title}, {paired.channel}", what=what)
        found[AlarmKind.CRM, f"{row.id} pairing {paired.id}"] = Fault(text)
    for one in rule_troubles.everything(tx):
        text = T("Rule {name}: {what}", name=one.name, what=one.what)
        found[AlarmKind.CRM, f"{one.link} rule {one.rule}"] = Fault(text)
    return found


def _held(tx: Tx) -> Iterator[tuple[LinkRow, PairingRow]]:
    """The pairings of which the CRM refuses the place, each with its link."""
    paired = [one for one in pairings.everything(tx) if one.held is not None]
    return ((links.one(tx, one.link_id), one) for one in paired)
