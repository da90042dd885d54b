"""What one caller of the listener may take of it: time for its headers and its body, and memory for bodies."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1_048_576


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the listener."""

    head_seconds: float = 10.0
    """For all headers of a request."""
    head_bytes: int = 65_536
    pause_seconds: float = 10.0
    """Between two parts of a body."""
    body_seconds: float = 120.0
    """For all of a body."""
    largest_body: int = 40 * MB
    held_by_one: int = 96 * MB
    """Bytes of bodies that are held at once for one channel."""
    held_in_all: int = 256 * MB
    linger_seconds: float = 2.0
    """For a caller who is refused while it sends, to read why."""


LIMITS = Limits()


class Refusal(Exception):
    """A request is refused before it is understood."""

    def __init__(self, status: int, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.again = again
        """Whether the caller may try again soon."""
