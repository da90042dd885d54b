"""Choosing a dialog while a part of a name, a phone or an address is typed."""

from __future__ import annotations

from functools import partial

from rich.text import Text
from textual.worker import Worker

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.tui.questions.picker import Picker
from chatapp_cli.tui.reading.cells import fit, line
from chatapp_cli.tui.session.workspace import Workspace

_MOST = 30
_NAME = 26


class DialogPick(Picker[DialogRow]):
    """The dialogs that match, the latest first."""

    DEFAULT_CSS = "DialogPick OptionList { height: 10; }"

    def __init__(self, workspace: Workspace, title: str) -> None:
        super().__init__(_("Search: name, phone, e-mail"), _("There is no such dialog."), title)
        self._workspace = workspace

    def narrow(self, typed: str) -> None:
        """Search the store for the typed text."""
        self._ask(DialogFilter(text=typed.strip()))

    def _ask(self, wanted: DialogFilter) -> Worker[None]:
        return self.run_worker(partial(self.carry_out, partial(self._look, wanted)), exclusive=True)

    async def _look(self, wanted: DialogFilter) -> None:
        dialect = self._workspace.dialect
        self.list_those(await self._workspace.read(lambda tx: dialog_list.page(tx, dialect, wanted, n=_MOST)))

    def line(self, one: DialogRow) -> Text:
        """Name, channel and address."""
        channel = f"  {manifest(one.kind).label} {line(one.address)}"
        return Text.assemble((fit(one.full_name, _NAME), "bold"), (channel, "dim"), no_wrap=True, overflow="ellipsis")
