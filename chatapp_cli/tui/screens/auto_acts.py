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
from chatapp_cli.i18n import _
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_log, auto_rules, dialogs
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

    def table(self, width: int) -> Sequence[Text]:
        """How each ended, when, for whom, what, and why."""
        return [self._words.row(one, width) for one in self.rows]

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
        one, app = self.chosen, self.app
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

    async def look(self) -> Overview:
        """Read the latest acts."""
        rule = None if self.rule is None else self.rule.id
        self.rows, bars = await self.workspace.read(partial(_latest, rule=rule))
        return bars

    def remark(self) -> str:
        """That there is nothing."""
        return "" if self.rows else _("Nothing was done yet.")


def _latest(tx: Tx, rule: AutoRuleId | None) -> tuple[list[ShownAct], Overview]:
    rows = auto_log.latest(tx, rule=rule, n=_MOST)
    names = {number: _name(tx, number) for number in {row.dialog_id for row in rows}}
    return [ShownAct.of_log(row, names[row.dialog_id]) for row in rows], overview.read(tx)


def _name(tx: Tx, dialog: DialogId) -> str:
    try:
        return dialogs.card(tx, dialog).name
    except NotFound:  # it was removed since
        return ""


class AutoTrialScreen(AutoActsPage):
    """What rules would have done in the last seven days; nothing is done, and it can be stopped."""

    def __init__(self, rule: AutoRule | None = None) -> None:
        """``rule``: on or off; ``None``: all that are on."""
        super().__init__(rule)
        self._found: deque[ShownAct] = deque(maxlen=_MOST)
        self._counts: Counter[PlannedState] = Counter()
        self._part, self._listed = 0.0, 0.0
        self._stopped = False

    def heading(self) -> str:
        """The rule, how far the trial is, and what was found until now."""
        filled = int(_BAR * self._part)
        bar = f"{'█' * filled}{'░' * (_BAR - filled)} {int(100 * self._part)} %"
        counts = _("would be done: {done}, not: {left}", done=self._counts[PlannedState.DONE],
                   left=self._counts[PlannedState.SKIPPED])  # fmt: skip
        parts = [self.title_of(_("The last 7 days")), bar, counts, _("stopped") if self._stopped else ""]
        return " · ".join(filter(None, parts))

    def on_mount(self) -> None:
        """Begin to try."""
        self._trying = self.do(self._try, group="trial")

    async def look(self) -> Overview:
        """Rows come from the trial."""
        return await self.workspace.read(overview.read)

    async def _try(self) -> None:
        replay = await self.workspace.read(self._begun)
        clock = self.workspace.company.world.clock
        while not replay.over:
            self._take(await self.workspace.read(replay.page), replay)
            if replay.over or clock.monotonic() - self._listed >= _PAUSE:
                self._listed = clock.monotonic()
                self._show_found()

    def _begun(self, tx: Tx) -> Replay:
        from chatapp_cli.services.auto_replay import Replay

        rows = [auto_rules.one(tx, self.rule.id)] if self.rule is not None else auto_rules.chosen(tx, ())
        return Replay(tx, desk_of(self.workspace.company), rows, since=tx.now - WEEK, until=tx.now + 1)

    def _take(self, acts: Sequence[ReplayedAct], replay: Replay) -> None:
        self._found.extend(map(ShownAct.of_trial, acts))
        self._counts.update(one.state for one in acts)
        whole = replay.last - replay.first
        self._part = min(1.0, replay.read / whole) if whole else 1.0
        if replay.over:
            self._part = 1.0

    def _show_found(self) -> None:
        chosen = self.chosen
        self.rows = list(self._found)
        self.query_one("#title", Static).update(self.heading())
        self.list_again(None if chosen is None else self.identity(chosen))

    def remark(self) -> str:
        """What the trial does not know, and that not everything is listed."""
        if not self.rows:
            return _("Nothing would have been done.") if self._part == 1 else ""
        known = _("Tags, operators and what is known of clients are taken as they are now.")
        more = sum(self._counts.values()) > len(self.rows)
        return " ".join(filter(None, (_("The last {n} are listed.", n=_MOST) if more else "", known)))

    def action_stop(self) -> None:
        """Stop; what was found until now stays."""
        if self._part < 1 and not self._stopped:
            self._trying.cancel()
            self._stopped = True
            self._show_found()
