"""A message as actions see it: what it is, what its channel can do, and why something cannot be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from chatapp_cli.domain.errors import ChatappError, Refused
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Direction, State
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.tui.action_page import Action, ActionPage

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
class MessageTarget:
    """A message and what its channel can do now."""

    entry: TranscriptEntry
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


Against: TypeAlias = Callable[[MessageTarget], ChatappError | None]
"""The reason against an action; ``None`` if there is none."""


def message_action(
    run: Callable[[ActionPage, MessageTarget], Awaitable[None]], against: Against, *, notes: bool = False
) -> Action[MessageTarget]:
    """An action that knows why it cannot be done; few make sense with ``notes`` as well."""

    def reason(target: MessageTarget) -> ChatappError | None:
        noted = target.entry.message.direction not in set(Direction) and not notes
        return Refused("a_note", T("A note is for colleagues only.")) if noted else against(target)

    return Action(run, lambda said: reason(said) is None, reason)


def unless(possible: Callable[[MessageTarget], object], why: Text) -> Against:
    """The same reason whenever something is not so."""
    return lambda target: None if possible(target) else Refused("not_this_one", why)


NO_FILE = T("This message has no file.")
NO_TEXT = T("This message has no text.")
