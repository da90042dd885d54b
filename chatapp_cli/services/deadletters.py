"""Dead letters: arrivals that could not be read; shown to a person, and retried after a fix."""

from __future__ import annotations

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.journal.messages import DeadLetterAsked, DeadLetterForgotten, DeadLetterRevived
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import access
from chatapp_cli.services.ingest import Ingested, apply
from chatapp_cli.store.rows.journal import ArrivedRow, DeadLetterRow
from chatapp_cli.store.tx import Tx


def everything(tx: Tx, *, n: int = 100) -> list[DeadLetterRow]:
    """The newest dead letters first."""
    return tx.all(DeadLetterRow, "deadletters.all", n=n)


def count(tx: Tx) -> int:
    """The number of dead letters."""
    number: int = tx.value("arrived.dead_count")
    return number


def one(tx: Tx, number: int) -> DeadLetterRow:
    """A dead letter by number. Raises NotFound, also for an arrival that was understood."""
    see = T("See them with: {how}", how=to_do(Next.DEAD_LETTERS))
    found = tx.one(DeadLetterRow, "deadletters.one", id=number)
    if found is None:
        raise NotFound(T("There is no arrival {n}.", n=number), see)
    if not found.problem:
        raise NotFound(T("Arrival {n} is not a dead letter.", n=number), see)
    return found


def of_message(tx: Tx, message: MessageId) -> DeadLetterRow:
    """What a message, or the placeholder of one, arrived as; ``problem`` is empty once that was understood.

    Raises NotFound if it did not arrive or that is gone.
    """
    found = tx.one(DeadLetterRow, "deadletters.of_message", message=message)
    if found is None:
        raise NotFound(T("How message {n} arrived is not in the store.", n=message))
    return found


def arrival(tx: Tx, letter: DeadLetterRow) -> ArrivedRow:
    """The same with its content, as far as that is not in a file. Raises NotFound if it is gone by now."""
    found = tx.one(ArrivedRow, "arrived.one", id=letter.id)
    if found is None:
        raise NotFound(T("There is no arrival {n}.", n=letter.id))
    return found


def revive(tx: Tx, letter: DeadLetterRow, arrival: Arrival) -> Ingested:
    """Apply a dead letter that can be read now. Raises Refused if it still cannot."""
    access.require(tx, Right.REPAIR)
    one(tx, letter.id)
    if arrival.problem:
        raise Refused(
            "still_dead",
            T("Dead letter {n} is still not understood: {problem}", n=letter.id, problem=arrival.problem),
            T("Look at it with: {how}", how=to_do(Next.DEAD_LETTER, n=letter.id)),
        )
    result = Ingested()
    apply(tx, letter.channel_id, arrival, letter.id, result)
    tx.run("arrived.revive", id=letter.id)
    tx.emit(DeadLetterRevived(channel=letter.channel_id, arrived=letter.id))
    return result


def ask_again(tx: Tx, letter: DeadLetterRow) -> Refused:
    """Have the provider asked now for what a dead letter stands for; returns what to tell the person.

    The channel's session begins anew for that, if it runs.
    """
    access.require(tx, Right.REPAIR)
    one(tx, letter.id)
    tx.run("channels.renew", id=letter.channel_id)
    tx.emit(DeadLetterAsked(channel=letter.channel_id, arrived=letter.id))
    return Refused(
        "asked_again",
        T("The provider has not handed it out yet. It is asked for it now, and then every hour."),
        T(
            "If the daemon does not run, it is asked when that starts. See whether it came: {how}",
            how=to_do(Next.DEAD_LETTERS),
        ),
    )


def delete(tx: Tx, number: int) -> None:
    """Delete a dead letter."""
    access.require(tx, Right.REPAIR)
    letter = one(tx, number)
    tx.run("arrived.forget", id=number)
    tx.emit(DeadLetterForgotten(channel=letter.channel_id, arrived=number, problem=letter.problem))
