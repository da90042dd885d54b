"""Two dialogs that turn out to be one: the old one becomes part of the other.

All that the list shows of them is joined at once, with the newest messages. Older ones follow in pieces, one for each
time that a timer fires, so that nobody waits long for the writer. Until then the old dialog holds the rest: under a key
that no provider uses, at the address of the other one, and with nothing that calls for attention. Whatever happens
there meanwhile is joined with the next piece.
"""

from __future__ import annotations

from typing import NamedTuple

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.dialogs import DialogMoved
from chatapp_cli.domain.preview import preview
from chatapp_cli.services import alterations, timers
from chatapp_cli.store.tx import Tx

KIND = "join"
"""The timer that moves the next piece; the statements know it too."""
PIECE = 1000
"""Messages moved in one transaction: 8 milliseconds on SQLite, 30 on PostgreSQL."""

_JOINED_AT_ONCE = (
    "joining.absorb",
    "joining.last",
    "joining.label",
    "joining.outbox",
    "joining.tags",
    "joining.members",
    "joining.notes",
    "joining.unread",
    "joining.drafts",
    "chats.join",
    "chats.joinentries",
    "joining.acts",
    "joining.answers",
    "joining.stages",
)
"""What is joined at once."""
_DROP_COPIES = (
    "joining.drop_tags",
    "joining.drop_members",
    "joining.drop_drafts",
    "joining.drop_unread",
    "joining.drop_stages",
)
"""Removes what was copied, so that it is joined only once."""
_MOVE_MESSAGES = ("joining.drop_known", "joining.parts", "joining.attempts", "joining.messages")


class _Place(NamedTuple):
    """The place of a message in its dialog."""

    at: Millis
    id: MessageId


_FIRST, _LAST = _Place(0, MessageId(0)), _Place(2**62, MessageId(2**62))


def join(tx: Tx, old: DialogId, new: DialogId, *, most: int = PIECE) -> bool:
    """Make a dialog part of another one, with at most so many messages now; tells whether that was all of it."""
    for rest in _rest_of(tx, old):
        timers.cancel(tx, KIND, f"{rest} {old}")
        _schedule_rest(tx, rest, new)
    since = tx.one(_Place, "joining.newest", old=old, skip=most - 1) or _FIRST
    _replace_placeholders(tx, old, new, since, _LAST)
    _forget_answered_waits(tx, old, new)
    _forget_answered_waits(tx, new, old)
    for statement in _JOINED_AT_ONCE:
        tx.run(statement, old=old, new=new)
    _move(tx, old, new, since, _LAST)
    if tx.value("joining.left", old=old) is None:
        tx.run("joining.drop", id=old)
        return True
    tx.run("joining.empty", old=old, key=f"joined:{old}")
    for statement in _DROP_COPIES:
        tx.run(statement, old=old)
    _schedule_rest(tx, old, new)
    return False


def go_on(tx: Tx, ref: str, *, most: int = PIECE) -> None:
    """Move the next piece of an unfinished join; the timer's handler."""
    old, new = _dialogs(ref)
    target: tuple[ChannelId, str] | None = tx.one(lambda *row: row, "joining.target", old=old, new=new)
    if target is None:  # their channel was unbound
        return
    channel, key = target
    whole = join(tx, old, new, most=most)
    alterations.let_happen(tx, channel, key)
    if whole:
        tx.emit(DialogMoved(channel=channel, dialog=new, old=old), actor=PROGRAM)


def move_early(tx: Tx, channel: ChannelId, dialog: DialogId, ext_id: str) -> None:
    """Move a message before its turn, because the provider speaks of it."""
    for rest in _rest_of(tx, dialog):
        place = tx.one(_Place, "joining.one", channel=channel, old=rest, ext_id=ext_id)
        if place is not None:
            _replace_placeholders(tx, rest, dialog, place, place)
            _move(tx, rest, dialog, place, place)


def readdress(tx: Tx, dialog: DialogId) -> None:
    """Let what is still to be joined to a dialog have its new address too."""
    for rest in _rest_of(tx, dialog):
        _schedule_rest(tx, rest, dialog)


def _rest_of(tx: Tx, dialog: DialogId) -> list[DialogId]:
    """The dialogs of which messages are still to be moved to this one."""
    return [old for old, new in map(_dialogs, tx.all(str, "joining.refs")) if new == dialog]


def _dialogs(ref: str) -> tuple[DialogId, DialogId]:
    old, new = ref.split()
    return DialogId(int(old)), DialogId(int(new))


def _schedule_rest(tx: Tx, old: DialogId, new: DialogId) -> None:
    """Have the rest of a dialog moved to another, at whose address it is answered until then."""
    tx.run("joining.address", old=old, new=new)
    timers.put(tx, KIND, f"{old} {new}", tx.now, keeps_hour=False)


def _move(tx: Tx, old: DialogId, new: DialogId, since: _Place, until: _Place) -> None:
    """Move messages with what belongs to each; those that the other dialog has too are dropped."""
    for statement in _MOVE_MESSAGES:
        tx.run(statement, old=old, new=new, at=since.at, id=since.id, until_at=until.at, until_id=until.id)


def _replace_placeholders(tx: Tx, old: DialogId, new: DialogId, since: _Place, until: _Place) -> None:
    """Replace placeholders in one dialog by the messages of the other."""
    found = tx.all(
        lambda *row: row,
        "joining.stood_for",
        old=old,
        new=new,
        at=since.at,
        id=since.id,
        until_at=until.at,
        until_id=until.id,
    )
    for placeholder, message, text in found:
        tx.run("messages.drop", id=placeholder)
        tx.run("dialogs.last_becomes", id=new, old=placeholder, new=message)
        tx.run("dialogs.preview", id=new, message=message, preview=preview(text, []))


def _forget_answered_waits(tx: Tx, waiting: DialogId, other: DialogId) -> None:
    """Let a client wait only for what came after the last answer that a person wrote in the other dialog."""
    found = tx.one(lambda *row: row, "joining.answer_elsewhere", id=waiting, other=other)
    if found is None:
        return
    answer, author, later = found
    tx.run("joining.waits_since", id=waiting, answer=answer, later=later)
    if not later:
        tx.run("unread.read", operator=author, dialog=waiting)
