"""What a rule would have done of late, beside the form in which it is written."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from chatapp_cli.domain.automation import PlannedState
from chatapp_cli.i18n import _, show
from chatapp_cli.services.auto_preview import ENTRIES
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import line
from chatapp_cli.tui.widgets.act_words import ShownAct


def previewed(appearance: Appearance, found: Sequence[ShownAct], *, latest: int) -> Text:
    """How often a rule would have acted on the latest entries of the journal, and the last times: to whom and why."""
    styles, done = appearance.styles, sum(one.state is PlannedState.DONE for one in found)
    text = Text(_("Of the last {n} events:", n=ENTRIES) + "\n", styles.muted)
    text.append(_("would be done: {done}, not: {left}", done=done, left=len(found) - done) + "\n", styles.strong)
    for one in reversed(found[-latest:]):
        good = one.state is PlannedState.DONE
        text.append("\n✓ " if good else "\n– ", styles.good if good else styles.faint)
        text.append(f"{words.moment(one.at, appearance.now())} ", styles.faint).append(line(one.name), styles.strong)
        text.append(f"\n  {line(show(one.why))}", styles.plain)
        if one.outcome is not None:
            text.append(f"\n  {line(show(one.outcome))}", styles.muted)
    return text
