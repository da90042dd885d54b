"""Texts of the page of automation: the list of rules, and the chosen one in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from rich.style import Style
from rich.text import Text

from chatapp_cli.domain.automation import EVENTS, RuleKind
from chatapp_cli.i18n import N_, _, ngettext, show
from chatapp_cli.services import auto_kinds, rule_words
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading.cells import fit, line
from chatapp_cli.tui.themes import PaintStyles

WEEK: Final = 7 * 24 * 3_600_000
"""Milliseconds whose acts are counted, and on which rules are tried."""
KINDS: Final[Mapping[RuleKind, str]] = {RuleKind.RULE: N_("rule"), RuleKind.AUTOREPLY: N_("autoreply")}
"""What the kinds of rules are called in a narrow column."""
_SIGN: Final = 2
_KIND: Final = 9
_COUNT: Final = 6
_GAP: Final = 1


class ShownRule(NamedTuple):
    """A rule as the page shows it."""

    rule: AutoRule
    done: int
    """Acts of the last seven days."""
    planned: int
    """Acts that wait to be done."""


class AutomationWords:
    """Makes the texts in the styles of the window; ``names``: those of lines and channels."""

    def __init__(self, styles: PaintStyles, names: SourceNames) -> None:
        self._styles, self._names = styles, names

    def row(self, one: ShownRule, width: int) -> Text:
        """A line of so many cells: whether it is on, name, kind, line, event, and how much it did lately."""
        styles, wanted = self._styles, one.rule.wanted
        name, place = width // 3, width // 7
        event = max(0, width - _SIGN - name - _KIND - place - _COUNT - 4 * _GAP)
        sign, style = self._sign(one.rule)
        plain = styles.plain if one.rule.works else styles.faint
        return Text.assemble(
            (fit(sign, _SIGN), style),
            (fit(wanted.name, name) + " ", styles.strong if one.rule.works else styles.muted),
            (fit(_(KINDS[wanted.kind]), _KIND) + " ", styles.muted),
            (fit(self.place(one.rule), place) + " ", plain),
            (fit(when(one.rule), event) + " ", plain),
            (f"{one.done or '–':>{_COUNT}}", styles.accent if one.done else styles.faint),
            no_wrap=True,
        )

    def _sign(self, rule: AutoRule) -> tuple[str, Style]:
        if rule.halted is not None or rule.problem is not None:
            return "‖", self._styles.bad
        return ("●", self._styles.good) if rule.works else ("○", self._styles.faint)

    def place(self, rule: AutoRule) -> str:
        """Whose rule it is."""
        line_id = rule.wanted.line
        return _("all lines") if line_id is None else self._names.lines.get(line_id, str(line_id))

    def whole(self, one: ShownRule) -> Text:
        """A rule in full: its state and why, what it waits for, asks and does, and what it did."""
        styles, rule = self._styles, one.rule
        text = Text.assemble((line(rule.wanted.name), styles.strong), "  ", self._state(rule), "\n")
        condition = show(rule_words.condition(rule.wanted.asked, self._names))
        self._fact(text, _("When"), f"{when(rule)} · {self.place(rule)}")
        self._fact(text, _("If"), condition)
        self._fact(text, _("Then"), show(auto_kinds.all_in_words(rule.wanted)), styles.accent)
        if rule.wanted.stop:
            text.append(_("Once it holds, no later rule is asked.") + "\n", styles.muted)
        text.append(ngettext("{n} act in the last 7 days", "{n} acts in the last 7 days", one.done), styles.muted)
        if one.planned:
            text.append(f" · {_('Planned: {n}', n=one.planned)}", styles.muted)
        return text

    def _state(self, rule: AutoRule) -> Text:
        """On, off, or why the desk stopped it or passes it over, and what to do."""
        styles = self._styles
        if not rule.wanted.enabled:
            return Text(_("off"), styles.faint)
        if rule.halted is not None:
            said = _("stopped: {why}", why=show(rule.halted))
            step = _("Press {key} to switch it on again.", key=key("automation", "rule('switch')"))
            return Text(f"{line(said)}. {step}", styles.bad)
        if rule.problem is not None:
            return Text(line(_("passed over: {why}", why=show(rule.problem.what))), styles.bad)
        return Text(_("on"), styles.good)

    def stopped(self, channels: Sequence[str]) -> Text:
        """That channels send no automatic answers any more; nothing if there are none."""
        named, resume = line(", ".join(channels)), key("automation", "resume")
        said = _("Too many automatic answers: {channels} sends none until you press {key}.", channels=named, key=resume)
        return Text(said, self._styles.bad) if channels else Text()

    def _fact(self, text: Text, label: str, value: str, style: Style | None = None) -> None:
        text.append(f"{label}: ", self._styles.faint).append(f"{line(value)}\n", style or self._styles.plain)


def when(rule: AutoRule) -> str:
    """What a rule waits for."""
    wanted = rule.wanted
    said = show(EVENTS[wanted.event])
    return line(f"{said}: {wanted.about}" if wanted.about else said)
