"""Who works here, and how they look at it."""

from typing import NamedTuple

from chatapp_cli.domain.ids import LineId, Millis


class OperatorRow(NamedTuple):
    """An account; the password's hash is for comparing alone."""

    name: str
    password: str
    role: str
    every_line: int
    disabled: int
    created_at: Millis
    rights: str
    """Those given beside the role's, with spaces between."""

    def __repr__(self) -> str:
        """Show everything but the hash."""
        return f"OperatorRow(name={self.name!r}, role={self.role!r}, disabled={self.disabled})"


class HeldRow(NamedTuple):
    """What an account may do: its role, and the rights given beside it."""

    role: str
    rights: str


class SeenLineRow(NamedTuple):
    """A line that an operator sees."""

    id: LineId
    name: str


class ViewRow(NamedTuple):
    """A filter under a name."""

    id: int
    operator: str
    """Whose it is; empty: everybody's."""
    name: str
    wanted: str
    """The filter, as JSON."""
    position: int
