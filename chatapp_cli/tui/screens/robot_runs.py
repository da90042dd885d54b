"""The page of robots' runs: what each was to do, for whom, how it ended and why."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.journal.robots import RunEvent
from chatapp_cli.i18n import _
from chatapp_cli.services import robot_results, robot_retries, runs
from chatapp_cli.store.rows.robots import RunRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.run_words import RunWords, ShownRun, shown_reason

_MOST = 200
"""Runs that are shown, the latest ones."""
_BESIDE = 5
"""Cells of padding and scrollbar beside a row."""


def _look(tx: Tx, company: Company) -> tuple[Sequence[ShownRun], Overview]:
    return [_shown(tx, company, row) for row in runs.latest(tx, n=_MOST)], overview.read(tx)


def _shown(tx: Tx, company: Company, row: RunRow) -> ShownRun:
    parts = runs.parts(tx, row.id)
    why = partial(robot_results.why, tx, manifest=company.manifest)
    return ShownRun(
        row,
        parts,
        robot_results.of(tx, row, company.manifest),
        [shown_reason(why, part) for part in parts],
        robot_retries.obstacle(tx, row, parts),
    )


class RobotRunsScreen(ActionPage):
    """The runs of robots and of steps of bots, the latest on top."""

    SCOPE = "crm_runs"
    DEFAULT_CSS = """
    RobotRunsScreen #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }
    RobotRunsScreen OptionList { border: none; height: 1fr; min-height: 4; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    RobotRunsScreen OptionList:focus { border: none; background-tint: $background 0%; }
    RobotRunsScreen VerticalScroll { height: auto; max-height: 50%; padding: 0 2; border-top: solid $rule;
        scrollbar-size-vertical: 1; }
    """
    BINDINGS = bindings("crm_runs")

    def __init__(self) -> None:
        super().__init__()
        self._runs: Sequence[ShownRun] = ()

    def compose(self) -> ComposeResult:
        """The list, and below it the chosen run in full."""
        yield Static(_("What robots did"), id="title", markup=False)
        yield OptionList(markup=False)
        with VerticalScroll(can_focus=False):
            yield Static(id="whole", markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys("crm_runs", "app")
        self._read_again()

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when a run began or ended."""
        if news.any_of(RunEvent):
            self._read_again()

    def on_resize(self) -> None:
        """Fit the columns into another width."""
        if self._runs:
            self.call_after_refresh(self._show_runs, self.query_one(OptionList).highlighted or 0)

    def _read_again(self) -> None:
        self.do(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        chosen = self._chosen
        self._runs, bars = await self.workspace.read(partial(_look, company=self.workspace.company))
        self.query_one(StatusBar).tell(bars)
        self._show_runs(next((at for at, one in enumerate(self._runs) if chosen and one.row.id == chosen.row.id), 0))
        self.query_one(OptionList).focus()

    def _show_runs(self, at: int) -> None:
        shown = self.query_one(OptionList)
        shown.clear_options()
        shown.add_options([Option(self._words.row(one, shown.size.width - _BESIDE)) for one in self._runs])
        if not self._runs:
            shown.add_option(Option(_("No robot has run yet."), disabled=True))
        shown.highlighted = min(at, len(self._runs) - 1) if self._runs else None
        self._show_chosen()

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        one = self._chosen
        self.query_one("#whole", Static).update(Text() if one is None else self._words.whole(one))

    @property
    def _words(self) -> RunWords:
        return RunWords(self.appearance.styles, self.appearance.now())

    @property
    def _chosen(self) -> ShownRun | None:
        at = self.query_one(OptionList).highlighted
        return None if at is None or at >= len(self._runs) else self._runs[at]

    # What can be done

    def action_back(self) -> None:
        """Back to the CRMs."""
        self.dismiss()

    def action_down(self) -> None:
        """The next one."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """The one before."""
        self.query_one(OptionList).action_cursor_up()

    def action_retry(self) -> None:
        """Do the chosen run again, where nobody can get anything twice by it."""
        if one := self._chosen:
            self.do(partial(self._retry, one.row))

    async def _retry(self, row: RunRow) -> None:
        able = self.workspace.company.capabilities
        await self.workspace.write(partial(robot_retries.retry, run=row.id, able=able))
        self.say(_("It is done again for those for whom it was not done."))
