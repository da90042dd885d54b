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
from chatapp_cli.services import access, auto_fields, auto_guards, auto_log, auto_rules, auto_shown
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
from chatapp_cli.tui.screens.auto_acts import AutoActsPage, AutoLogScreen, AutoTrialScreen
from chatapp_cli.tui.screens.auto_forms import AutoAnswerScreen, AutoRuleScreen
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.automation_words import WEEK, AutomationWords, ShownRule
from chatapp_cli.tui.widgets.bars import StatusBar

_CHANGING: Final = ("add", "answer", "rule('switch')", "rule('remove')", "move(-1)", "move(1)", "resume")
"""What only those can do who may change rules."""


class AutomationScreen(ListedPage[ShownRule]):
    """Rules and automatic answers, those asked first on top."""

    SCOPE = "automation"
    BINDINGS = bindings("automation")
    TOLD = ("whole", "stopped")

    def __init__(self, rule: AutoRuleId | None = None) -> None:
        """``rule``: the one at the cursor first."""
        super().__init__()
        self._first, self._may = rule, True
        self._names = SourceNames(lines={}, channels={})
        self._stopped: Sequence[ChannelRow] = ()

    def heading(self) -> str:
        """What the page is about, and the way to quick replies."""
        replies = _("quick replies: {key}", key=key("automation", "replies"))
        return f"{_('Automation')} · {_('rules and automatic answers')} · {replies}"

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when a rule changed or was stopped."""
        if news.any_of(AutomationEvent, AutomationStormed, AutomationResumed):
            self.read_again()

    async def look(self) -> tuple[Sequence[ShownRule], str, Overview]:
        """Read the rules, what they did of late, and which channels were stopped."""
        look = partial(_look, desk=desk_of(self.workspace.company))
        rows, self._names, self._stopped, self._may, bars = await self.workspace.read(look)
        without = () if self._may else [f"automation.{name}" for name in _CHANGING]
        self.query_one(StatusBar).tell_keys("automation", "app", without=without)
        self.listed.tell("stopped", self._words.stopped([title(one) for one in self._stopped]))
        return rows, _remark(rows, may=self._may), bars

    async def read_rows(self) -> None:
        """Read the rules; the first time the cursor goes to the one that was asked for."""
        await super().read_rows()
        first, self._first = self._first, None
        if at := next((one for one in self.listed.rows if one.rule.id == first), None):
            self.listed.show(self.listed.rows, _remark(self.listed.rows, may=self._may), at=at)

    def table(self, rows: Sequence[ShownRule], width: int) -> Sequence[Text]:
        """State, name, kind, line, event, and how much was done lately."""
        return [self._words.row(one, width) for one in rows]

    def whole(self, row: ShownRule) -> Text:
        """A rule in full."""
        return self._words.whole(row)

    def identity(self, row: ShownRule) -> object:
        """Its number."""
        return row.rule.id

    @property
    def _words(self) -> AutomationWords:
        return AutomationWords(self.appearance.styles, self._names)

    @property
    def _rule(self) -> AutoRule | None:
        return None if (row := self.listed.chosen) is None else row.rule

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
        if (rule := self._rule) is not None:
            formed = self._may and auto_fields.fits(rule.wanted)
            text = RuleText(rule, self._names, may=self._may)
            self.app.push_screen(AutoRuleScreen(self._names, rule) if formed else text)

    def action_rule(self, name: str) -> None:
        """Do something with the chosen rule, by the names of ``automation.DEEDS``."""
        if rule := self._rule:
            self.do(partial(automation.DEEDS[name], self, rule))

    def action_move(self, by: int) -> None:
        """Ask the chosen rule before the one above it, or after the one below it."""
        row, rows = self.listed.chosen, self.listed.rows
        if row is not None and 0 <= (place := rows.index(row) + by) < len(rows):
            self.do(partial(self._moved, row.rule, place))

    async def _moved(self, rule: AutoRule, place: int) -> None:
        await self.workspace.write(partial(auto_rules.move, rule=rule.id, place=place))
        await self.read_rows()

    def action_resume(self) -> None:
        """Let the channels that were stopped answer automatically again."""
        self.do(partial(automation.resume, self, self._stopped))

    def action_trial(self, of: str) -> None:
        """Try the chosen rule on the last seven days, on or off; or all that are on."""
        self._list_acts(AutoTrialScreen, of)

    def action_log(self, of: str) -> None:
        """What the chosen rule did, or all."""
        self._list_acts(AutoLogScreen, of)

    def _list_acts(self, page: type[AutoActsPage], of: str) -> None:
        rule = self._rule if of == "one" else None
        if rule is not None or of == "all":
            self.app.push_screen(page(rule))

    def action_replies(self) -> None:
        """Quick replies."""
        self.app.push_screen(page_named("replies")())


def _remark(rows: Sequence[ShownRule], *, may: bool) -> str:
    """That there are none, or that they can only be looked at; empty: nothing is to be said."""
    if not may:
        return _("You may only look: nobody allowed you to {what}.", what=show(RIGHTS[Right.AUTOMATION]))
    if rows:
        return ""
    add = key("automation", "answer")
    return _("There are no rules: the desk does nothing by itself. Press {key} for an automatic answer.", key=add)


def _look(tx: Tx, desk: AutoDesk) -> tuple[list[ShownRule], SourceNames, Sequence[ChannelRow], bool, Overview]:
    names, since = desk.names(tx), tx.now - WEEK
    rules = [
        ShownRule(auto_shown.as_seen(tx, one), auto_log.done_since(tx, one.id, since), auto_log.planned(tx, one.id))
        for one in auto_rules.everything(tx, names)
    ]
    return rules, names, auto_guards.stopped(tx), access.has(tx, Right.AUTOMATION), overview.read(tx)
