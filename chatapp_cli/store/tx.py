"""A transaction: runs named statements, returns their results as values, and emits events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from chatapp_cli.domain.access import EFFECT
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.journal.base import JournalEvent, stored
from chatapp_cli.store.named import Statement

if TYPE_CHECKING:
    from chatapp_cli.domain.access import Acting
    from chatapp_cli.store.visibility import Visibility

T = TypeVar("T")


class Cursor(Protocol):
    """The part of the DBAPI cursor that is used."""

    @property
    def rowcount(self) -> int:
        """Rows changed."""
        ...

    @property
    def description(self) -> Any:
        """The columns of the result, each with its name first."""
        ...

    def fetchone(self) -> Any:
        """The next row, if any."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """The rows, one at a time."""
        ...


class Connection(Protocol):
    """The part of sqlite3's and psycopg's connections that is used."""

    def execute(self, sql: Any, params: Any = ..., /) -> Cursor:
        """Run a statement."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class ManyRows(Protocol):
    """How a database inserts rows, one at a time or many."""

    dialect: str
    """``sqlite`` or ``postgresql``."""

    def inserted(self, cursor: Any) -> int | None:
        """The id of the row that a cursor just inserted, if any."""
        ...

    def unanswered(self, connection: Any) -> AbstractContextManager[object]:
        """Statements in it are sent without waiting for the answer to each; none may be asked for its answer."""
        ...

    def run_for_each(self, connection: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement with each of these parameters, in order."""
        ...

    def insert_each(self, connection: Any, sql: str, rows: Sequence[Sequence[Any]]) -> list[int | None]:
        """Insert each of these rows, in order; the id of each, ``None`` for one that exists already."""
        ...


class Consequences(Protocol):
    """The effects of events; see ``store.effects``."""

    @property
    def table(self) -> Mapping[type[JournalEvent], Sequence[Any]]:
        """The effects by the type of their event."""
        ...

    def run(self, tx: Tx, found: Sequence[Any], event: JournalEvent, *, guarded: bool) -> None:
        """Let these happen."""
        ...


class Tx:
    """A transaction: all of its statements take effect or none."""

    __slots__ = (
        "_connection",
        "_effects",
        "_execute",
        "_guarded",
        "_many",
        "_statements",
        "_visibility",
        "acting",
        "now",
    )

    def __init__(
        self,
        connection: Connection,
        statements: Mapping[str, Statement],
        now: Millis,
        many: ManyRows,
        effects: Consequences | None = None,
        *,
        guarded: bool = False,
    ) -> None:
        """``guarded`` puts each effect behind a savepoint, so that an error in one undoes nothing else."""
        self._connection = connection
        self._execute = connection.execute
        self._statements = statements
        self._many = many
        self._effects = effects
        self._guarded = guarded
        self._visibility: Visibility | None = None
        self.acting: Acting | None = None
        """Who acts; ``None``: nobody said so, and no right can be asked for."""
        self.now = now
        """The time of this transaction, milliseconds."""

    def through(self, visibility: Visibility | None, acting: Acting | None = None) -> Tx:
        """The same transaction, showing what is visible (``None``: everything), by another actor if one is given."""
        seen = Tx.__new__(Tx)
        # One by one, for every arrival is taken by a copy: a loop over the slots takes three times as long.
        seen._connection, seen._execute, seen._many = self._connection, self._execute, self._many
        seen._statements, seen._effects = self._statements, self._effects
        seen._guarded, seen.now = self._guarded, self.now
        seen.acting = acting or self.acting
        seen._visibility = visibility
        if visibility is not None:
            visibility.learn(self.columns)
        return seen

    def columns(self, table: str) -> list[str]:
        """The names of a table's columns, from the database."""
        return [str(column[0]) for column in self._execute(f"SELECT * FROM {table} LIMIT 0").description]

    def whole(self) -> Tx:
        """The same transaction, with nothing hidden."""
        return self.through(None)

    def by(self, acting: Acting) -> Tx:
        """The same transaction with this actor; what is visible stays as it is."""
        return self.through(self._visibility, acting)

    @property
    def dialect(self) -> str:
        """The dialect of the database: ``sqlite`` or ``postgresql``."""
        return self._many.dialect

    @property
    def name(self) -> str:
        """The actor's name; empty for a part of the program and without an actor."""
        return "" if self.acting is None else self.acting.signature

    def _do(self, name: str, params: Mapping[str, object]) -> Cursor:
        visibility, all_of = self._visibility, self._statements
        sql, pick = all_of[name] if visibility is None else visibility.statement(name, all_of)
        return self._execute(sql, pick(params))

    def insert(self, name: str, /, **params: object) -> Any:
        """Insert a row and return its id; ``None`` if it exists already."""
        return self._many.inserted(self._do(name, params))

    def insert_each(self, name: str, rows: Sequence[Mapping[str, object]]) -> list[int | None]:
        """Insert rows in order, which a server is asked to do at once; the id of each, ``None`` if it exists."""
        sql, pick = self._statements[name]
        return self._many.insert_each(self._connection, sql, [pick(row) for row in rows]) if rows else []

    def unanswered(self) -> AbstractContextManager[object]:
        """A part that waits for its answers at its end: a server gets all of its statements at once."""
        return self._many.unanswered(self._connection)

    def run_for_each(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Execute a statement that changes rows with each of these parameters, in order."""
        sql, pick = self._statements[name]
        if rows:
            self._many.run_for_each(self._connection, sql, [pick(row) for row in rows])

    def run(self, name: str, /, **params: object) -> int:
        """Execute a statement and return the number of changed rows."""
        return self._do(name, params).rowcount

    def value(self, name: str, /, **params: object) -> Any:
        """The first column of the first row, or ``None``."""
        row = self._do(name, params).fetchone()
        return None if row is None else row[0]

    def one(self, shape: Callable[..., T], name: str, /, **params: object) -> T | None:
        """The first row as a value, or ``None``."""
        row = self._do(name, params).fetchone()
        return None if row is None else shape(*row)

    def all(self, shape: Callable[..., T], name: str, /, **params: object) -> list[T]:
        """All rows as values."""
        return _shaped(shape, self._do(name, params).fetchall())

    def answers(self, *questions: tuple[Callable[..., Any], str, Mapping[str, object]]) -> list[list[Any]]:
        """All rows of several statements, each as values of its shape; a server is asked all of them at once."""
        with self.unanswered():
            cursors = [self._do(name, params) for _shape, name, params in questions]
        return [_shaped(shape, cursor.fetchall()) for (shape, _name, _), cursor in zip(questions, cursors, strict=True)]

    def compose(self, shape: Callable[..., T], sql: str, params: Mapping[str, object]) -> list[T]:
        """All rows of a statement that ``store`` composed from its own fragments."""
        seen = sql if self._visibility is None else self._visibility.sql(sql)
        return _shaped(shape, self._execute(seen, params).fetchall())

    def numbers(self, sql: str, params: Mapping[str, object]) -> Iterator[int]:
        """The first column of such a statement, row by row: a hundred thousand rows never exist at once."""
        seen = sql if self._visibility is None else self._visibility.sql(sql)
        return (row[0] for row in self._execute(seen, params))

    def trial(self) -> AbstractContextManager[None]:
        """A part that is rolled back alone, with its events, if a rule of ours refuses it."""
        return self.savepoint("trial", undone_by=ChatappError)

    @contextmanager
    def savepoint(self, name: str, *, undone_by: type[Exception] = Exception) -> Iterator[None]:
        """A part that is rolled back alone if it raises such an error, which is then raised again."""
        self._execute(f"SAVEPOINT {name}")
        try:
            yield
        except undone_by:
            self._execute(f"ROLLBACK TO SAVEPOINT {name}")
            self._execute(f"RELEASE SAVEPOINT {name}")
            raise
        self._execute(f"RELEASE SAVEPOINT {name}")

    def emit(self, event: JournalEvent, *, actor: str | None = None) -> None:
        """Append an event to the journal and run its effects, which see all of the store.

        Followers of the journal see it after the commit. It is recorded under the actor's name unless another is
        given: a provider's report has no actor, even if a person had it read again.
        """
        self._do("journal.append", self._appended(event, actor))
        if self._effects is not None and (found := self._effects.table.get(type(event))):
            self._effects.run(self.through(None, EFFECT), found, event, guarded=self._guarded)

    def emit_each(self, events: Sequence[tuple[JournalEvent, str | None]]) -> None:
        """Append events, each with the actor that ``emit`` takes, in order; those without effects at once."""
        if self._effects is not None and not self._effects.table.keys().isdisjoint(type(event) for event, _ in events):
            for event, actor in events:
                self.emit(event, actor=actor)
        else:
            self.run_for_each("journal.append", [self._appended(event, actor) for event, actor in events])

    def _appended(self, event: JournalEvent, actor: str | None) -> Mapping[str, object]:
        """The row of the journal."""
        return {
            "at": self.now,
            "topic": event.topic,
            "actor": self.name if actor is None else actor,
            "channel_id": event.channel,
            "dialog_id": event.dialog,
            "message_id": event.message,
            "data": stored(event),
        }


def _shaped(shape: Callable[..., T], rows: Sequence[tuple[Any, ...]]) -> list[T]:
    """Each row as a value; a named tuple with as many fields is made without its constructor, at a third."""
    fields = getattr(shape, "_fields", ())
    if rows and len(fields) == len(rows[0]):
        return list(map(partial(tuple.__new__, cast("type[Any]", shape)), rows))
    return [shape(*row) for row in rows]
