"""Rules and the acts that they planned."""

from typing import NamedTuple

from chatapp_cli.domain.ids import AutoActId, AutoRuleId, ChannelId, DialogId, LineId, MessageId, Millis


class AutoRuleRow(NamedTuple):
    """A rule as it is stored; see ``store/tables/automation``."""

    id: AutoRuleId
    line_id: LineId | None
    position: int
    name: str
    kind: str
    event: str
    about: str
    enabled: int
    stop: int
    condition: str
    forms: str
    acts: str
    version: int
    since: int
    halted: str
    overruns: int


class AutoActRow(NamedTuple):
    """A planned act as it is stored."""

    id: AutoActId
    rule_id: AutoRuleId
    version: int
    event: int
    act: int
    name: str
    kind: str
    dialog_id: DialogId
    message_id: MessageId | None
    waits_since: Millis | None
    due_at: Millis
    state: str
    why: str
    outcome: str
    result: MessageId | None
    created_at: Millis
    ended_at: Millis | None


class JudgedMessage(NamedTuple):
    """What rules ask of a message."""

    id: MessageId
    dialog_id: DialogId
    channel_id: ChannelId
    direction: str
    origin: str
    sender: str
    author: str
    author_phone: str
    text: str
    automatic: int
    at: Millis
    stored_at: Millis


class AutoClockRow(NamedTuple):
    """A rule that runs by the clock; see ``store/tables/automation``."""

    rule_id: AutoRuleId
    looked_at: Millis
    next_at: Millis


class AutoRoundRow(NamedTuple):
    """A line whose dialogs a rule goes through."""

    rule_id: AutoRuleId
    line_id: LineId
    due: Millis
    after: DialogId
    next_at: Millis
