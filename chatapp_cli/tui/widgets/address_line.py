"""The line above the text of a mail that says who gets it, and from which address of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.widgets import Static

from chatapp_cli.domain.draft import Draft
from chatapp_cli.i18n import N_, _
from chatapp_cli.tui.reading.cells import cut

if TYPE_CHECKING:
    from chatapp_cli.services.addressing import Addressed

_MOST_LINES = 2


class AddressLine(Static):
    """To, Cc, Bcc and the address that it goes from, in two lines at most; those left out are counted."""

    DEFAULT_CSS = """
    AddressLine { height: auto; color: $muted; display: none; }
    AddressLine.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._addressed: Addressed | None = None
        self._copies: tuple[Sequence[str], Sequence[str]] = ((), ())

    def turn_to(self, addressed: Addressed | None) -> None:
        """Show another client, and the address of ours; ``None`` shows nothing."""
        self._addressed = addressed
        self.set_class(addressed is not None, "-shown")
        self._show()

    def tell(self, draft: Draft) -> None:
        """Show who gets copies."""
        copies = (draft.cc, draft.bcc)
        if copies != self._copies:
            self._copies = copies
            self._show()

    def on_resize(self) -> None:
        """Fit it into another width."""
        self._show()

    def _show(self) -> None:
        if self._addressed is not None and self.size.width > 0:
            text = addressed_in(self.size.width, self._addressed, *self._copies)
            if self.content != text:
                self.update(text)


def addressed_in(width: int, addressed: Addressed, cc: Sequence[str], bcc: Sequence[str]) -> str:
    """Who gets a mail, in lines of ``width`` cells: as many of the copies as there is room for."""
    copies = [*_copies(N_("Cc: {who}"), cc), *_copies(N_("Bcc: {who}"), bcc)]
    ways = [_packed(width, _pieces(addressed, copies, n)) for n in range(len(copies), -1, -1)]
    return "\n".join(next((lines for lines in ways if len(lines) <= _MOST_LINES), ways[-1]))


def _copies(said: str, addresses: Sequence[str]) -> Iterator[str]:
    """The addresses of a field, the first one behind its name."""
    for n, address in enumerate(addresses):
        comma = "," if n < len(addresses) - 1 else ""
        yield f"{address}{comma}" if n else f"· {_(said, who=address)}{comma}"


def _pieces(addressed: Addressed, copies: Sequence[str], n: int) -> Iterator[str]:
    """What is not broken between lines, with the first ``n`` copies."""
    yield _("To: {who}", who=addressed.client)
    yield from copies[:n]
    if n < len(copies):
        yield f"· {_('{n} more', n=len(copies) - n)}"
    if addressed.alias:
        yield f"· {_('from {address}', address=addressed.alias)}"


def _packed(width: int, pieces: Iterator[str]) -> list[str]:
    """Lines of as many pieces as have room; a longer piece is cut."""
    lines: list[str] = []
    for piece in (cut(piece, width) for piece in pieces):
        if lines and cell_len(lines[-1]) + 1 + cell_len(piece) <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece)
    return lines
