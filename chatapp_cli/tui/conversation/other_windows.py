"""The presence of operators: what other windows show, and what this one announces."""

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
"""Seconds after which a window announces again that its operator writes."""


class Viewers(NamedTuple):
    """The names of the operators who look at a dialog or write in it."""

    looking: Sequence[str] = ()
    writing: Sequence[str] = ()

    def __str__(self) -> str:
        """The text of the heading; operators who write come before those who only look."""
        names = ", ".join(self.writing or self.looking)
        if self.writing:
            one = _("{name} is writing…", name=names)
            return one if len(self.writing) == 1 else _("{names} are writing…", names=names)
        if not self.looking:
            return ""
        return _("{name} looks", name=names) if len(self.looking) == 1 else _("{names} look", names=names)


class OtherWindows:
    """Reads and announces presence; it is read when the journal reports a change, and with each `beat`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._opened_by = workspace.company
        """The company as the operator who opened the page; another may be logged in when it closes."""
        self._window = workspace.company.world.chance.key()
        self._rows: Sequence[PresenceRow] = ()
        self._reads = count(1)
        self._newest = 0
        """The number of the read that ``_rows`` came from; an older read that ends later is ignored."""
        self._at: DialogId | None = None
        self._typing_told_at: float | None = None
        """When this window last announced that its operator writes; ``None`` while they do not."""

    async def announce_opened(self, dialog: DialogId) -> None:
        """Announce a newly opened dialog. Raises NotFound if it was deleted."""
        if dialog != self._at:
            await self.announce(dialog)

    async def announce(self, dialog: DialogId | None) -> None:
        """Announce the dialog of this window, in which nobody writes yet. Raises NotFound if it was deleted."""
        self._at, self._typing_told_at = dialog, None
        look = partial(presence.look, window=self._window, dialog=dialog)
        await self._workspace.write(look if dialog is None else _if_exists(dialog, look))

    async def beat(self) -> None:
        """Announce that this window is still open, and read the others. Raises NotFound if its dialog was deleted."""
        if self._at is None:
            await self.refresh()
            return
        beat = partial(presence.beat, window=self._window, dialog=self._at)
        await self._take(self._workspace.write(_if_exists(self._at, beat)))

    @property
    def typing_due(self) -> bool:
        """Whether it is time to announce that the operator writes."""
        return self._at is not None and (self._typing_told_at is None or self._now() - self._typing_told_at >= AGAIN)

    async def announce_typing(self) -> None:
        """Announce that the operator writes. Raises NotFound if the dialog was deleted."""
        if self._at is None:
            return
        self._typing_told_at = self._now()
        typing = partial(presence.typing, window=self._window, dialog=self._at)
        await self._workspace.write(_if_exists(self._at, typing))

    def forget_dialog(self) -> None:
        """Forget the dialog of this window, which was deleted."""
        self._at, self._typing_told_at = None, None

    def _now(self) -> float:
        return self._workspace.company.world.clock.monotonic()

    async def stop_typing(self) -> None:
        """Announce that the operator stopped writing. Raises NotFound if the dialog was deleted."""
        if self._typing_told_at is not None:
            await self.announce(self._at)

    async def leave(self) -> None:
        """Announce that this window closes."""
        if self._at is not None:
            await self._workspace.write(self._opened_by.seen(partial(presence.gone, window=self._window)))

    async def refresh(self) -> None:
        """Read the presence of other windows."""
        await self._take(self._workspace.read(presence.everyone))

    async def _take(self, reading: Awaitable[Sequence[PresenceRow]]) -> None:
        number = next(self._reads)
        rows = await reading
        if number > self._newest:
            self._rows, self._newest = rows, number

    def viewers(self, now: Millis) -> dict[DialogId, Viewers]:
        """The viewers of each dialog, without this window; dialogs without viewers are left out."""
        found: dict[DialogId, Viewers] = {}
        for row in self._rows:
            if row.id == self._window or row.until <= now or row.dialog_id is None:
                continue
            known = found.get(row.dialog_id, Viewers())
            writing = [row.operator] if row.typing_until > now else []
            found[row.dialog_id] = Viewers([*known.looking, row.operator], [*known.writing, *writing])
        return found


def _if_exists(dialog: DialogId, job: Callable[[Tx], R]) -> Callable[[Tx], R]:
    """The same job, which raises NotFound if the dialog was deleted, as it is when its channel is unbound."""

    def checked(tx: Tx) -> R:
        dialogs.card(tx, dialog)
        return job(tx)

    return checked
