"""The page of robots' runs: what each was to do, for whom, how it ended and why."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.text import Text

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.journal.robots import RunEvent
from chatapp_cli.i18n import _
from chatapp_cli.services import robot_results, robot_retries, runs
from chatapp_cli.store.rows.robots import RunRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.listed_page import ListedPage
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.run_words import RunWords, ShownRun, shown_reason

_MOST = 200
"""Runs that are shown, the latest ones."""


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


class RobotRunsScreen(ListedPage[ShownRun]):
    """The runs of robots and of steps of bots, the latest on top."""

    SCOPE = "crm_runs"
    DEFAULT_CSS = "RobotRunsScreen RowList VerticalScroll { max-height: 50%; }"
    BINDINGS = bindings("crm_runs")

    def heading(self) -> str:
        """What the page is about."""
        return _("What robots did")

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when a run began or ended."""
        if news.any_of(RunEvent):
            self.read_again()

    async def look(self) -> tuple[Sequence[ShownRun], str, Overview]:
        """Read the latest runs."""
        shown, bars = await self.workspace.read(partial(_look, company=self.workspace.company))
        return shown, "" if shown else _("No robot has run yet."), bars

    def table(self, rows: Sequence[ShownRun], width: int) -> Sequence[Text]:
        """Whether it was done, when, what, for whom."""
        return [self._words.row(one, width) for one in rows]

    def whole(self, row: ShownRun) -> Text:
        """A run in full."""
        return self._words.whole(row)

    def identity(self, row: ShownRun) -> object:
        """Of the run."""
        return row.row.id

    @property
    def _words(self) -> RunWords:
        return RunWords(self.appearance.styles, self.appearance.now())

    # What can be done

    def action_retry(self) -> None:
        """Do the chosen run again, where nobody can get anything twice by it."""
        if one := self.listed.chosen:
            self.do(partial(self._retry, one.row))

    async def _retry(self, row: RunRow) -> None:
        able = self.workspace.company.capabilities
        await self.workspace.write(partial(robot_retries.retry, run=row.id, able=able))
        self.say(_("It is done again for those for whom it was not done."))
