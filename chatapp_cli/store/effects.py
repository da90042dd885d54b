"""Effects of events, which ``Tx.emit`` runs in the transaction of the event.

An effect only inserts and changes rows, because the transaction may run twice. It must not raise: an error in an
effect is a bug, and the event is stored regardless.
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
    """An effect with its name in health reports."""

    name: str
    run: Callable[[Tx, Any], None]


EffectTable: TypeAlias = Mapping[type["JournalEvent"], Sequence[Effect]]
NONE: EffectTable = MappingProxyType({})


def effect(kind: type[E], name: str, run: Callable[[Tx, E], None]) -> tuple[type[JournalEvent], Effect]:
    """Pair an effect with its type of event; subclasses are not included."""
    return kind, Effect(name, run)


def table(*effects: tuple[type[JournalEvent], Effect]) -> EffectTable:
    """All effects by type of event, in order."""
    found: dict[type[JournalEvent], tuple[Effect, ...]] = {}
    for kind, one in effects:
        found[kind] = (*found.get(kind, ()), one)
    return MappingProxyType(found)


class EffectFailed(Exception):
    """An effect raised: run the transaction again with each effect behind a savepoint."""


class Effects:
    """The effects of a store, and which of them are failing.

    Without savepoints, which cost time, if many jobs share a transaction; a failing effect always gets one.
    """

    def __init__(self, table: EffectTable = NONE) -> None:
        self.table = table
        self.broken: dict[str, str] = {}
        """Those that fail, and why they did so last; kept in the store as well, for other processes."""
        self.tell: Callable[[str, str], None] = lambda _name, _why: None
        """Called with a name when an effect begins to fail, and why, and with an empty reason when it works again."""
        self._known = False
        self._suspects: set[str] = set()
        """Those that ever failed, as far as this process knows: a healing may have been rolled back with its event."""

    def run(self, tx: Tx, found: Sequence[Effect], event: JournalEvent, *, guarded: bool) -> None:
        """Run the effects of an event. Raises EffectFailed if one raises without a savepoint."""
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
        """A full disk or a lost connection fails here again and aborts the transaction."""
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
