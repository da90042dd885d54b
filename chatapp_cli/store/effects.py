"""What has to stand or fall with an event: run by ``Tx.emit`` in the transaction that writes it.

An effect inserts and changes rows and does nothing else, for the transaction may be run twice. It refuses nothing:
one that raises is a mistake of ours, and what happened is stored all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from chatapp_cli.domain.journal.base import JournalEvent
    from chatapp_cli.store.tx import Tx

E = TypeVar("E", bound="JournalEvent")


class Effect(NamedTuple):
    """One effect, by the name under which health tells of it."""

    name: str
    run: Callable[[Tx, Any], None]


Table: TypeAlias = Mapping[type["JournalEvent"], Sequence[Effect]]
NONE: Table = MappingProxyType({})


def effect(kind: type[E], name: str, run: Callable[[Tx, E], None]) -> tuple[type[JournalEvent], Effect]:
    """Pair an effect with the type of event that it takes; types below that one are not meant."""
    return kind, Effect(name, run)


def table(*effects: tuple[type[JournalEvent], Effect]) -> Table:
    """All effects by the type of their event, in order."""
    found: dict[type[JournalEvent], tuple[Effect, ...]] = {}
    for kind, one in effects:
        found[kind] = (*found.get(kind, ()), one)
    return MappingProxyType(found)


class EffectFailed(Exception):
    """An effect raised: the transaction is to be run again, with each effect behind a savepoint of its own."""


class Effects:
    """The effects of a store, and which of them fail.

    They run bare where many jobs share a transaction, for a savepoint costs; one that is known to fail never does.
    """

    def __init__(self, table: Table = NONE) -> None:
        self.table = table
        self.broken: dict[str, str] = {}
        """Those that fail, and why they did so last; kept in the store as well, for other processes."""
        self.tell: Callable[[str, str], None] = lambda _name, _why: None
        """Called with a name when an effect begins to fail, and why, and with an empty reason when it works again."""
        self._known = False
        self._suspects: set[str] = set()
        """Those that ever failed, as far as this process knows: a healing may have been rolled back with its event."""

    def run(self, tx: Tx, found: Sequence[Effect], event: JournalEvent, *, guarded: bool) -> None:
        """Let the effects of an event happen. Raises EffectFailed if one raises and stands behind no savepoint."""
        if not self._known:
            self.broken.update(tx.all(lambda *row: row, "effects.broken"))
            self._suspects.update(self.broken)
            self._known = True
        for one in found:
            if guarded or one.name in self._suspects:
                self._run_guarded(tx, one, event)
            else:
                _run_bare(tx, one, event)

    def _run_guarded(self, tx: Tx, one: Effect, event: JournalEvent) -> None:
        try:
            with tx.savepoint("effect"):
                one.run(tx, event)
        except EffectFailed:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an effect stumbles over, what happened is stored
            self._broke(tx, one.name, f"{type(error).__name__}: {error}")
        else:
            self._worked(tx, one.name)

    def _broke(self, tx: Tx, name: str, why: str) -> None:
        """A full disk or a lost connection fails here once more, and takes the transaction with it."""
        tx.run("effects.broke", name=name, at=tx.now, why=why)
        if name not in self.broken:
            self.tell(name, why)
        self.broken[name] = why
        self._suspects.add(name)

    def _worked(self, tx: Tx, name: str) -> None:
        if name in self._suspects:
            tx.run("effects.healed", name=name)
        if self.broken.pop(name, None) is not None:
            self.tell(name, "")


def _run_bare(tx: Tx, one: Effect, event: JournalEvent) -> None:
    try:
        one.run(tx, event)
    except EffectFailed:
        raise
    except Exception as error:  # whatever it is, the job is run again with each effect behind a savepoint
        raise EffectFailed(one.name) from error
