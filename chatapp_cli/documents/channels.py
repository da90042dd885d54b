"""Lines, channels and their parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.health import ChannelState
from chatapp_cli.domain.moment import iso
from chatapp_cli.domain.template import gaps
from chatapp_cli.i18n import show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import alarms

if TYPE_CHECKING:
    from chatapp_cli.domain.buttons import ButtonLimits
    from chatapp_cli.domain.manifest import Manifest
    from chatapp_cli.ports.connector import Finding
    from chatapp_cli.services.account_pools import PoolAccount
    from chatapp_cli.services.standings import ChannelStanding
    from chatapp_cli.store.rows.alarms import AlarmRow
    from chatapp_cli.store.rows.channels import ApplicationRow, ChannelRow, LineRow, TemplateRow
    from chatapp_cli.store.rows.journal import DeadLetterRow


def line(row: LineRow, troubled: Sequence[ChannelStanding]) -> Mapping[str, Any]:
    """A line, and which of the given channels of it do not work at present."""
    mine = [one for one in troubled if one.channel.line_id == row.id]
    resting = [_rest(one.channel) for one in mine if one.state is ChannelState.RESTING]
    return {**row._asdict(), "resting": resting, "troubled": [_troubled(one) for one in mine]}


def _rest(row: ChannelRow) -> Mapping[str, Any]:
    return {
        "channel": row.id,
        "title": row.title,
        "until": iso(row.paused_until),
        "code": row.paused_code,
        "detail": row.paused_detail,
    }


def _troubled(one: ChannelStanding) -> Mapping[str, Any]:
    return {"channel": one.channel.id, "title": one.channel.title, **standing(one)}


def standing(one: ChannelStanding) -> Mapping[str, Any]:
    """What a channel does now, until when, why, and what to do."""
    return {
        "standing": one.state.value,
        "until": iso(one.until),
        "why": show(one.why) or None,
        "next_step": show(one.next_step) or None,
    }


def bound_to(row: LineRow, channels: Sequence[ChannelStanding]) -> Mapping[str, Any]:
    """A line with its channels."""
    return {**row._asdict(), "channels": [channel(one) for one in channels]}


def channel(one: ChannelStanding) -> Mapping[str, Any]:
    """A bound channel, without secrets."""
    row = one.channel
    return {
        "id": row.id,
        "line": row.line,
        "kind": row.kind,
        "source_id": manifest(row.kind).source_id,
        "account": row.account,
        "title": row.title,
        "standing": one.state.value,
        "health": row.health,
        "health_code": row.health_code,
        "health_detail": row.health_detail,
        "health_since": iso(row.health_since),
        "look_at": iso(row.look_at),
        "proof_at": iso(row.proof_at),
        "paused_until": iso(row.paused_until),
        "paused_code": row.paused_code,
        "paused_detail": row.paused_detail,
        "strangers_until": iso(row.strangers_until),
        "facts": dict(row.facts),
        "settings": dict(row.settings),
    }


def kind(one: Manifest) -> Mapping[str, Any]:
    """A kind of channel and its capabilities."""
    return {
        "source_id": one.source_id,
        "kind": one.kind,
        "title": show(one.title),
        "summary": show(one.summary),
        "limits": [show(limit) for limit in one.limits],
        "fields": [field.name for field in one.fields],
        "capabilities": {**asdict(one.capabilities), "buttons": _buttons(one.capabilities.buttons)},
    }


def _buttons(limits: ButtonLimits) -> Mapping[str, Any]:
    return {**limits._asdict(), "chats": list(limits.chats)}


def finding(one: Finding, **more: object) -> Mapping[str, Any]:
    """A finding of a check, after the keys that say what was checked."""
    return {
        **more,
        "name": one.name,
        "ok": one.ok,
        "what": show(one.what),
        "next_step": show(one.next_step) or None,
    }


def invitation(accounts: Sequence[PoolAccount]) -> Mapping[str, Any]:
    """The account that the next client should write to, and its whole pool."""
    pool = [
        {"channel": one.channel.id, "title": one.channel.title, "link": one.link, "takes": one.takes, "new": one.new}
        for one in accounts
    ]
    return {**pool[0], "accounts": pool}


def template(row: TemplateRow) -> Mapping[str, Any]:
    """A template that a provider has to approve."""
    return {
        "channel": row.channel_id,
        "name": row.name,
        "language": row.language,
        "category": row.category,
        "state": row.state,
        "text": row.body,
        "gaps": list(gaps(row.body)),
        "reason": row.reason,
        "updated_at": iso(row.updated_at),
    }


def application(row: ApplicationRow) -> Mapping[str, Any]:
    """An application to a provider."""
    return {
        "id": row.id,
        "line": row.line,
        "kind": row.kind,
        "state": row.state,
        "applicant": row.title,
        "document": row.document_name,
        "reason": row.reason,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def filled_in(row: ApplicationRow, answers: Mapping[str, str]) -> Mapping[str, Any]:
    """An application with its form."""
    return {**application(row), "answers": dict(answers)}


def alarm(one: AlarmRow) -> Mapping[str, Any]:
    """Something that a person has to know of."""
    return {
        "kind": one.kind,
        "ref": one.ref,
        "channel": one.channel_id,
        "since": iso(one.since),
        "told_at": iso(one.told_at),
        "what": show(alarms.sentence(one)),
        "next_step": show(alarms.next_step(one)) or None,
    }


def dead_letter(one: DeadLetterRow) -> Mapping[str, Any]:
    """An arrival that could not be read."""
    return {
        "id": one.id,
        "at": iso(one.at),
        "channel": one.channel_id,
        "provider_id": one.provider_id,
        "problem": one.problem,
        "who": one.who,
        "dialog": one.dialog_id,
    }


def raw_letter(one: DeadLetterRow, raw: str) -> Mapping[str, Any]:
    """The same with the raw content."""
    return {**dead_letter(one), "raw": raw}


def group(dialog: int, address: str, missing: Mapping[str, str]) -> Mapping[str, Any]:
    """A created or changed group, and the people who could not be added or removed, with codes."""
    return {"dialog": dialog, "address": address, "missing": missing}
