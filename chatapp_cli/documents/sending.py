"""Waiting messages, failed messages, and the outcome of a mailing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.moment import iso
from chatapp_cli.i18n import show
from chatapp_cli.services import waiting as waits

if TYPE_CHECKING:
    from chatapp_cli.services.mailing import Going, Mailing
    from chatapp_cli.store.rows.dialogs import WaitingRow
    from chatapp_cli.store.rows.messages import TroubledRow


def waiting(row: WaitingRow, code: str, why: str, standing: str) -> Mapping[str, Any]:
    """A waiting message, the reason as a code and as text, and what its channel does."""
    return {
        "message": row.message_id,
        "dialog": row.dialog_id,
        "channel": row.channel_id,
        "action": row.action,
        "state": row.state,
        "standing": standing,
        "goes_at": iso(waits.goes_at(row)),
        "code": code,
        "why": why,
        "attempts": row.attempts,
        "person": row.person,
        "address": row.address,
    }


def troubled(row: TroubledRow, why: str) -> Mapping[str, Any]:
    """An uncertain or failed message, and the reason as text."""
    return {
        "message": row.id,
        "dialog": row.dialog_id,
        "channel": row.channel_id,
        "action": "send",
        "state": row.state,
        "at": iso(row.at),
        "code": row.code,
        "why": why,
        "person": row.person,
        "address": row.address,
    }


def undelivered(row: TroubledRow, why: str, next_step: str) -> Mapping[str, Any]:
    """An uncertain, failed or late message, or one whose copy failed: why, what to do, and the server's own words."""
    return {**troubled(row, why), "name": row.name, "detail": row.detail, "next_step": next_step}


def mailing(found: Mailing, *, seconds: int, dry: bool) -> Mapping[str, Any]:
    """The outcome of a mailing; ``seconds`` is its duration at the channels' rates."""
    return {
        "dry_run": dry,
        "recipients": [_going(one, dry=dry) for one in found.going],
        "bad": [{"to": one.to.address, "line": one.to.line or None, "why": show(one.why.what)} for one in found.bad],
        "twice": found.again,
        "messages": len(found.new),
        "parts": sum(one.parts for one in found.new),
        "cost": None if found.cost is None else str(found.cost),
        "seconds": seconds,
    }


def _going(one: Going, *, dry: bool) -> Mapping[str, Any]:
    return {
        "to": one.to.address,
        "message": None if dry and not one.before else one.message,
        "dialog": None if dry and one.fresh else one.dialog,
        "name": one.name,
        "new": one.fresh,
        "before": one.before,
        "channel": one.channel.id,
        "kind": one.channel.kind,
        "characters": one.characters,
        "parts": one.parts,
        "encoding": one.alphabet,
        "cost": None if one.cost is None else str(one.cost),
        "goes_at": iso(one.turn.at) if one.turn.at else None,
        "waits_for": one.turn.reason,
    }
