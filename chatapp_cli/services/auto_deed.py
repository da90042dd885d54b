"""One act of a rule that is being done: in which dialog, with what, and in whose name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.text import Text

if TYPE_CHECKING:
    from chatapp_cli.services.auto_desk import AutoDesk
    from chatapp_cli.services.auto_rules import AutoRule
    from chatapp_cli.store.rows.automation import AutoActRow, JudgedMessage
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.store.tx import Tx


class AutoDone(NamedTuple):
    """What an act did."""

    words: Text
    message: MessageId | None = None
    """What was sent."""
    ended: bool = True
    """Whether the act is over. If not, whoever did it set its state already, such as ``CALLING``, and ends it later."""


class NobodyThere(Refused):
    """Nobody is there whom the dialog could be given to: the rule's else is done (K-06)."""

    def __init__(self, what: Text) -> None:
        super().__init__("nobody_there", what)


@dataclass(frozen=True, slots=True)
class AutoDeed:
    """One act of a rule in a dialog; ``tx`` acts in the name of the rule."""

    tx: Tx
    desk: AutoDesk
    rule: AutoRule
    card: DialogCard
    row: AutoActRow
    message: JudgedMessage | None
    """Because of which it is done."""

    @property
    def value(self) -> Any:
        """With what, as the rule has it."""
        return self.rule.wanted.every[self.row.act].value

    @property
    def key(self) -> str:
        """The message that it sends has this one, however often it is tried."""
        return f"auto {self.row.rule_id} {self.row.version} {self.row.event} {self.row.act}"
