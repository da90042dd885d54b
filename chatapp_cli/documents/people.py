"""Clients, their contacts, and where they can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.moment import iso
from chatapp_cli.i18n import show

if TYPE_CHECKING:
    from chatapp_cli.services.beginning import Outlook
    from chatapp_cli.services.persons import Person, Suggestion
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.people import ContactRow, WayRow


def contact(row: ContactRow) -> Mapping[str, Any]:
    """A contact, and the order in which its channels are tried."""
    return {**row._asdict(), "chain": row.chain.split(",") if row.chain else []}


def person(known: Person) -> Mapping[str, Any]:
    """A client with all contacts and dialogs."""
    contacts = [{**contact(one), "dialogs": [_way(way) for way in known.ways_of(one.id)]} for one in known.contacts]
    return {"id": known.id, "name": known.name, "contacts": contacts}


def _way(way: WayRow) -> Mapping[str, Any]:
    times = {name: iso(getattr(way, name)) for name in ("heard_at", "last_at")}
    flags = {name: bool(getattr(way, name)) for name in ("blocked", "reachable")}
    return {**way._asdict(), **times, **flags, "chat_id": way.address}


def suggestion(one: Suggestion) -> Mapping[str, Any]:
    """Two contacts who may be one person."""
    reasons = [{"kind": reason.kind, "shared": reason.shared} for reason in one.reasons]
    return {"one": person(one.one), "other": person(one.other), "reasons": reasons}


def outlook(one: Outlook) -> Mapping[str, Any]:
    """What would happen to a first message through one channel."""
    return {
        "channel": one.channel.id,
        "kind": one.channel.kind,
        "title": one.channel.title,
        "taken_for": one.kind,
        "address": one.address,
        "dialog": one.dialog.id if one.dialog else None,
        "template_only": one.template,
        "code": one.refusal.code if one.refusal else "",
        "why": show(one.refusal.what) if one.refusal else "",
        "goes_at": iso(one.turn.at) if one.turn.at else None,
        "waits_for": one.turn.reason,
        "stopped": one.stopped,
    }


def answer(row: ChannelRow, found: Mapping[str, str] | ChatappError | None) -> Mapping[str, Any]:
    """A messenger's answer to a look-up of a person; an error if it did not answer."""
    about = {"channel": row.id, "kind": row.kind, "title": row.title}
    if isinstance(found, ChatappError):
        return {**about, "found": None, "error": show(found.what)}
    return {**about, "found": found is not None, **(found or {})}
