"""Texts of the page of rules: the table, the chosen rule in full, and what became of a message that was tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from chatapp_cli.i18n import _, show
from chatapp_cli.services import rule_words
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.crm_rules import PipelineRule, RuleAnswer
from chatapp_cli.tui.reading.cells import cut, fit, line
from chatapp_cli.tui.themes import PaintStyles

_NAME: Final = 22
_GAP: Final = 2
_ARROW: Final = "→ "


class RuleWords:
    """Makes the texts in the styles of the window; ``names``: those of lines and channels."""

    def __init__(self, styles: PaintStyles, names: SourceNames) -> None:
        self._styles, self._names = styles, names

    def table(self, rules: Sequence[PipelineRule], width: int) -> Sequence[Text]:
        """A row of ``width`` cells for each rule: name, condition and outcome, each in a column of its own."""
        name = min(_NAME, width // 4, max((cell_len(line(rule.name)) for rule in rules), default=0))
        wanted = max((cell_len(_outcome(rule)) for rule in rules), default=0)
        outcome = min(wanted, max(width // 3, width - name - 2 * _GAP - self._longest_condition(rules)))
        asked = width - name - outcome - 2 * _GAP
        return [self._row(rule, name, asked, outcome) for rule in rules]

    def _longest_condition(self, rules: Sequence[PipelineRule]) -> int:
        return max((cell_len(self._condition(rule)) for rule in rules), default=0)

    def _row(self, rule: PipelineRule, name: int, asked: int, outcome: int) -> Text:
        styles, gap = self._styles, " " * _GAP
        return Text.assemble(
            (fit(rule.name, name) + gap, styles.strong),
            (fit(self._condition(rule), asked) + gap, styles.plain if rule.problem is None else styles.bad),
            (cut(_outcome(rule), outcome), styles.accent if rule.trouble is None else styles.bad),
            no_wrap=True,
        )

    def _condition(self, rule: PipelineRule) -> str:
        return line(show(rule_words.condition(rule.asked, self._names) if rule.problem is None else rule.problem.what))

    def whole(self, rule: PipelineRule) -> Text:
        """A rule in full, to be wrapped."""
        said, styles = rule.outcome, self._styles
        text = Text.assemble((line(rule.name), styles.strong), "\n")
        text.append(f"{self._condition(rule)}\n", styles.plain if rule.problem is None else styles.bad)
        if rule.problem is not None:
            text.append(f"{show(rule_words.condition(rule.asked, self._names))}\n", styles.plain)
        if rule.trouble is not None:
            text.append(f"{show(rule.trouble)}\n", styles.bad)
        text.append(_outcome(rule), styles.accent)
        text.append(f" · {show(rule_words.responsible(said))}", styles.plain)
        filled = ", ".join(f"{name}={value}" for name, value in said.fields.items())
        window = str(said.window or "")
        for label, value in (
            (_("Fields of the card"), filled),
            (_("Tags of the card"), ", ".join(said.tags)),
            (_("Minutes within which a later message may move the card"), window),
        ):
            if value:
                text.append(f"\n{label}: ", styles.faint).append(line(value), styles.plain)
        return text

    def tried(self, occasion: str, answers: Sequence[RuleAnswer]) -> Text:
        """What each rule says of a message up to the chosen one; ``occasion``: which message it was, and when."""
        styles = self._styles
        told = Text().append(f"{line(occasion)}\n", styles.muted)
        for one in answers:
            told.append("✓ " if one.holds else "✗ ", styles.good if one.holds else styles.faint)
            told.append(f"{one.rule.name}: ", styles.strong)
            told.append(f"{show(one.why)}\n", styles.plain)
        if not (answers and answers[-1].holds):
            return told.append(_("No rule fits: the card is made where the channel is paired."), styles.muted)
        return told.append(_outcome(answers[-1].rule), styles.accent)


def _outcome(rule: PipelineRule) -> str:
    return line(f"{_ARROW}{rule_words.target(rule.outcome)}")
