"""When a rule may not answer: automatic answers are few, never answer each other, and leave people alone (S-141)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.automation import RuleEvent
from chatapp_cli.domain.condition import AllOf, AnyOf, Condition
from chatapp_cli.domain.dialog_condition import InChat
from chatapp_cli.domain.ids import ChannelId, MessageId, Millis
from chatapp_cli.domain.journal.automation import AutomationResumed
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, auto_answers, auto_events, channels
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_facts import ReadTogether
from chatapp_cli.services.auto_pace import MINUTE, STORM
from chatapp_cli.services.auto_past import AutoPast
from chatapp_cli.services.auto_plan import OLD
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.services.options import OptionScope
from chatapp_cli.store.rows.automation import JudgedMessage
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

DAY: Final = 24 * 60 * MINUTE

REPEATS: Final = 10 * MINUTE
"""Milliseconds within which a rule does not write again to the same client, unless they pressed a button."""
ANSWERING: Final = frozenset({RuleEvent.ARRIVED, RuleEvent.CREATED, RuleEvent.ASSIGNED, RuleEvent.CONTACT})
"""What happens because clients write, or while they wait: rules that wait for it only answer.

At any other event, such as a stage, a rule may also write to a client who waits for nothing.
"""
AT_ONCE: Final = 5
"""Seconds after an automatic message within which a program answers it: most channels do not say who is one."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What keeps a rule from writing in a dialog."""

    tx: Tx
    desk: AutoDesk
    rule: AutoRule
    card: DialogCard
    message: JudgedMessage | None
    past: AutoPast
    timed: bool = False
    """Whether time alone made its act due: that is spread, and no storm."""

    def refusal(self) -> Text | None:
        """Why the rule may not write now; ``None``: it may."""
        heard = self._heard()
        of_it = () if heard is None else (self._automatic, self._history, self._at_once, self._answered)
        found = (why for check in of_it if heard is not None and (why := check(heard)) is not None)
        others = (
            self._group, self._ourselves, self._asked, self._somebody, self._often, self._repeats, self._storm
        )  # fmt: skip
        return next(found, None) or next((why for check in others if (why := check()) is not None), None)

    def arrival(self) -> MessageId | None:
        """The message of the client that it answers; ``None``: the client waits for nothing."""
        if (message := self._arrived()) is not None:
            return message.id
        return auto_answers.unanswered(self.tx, self.card.id, self.past.waits_since(self.card), self.past.now)

    def _arrived(self) -> JudgedMessage | None:
        return self.message if self.message is not None and self.message.direction == Direction.IN else None

    def _heard(self) -> JudgedMessage | None:
        """The message of the client that the rule is about, or the last one; ``None``: they never wrote."""
        if (message := self._arrived()) is not None:
            return message
        last = auto_answers.unanswered(self.tx, self.card.id, Millis(0), self.past.now)
        return None if last is None else ReadTogether(self.tx, (), [last]).messages.get(last)

    def _only_answers(self) -> bool:
        """Whether the rule has nothing to say to a client who waits for nothing."""
        wanted = self.rule.wanted
        return wanted.event in ANSWERING or any(one.get("waited") for one in auto_events.demanded(wanted.asked))

    def _waits(self, heard: JudgedMessage) -> bool:
        since = self.past.waits_since(self.card)
        return since is not None and heard.at >= since

    def _automatic(self, heard: JudgedMessage) -> Text | None:
        return T("the message was written by a program") if heard.automatic else None

    def _history(self, heard: JudgedMessage) -> Text | None:
        if heard.stored_at - heard.at <= OLD or not self._only_answers():
            return None
        return T("the message is older than a day, and came only now")

    def _at_once(self, heard: JudgedMessage) -> Text | None:
        if heard.pressed or not self._only_answers():
            return None
        came = heard.stored_at
        if not self.past.wrote_between(self.card.id, came - AT_ONCE * 1_000, came):
            return None
        return T("it came within {n} seconds after an automatic answer, as from another program", n=AT_ONCE)

    def _group(self) -> Text | None:
        if self.card.chat_kind == "private" or self.card.chat_kind in _named_chats(self.rule.condition):
            return None
        return T("it is no private chat, and the rule does not ask for others")

    def _ourselves(self) -> Text | None:
        own = {row.account.casefold() for row in channels.everything(self.tx)} - {""}
        there = {one.casefold() for one in (self.card.address, self.card.email, self.card.phone)}
        if own & there or (self.card.phone and channels.is_own_phone(self.tx)(self.card.phone)):
            return T("it is an account of our own")
        return None

    def _answered(self, heard: JudgedMessage) -> Text | None:
        waits, only_answers = self._waits(heard), self._only_answers()
        if (waits or only_answers) and (by := self.past.answered_by(heard)) is not None:
            return T("it was answered automatically already: {by}", by=by)
        return T("the client waits for no answer") if only_answers and not waits else None

    def _asked(self) -> Text | None:
        """A client who never wrote waits for nothing."""
        unasked = self._only_answers() and self.past.waits_since(self.card) is None
        return T("the client waits for no answer") if unasked else None

    def _repeats(self) -> Text | None:
        pressed = self.message is not None and self.message.pressed
        if pressed or not self.past.wrote(self.rule.id, self.card.id, self.past.now - REPEATS):
            return None
        return T("the rule wrote there in the last {n} minutes", n=REPEATS // MINUTE)

    def _somebody(self) -> Text | None:
        minutes = self._number("auto_quiet")
        if not self.past.somebody_wrote(self.card.id, self.past.now - minutes * MINUTE):
            return None
        return T("somebody wrote there in the last {n} minutes", n=minutes)

    def _often(self) -> Text | None:
        most = self._number("auto_per_day")
        if self.past.answers_in(self.card.id, self.past.now - DAY) < most:
            return None
        return T("there were {n} automatic answers in this dialog within a day", n=most)

    def _storm(self) -> Text | None:
        channel = self.card.channel_id
        if self.past.is_stopped(channel):
            return T("automatic answers of this channel are stopped")
        most = self._number("auto_storm")
        if self.timed and most:
            return None
        if self.past.answers_by(channel, self.past.now - STORM) < most:
            return None
        self.past.stop(channel)
        return T("there were {n} automatic answers of this channel within ten minutes, so they are stopped", n=most)

    def _number(self, option: str) -> int:
        scope = OptionScope(line=self.card.line_id, channel=self.card.channel_id)
        return self.desk.options.number(self.tx, option, scope)


def _named_chats(condition: Condition) -> frozenset[str]:
    """The kinds of chats that a condition asks for."""
    if isinstance(condition, InChat):
        return frozenset(condition.kinds)
    inner = condition.parts if isinstance(condition, AllOf | AnyOf) else ()
    return frozenset[str]().union(*map(_named_chats, inner))


def stopped(tx: Tx) -> list[ChannelRow]:
    """The channels whose automatic answers are stopped."""
    return [channels.one(tx, channel) for channel in tx.all(ChannelId, "autostops.all")]


def resume(tx: Tx, channel: ChannelId) -> bool:
    """Let a channel answer automatically again; false if it was not stopped."""
    access.require(tx, Right.AUTOMATION)
    channels.one(tx, channel)
    if not tx.run("autostops.lift", channel=channel):
        return False
    tx.emit(AutomationResumed(channel=channel))
    return True
