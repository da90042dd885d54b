"""What was answered and written before: the guards of automatic answers ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.journal.automation import AutomationStormed
from chatapp_cli.services import auto_answers

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import AutoRuleId, ChannelId, DialogId, Millis
    from chatapp_cli.domain.text import Text
    from chatapp_cli.store.rows.automation import DialogPlace, JudgedMessage
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.store.tx import Tx


class AutoPast(Protocol):
    """What happened until now, in the store or as a trial pretends."""

    @property
    def now(self) -> Millis:
        """When it is asked."""
        ...

    def answered_by(self, arrival: JudgedMessage) -> Text | None:
        """Who answered an arrival automatically; ``None``: nobody yet.

        What was written automatically after it had come answers it too, unless it is a press, which wants its own.
        """
        ...

    def wrote(self, rule: AutoRuleId, dialog: DialogId, since: Millis) -> bool:
        """Whether a rule wrote in a dialog after a time."""
        ...

    def waits_since(self, place: DialogCard | DialogPlace) -> Millis | None:
        """Since when the client waits for an answer; ``None``: they do not."""
        ...

    def somebody_wrote(self, dialog: DialogId, since: Millis) -> bool:
        """Whether a person typed or wrote there after a time."""
        ...

    def wrote_between(self, dialog: DialogId, since: Millis, until: Millis) -> bool:
        """Whether something was written automatically there in that time."""
        ...

    def answers_in(self, dialog: DialogId, since: Millis) -> int:
        """How many automatic answers were written in a dialog after a time."""
        ...

    def answers_by(self, channel: ChannelId, since: Millis) -> int:
        """How many arrivals a channel answered automatically after a time, without what time alone made due."""
        ...

    def nth_last_answer(self, channel: ChannelId, n: int) -> Millis | None:
        """When the ``n``-th last automatic answer of a channel was written; ``None``: there are fewer."""
        ...

    def acts_of(self, rule: AutoRuleId, since: Millis) -> int:
        """How many acts a rule did after a time."""
        ...

    def is_stopped(self, channel: ChannelId) -> bool:
        """Whether the automatic answers of a channel are stopped."""
        ...

    def stop(self, channel: ChannelId) -> None:
        """Stop them."""
        ...


@dataclass(frozen=True, slots=True)
class StoredPast:
    """What the store tells."""

    tx: Tx

    @property
    def now(self) -> Millis:
        """The time of the transaction."""
        return self.tx.now

    def answered_by(self, arrival: JudgedMessage) -> Text | None:
        """Who answered it first."""
        by = auto_answers.answered_by if arrival.pressed else auto_answers.settled_by
        return by(self.tx, arrival.id)

    def wrote(self, rule: AutoRuleId, dialog: DialogId, since: Millis) -> bool:
        """Whether it did."""
        return self.tx.value("autoacts.wrote_since", rule=rule, dialog=dialog, since=since) is not None

    def waits_since(self, place: DialogCard | DialogPlace) -> Millis | None:
        """Since when they wait."""
        return place.waiting_since

    def somebody_wrote(self, dialog: DialogId, since: Millis) -> bool:
        """Whether somebody did."""
        typed = self.tx.value("autoquiet.of", dialog=dialog, since=since)
        return typed is not None or self.tx.value("auto.spoke_since", dialog=dialog, since=since) is not None

    def wrote_between(self, dialog: DialogId, since: Millis, until: Millis) -> bool:
        """Whether something was."""
        return self.tx.value("auto.wrote_between", dialog=dialog, since=since, until=until) is not None

    def answers_in(self, dialog: DialogId, since: Millis) -> int:
        """Their number."""
        return int(self.tx.value("autoanswers.of_dialog", dialog=dialog, since=since))

    def answers_by(self, channel: ChannelId, since: Millis) -> int:
        """Their number."""
        return int(self.tx.value("autoanswers.of_channel", channel=channel, since=since))

    def nth_last_answer(self, channel: ChannelId, n: int) -> Millis | None:
        """When it was."""
        found: Millis | None = self.tx.value("autoanswers.nth_last", channel=channel, before=n - 1)
        return found

    def acts_of(self, rule: AutoRuleId, since: Millis) -> int:
        """Their number."""
        return int(self.tx.value("autoacts.done_since", rule=rule, since=since))

    def is_stopped(self, channel: ChannelId) -> bool:
        """Whether somebody has to resume them."""
        return self.tx.value("autostops.of", channel=channel) is not None

    def stop(self, channel: ChannelId) -> None:
        """Stop them until somebody resumes them; an alarm tells of it."""
        self.tx.run("autostops.put", channel=channel, now=self.tx.now)
        self.tx.emit(AutomationStormed(channel=channel), actor=PROGRAM)
