"""Texts of the pages that list what rules did, or would have done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.style import Style
from rich.text import Text

from chatapp_cli.domain.automation import GOING_ON, STATES, TRIED_STATES, PlannedState
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.domain.text import Text as Sentence
from chatapp_cli.i18n import _, show
from chatapp_cli.services import auto_kinds
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import fit, line
from chatapp_cli.tui.themes import PaintStyles

if TYPE_CHECKING:
    from chatapp_cli.services.auto_replay import ReplayedAct
    from chatapp_cli.store.rows.automation import AutoActRow

_WHEN: Final = 12
_SIGNS: Final[Mapping[PlannedState, str]] = {
    PlannedState.WAITING: "◷",
    PlannedState.PLANNED: "◷",
    PlannedState.CALLING: "◷",
    PlannedState.DONE: "✓",
    PlannedState.SKIPPED: "–",
    PlannedState.CANCELLED: "⊘",
    PlannedState.FAILED: "✗",
}


class ShownAct(NamedTuple):
    """An act of a rule, done or tried."""

    key: object
    """What tells it from others."""
    at: Millis
    rule: str
    act: Sentence
    dialog: DialogId
    name: str
    """Of the dialog."""
    message: MessageId | None
    state: PlannedState
    why: Sentence
    outcome: Sentence | None
    tried: bool = False
    """Whether it is of a trial, in which nothing is done."""

    @classmethod
    def of_log(cls, row: AutoActRow, name: str) -> ShownAct:
        """One that a rule did or planned, in a dialog with a name."""
        outcome = recalled(row.outcome) if row.outcome else None
        at, act = row.ended_at or row.due_at, auto_kinds.by_name(row.kind)
        return cls(row.id, at, row.name, act, row.dialog_id, name, row.result or row.message_id,
                   PlannedState(row.state), recalled(row.why), outcome)  # fmt: skip

    @classmethod
    def of_trial(cls, one: ReplayedAct) -> ShownAct:
        """One that a rule would have done, or would have left."""
        key, act = (one.rule.id, one.event, one.act, one.at), auto_kinds.in_words(one.wanted)
        outcome = None if one.state is PlannedState.DONE else one.outcome
        return cls(key, one.at, one.rule.wanted.name, act, one.dialog, one.name, one.message, one.state, one.why,
                   outcome, tried=True)  # fmt: skip


class ActWords:
    """Makes the texts in the styles of the window; ``now``: what today is, ``rules``: whether rules are named."""

    def __init__(self, styles: PaintStyles, now: Millis, *, rules: bool) -> None:
        self._styles, self._now, self._rules = styles, now, rules

    def row(self, one: ShownAct, width: int) -> Text:
        """A line of so many cells: how it ended, when, for whom, by which rule, what, and why, or why not."""
        styles, left = self._styles, width - 2 - _WHEN - 1
        name = min(24, left // 4)
        rule = min(20, left // 5) if self._rules else 0
        act = (left - name - rule) // 2
        sign, style = self._sign(one)
        text = Text.assemble(
            (f"{sign} ", style), (fit(words.moment(one.at, self._now), _WHEN) + " ", styles.faint), no_wrap=True
        )
        text.append(fit(one.name, name - 1) + " ", styles.strong)
        if rule:
            text.append(fit(one.rule, rule - 1) + " ", styles.muted)
        text.append(fit(show(one.act), act - 1) + " ", styles.accent)
        ended = one.outcome if one.state in {PlannedState.SKIPPED, PlannedState.FAILED} and one.outcome else one.why
        return text.append(fit(show(ended), left - name - rule - act), styles.plain)

    def _sign(self, one: ShownAct) -> tuple[str, Style]:
        styles = self._styles
        colours = {PlannedState.DONE: styles.good, PlannedState.FAILED: styles.bad}
        return _SIGNS[one.state], colours.get(one.state, styles.warn if one.state in GOING_ON else styles.faint)

    def whole(self, one: ShownAct) -> Text:
        """An act in full: for whom, by which rule, why, how it ended and why so."""
        styles, (_sign, style) = self._styles, self._sign(one)
        text = Text.assemble((f"{line(one.name)}\n", styles.strong))
        for label, value in (
            (_("When"), words.moment(one.at, self._now)),
            (_("Rule"), one.rule),
            (_("What"), show(one.act)),
            (_("Why"), show(one.why)),
        ):
            text.append(f"{label}: ", styles.faint).append(f"{line(value)}\n", styles.plain)
        text.append(show((TRIED_STATES if one.tried else STATES)[one.state]), style)
        return text if one.outcome is None else text.append(f": {line(show(one.outcome))}", styles.plain)
