"""The target of actions on a message, and the reasons why one is impossible there."""

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


class MailsAround(Protocol):
    """What the page of a mail asks of the conversation behind it."""

    def begin(self, entry: TranscriptEntry) -> None:
        """Take the list as it is now, to go through it from a mail."""

    async def beside(self, entry: TranscriptEntry, step: int) -> MessageTarget | None:
        """The next mail, or the one before."""

    def saw(self, entry: TranscriptEntry) -> None:
        """A mail was shown whole."""

    def write(self) -> None:
        """Answer without a quote."""

    def reply(self, entry: TranscriptEntry) -> None:
        """Answer this mail."""

    def reply_to_all(self, entry: TranscriptEntry) -> None:
        """Answer this mail, with copies to all whom it names."""


class Shown(Protocol):
    """The conversation that shows a message."""

    @property
    def transcript(self) -> Transcript:
        """The messages that are shown."""

    @property
    def composer(self) -> Composer:
        """The composer of the conversation."""


@dataclass(frozen=True, slots=True)
class MessageTarget:
    """A message, the capabilities of its channel, the time, the conversation that shows it, and the mails around it."""

    entry: TranscriptEntry
    can: Capabilities
    now: Millis
    among: Shown
    mails: MailsAround

    @property
    def ours(self) -> bool:
        """Whether the message is ours."""
        return self.entry.message.direction == Direction.OUT

    @property
    def is_mail(self) -> bool:
        """Whether it is a mail, of which more came than the conversation shows."""
        return self.can.keeps_raw and self.entry.message.direction in set(Direction)

    @property
    def waits(self) -> bool:
        """Whether the message is ours and was not handed to the provider yet."""
        return self.ours and self.entry.message.state in NOT_GONE

    @property
    def there(self) -> bool:
        """Whether the message reached the provider and was not deleted since."""
        return bool(self.entry.message.ext_id) and self.entry.message.deleted_at is None


Against: TypeAlias = Callable[[MessageTarget], ChatappError | None]
"""Gives the reason why an action is impossible; ``None`` if it is possible."""


def message_action(
    run: Callable[[ActionPage, MessageTarget], Awaitable[None]], against: Against, *, notes: bool = False
) -> Action[MessageTarget]:
    """An action on a message with the reason why it is impossible; with ``notes`` it is possible with notes too."""

    def reason(target: MessageTarget) -> ChatappError | None:
        is_note = target.entry.message.direction not in set(Direction) and not notes
        return Refused("a_note", T("A note is for colleagues only.")) if is_note else against(target)

    return Action(run, lambda target: reason(target) is None, reason)


def unless(possible: Callable[[MessageTarget], object], why: Text) -> Against:
    """Give one reason whenever a condition does not hold."""
    return lambda target: None if possible(target) else Refused("not_this_one", why)


NO_FILE = T("This message has no file.")
NO_TEXT = T("This message has no text.")
