"""Choosing a person from a messenger's address book while a name is typed (S-122)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from chatapp_cli.domain.finding import needles, search_text
from chatapp_cli.i18n import _
from chatapp_cli.tui.questions.picker import Picker
from chatapp_cli.tui.reading.cells import fit

_NAME = 26


class ContactPick(Picker[Mapping[str, str]]):
    """The people whose name, phone, username or id matches."""

    def __init__(self, people: Sequence[Mapping[str, str]]) -> None:
        super().__init__(_("Part of a name, number or username"), _("Nobody of that name is in the address book."))
        self._people = [
            (search_text(one["name"], one["username"], one["id"], phone=one["phone"]), one) for one in people
        ]

    def narrow(self, typed: str) -> None:
        """List the people that match every word of the typed text."""
        wanted = needles(typed)
        self.list_those([one for words, one in self._people if all(piece in words for piece in wanted)])

    def line(self, one: Mapping[str, str]) -> Text:
        """Name, and number or username."""
        username = f"@{one['username']}" if one["username"] else ""
        known = "  ".join(filter(None, (one["phone"], username))) or one["id"]
        return Text.assemble((fit(one["name"], _NAME), "bold"), f"  {known}", no_wrap=True, overflow="ellipsis")
