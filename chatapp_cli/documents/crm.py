"""Links to CRMs, pairings, and what CRMs are owed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.crm.letter import said
from chatapp_cli.domain.moment import iso
from chatapp_cli.i18n import show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.services import crm_cards, crm_event_form, pairings, words

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.letter import SupportLetter
    from chatapp_cli.domain.crm.link import Card, Place
    from chatapp_cli.domain.crm_manifest import CrmManifest
    from chatapp_cli.services.crm_cards import DialogInCrm, OwnerThere
    from chatapp_cli.services.crm_people import PersonThere
    from chatapp_cli.services.link_access import LinkAccess
    from chatapp_cli.store.rows.crm import (
        CrmDeadRow,
        CrmPutOffRow,
        ImportRow,
        LinkRow,
        PairingRow,
        ShownEntryRow,
    )
    from chatapp_cli.store.rows.robots import RunRow


def link(row: LinkRow, paired: Sequence[PairingRow]) -> Mapping[str, Any]:
    """A link with its pairings, without secrets."""
    why, step = words.why_there(manifest(row.kind), row.id, row.code, row.detail) if row.code else (None, None)
    return {
        "id": row.id,
        "kind": row.kind,
        "account": row.account,
        "title": row.title,
        "state": row.state,
        "code": row.code,
        "why": show(why) or None,
        "next_step": show(step) or None,
        "since": iso(row.state_since),
        "look_at": iso(row.look_at),
        "proof_at": iso(row.proof_at),
        "gap_from": iso(row.gap[0] if row.gap else None),
        "gap_until": iso(row.gap_until),
        "waiting": row.waiting,
        "oldest": iso(row.oldest),
        "dead": row.dead,
        "refused": row.refused,
        "dead_letters": row.letters,
        "ending_since": iso(row.ending_since),
        "put_off": row.put_off,
        "put_off_since": iso(row.put_off_since),
        "one_way": manifest(row.kind).one_way_of(row.settings) is not None,
        "facts": dict(row.facts),
        "pairings": [pairing(one, manifest(row.kind)) for one in paired],
    }


def access(found: LinkAccess) -> Mapping[str, Any]:
    """How far the CRM lets a link in."""
    lacks = [
        {"name": one.name, "what": show(one.what), "next_step": show(one.next_step) or None} for one in found.lacks
    ]
    return {"access_until": iso(found.until), "lacks": lacks}


def pairing(row: PairingRow, about: CrmManifest) -> Mapping[str, Any]:
    """A pairing with its effective options."""
    return {
        "id": row.id,
        "line": row.line,
        "channel": row.channel_id,
        "kind": row.kind,
        "title": row.channel,
        "place": row.place,
        "place_name": row.place_name,
        "makes": row.makes or None,
        "pipeline": row.pipeline or None,
        "active": bool(row.active),
        "code": row.code,
        "detail": row.detail,
        "waits": row.held is not None,
        "options": dict(pairings.options(about, row)),
    }


def place(one: Place) -> Mapping[str, Any]:
    """What a channel can be paired with."""
    return {
        "id": one.id,
        "name": one.name,
        "active": one.active,
        "warnings": list(one.warnings),
        "mends": dict(one.mends),
        "makes": one.makes or None,
        "pipeline": one.pipeline or None,
    }


def employee(one: PersonThere) -> Mapping[str, Any]:
    """Somebody who works in the CRM, or did, and which operator they are here by what."""
    return {
        "id": one.employee.id,
        "name": one.employee.name,
        "email": one.employee.email,
        "operator": one.operator or None,
        "by": one.way or None,
        "left_at": iso(one.left_at or None),
    }


def cards(found: DialogInCrm, bound: Sequence[Card]) -> Mapping[str, Any]:
    """The cards of a dialog in one CRM, or why there are none."""
    why, step = (None, None) if bound else crm_cards.why_none(manifest(found.link.kind), found)
    return {
        "link": found.link.id,
        "crm": found.link.title,
        "cards": [card(one) for one in bound],
        "responsible": None if found.owner is None else _owner(found.owner),
        "code": "" if bound else found.code,
        "why": show(why) or None,
        "next_step": show(step) or None,
    }


def _owner(one: OwnerThere) -> Mapping[str, Any]:
    """Who is responsible there, and how that was last brought together with who answers here."""
    return {
        "employee": one.employee,
        "operator": one.operator or None,
        "way": one.way,
        "card": one.card or None,
        "at": iso(one.at),
    }


def card(one: Card) -> Mapping[str, Any]:
    """A card of a CRM."""
    return {
        "card": f"{one.kind}:{one.id}",
        "kind": one.kind,
        "id": one.id,
        "title": one.title,
        "pipeline": one.pipeline,
        "stage": one.stage,
        "responsible": one.responsible,
        "url": one.url,
    }


def entry(row: ShownEntryRow, run: RunRow | None) -> Mapping[str, Any]:
    """Something that a CRM is owed, and the run of a robot whose end it tells."""
    return {
        "id": row.id,
        "link": row.link_id,
        "dialog": row.dialog_id,
        "message": row.message_id,
        "act": row.act,
        "state": row.state,
        "doubtful": bool(row.doubtful),
        "tries": row.tries,
        "not_before": iso(row.not_before),
        "code": row.code,
        "detail": row.detail,
        "since": iso(row.created_at),
        "text": row.text,
        "run": None if run is None else run.id,
        "robot": None if run is None else run.robot,
        "card": None if run is None else run.card or None,
    }


def dead_letter(row: CrmDeadRow) -> Mapping[str, Any]:
    """An event of a CRM that could not be used."""
    return {
        "id": row.id,
        "link": row.link_id,
        "event": row.provider_id,
        "problem": show(row.problem),
        "at": iso(row.at),
    }


def put_off(row: CrmPutOffRow) -> Mapping[str, Any]:
    """An event of a CRM that could not be used yet, and is tried again."""
    kind = crm_event_form.kind_of(row.event)
    return {
        "id": row.id,
        "what": "" if kind is None else kind.__name__,
        "problem": show(row.problem),
        "tries": row.tries,
        "next_at": iso(row.next_at),
        "at": iso(row.at),
    }


def letter(one: SupportLetter, icon: str = "") -> Mapping[str, Any]:
    """A letter to the support of a CRM; ``icon``: the file in which its picture is already."""
    return {
        "subject": show(one.subject),
        "text": one.written(show),
        "facts": {name: said(fact.value, show) or None for name, fact in one.facts.items()},
        "icon": one.icon or None,
        "lacking": [show(words) for words in one.left_to_do(icon)],
    }


def history(row: ImportRow) -> Mapping[str, Any]:
    """How far the messages from before a pairing are shown."""
    return {
        "pairing": row.pairing_id,
        "link": row.link_id,
        "channel": row.channel_id,
        "total": row.total,
        "shown": row.shown,
        "waiting": row.waiting,
        "refused": row.refused,
        "running": row.goes_on,
        "done": row.is_done,
        "since": iso(row.since or None),
        "asked_at": iso(row.at),
    }
