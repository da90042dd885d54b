"""The page of automation: rules and automatic answers in their order, and the way to quick replies (S-035)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from rich.text import Text
from textual import on
from textual.widgets import OptionList

from chatapp_cli.domain.access import RIGHTS, Right
from chatapp_cli.domain.ids import AutoRuleId
from chatapp_cli.domain.journal.automation import AutomationEvent, AutomationResumed, AutomationStormed
from chatapp_cli.i18n import _, show
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import access, auto_fields, auto_guards, auto_log, auto_rules
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.actions import automation
from chatapp_cli.tui.keys.keymap import bindings, key
from chatapp_cli.tui.listed_page import ListedPage
from chatapp_cli.tui.pages import page_named
from chatapp_cli.tui.questions.rule_text import RuleText
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.filters import title
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.screens.auto_acts import AutoLogScreen, AutoTrialScreen
from chatapp_cli.tui.screens.auto_forms import AutoAnswerScreen, AutoRuleScreen
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.automation_words import WEEK, AutomationWords, ShownRule
from chatapp_cli.tui.widgets.bars import StatusBar

_CHANGING: Final = ("add", "answer", "edit", "switch", "earlier", "later", "remove", "resume")
"""What only those can do who may change rules."""


class AutomationScreen(ListedPage[ShownRule]):
    """Rules and automatic answers, those asked first on top."""

    SCOPE = "automation"
    BINDINGS = bindings("automation")
    TOLD = ("whole", "stopped")

    def __init__(self, rule: AutoRuleId | None = None) -> None:
        """``rule``: the one at the cursor first."""
        super().__init__()
        self._first = rule
        self._names = SourceNames(lines={}, channels={})
        self._may = True
        self._stopped: Sequence[ChannelRow] = ()

    def heading(self) -> str:
        """What the page is about, and the way to quick replies."""
        replies = _("quick replies: {key}", key=key("automation", "replies"))
        return f"{_('Automation')} · {_('rules and automatic answers')} · {replies}"

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when a rule changed or was stopped."""
        if news.any_of(AutomationEvent, AutomationStormed, AutomationResumed):
            self.read_again()

    async def look(self) -> Overview:
        """Read the rules, what they did of late, and which channels were stopped."""
        look = partial(_look, desk=desk_of(self.workspace.company))
        self.rows, self._names, self._stopped, self._may, bars = await self.workspace.read(look)
        without = () if self._may else [f"automation.{name}" for name in _CHANGING]
        self.query_one(StatusBar).tell_keys("automation", "app", without=without)
        self._tell_stopped()
        return bars

    def list_again(self, chosen: object = None) -> None:
        """List the rules; the first time with the cursor on the one that was asked for."""
        first, self._first = self._first, None
        super().list_again(chosen if first is None else first)

    def _tell_stopped(self) -> None:
        named = ", ".join(title(one) for one in self._stopped)
        how = _("Too many automatic answers: {channels} sends none until you press {key}.", channels=named,
                key=key("automation", "resume"))  # fmt: skip
        self.tell("stopped", Text(how, self.appearance.styles.bad) if named else Text())

    def table(self, width: int) -> Sequence[Text]:
        """State, name, kind, line, event, and how much was done lately."""
        return [self._words.row(one, width) for one in self.rows]

    def whole(self, row: ShownRule) -> Text:
        """A rule in full."""
        return self._words.whole(row)

    def identity(self, row: ShownRule) -> object:
        """Its number."""
        return row.rule.id

    def remark(self) -> str:
        """That there are none, or that they can only be looked at."""
        if not self._may:
            return _("You may only look: nobody allowed you to {what}.", what=show(RIGHTS[Right.AUTOMATION]))
        if self.rows:
            return ""
        return _("There are no rules: the desk does nothing by itself. Press {key} for an automatic answer.",
                 key=key("automation", "answer"))  # fmt: skip

    @property
    def _words(self) -> AutomationWords:
        return AutomationWords(self.appearance.styles, self._names)

    @property
    def _rule(self) -> AutoRule | None:
        return None if self.chosen is None else self.chosen.rule

    # What can be done

    def action_add(self) -> None:
        """Make a rule."""
        self.app.push_screen(AutoRuleScreen(self._names))

    def action_answer(self) -> None:
        """Add an automatic answer by its short form."""
        self.app.push_screen(AutoAnswerScreen(self._names))

    @on(OptionList.OptionSelected)
    def action_edit(self) -> None:
        """Change the chosen rule; one that no form can show, or that may not be changed, is shown."""
        rule = self._rule
        if rule is None:
            return
        if self._may and auto_fields.fits(rule.wanted):
            self.app.push_screen(AutoRuleScreen(self._names, rule))
        else:
            self.app.push_screen(RuleText(rule, self._names, may=self._may))

    def action_switch(self) -> None:
        """Switch the chosen rule on or off."""
        if rule := self._rule:
            self.do(partial(automation.switch, self, rule))

    def action_earlier(self) -> None:
        """Ask the chosen rule before the one above it."""
        self._move(-1)

    def action_later(self) -> None:
        """Ask the chosen rule after the one below it."""
        self._move(1)

    def _move(self, by: int) -> None:
        row = self.chosen
        if row is not None and 0 <= (place := self.rows.index(row) + by) < len(self.rows):
            self.do(partial(self._moved, row.rule, place))

    async def _moved(self, rule: AutoRule, place: int) -> None:
        await self.workspace.write(partial(auto_rules.move, rule=rule.id, place=place))
        await self.read_rows()

    def action_remove(self) -> None:
        """Remove the chosen rule, after a question."""
        if rule := self._rule:
            self.do(partial(automation.remove, self, rule))

    def action_resume(self) -> None:
        """Let the channels that were stopped answer automatically again."""
        if self._stopped:
            self.do(self._resume)
        else:
            self.say(_("No channel was stopped."))

    async def _resume(self) -> None:
        for one in self._stopped:
            await self.workspace.write(partial(auto_guards.resume, channel=one.id))
            self.say(_("{title} answers automatically again.", title=title(one)))

    def action_test(self) -> None:
        """Try the chosen rule on the last seven days, on or off."""
        if rule := self._rule:
            self.app.push_screen(AutoTrialScreen(rule))

    def action_test_all(self) -> None:
        """Try all rules that are on."""
        self.app.push_screen(AutoTrialScreen())

    def action_log(self) -> None:
        """What the chosen rule did."""
        if rule := self._rule:
            self.app.push_screen(AutoLogScreen(rule))

    def action_log_all(self) -> None:
        """What all rules did."""
        self.app.push_screen(AutoLogScreen())

    def action_replies(self) -> None:
        """Quick replies."""
        self.app.push_screen(page_named("replies")())


def _look(tx: Tx, desk: AutoDesk) -> tuple[list[ShownRule], SourceNames, Sequence[ChannelRow], bool, Overview]:
    names, since = desk.names(tx), tx.now - WEEK
    rules = [
        ShownRule(one, auto_log.done_since(tx, one.id, since), auto_log.planned(tx, one.id))
        for one in auto_rules.everything(tx, names)
    ]
    return rules, names, auto_guards.stopped(tx), access.has(tx, Right.AUTOMATION), overview.read(tx)
