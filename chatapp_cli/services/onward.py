"""A failed message goes on by the rest of its chain: the next message is accepted as any other is, once."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.access import PROGRAM, Right, system
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.journal.chains import ChainEnded, Continued, HandedOn
from chatapp_cli.domain.message import Origin
from chatapp_cli.services import chains, composing
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
    draft = Draft(text=found.text, subject=found.subject, files=_files(tx, message))
    try:
        with tx.trial():
            request = MessageRequest(to=ToChainRest(rest.steps), draft=draft, options=options)
            into = composing.accept(tx.whole().by(system(found.author, Right.ANSWER)), able, request)
    except (Refused, NotFound) as refusal:
        tx.emit(ChainEnded(dialog=found.dialog_id, message=message, why=chains.why(refusal)), actor=PROGRAM)
        return None
    _emit_handed_on(tx, found.id, into)
    return into


def _emit_handed_on(tx: Tx, message: MessageId, into: MessageId) -> None:
    old, new = (message_of(tx, one).dialog_id for one in (message, into))
    tx.emit(HandedOn(dialog=old, message=message, into=into), actor=PROGRAM)
    tx.emit(Continued(dialog=new, message=into, before=message), actor=PROGRAM)


def _files(tx: Tx, message: MessageId) -> Sequence[StagedFile]:
    return tuple(
        StagedFile(name=file.name, mime=file.mime, size=file.size, sha256=file.sha256, kind=file.kind)
        for file in tx.all(FileRow, "files.of_message", message=message)
    )
