"""What is wrong with the links to CRMs, for the alarms; apart from ``faults``, because most desks have no link."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.crm import ending
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.stored_text import stored
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import alarms, link_access, links, pairings, rule_troubles, words
from chatapp_cli.services.faults import Fault, Key
from chatapp_cli.store.rows.crm import LinkRow, PairingRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm_manifest import CrmManifest
    from chatapp_cli.services.link_access import LackingPart


def of_links(tx: Tx, manifest: Callable[[str], CrmManifest]) -> Mapping[Key, Fault]:
    """The links to CRMs that do not work, or refused something.

    Each state is a fault of its own: what a person has to do is another thing, and is told though one is told already.
    """
    found: dict[Key, Fault] = {}
    for row in links.everything(tx):
        if row.state != LinkState.OK:
            what = words.what_there(manifest(row.kind), row.code, row.detail)
            text = T("{title}: {what}", title=row.title, what=what)
            replaces = _ends(row) if row.state == LinkState.AUTH_LOST else ""
            found[AlarmKind.CRM, f"{row.id} {row.state}"] = Fault(text, replaces=replaces)
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
    """What a link lacks, and that its access ends soon, or has ended unless its state tells so.

    The refs name what is told, so that another lack and another end are told though one of before is told already.
    """
    access = link_access.of(tx, row.id)
    found = dict(_lack(row, one) for one in access.lacks)
    days = None if access.until is None else ending.told_at(access.until, tx.now)
    if access.until is not None and days is not None and (days or row.state != LinkState.AUTH_LOST):
        found[AlarmKind.CRM, _ref_of_end(row, access.until, days)] = Fault(
            _of_end(row, access.until, days),
            replaces=_ends(row),
            is_known=_knows_of_later(tx, row, access.until, days),
        )
    return found


def _lack(row: LinkRow, one: LackingPart) -> tuple[Key, Fault]:
    start = f"{row.id} lacks {one.name}"
    mark = zlib.crc32(json.dumps(stored(one.what), sort_keys=True).encode())
    text = T("{title}: {what}", title=row.title, what=one.what)
    return (AlarmKind.CRM, f"{start} {mark:08x}"), Fault(text, replaces=start)


def _of_end(row: LinkRow, until: Millis, days: int) -> Text:
    """The end in words that stay true while the alarm is open."""
    title, moment = row.title, written(until)
    if not days:
        return T("{title}: access ended at {moment}. Link the CRM again with a new token.", title=title, moment=moment)
    if days == 1:
        return T(
            "{title}: access ends at {moment}, in less than a day; then nothing goes either way. "
            "Link the CRM again with a new token now.",
            title=title,
            moment=moment,
        )
    return T(
        "{title}: access ends at {moment}, in less than {days} days. Link the CRM again with a new token.",
        title=title,
        moment=moment,
        days=days,
    )


def _knows_of_later(tx: Tx, row: LinkRow, until: Millis, days: int) -> bool:
    """Whether people were told that this end is nearer than it is: then our clock was set forth, and back."""
    later = {_ref_of_end(row, until, one) for one in ending.TOLD if one < days}
    there = (one for one in alarms.open_alarms(tx) if one.kind == AlarmKind.CRM and one.ref in later)
    return any(one.told_at is not None or one.tries for one in there)


def _ends(row: LinkRow) -> str:
    return f"{row.id} ends"


def _ref_of_end(row: LinkRow, until: Millis, days: int) -> str:
    return f"{_ends(row)} {days} {until}"


def _held(tx: Tx) -> Iterator[tuple[LinkRow, PairingRow]]:
    """The pairings of which the CRM refuses the place, each with its link."""
    paired = [one for one in pairings.everything(tx) if one.held is not None]
    return ((links.one(tx, one.link_id), one) for one in paired)
