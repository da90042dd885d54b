"""The popup over the composer: type to find a quick reply, read it with its values, take it (S-139)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.text import Text
from textual import on
from textual.widget import Widget
from textual.widgets import OptionList, Static

from chatapp_cli.domain.quick_reply import Finder
from chatapp_cli.domain.variables import preview
from chatapp_cli.i18n import _
from chatapp_cli.store.rows.replies import QuickReplyRow
from chatapp_cli.tui.questions.picker import Picker
from chatapp_cli.tui.reading.cells import fit

_TITLE = 36


class QuickPick(Picker[QuickReplyRow]):
    """The replies that match, the best match first, and the text of the chosen one."""

    DEFAULT_CSS = """
    QuickPick OptionList { max-height: 8; margin: 1 0; }
    QuickPick #read { height: auto; max-height: 10; border-top: solid $rule; }
    """

    def __init__(self, rows: Sequence[QuickReplyRow], values: Mapping[str, str]) -> None:
        super().__init__(_("Words of the title, the keywords or the text"), _("There is no such quick reply."))
        self._finder, self._values = Finder(rows), values

    def below(self) -> Iterable[Widget]:
        """The text of the chosen reply."""
        return (Static(id="read", markup=False),)

    def narrow(self, typed: str) -> None:
        """List the best matches first; without typed text, the most used first."""
        self.list_those(self._finder.ranked(typed))
        self._read()

    def line(self, one: QuickReplyRow) -> Text:
        """Title and section."""
        return Text.assemble((fit(one.title, _TITLE), "bold"), f"  {one.section}", no_wrap=True, overflow="ellipsis")

    @on(OptionList.OptionHighlighted)
    def _read(self) -> None:
        """Show the text as the client would read it; missing values stand in braces."""
        self.query_one("#read", Static).update(preview(self.chosen.text, self._values) if self.chosen else "")
