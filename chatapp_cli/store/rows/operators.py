"""Operators and saved views."""

from typing import NamedTuple

from chatapp_cli.domain.ids import LineId, Millis


class OperatorRow(NamedTuple):
    """An account; its password hash is only for comparing."""

    name: str
    password: str
    role: str
    every_line: int
    disabled: int
    created_at: Millis
    rights: str
    """Rights given in addition to the role's, separated by spaces."""
    email: str = ""
    only_own: int = 0
    """Whether of the dialogs in their lines they see only those that are theirs."""

    def __repr__(self) -> str:
        """Show everything but the hash."""
        return f"OperatorRow(name={self.name!r}, role={self.role!r}, disabled={self.disabled})"


class HeldRow(NamedTuple):
    """An account's role and additional rights."""

    role: str
    rights: str


class IdentityRow(NamedTuple):
    """Who an operator is at a provider by which they can log in."""

    operator: str
    way: str
    realm: str
    person: str
    """The provider's id."""
    name: str
    """What they were called there when they were connected."""


class SeenLineRow(NamedTuple):
    """A line that an operator sees."""

    id: LineId
    name: str


class AttendanceRow(NamedTuple):
    """Whether an operator is away, and when and how much they work."""

    operator: str
    away_since: Millis | None = None
    away_until: Millis | None = None
    """When they count as back; ``None``: when they say so."""
    reason: str = ""
    hours: str = ""
    """As they were typed; empty: those of the line."""
    zone: str = ""
    most: int = 0
    """How many dialogs may wait for them; 0: any number."""
    turn: int = 0
    """Grows with every dialog that is given to anybody."""

    def is_away(self, now: Millis) -> bool:
        """Whether they are away at a time."""
        return self.away_since is not None and (self.away_until is None or self.away_until > now)


class ViewRow(NamedTuple):
    """A saved view."""

    id: int
    operator: str
    """Its owner; empty: shared."""
    name: str
    wanted: str
    """The filter, as JSON."""
    position: int
