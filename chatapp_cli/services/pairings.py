"""Pairings of channels with places of a CRM, such as open lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain import border, option
from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.crm.link import Account
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.health import Health
from chatapp_cli.domain.ids import ChannelId, LinkId, Millis, PairingId
from chatapp_cli.domain.journal.links import (
    PairingAccepted,
    PairingEnded,
    PairingEvent,
    PairingMade,
    PairingRefused,
)
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, channels, links
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import PairingRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.link import Place
    from chatapp_cli.domain.crm_manifest import CrmManifest

DETACHED_THERE = "detached_there"
_SECOND: Final[Millis] = 1000
"""How exactly CRMs tell moments."""
"""The code of a pairing that an administrator of the CRM ended."""
PLACE_GONE = "place_gone"
"""The code of a pairing whose place was deleted in the CRM."""


def everything(tx: Tx) -> list[PairingRow]:
    """All pairings that are known, also those that ended, by link."""
    return tx.all(PairingRow, "pairings.all")


def of_link(tx: Tx, link: LinkId) -> list[PairingRow]:
    """The active pairings of a link."""
    return [row for row in everything(tx) if row.link_id == link and row.active]


def one(tx: Tx, pairing: PairingId) -> PairingRow:
    """A pairing by number. Raises NotFound."""
    found = tx.one(PairingRow, "pairings.one", id=pairing)
    if found is None:
        raise NotFound(T("There is no pairing {n}.", n=pairing), T("See them with: {how}", how=to_do(Next.LINKS)))
    return found


def active(tx: Tx, link: LinkId, pairing: PairingId) -> PairingRow:
    """A pairing of a link by number. Raises NotFound for one that ended."""
    found = tx.one(PairingRow, "pairings.one", id=pairing)
    if found is None or not found.active or found.link_id != link:
        raise NotFound(T("The channel of this conversation is not paired now."), T("Pair it, and write once more."))
    return found


def of_channel(tx: Tx, link: LinkId, channel: ChannelId) -> PairingRow | None:
    """The pairing of a channel with a CRM, if it is active."""
    return next((row for row in of_link(tx, link) if row.channel_id == channel), None)


def fields_of(manifest: CrmManifest, kind: str) -> Sequence[Field]:
    """The options that a kind of channel has in a CRM."""
    there = manifest.channels.get(kind)
    names = set() if there is None else set(there.options)
    return [field for field in manifest.pairing_fields if field.name in names]


def options(manifest: CrmManifest, row: PairingRow) -> Mapping[str, str]:
    """The effective options of a pairing."""
    return {field.name: row.options.get(field.name, field.default) for field in fields_of(manifest, row.kind)}


def attach(
    tx: Tx, manifest: CrmManifest, link: LinkId, channel: ChannelRow, place: Place, changes: Mapping[str, str]
) -> PairingId:
    """Pair a channel with a place; what was written before does not go to the CRM.

    A channel that is paired already moves to the place, or only gets other options.
    """
    access.require(tx, Right.CRM)
    links.require_staying(links.one(tx, link))
    _require_known(manifest, channel)
    _require_authorised(channels.one(tx, channel.id))
    _require_free(tx, link, channel, place)
    before = next((row for row in everything(tx) if (row.link_id, row.channel_id) == (link, channel.id)), None)
    stored = _changed(manifest, channel.kind, {} if before is None else before.options, changes)
    values = {"spot": place.id, "place_name": border.name(place.name), "options": stored, **_made(place)}
    if before is None:
        number = _added(tx, link, channel, values)
    else:
        number = before.id
        tx.run("pairings.again", id=number, now=tx.now, **values)
        tx.run("holds.end", pairing=number)
    tx.emit(PairingMade(channel=channel.id, link=link, place=place.id))
    return number


def _added(tx: Tx, link: LinkId, channel: ChannelRow, values: Mapping[str, object]) -> PairingId:
    """A new pairing, under the number that the channel had in the same account by a link that was removed.

    The account's chats bear that number. No other pairing gets it: numbers are never given out again.
    """
    added: int = tx.insert("pairings.add", link=link, channel=channel.id, kind=channel.kind, now=tx.now, **values)
    tx.run("pairings.remembered", id=added)
    return next(row.id for row in everything(tx) if (row.link_id, row.channel_id) == (link, channel.id))


def configure(tx: Tx, manifest: CrmManifest, row: PairingRow, changes: Mapping[str, str]) -> None:
    """Change options of a pairing. Raises UsageError before any change."""
    access.require(tx, Right.CRM)
    found = one(tx, row.id)
    stored = _changed(manifest, found.kind, found.options, changes)
    where = {"spot": found.place, "place_name": found.place_name, "makes": found.makes, "pipeline": found.pipeline}
    tx.run("pairings.again", id=row.id, options=stored, now=tx.now, **where)
    tx.run("holds.end", pairing=row.id)
    tx.emit(PairingMade(channel=found.channel_id, link=found.link_id, place=found.place))


def places_told(tx: Tx, link: LinkId, places: Iterable[Place]) -> None:
    """The CRM told of places: note what it makes there of new clients."""
    for place in places:
        tx.run("pairings.makes", link=link, spot=place.id, **_made(place))


def _made(place: Place) -> Mapping[str, str]:
    return {"makes": place.makes, "pipeline": border.name(place.pipeline)}


def _changed(manifest: CrmManifest, kind: str, before: Mapping[str, str], changes: Mapping[str, str]) -> str:
    fields = {field.name: field for field in fields_of(manifest, kind)}
    for name, value in changes.items():
        if name not in fields:
            known = ", ".join(fields) or "–"
            raise UsageError(
                T("There is no option {name} here.", name=name), T("Options: {known}", known=known), field=name
            )
        fields[name].require_short(value)
        if value:
            option.decoded(fields[name], value)
    kept = {name: value for name, value in {**before, **changes}.items() if value}
    return json.dumps(kept, ensure_ascii=False)


def _require_known(manifest: CrmManifest, channel: ChannelRow) -> None:
    if channel.kind not in manifest.channels:
        raise Refused(
            "not_there",
            T("{title} has no counterpart in {crm}.", title=channel.title, crm=manifest.title),
            T("Kinds of channels that have one: {known}", known=", ".join(manifest.channels)),
        )


def _require_authorised(channel: ChannelRow) -> None:
    """A channel is paired once its account is bound and authorised (S-156)."""
    if channel.health == Health.NEEDS_REBIND:
        raise Refused(
            "not_authorised",
            T("The account of {title} is not authorised.", title=channel.title),
            T("Bind it again, then pair it: {how}", how=to_do(Next.BIND_AGAIN, kind=channel.kind)),
        )


def accounts(tx: Tx, manifest: CrmManifest) -> Sequence[Account]:
    """The bound and authorised channels that have a counterpart in a CRM."""
    return [
        Account(channel=row.id, kind=row.kind, name=f"{row.title} · {row.line}")
        for row in channels.everything(tx)
        if row.kind in manifest.channels and row.health != Health.NEEDS_REBIND
    ]


def _require_free(tx: Tx, link: LinkId, channel: ChannelRow, place: Place) -> None:
    other = tx.one(PairingRow, "pairings.at", link=link, kind=channel.kind, spot=place.id)
    if other is None or other.channel_id == channel.id:
        return
    if not other.active:
        tx.run("pairings.vacate", id=other.id)
        return
    raise Refused(
        "place_taken",
        T(
            "{place} has this kind of channel already: {title}, line {line}.",
            place=place.name,
            title=other.channel,
            line=other.line,
        ),
        T("Detach that one first, or choose another place."),
    )


def detach(tx: Tx, row: PairingRow) -> None:
    """End a pairing; what waits to be told is given up, what was mirrored stays known."""
    access.require(tx, Right.CRM)
    one(tx, row.id)
    _end(tx, row, "")


def detached_there(tx: Tx, link: LinkId, place: str, kind: str, *, at: Millis | None = None) -> None:
    """End the pairing of one kind of channel in a place, which an administrator of the CRM ended.

    Not one that was made after the moment ``at`` of the CRM's clock: what is told late is about the one before.
    """
    for row in in_place(tx, link, place):
        if row.kind == kind and not (at is not None and at + _SECOND <= row.since):
            _end(tx, row, DETACHED_THERE)


def in_place(tx: Tx, link: LinkId, place: str) -> list[PairingRow]:
    """The active pairings with a place."""
    return [row for row in of_link(tx, link) if row.place == place]


def _end(tx: Tx, row: PairingRow, code: str) -> None:
    if not tx.run("pairings.end", id=row.id, code=code):
        return
    tx.run("imports.halt", pairing=row.id, gone=1)
    tx.run("pairings.forget_entries", id=row.id)
    tx.run("holds.end", pairing=row.id)
    event = PairingEnded(channel=row.channel_id, link=row.link_id, place=row.place, code=code)
    if code:
        tx.emit(event, actor=PROGRAM)
    else:
        tx.emit(event)


def refused(tx: Tx, pairing: PairingId, code: str, detail: str) -> None:
    """Record why the CRM does not take a pairing; empty if it does."""
    detail = border.name(detail)
    if not tx.run("pairings.refuse", id=pairing, code=code, detail=detail):
        return
    row = one(tx, pairing)
    if code:
        event: PairingEvent = PairingRefused(channel=row.channel_id, link=row.link_id, code=code, detail=detail)
    else:
        event = PairingAccepted(channel=row.channel_id, link=row.link_id)
    tx.emit(event, actor=PROGRAM)
