"""A message as deeds see it: what it is, what its channel can do, and why something cannot be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from chatapp_cli.domain.errors import ChatappError, Refused
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Direction, State
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services.transcript import Entry
from chatapp_cli.tui.hands import Deed, Hands

if TYPE_CHECKING:
    from chatapp_cli.tui.widgets.composer import Composer
    from chatapp_cli.tui.widgets.transcript import Transcript

NOT_GONE = frozenset({State.SCHEDULED, State.QUEUED})


class Shown(Protocol):
    """The conversation that a message stands in."""

    @property
    def transcript(self) -> Transcript:
        """What was said."""

    @property
    def composer(self) -> Composer:
        """What is written."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message and what its channel can do now."""

    entry: Entry
    can: Capabilities
    now: Millis
    among: Shown

    @property
    def ours(self) -> bool:
        """Whether we said it."""
        return self.entry.message.direction == Direction.OUT

    @property
    def waits(self) -> bool:
        """Whether it is ours and has not gone yet."""
        return self.ours and self.entry.message.state in NOT_GONE

    @property
    def there(self) -> bool:
        """Whether the provider has it still."""
        return bool(self.entry.message.ext_id) and self.entry.message.deleted_at is None


Against: TypeAlias = Callable[[Said], ChatappError | None]
"""The reason against a deed; ``None`` if there is none."""


def deed(run: Callable[[Hands, Said], Awaitable[None]], against: Against, *, notes: bool = False) -> Deed[Said]:
    """A deed that knows why it cannot be done; few make sense with ``notes`` as well."""

    def reason(said: Said) -> ChatappError | None:
        noted = said.entry.message.direction not in set(Direction) and not notes
        return Refused("a_note", T("A note is for colleagues only.")) if noted else against(said)

    return Deed(run, lambda said: reason(said) is None, reason)


def unless(possible: Callable[[Said], object], why: Text) -> Against:
    """The same reason whenever something is not so."""
    return lambda said: None if possible(said) else Refused("not_this_one", why)


NO_FILE = T("This message has no file.")
NO_TEXT = T("This message has no text.")
