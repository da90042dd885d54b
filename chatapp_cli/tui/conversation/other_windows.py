"""The other windows, as this one knows them, and what this one tells of itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import count
from typing import NamedTuple, TypeVar

from chatapp_cli.domain.ids import DialogId, Millis
from chatapp_cli.i18n import _
from chatapp_cli.services import dialogs, presence
from chatapp_cli.store.rows.dialogs import PresenceRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.session.workspace import Workspace

R = TypeVar("R")
AGAIN = 3.0
"""Seconds after which colleagues are told once more that somebody writes."""


class Viewers(NamedTuple):
    """Who else is in a dialog, by name."""

    looking: Sequence[str] = ()
    writing: Sequence[str] = ()

    def __str__(self) -> str:
        """As the heading says it; whoever writes matters more than who only looks."""
        names = ", ".join(self.writing or self.looking)
        if self.writing:
            one = _("{name} is writing…", name=names)
            return one if len(self.writing) == 1 else _("{names} are writing…", names=names)
        if not self.looking:
            return ""
        return _("{name} looks", name=names) if len(self.looking) == 1 else _("{names} look", names=names)


class OtherWindows:
    """Asks the store only when news speak of somebody, and once in a while to see who is still there."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._own = workspace.company
        """The desk with whoever sat here when the page opened: another may sit here when it closes."""
        self._window = workspace.company.world.chance.key()
        self._rows: Sequence[PresenceRow] = ()
        self._reads = count(1)
        self._newest = 0
        """The number of the read that ``_rows`` came with; an older one that ends later changes nothing."""
        self._at: DialogId | None = None
        self._told_at: float | None = None
        """When this window last said that it writes; ``None`` while it does not."""

    async def turn_to(self, dialog: DialogId) -> None:
        """Tell which dialog was opened; one that is open already is still written in, if it was."""
        if dialog != self._at:
            await self.look(dialog)

    async def look(self, dialog: DialogId | None) -> None:
        """Tell which dialog stands in this window now; nobody writes in it yet. Raises NotFound if there is none."""
        self._at, self._told_at = dialog, None
        look = partial(presence.look, window=self._window, dialog=dialog)
        await self._workspace.write(look if dialog is None else _there(dialog, look))

    async def beat(self) -> None:
        """Tell that this window is still here, and look who else is. Raises NotFound if its dialog is no more."""
        if self._at is None:
            await self.see()
            return
        beat = partial(presence.beat, window=self._window, dialog=self._at)
        await self._know(self._workspace.write(_there(self._at, beat)))

    @property
    def silent(self) -> bool:
        """Whether it is time to tell that somebody writes in this window."""
        return self._at is not None and (self._told_at is None or self._now() - self._told_at >= AGAIN)

    async def write(self) -> None:
        """Somebody writes in the dialog of this window. Raises NotFound if it is no more."""
        if self._at is None:
            return
        self._told_at = self._now()
        typing = partial(presence.typing, window=self._window, dialog=self._at)
        await self._workspace.write(_there(self._at, typing))

    def nowhere(self) -> None:
        """The dialog of this window is no more."""
        self._at, self._told_at = None, None

    def _now(self) -> float:
        return self._workspace.company.world.clock.monotonic()

    async def rest(self) -> None:
        """Nobody writes in this window any more."""
        if self._told_at is not None:
            await self.look(self._at)

    async def leave(self) -> None:
        """Tell that this window closes."""
        if self._at is not None:
            await self._workspace.write(self._own.seen(partial(presence.gone, window=self._window)))

    async def see(self) -> None:
        """Look where the others are."""
        await self._know(self._workspace.read(presence.everyone))

    async def _know(self, reading: Awaitable[Sequence[PresenceRow]]) -> None:
        number = next(self._reads)
        rows = await reading
        if number > self._newest:
            self._rows, self._newest = rows, number

    def there(self, now: Millis) -> dict[DialogId, Viewers]:
        """The company in each dialog that has some, without this window."""
        found: dict[DialogId, Viewers] = {}
        for row in self._rows:
            if row.id == self._window or row.until <= now or row.dialog_id is None:
                continue
            known = found.get(row.dialog_id, Viewers())
            writing = [row.operator] if row.typing_until > now else []
            found[row.dialog_id] = Viewers([*known.looking, row.operator], [*known.writing, *writing])
        return found


def _there(dialog: DialogId, job: Callable[[Tx], R]) -> Callable[[Tx], R]:
    """The same for a dialog that is there still; its channel may have been unbound meanwhile."""

    def checked(tx: Tx) -> R:
        dialogs.card(tx, dialog)
        return job(tx)

    return checked
