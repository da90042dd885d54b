"""The history of a message: raw arrival, stored data, attempts and delivery states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.services import auto_log, auto_silence, chains, dialogs, journal
from chatapp_cli.services.auto_silence import Silence
from chatapp_cli.services.transcript import TranscriptEntry, entry
from chatapp_cli.store.rows.automation import AutoActRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.journal import ArrivedRow
from chatapp_cli.store.rows.outbox import AttemptRow, OutboxRow
from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Life:
    """Everything stored about one message."""

    entry: TranscriptEntry
    dialog: DialogCard
    arrived: ArrivedRow | None
    attempts: Sequence[AttemptRow]
    waiting: Sequence[OutboxRow]
    news: Sequence[JournalEntry]
    said_before: Sequence[tuple[str, int]]
    """Earlier texts and when they were replaced."""
    acts: Sequence[AutoActRow] = ()
    """What rules wanted to do because of it, and what wrote it if a rule did."""
    silence: Sequence[Silence] = ()
    """Why rules made nothing of it."""


def life(tx: Tx, message: MessageId) -> Life:
    """Collect the history of a message. Raises NotFound."""
    (found,) = chains.with_onward(tx, [entry(tx, message)])
    return Life(
        entry=found,
        dialog=dialogs.card(tx, found.message.dialog_id),
        arrived=tx.one(ArrivedRow, "arrived.of_message", message=message),
        attempts=tx.all(AttemptRow, "attempts.of_message", message=message),
        waiting=tx.all(OutboxRow, "outbox.of_message", message=message),
        news=journal.of_message(tx, message),
        said_before=tx.all(lambda text, at: (text, at), "messages.revisions", id=message),
        acts=auto_log.of_message(tx, found.message),
        silence=auto_silence.of_message(tx, found.message),
    )
