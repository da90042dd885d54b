"""Dialogs, and what operators add to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.moment import iso

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import Millis
    from chatapp_cli.services.drafts import Unsent
    from chatapp_cli.store.rows.dialogs import DialogCard, DialogRow, MemberRow, NoteRow, PresenceRow
    from chatapp_cli.store.rows.messages import CallRow


def row(one: DialogRow) -> Mapping[str, Any]:
    """A line of the dialog list."""
    return {
        **one._asdict(),
        "author": one.author or "",
        "chat_id": one.address,
        "pinned": bool(one.pinned),
        "blocked": bool(one.blocked),
        "waiting_since": iso(one.waiting_since),
        "snoozed_until": iso(one.snoozed_until),
        "last_at": iso(one.last_at),
    }


def hit(one: DialogRow, *, near: bool) -> Mapping[str, Any]:
    """A dialog found by a search; ``near``: only the name is similar."""
    return {**row(one), "near": near}


def card(known: DialogCard, tags: Sequence[str], members: Sequence[MemberRow] = ()) -> Mapping[str, Any]:
    """A dialog with everything known about the client."""
    times = {name: iso(getattr(known, name)) for name in ("waiting_since", "snoozed_until", "last_at", "created_at")}
    flags = {name: bool(getattr(known, name)) for name in ("pinned", "blocked", "reachable")}
    return {
        **known._asdict(),
        **times,
        **flags,
        "chat_id": known.address,
        "tags": list(tags),
        "members": [one._asdict() for one in members],
    }


def note(one: NoteRow | CallRow) -> Mapping[str, Any]:
    """An operator's note; one with a mention also has the dialog's name."""
    return {**one._asdict(), "at": iso(one.at)}


def viewer(one: PresenceRow, now: Millis) -> Mapping[str, Any]:
    """An operator who has a dialog open."""
    return {"dialog_id": one.dialog_id, "operator": one.operator, "typing": one.typing_until > now}


def unsent(kept: Unsent) -> Mapping[str, Any]:
    """An operator's draft."""
    draft = kept.draft
    return {
        "text": draft.text,
        "subject": draft.subject,
        "files": [asdict(file) for file in draft.files],
        "reply_to": draft.reply_to,
        "edits": kept.edits,
        "cc": list(draft.cc),
        "bcc": list(draft.bcc),
        "buttons": list(draft.buttons),
    }
