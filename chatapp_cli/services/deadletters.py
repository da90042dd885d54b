"""What could not be understood when it arrived: seen by a person, and taken again after a repair."""

from __future__ import annotations

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.text import T
from chatapp_cli.store.rows import ArrivedRow
from chatapp_cli.store.tx import Tx


def everything(tx: Tx, *, n: int = 100) -> list[ArrivedRow]:
    """The newest dead letters first."""
    return tx.all(ArrivedRow, "arrived.dead", n=n)


def count(tx: Tx) -> int:
    """How many there are."""
    number: int = tx.value("arrived.dead_count")
    return number


def one(tx: Tx, number: int) -> ArrivedRow:
    """A raw arrival by its number."""
    found = tx.one(ArrivedRow, "arrived.one", id=number)
    if found is None:
        raise NotFound(T("There is no arrival {n}.", n=number), T("See them with: chatapp deadletter list"))
    return found


def forget(tx: Tx, number: int, *, actor: str) -> None:
    """Drop a dead letter that nobody needs."""
    letter = one(tx, number)
    if not tx.run("arrived.forget", id=number):
        raise NotFound(T("Arrival {n} is not a dead letter.", n=number))
    tx.tell("arrived.forgotten", actor=actor, channel=letter.channel_id, arrived=number, problem=letter.problem)
