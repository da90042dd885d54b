"""When a rule may not answer: automatic answers are few, never answer each other, and leave people alone (S-141)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.condition import AllOf, AnyOf, Condition
from chatapp_cli.domain.dialog_condition import InChat
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.journal.automation import AutomationResumed
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, auto_answers, channels
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_pace import MINUTE, STORM
from chatapp_cli.services.auto_past import AutoPast
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.services.options import OptionScope
from chatapp_cli.store.rows.automation import JudgedMessage
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

DAY: Final = 24 * 60 * MINUTE

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
        checks = (
            self._automatic,
            self._at_once,
            self._group,
            self._ourselves,
            self._answered,
            self._somebody,
            self._often,
            self._storm,
        )
        return next((why for check in checks if (why := check()) is not None), None)

    def arrival(self) -> MessageId | None:
        """The message of the client that it answers; ``None``: the client waits for nothing."""
        if self.message is not None and self.message.direction == Direction.IN:
            return self.message.id
        return auto_answers.unanswered(self.tx, self.card.id, self.past.waits_since(self.card), self.past.now)

    def _automatic(self) -> Text | None:
        if self.message is not None and self.message.automatic and self.message.direction == Direction.IN:
            return T("the message was written by a program")
        return None

    def _at_once(self) -> Text | None:
        if self.message is None or self.message.direction != Direction.IN or self.message.pressed:
            return None
        came = self.message.stored_at
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

    def _answered(self) -> Text | None:
        if self.message is None or self.message.direction != Direction.IN:
            return None
        if (by := self.past.answered_by(self.message.id)) is not None:
            return T("it was answered automatically already: {by}", by=by)
        since = self.past.waits_since(self.card)
        return T("the client waits for no answer") if since is None or self.message.at < since else None

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
