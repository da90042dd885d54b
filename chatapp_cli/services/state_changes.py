"""What follows from a new state of a message of ours: its client waits again if it was an answer that failed."""

from __future__ import annotations

from typing import NamedTuple

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.journal.chains import Continued
from chatapp_cli.domain.journal.dialogs import AnswerAwaited
from chatapp_cli.domain.message import State
from chatapp_cli.services import journal
from chatapp_cli.store.tx import Tx


class _FailedAnswer(NamedTuple):
    """An answer that nobody got, and the wait that it had ended."""

    dialog: DialogId
    at: Millis
    since: Millis


def show(tx: Tx, dialog: DialogId, message: MessageId, state: State, *, before: str = "") -> None:
    """Show in its dialog the state that was written to a message. ``before``: the state that it had."""
    tx.run("dialogs.state", id=dialog, message=message, state=state)
    if state is State.FAILED:
        answer_failed(tx, message)
    elif before == State.FAILED:
        tx.run("duties.answered_after_all", message=message)


def answer_failed(tx: Tx, message: MessageId) -> None:
    """Let the client wait as long as they would without this answer, unless another channel is still to be tried.

    If a person answered later, the wait is over as long as that answer does not fail too. An answer that had gone
    through several channels also fails in the dialogs of those before.
    """
    tx = tx.whole()
    found = tx.one(_FailedAnswer, "duties.failed_answer", message=message)
    if found is not None:
        later = tx.value("duties.next_answer", dialog=found.dialog, at=found.at, message=message)
        if later is not None:
            tx.run("duties.ends_wait_too", id=later, since=found.since)
        elif tx.run("duties.waits_again", id=found.dialog, since=found.since):
            tx.emit(AnswerAwaited(dialog=found.dialog), actor=PROGRAM)
    for entry in journal.of_message(tx, message):
        if isinstance(entry.event, Continued):
            answer_failed(tx, MessageId(entry.event.before))
