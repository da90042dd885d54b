"""The pages that list what rules did, and what they would have done: for whom, when, why, and how it ended."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from rich.text import Text
from textual import on
from textual.widgets import OptionList, Static

from chatapp_cli.domain.automation import PlannedState
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import AutoRuleId, DialogId
from chatapp_cli.domain.journal.automation import AutomationEvent
from chatapp_cli.domain.journal.messages import MessageEvent
from chatapp_cli.i18n import _, show
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_log, auto_rules, dialogs
from chatapp_cli.services.auto_words import TAKEN_AS_NOW
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.listed_page import ListedPage
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.act_words import ActWords, ShownAct
from chatapp_cli.tui.widgets.automation_words import WEEK
from chatapp_cli.tui.widgets.dialog_list import DialogList

if TYPE_CHECKING:
    from chatapp_cli.services.auto_replay import Replay, ReplayedAct
    from chatapp_cli.services.auto_rules import AutoRule

_MOST: Final = 200
"""Acts that are listed, the latest ones."""
_PAUSE: Final = 0.3
"""Seconds between two lists of what is being tried."""
_BAR: Final = 16
"""Cells of the bar that says how far a trial is."""


class AutoActsPage(ListedPage[ShownAct]):
    """Acts of one rule, or of all; Enter opens the dialog of the chosen one."""

    SCOPE = "auto_acts"
    BINDINGS = bindings("auto_acts")

    def __init__(self, rule: AutoRule | None = None) -> None:
        super().__init__()
        self.rule = rule

    def title_of(self, what: str) -> str:
        """The title with the rule."""
        return what if self.rule is None else f"{what} · {self.rule.wanted.name}"

    def table(self, rows: Sequence[ShownAct], width: int) -> Sequence[Text]:
        """How each ended, when, for whom, what, and why."""
        return [self._words.row(one, width) for one in rows]

    def whole(self, row: ShownAct) -> Text:
        """An act in full."""
        return self._words.whole(row)

    def identity(self, row: ShownAct) -> object:
        """What tells it from others."""
        return row.key

    @property
    def _words(self) -> ActWords:
        return ActWords(self.appearance.styles, self.appearance.now(), rules=self.rule is None)

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """Leave for the dialog of the chosen act."""
        one, app = self.listed.chosen, self.app
        if one is None:
            return
        behind = app.screen_stack[0]
        while len(app.screen_stack) > 1:
            app.pop_screen()
        behind.post_message(DialogList.Opened(one.dialog, one.message))

    def action_stop(self) -> None:
        """Stop what goes on; here nothing does."""


class AutoLogScreen(AutoActsPage):
    """What rules did of late, the latest on top."""

    KEYLESS = ("auto_acts.stop",)

    def heading(self) -> str:
        """Whose acts they are."""
        return self.title_of(_("What rules did"))

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when something may have been done."""
        if news.any_of(AutomationEvent, MessageEvent):
            self.read_again()

    async def look(self) -> tuple[Sequence[ShownAct], str, Overview]:
        """Read the latest acts."""
        rule = None if self.rule is None else self.rule.id
        rows, bars = await self.workspace.read(partial(_latest, rule=rule))
        return rows, "" if rows else _("Nothing was done yet."), bars


def _latest(tx: Tx, rule: AutoRuleId | None) -> tuple[list[ShownAct], Overview]:
    rows = auto_log.latest(tx, rule=rule, n=_MOST)
    names = {number: _name(tx, number) for number in {row.dialog_id for row in rows}}
    return [ShownAct.of_log(row, names[row.dialog_id]) for row in rows], overview.read(tx)


def _name(tx: Tx, dialog: DialogId) -> str:
    try:
        return dialogs.card(tx, dialog).name
    except NotFound:  # it was removed since
        return ""


class RunningTrial:
    """How far a trial of rules is, and what it found: all is counted, and the last acts are kept."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        self.found: deque[ShownAct] = deque(maxlen=_MOST)
        self.counts: Counter[PlannedState] = Counter()

    def take(self, acts: Sequence[ReplayedAct]) -> None:
        """Add what the next part found."""
        self.found.extend(map(ShownAct.of_trial, acts))
        self.counts.update(one.state for one in acts)

    @property
    def part(self) -> float:
        """How much was read, from 0 to 1."""
        whole = self.replay.last - self.replay.first
        return 1 if self.replay.over or not whole else min(1, self.replay.read / whole)

    def bar(self) -> str:
        """The same as a bar, and what would be done."""
        filled = int(_BAR * self.part)
        done, left = self.counts[PlannedState.DONE], self.counts[PlannedState.SKIPPED]
        bar = f"{'█' * filled}{'░' * (_BAR - filled)} {int(100 * self.part)} %"
        return f"{bar} · {_('would be done: {done}, not: {left}', done=done, left=left)}"

    def remark(self) -> str:
        """What the trial does not know, and that not everything is listed."""
        if not self.found:
            return _("Nothing would have been done.") if self.replay.over else ""
        known = show(TAKEN_AS_NOW)
        return f"{_('The last {n} are listed.', n=_MOST)} {known}" if self.counts.total() > _MOST else known


class AutoTrialScreen(AutoActsPage):
    """What rules would have done in the last seven days; nothing is done, and it can be stopped.

    Without a rule all are tried that are on.
    """

    _trial: RunningTrial | None = None
    _stopped = False

    def heading(self) -> str:
        """The rule, how far the trial is, and what was found until now."""
        bar = "" if self._trial is None else self._trial.bar()
        parts = (self.title_of(_("The last 7 days")), bar, _("stopped") if self._stopped else "")
        return " · ".join(filter(None, parts))

    async def look(self) -> tuple[Sequence[ShownAct], str, Overview]:
        """Begin to try; rows come from the trial."""
        bars = await self.workspace.read(overview.read)
        self._trying = self.do(self._try, group="trial", exclusive=True)
        return (), "", bars

    async def _try(self) -> None:
        trial = self._trial = await self.workspace.read(self._begun)
        clock = self.workspace.company.world.clock
        shown = clock.monotonic()
        while not trial.replay.over:
            trial.take(await self.workspace.read(trial.replay.page))
            if clock.monotonic() - shown >= _PAUSE:
                shown = clock.monotonic()
                self._show_found(trial)
        self._show_found(trial)

    def _begun(self, tx: Tx) -> RunningTrial:
        from chatapp_cli.services.auto_replay import Replay

        rows = [auto_rules.one(tx, self.rule.id)] if self.rule is not None else auto_rules.chosen(tx, ())
        return RunningTrial(Replay(tx, desk_of(self.workspace.company), rows, since=tx.now - WEEK, until=tx.now + 1))

    def _show_found(self, trial: RunningTrial) -> None:
        self.query_one("#title", Static).update(self.heading())
        self.listed.show(list(trial.found), trial.remark())

    def action_stop(self) -> None:
        """Stop; what was found until now stays."""
        if self._trial is not None and not self._trial.replay.over and not self._stopped:
            self._trying.cancel()
            self._stopped = True
            self._show_found(self._trial)
