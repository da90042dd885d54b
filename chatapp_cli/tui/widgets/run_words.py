"""Texts of the page of robots' runs: the list, and the chosen run in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from rich.style import Style
from rich.text import Text

from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.robot import ADDRESSED, NO, YES
from chatapp_cli.domain.text import Text as Sentence
from chatapp_cli.i18n import _, show
from chatapp_cli.services import runs
from chatapp_cli.services.robot_results import RobotOutcome
from chatapp_cli.services.run_reason import RunReason
from chatapp_cli.store.rows.robots import PartRow, RunRow
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import fit, line
from chatapp_cli.tui.themes import PaintStyles

_WHEN: Final = 12
_ROBOT: Final = 28


class ShownRun(NamedTuple):
    """A run as the page shows it."""

    row: RunRow
    parts: Sequence[PartRow]
    outcome: RobotOutcome
    reasons: Sequence[str]
    """Why each part failed; empty for one that did not."""
    obstacle: Sentence | None
    """Why it cannot be done again."""


class RunWords:
    """Makes the texts in the styles of the window."""

    def __init__(self, styles: PaintStyles, now: Millis) -> None:
        self._styles, self._now = styles, now

    def row(self, one: ShownRun, width: int) -> Text:
        """A line of so many cells: whether it was done, when, what, for whom."""
        styles, robot = self._styles, min(_ROBOT, width // 3)
        whom = max(0, width - 2 - _WHEN - 1 - robot - 1)
        return Text.assemble(
            self._sign(one),
            (fit(words.moment(one.row.created_at, self._now), _WHEN) + " ", styles.faint),
            (fit(show(one.outcome.title), robot) + " ", styles.strong),
            (fit(_whom(one), whom), styles.plain),
            no_wrap=True,
        )

    def _sign(self, one: ShownRun) -> tuple[str, Style]:
        if one.row.state != runs.ENDED:
            return "◷ ", self._styles.warn
        return ("✓ ", self._styles.good) if one.outcome.good else ("✗ ", self._styles.bad)

    def whole(self, one: ShownRun) -> Text:
        """A run in full: what was asked, how each recipient fared and why, and what can be done."""
        styles = self._styles
        text = Text.assemble((f"{show(one.outcome.title)}\n", styles.strong))
        self._fact(text, _("Card"), words.card(one.row.card))
        self._fact(text, _("Asked by"), one.row.actor)
        said = one.row.arguments.get("message") or one.row.arguments.get("title") or one.row.arguments.get("tags", "")
        self._fact(text, _("What"), line(said))
        if (reason := RunReason.read(one.row.reason)) is not None:
            text.append(f"✗ {show(reason.what)}\n", styles.bad)
        for part, why in zip(one.parts, one.reasons, strict=True):
            text.append_text(self._part(part, why))
        again = _("Press {key} to do it again for those for whom it was not done.", key=key("crm_runs", "retry"))
        return text.append(again if one.obstacle is None else show(one.obstacle), styles.muted)

    def _part(self, part: PartRow, why: str) -> Text:
        styles = self._styles
        sign, style = {YES: ("✓ ", styles.good), NO: ("✗ ", styles.bad)}.get(part.verdict, ("◷ ", styles.warn))
        reason = f"  [{part.code.upper()}] {line(why)}" if part.verdict == NO else ""
        return Text.assemble((sign, style), (line(part.address), styles.plain), (f"{reason}\n", styles.bad))

    def _fact(self, text: Text, label: str, value: str) -> None:
        if value:
            text.append(f"{label}: ", self._styles.faint).append(f"{value}\n", self._styles.plain)


def _whom(one: ShownRun) -> str:
    """Each recipient; of a run that was refused as a whole those who were filled in."""
    given = [part.address for part in one.parts]
    given = given or [said for one_ in ADDRESSED if (said := one.row.arguments.get(one_.name, "").strip())]
    return line(", ".join(given))


def shown_reason(why: Callable[[PartRow], Sentence], part: PartRow) -> str:
    """Why a part failed, in the reader's language."""
    return show(why(part)) if part.verdict == NO else ""
