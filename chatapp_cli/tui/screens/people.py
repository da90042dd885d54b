"""Finding a person by phone number or name in every messenger, and writing to them (S-120, S-122)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.address import canonical, kinds
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import channels, reaching
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.cells import cut, fit
from chatapp_cli.tui.screens.begin import BeginScreen, Start
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.dialog_list import DialogList

_CHANNEL = 26
_WORD = 16
_NAME = 40


@dataclass(frozen=True, slots=True)
class PersonRoute:
    """A channel, what it answered about a person, and their address there."""

    channel: ChannelRow
    text: str
    style: Style
    name: str = ""
    address: str = ""
    """Empty if the person cannot be written to there."""


class PeopleScreen(ActionPage):
    """A box for a phone number or a name, and the channels that reach that person."""

    SCOPE = "people"
    DEFAULT_CSS = """
    PeopleScreen Input { border: none; height: 1; margin: 1 2; background: $panel; }
    PeopleScreen Input:focus { border: none; background: $panel; background-tint: $panel 0%; }
    PeopleScreen #status { height: auto; padding: 0 2; color: $muted; }
    PeopleScreen OptionList { border: none; height: 1fr; padding: 1 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    PeopleScreen OptionList:focus { border: none; background-tint: $background 0%; }
    """
    BINDINGS = bindings("people")

    def __init__(self) -> None:
        super().__init__()
        self._found: Sequence[PersonRoute] = ()

    def compose(self) -> ComposeResult:
        """Box, status, channels."""
        yield Input(placeholder=_("Phone, @username, e-mail or chat id"), compact=True)
        yield Static(
            _("Enter searches every channel that can; the next Enter starts writing."), id="status", markup=False
        )
        yield OptionList(markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Focus the box."""
        self.query_one(StatusBar).tell_keys("people", "app")
        self.do(self._tell_health, group="health")
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _look_for(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.query_one("#status", Static).update(_("Asking the messengers…"))
            self.do(partial(self._look, event.value.strip()), group="look", exclusive=True)

    async def _look(self, address: str) -> None:
        from chatapp_cli.runtime.asking import SessionRequest, ask_all

        every = await self.workspace.read(channels.everything)
        searchable = [(row, asked) for row in every if (asked := self._asked(row, address))]
        requests = [SessionRequest(row, SessionMethod.FIND, {"address": asked}) for row, asked in searchable]
        answers = await ask_all(self.workspace.company, requests) if requests else ()
        found = [self._way(row, answer) for (row, _asked), answer in zip(searchable, answers, strict=True)]
        known = {row.id for row, _asked in searchable}
        found += [self._unasked(row, address) for row in every if row.id not in known and self._may_begin(row, address)]
        self._show(found, _("No channel that is bound here can write to {address}.", address=address))

    def _asked(self, row: ChannelRow, address: str) -> str:
        """The address as the channel must be asked for it; empty if the channel cannot search for it."""
        finds = self.workspace.capabilities(row).finds_people
        kind = next((kind for kind in kinds(address) if kind in finds), None)
        return canonical(address, kind) if kind else ""

    def _may_begin(self, row: ChannelRow, address: str) -> bool:
        can = self.workspace.capabilities(row)
        likeliest = kinds(address)[0]
        return can.may_begin(likeliest, canonical(address, likeliest))

    def _way(self, row: ChannelRow, answer: Any) -> PersonRoute:
        styles = self.appearance.styles
        if isinstance(answer, ChatappError):
            return PersonRoute(row, show(answer.what), styles.warn)
        if answer is None:
            return PersonRoute(row, _("not there, or hidden"), styles.faint)
        username = f"@{answer['username']}" if answer["username"] else ""
        name = " ".join(filter(None, (answer["name"], username)))
        return PersonRoute(row, _("there"), styles.good, name, answer["id"])

    def _unasked(self, row: ChannelRow, address: str) -> PersonRoute:
        return PersonRoute(row, _("can be written to"), self.appearance.styles.muted, "", address)

    def _show(self, found: Sequence[PersonRoute], nothing: str) -> None:
        self._found = found
        self.query_one("#status", Static).update("" if found else nothing)
        shown = self.query_one(OptionList)
        shown.clear_options()
        shown.add_options([Option(self._line(one), disabled=not one.address) for one in found])
        if any(one.address for one in found):
            shown.highlighted = next(n for n, one in enumerate(found) if one.address)
            shown.focus()

    def _line(self, one: PersonRoute) -> Text:
        styles = self.appearance.styles
        return Text.assemble(
            (fit(manifest(one.channel.kind).label, _WORD), styles.accent),
            (fit(one.channel.title, _CHANNEL), styles.plain),
            (f" {cut(one.text, _NAME)}", one.style),
            (f"  {one.name}" if one.name else "", styles.strong),
        )

    # What can be done

    @on(OptionList.OptionSelected)
    def action_write(self) -> None:
        """Open the dialog, or the form to begin one."""
        at = self.query_one(OptionList).highlighted
        if at is not None and self._found:
            self.do(partial(self._write, self._found[at]))

    async def _write(self, one: PersonRoute) -> None:
        dialog = await self.workspace.read(partial(reaching.known, channel=one.channel, to=one.address))
        if dialog is not None:
            self._open(dialog)
            return
        form = BeginScreen(Start(one.channel.id, one.address, one.name))
        await self.app.push_screen_wait(form)
        if form.begun:
            self.dismiss()

    def _open(self, dialog: DialogId) -> None:
        behind = self.app.screen_stack[0]
        self.dismiss()
        behind.post_message(DialogList.Opened(dialog))

    def action_box(self) -> None:
        """Focus the box."""
        self.query_one(Input).focus()

    async def _tell_health(self) -> None:
        self.query_one(StatusBar).tell(await self.workspace.read(overview.read))

    def action_back(self) -> None:
        """Back to the dialogs."""
        self.dismiss()
