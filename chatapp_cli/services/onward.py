"""A failed message goes on by the rest of its chain: the next message is accepted as any other is, once."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.journal.chains import ChainEnded, Continued, HandedOn, LeftBehind
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.recipients import Recipients
from chatapp_cli.services import (
    acting,
    answer_buttons,
    chains,
    channels,
    composing,
    dialogs,
    sent_beside,
    state_changes,
)
from chatapp_cli.services.message_request import MessageRequest, ToChainRest
from chatapp_cli.services.routes import Able
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.services.transcript import message as message_of
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.store.tx import Tx


def continue_chain(tx: Tx, able: Able, message: MessageId) -> MessageId | None:
    """Continue a failed message in the rest of its chain, in its author's name; ``None`` if no channel can carry it."""
    chain = tx.value("chain.of", id=message)
    if not chain:
        return None
    tx.run("chain.put", id=message, chain="")
    rest = chains.ChainRest.from_json(chain)
    found = message_of(tx, message)
    options = SendOptions(
        key=chains.continuation_key(found.key or ""),
        origin=Origin(found.origin),
        priority=rest.priority,
    )
    beside = sent_beside.of(tx, message)
    copies = Recipients.parse(beside.recipients)
    text, below = answer_buttons.as_written(found.text, answer_buttons.of(tx, message))
    draft = Draft(
        text=text,
        buttons=below,
        subject=found.subject,
        files=_files(tx, message),
        cc=[one.address for one in copies.cc],
        bcc=[one.address for one in copies.bcc],
        called=[one for one in (*copies.cc, *copies.bcc) if one.name],
        signature=beside.signature,
        invitation=beside.answer,
        forwards=bool(beside.forwards),
        inherits_subject=not beside.typed_subject,
    )
    try:
        with tx.trial():
            request = MessageRequest(to=ToChainRest(rest.steps), draft=draft, options=options)
            into = composing.accept(acting.in_name_of(tx, found.author, Right.ANSWER), able, request)
    except (Refused, NotFound) as refusal:
        tx.emit(ChainEnded(dialog=found.dialog_id, message=message, why=chains.why(refusal)), actor=PROGRAM)
        state_changes.answer_failed(tx, message)
        return None
    _emit_handed_on(tx, able, found.id, into, draft)
    return into


def _emit_handed_on(tx: Tx, able: Able, message: MessageId, into: MessageId, draft: Draft) -> None:
    old, new = (dialogs.card(tx, message_of(tx, one).dialog_id) for one in (message, into))
    tx.emit(HandedOn(dialog=old.id, message=message, into=into), actor=PROGRAM)
    if left := _left_behind(able(channels.one(tx, new.channel_id)), draft):
        tx.emit(LeftBehind(dialog=old.id, message=message, what=left), actor=PROGRAM)
    tx.emit(Continued(dialog=new.id, message=into, before=message), actor=PROGRAM)


def _left_behind(can: Capabilities, draft: Draft) -> Sequence[str]:
    """What of a mail a channel does not carry, as ``words.LEFT_BEHIND`` calls it."""
    there = {
        "subject": bool(draft.subject) and not can.subject,
        "copies": bool(draft.cc or draft.bcc) and not can.copies,
        "signature": bool(draft.signature) and not can.signature_in,
        "invitation": draft.invitation is not None and not can.copies,
    }
    return [name for name, is_left in there.items() if is_left]


def _files(tx: Tx, message: MessageId) -> Sequence[StagedFile]:
    return tuple(
        StagedFile(name=file.name, mime=file.mime, size=file.size, sha256=file.sha256, kind=file.kind)
        for file in tx.all(FileRow, "files.of_message", message=message)
    )
