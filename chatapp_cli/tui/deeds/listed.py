"""What actions on the list of dialogs need of the page that has it."""

from __future__ import annotations

from abc import abstractmethod

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.store.rows.operators import ViewRow
from chatapp_cli.tui.hands import Hands
from chatapp_cli.tui.overview import Overview


class Listed(Hands):
    """A page with a list of dialogs that can be narrowed."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = DialogFilter()
        self.overview = Overview()

    @abstractmethod
    def show_only(self, wanted: DialogFilter) -> None:
        """List other dialogs."""

    @abstractmethod
    def go_to(self, view: ViewRow) -> None:
        """Show the dialogs of a view."""
