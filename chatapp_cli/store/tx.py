"""One transaction: named statements, their results as values, and the news it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.store.named import Statement

if TYPE_CHECKING:
    from chatapp_cli.store.lens import Lens

T = TypeVar("T")


class Cursor(Protocol):
    """As much of the DBAPI as is used."""

    @property
    def rowcount(self) -> int:
        """Rows changed."""
        ...

    @property
    def description(self) -> Any:
        """The columns of an answer, each with its name first."""
        ...

    def fetchone(self) -> Any:
        """The next row, if any."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows."""
        ...


class Connection(Protocol):
    """As much of sqlite3's and psycopg's connections as is used."""

    def execute(self, sql: Any, params: Any = ..., /) -> Cursor:
        """Run a statement."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class Tx:
    """Statements that become true together, or not at all."""

    __slots__ = ("_execute", "_inserted", "_lens", "_statements", "now")

    def __init__(
        self,
        connection: Connection,
        statements: Mapping[str, Statement],
        now: Millis,
        inserted: Callable[[Any], int | None],
    ) -> None:
        self._execute = connection.execute
        self._statements = statements
        self._inserted = inserted
        self._lens: Lens | None = None
        self.now = now
        """The time of this transaction, milliseconds."""

    def through(self, lens: Lens | None) -> Tx:
        """The same transaction as somebody sees it who does not see everything."""
        seen = copy(self)
        seen._lens = lens
        if lens is not None:
            lens.learn(self.columns)
        return seen

    def columns(self, table: str) -> list[str]:
        """The names of a table's columns, as the database tells them."""
        return [str(column[0]) for column in self._execute(f"SELECT * FROM {table} LIMIT 0").description]

    def _do(self, name: str, params: Mapping[str, object]) -> Cursor:
        lens, all_of = self._lens, self._statements
        sql, pick = all_of[name] if lens is None else lens.statement(name, all_of)
        return self._execute(sql, pick(params))

    def insert(self, name: str, /, **params: object) -> Any:
        """Add a row and return its id; ``None`` if it was there already."""
        return self._inserted(self._do(name, params))

    def run(self, name: str, /, **params: object) -> int:
        """Execute and return how many rows it changed."""
        return self._do(name, params).rowcount

    def value(self, name: str, /, **params: object) -> Any:
        """The first column of the first row, ``None`` without one."""
        row = self._do(name, params).fetchone()
        return None if row is None else row[0]

    def one(self, shape: Callable[..., T], name: str, /, **params: object) -> T | None:
        """The first row in its shape, ``None`` without one."""
        row = self._do(name, params).fetchone()
        return None if row is None else shape(*row)

    def all(self, shape: Callable[..., T], name: str, /, **params: object) -> list[T]:
        """All rows in their shape."""
        return [shape(*row) for row in self._do(name, params).fetchall()]

    def compose(self, shape: Callable[..., T], sql: str, params: Mapping[str, object]) -> list[T]:
        """All rows of a statement that ``store`` put together from its own fragments."""
        seen = sql if self._lens is None else self._lens.sql(sql)
        return [shape(*row) for row in self._execute(seen, params).fetchall()]

    @contextmanager
    def trial(self) -> Iterator[None]:
        """A part that is undone alone, with its news, when a rule of ours refuses it."""
        self._execute("SAVEPOINT trial")
        try:
            yield
        except ChatappError:
            self._execute("ROLLBACK TO SAVEPOINT trial")
            self._execute("RELEASE SAVEPOINT trial")
            raise
        self._execute("RELEASE SAVEPOINT trial")

    def tell(
        self,
        topic: str,
        *,
        actor: str = "",
        channel: int | None = None,
        dialog: int | None = None,
        message: int | None = None,
        **data: object,
    ) -> None:
        """Append a piece of news to the journal; everybody who tails it sees it after the commit."""
        import json

        self._do(
            "journal.append",
            {
                "at": self.now,
                "topic": topic,
                "actor": actor,
                "channel_id": channel,
                "dialog_id": dialog,
                "message_id": message,
                "data": json.dumps(data, ensure_ascii=False) if data else "",
            },
        )
