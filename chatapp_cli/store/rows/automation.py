"""Rules and the acts that they planned."""

from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.ids import AutoActId, AutoRuleId, ChannelId, DialogId, LineId, MessageId, Millis

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind


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
    otherwise: str

    @property
    def is_on(self) -> bool:
        """Whether it is asked: a person switched it on, and the desk did not stop it."""
        return bool(self.enabled) and not self.halted


class AutoActRow(NamedTuple):
    """A planned act as it is stored; see ``store/tables/automation``."""

    id: AutoActId
    rule_id: AutoRuleId
    """The rule may be gone."""
    version: int
    """Of the rule, when it planned the act."""
    event: int
    """The entry of the journal because of which it acts."""
    act: int
    """Its place among all acts of the rule, from 0; those of the else come last."""
    name: str
    """Of the rule at that time."""
    kind: str
    """What is done, one of ``auto_kinds.KINDS``."""
    dialog_id: DialogId
    message_id: MessageId | None
    """The message because of which it acts."""
    waits_since: Millis | None
    """Since when the client waited as the act was planned."""
    due_at: Millis
    state: str
    """A ``PlannedState``."""
    why: str
    """Why the condition held, as a stored text."""
    outcome: str
    """What came of it, as a stored text; empty: nothing yet."""
    result: MessageId | None
    """The message that it wrote."""
    created_at: Millis
    ended_at: Millis | None
    cause: str
    """``domain.automation.ActCause``."""


class AutoCallRow(NamedTuple):
    """A call of another program that may be made now, with its act."""

    act_id: AutoActId
    rule_id: AutoRuleId
    version: int
    event: int
    act: int
    url: str
    body: str
    tries: int


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
    """What was written, or the text of the button that it stands for."""
    automatic: int
    at: Millis
    stored_at: Millis
    pressed: int
    """Whether it stands for a button: it was pressed, or its number in a list was written."""


class DialogPlace(NamedTuple):
    """Where a dialog is, and what else of it rules ask for most often."""

    id: DialogId
    line_id: LineId
    channel_id: ChannelId
    kind: str
    """Of the channel."""
    chat_kind: "ChatKind"
    blocked: int
    assignee: str
    waiting_since: Millis | None


class NamedLine(NamedTuple):
    """A line as conditions name it."""

    id: LineId
    name: str


class NamedChannel(NamedTuple):
    """A channel as conditions name it."""

    id: ChannelId
    line_id: LineId
    kind: str
    title: str


class TagOfDialog(NamedTuple):
    """A tag of a dialog."""

    dialog_id: DialogId
    tag: str


class PlannedWait(NamedTuple):
    """A version of a rule that planned for the wait of a client that goes on."""

    dialog_id: DialogId
    rule_id: AutoRuleId
    version: int


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
