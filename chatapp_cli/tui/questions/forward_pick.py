"""Choosing whom messages are forwarded to: a dialog, or an address that nobody wrote from yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from rich.text import Text
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker

from chatapp_cli.domain.address import kinds, openings
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import beginning, forwarding
from chatapp_cli.services.message_request import InDialog, ToAddress
from chatapp_cli.store import dialog_list
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.questions.picker import Picker
from chatapp_cli.tui.reading.cells import fit, line
from chatapp_cli.tui.session.workspace import Workspace

_MOST = 30
_NAME = 26


class Receiver(NamedTuple):
    """Whom something is forwarded to, and what is said above it."""

    to: InDialog | ToAddress
    name: str
    way: str
    """The channel, with the address in a dialog."""
    text: str = ""


class ForwardPick(Picker[Receiver]):
    """The dialogs that match, the latest first; above them the channels that can begin at what was typed."""

    DEFAULT_CSS = "ForwardPick OptionList { height: 10; }"

    def __init__(self, workspace: Workspace, message: MessageId) -> None:
        placeholder = _("Search: name, phone, e-mail; or a new address")
        super().__init__(placeholder, _("There is no such dialog."), _("Forward to"))
        self._workspace = workspace
        self._message = message

    def below(self) -> Iterable[Widget]:
        """What is said above the forwarded message."""
        yield Input(placeholder=_("Your own words above it; Enter forwards"), id="words")

    def narrow(self, typed: str) -> None:
        """Search the store for the typed text, and for channels that reach it."""
        self._search(typed.strip())

    def _search(self, typed: str) -> Worker[None]:
        return self.run_worker(partial(self.carry_out, partial(self._look, typed)), exclusive=True)

    async def _look(self, typed: str) -> None:
        self.list_those(await self._workspace.read(lambda tx: (*self._new(tx, typed), *self._dialogs(tx, typed))))

    def _new(self, tx: Tx, typed: str) -> Sequence[Receiver]:
        """By the channels that can write first to an address that was typed; that of the message comes first."""
        if not _looks_like_address(typed):
            return ()
        own = forwarding.through(tx, self._message, "")
        ways = [one for one in beginning.ways(tx, self._workspace.capabilities, typed) if one.kind and not one.refusal]
        ways.sort(key=lambda one: one.channel.id != own)
        return [Receiver(ToAddress(one.channel.id, typed), typed, line(one.channel.title)) for one in ways]

    def _dialogs(self, tx: Tx, typed: str) -> Sequence[Receiver]:
        rows = dialog_list.page(tx, self._workspace.dialect, DialogFilter(text=typed), n=_MOST)
        return [
            Receiver(InDialog(row.id), row.full_name, f"{manifest(row.kind).label} {line(row.address)}") for row in rows
        ]

    def take(self, chosen: Receiver) -> None:
        """Go on to the words, and answer from there: nothing goes with the key that only chose."""
        words = self.query_one("#words", Input)
        if self.focused is words:
            self.answer(chosen._replace(text=words.value))
        else:
            words.focus()

    def line(self, one: Receiver) -> Text:
        """Name, channel and address."""
        return Text.assemble((fit(one.name, _NAME), "bold"), (f"  {one.way}", "dim"), no_wrap=True, overflow="ellipsis")


def _looks_like_address(typed: str) -> bool:
    """Whether what was typed is more than a name: everything could be a ChatID."""
    return kinds(typed)[0] != "chat_id" or "phone" in openings(typed)
