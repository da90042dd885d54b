"""What is wrong with the links to CRMs, for the alarms; apart from ``faults``, because most desks have no link."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.crm import ending
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.text import T
from chatapp_cli.services import link_access, links, pairings, rule_troubles, words
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
        found |= _of_access(tx, row)
    for row, paired in _held(tx):
        what = words.why_refused(manifest(row.kind), paired)[0]
        text = T("{title}: {what}", title=f"{row.title}, {paired.channel}", what=what)
        found[AlarmKind.CRM, f"{row.id} pairing {paired.id}"] = Fault(text)
    for one in rule_troubles.everything(tx):
        text = T("Rule {name}: {what}", name=one.name, what=one.what)
        found[AlarmKind.CRM, f"{one.link} rule {one.rule}"] = Fault(text)
    return found


def _of_access(tx: Tx, row: LinkRow) -> Mapping[Key, Fault]:
    """What a link lacks, and that its access ends soon."""
    access = link_access.of(tx, row.id)
    found: dict[Key, Fault] = {
        (AlarmKind.CRM, f"{row.id} lacks {one.name}"): Fault(T("{title}: {what}", title=row.title, what=one.what))
        for one in access.lacks
    }
    days = None if access.until is None else ending.told_at(access.until, tx.now)
    if access.until is not None and days is not None:
        found[AlarmKind.CRM, _ref_of_end(row, days)] = _ending(row, access.until, days)
    return found


def _ending(row: LinkRow, until: Millis, days: int) -> Fault:
    """The end in words that stay true while the alarm is open."""
    text = T(
        "{title}: access ends at {moment}, in less than {days} days. Link the CRM again with a new token.",
        title=row.title,
        moment=written(until),
        days=days,
    )
    if days == 1:
        text = T(
            "{title}: access ends at {moment}, in less than a day; then nothing goes either way. "
            "Link the CRM again with a new token now.",
            title=row.title,
            moment=written(until),
        )
    return Fault(text, replaces=[_ref_of_end(row, earlier) for earlier in ending.TOLD if earlier > days])


def _ref_of_end(row: LinkRow, days: int) -> str:
    return f"{row.id} ends {days}"


def _held(tx: Tx) -> Iterator[tuple[LinkRow, PairingRow]]:
    """The pairings of which the CRM refuses the place, each with its link."""
    paired = [one for one in pairings.everything(tx) if one.held is not None]
    return ((links.one(tx, one.link_id), one) for one in paired)
