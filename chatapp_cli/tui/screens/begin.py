"""«Новый диалог +»: writing to a person first, with a forecast before it is sent (S-120 to S-126)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult

from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import ChatappError, Refused
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.services import beginning, composing, duties, transcript
from chatapp_cli.services.beginning import Outlook
from chatapp_cli.services.message_request import MessageRequest, ToAddress
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import bindings, key
from chatapp_cli.tui.reading import outlook, overview
from chatapp_cli.tui.session import outgoing
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.begin_form import BeginForm, BeginFormValues
from chatapp_cli.tui.widgets.dialog_list import DialogList

_NARROW, _LOW = 60, 30
"""Columns and lines below which the form has a narrow layout."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is known before the form is shown."""

    channel: ChannelId | None = None
    to: str = ""
    name: str = ""


class BeginScreen(ActionPage):
    """The form, and below the address a forecast of the message."""

    SCOPE = "begin"
    DEFAULT_CSS = """
    BeginScreen.-low FormRow, BeginScreen.-low .title { margin: 0; }
    BeginScreen.-low #outlook { margin: 0 0 0 24; }
    BeginScreen.-low #row-text, BeginScreen.-low TextArea { height: 4; }
    BeginScreen.-narrow FormRow, BeginScreen.-narrow #row-text { layout: vertical; height: auto; }
    BeginScreen.-narrow FormRow Input, BeginScreen.-narrow FormRow Select, BeginScreen.-narrow TextArea { width: 100%; }
    BeginScreen.-narrow #last, BeginScreen.-narrow #contacts { margin: 0; }
    BeginScreen.-narrow #outlook, BeginScreen.-narrow #buttons { margin: 0; }
    """
    BINDINGS = bindings("begin")

    def __init__(self, start: Start | None = None) -> None:
        super().__init__()
        self._start = start or Start()
        self._names = {self._start.to: self._start.name}
        self._outlook: Outlook | None = None
        self.begun = False
        """Whether a message was sent or a dialog was opened."""
        self._sending = False

    def compose(self) -> ComposeResult:
        """The status bar alone; the form follows when its choices are read."""
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read the choices and show the form."""
        self.query_one(StatusBar).tell_keys("begin")
        self.do(self._show_form)

    def on_resize(self, event: events.Resize) -> None:
        """Change to the narrow layout in a small window."""
        self.set_class(event.size.width < _NARROW, "-narrow")
        self.set_class(event.size.height < _LOW, "-low")

    async def _show_form(self) -> None:
        capabilities = self.workspace.capabilities

        def look(tx: Tx) -> tuple[list[ChannelRow], list[str], overview.Overview]:
            return beginning.able_to_begin(tx, capabilities), duties.operators(tx), overview.read(tx)

        rows, operators, bars = await self.workspace.read(look)
        self.query_one(StatusBar).tell(bars)
        if not rows:
            self.dismiss()
            raise Refused(
                "none_begins",
                T("No channel that is bound here can write first."),
                T("Bind one: {key}.", key=key("app", "page('lines')")),
            )
        first = next((row for row in rows if row.id == self._start.channel), rows[0])
        known = dict.fromkeys([self.workspace.actor, *operators])
        form = BeginForm(rows, {row.id: capabilities(row) for row in rows}, list(known), first=first, to=self._start.to)
        await self.mount(form, before=self.query_one(StatusBar))

    @property
    def _form(self) -> BeginForm:
        return self.query_one(BeginForm)

    @on(BeginForm.Changed)
    def _look_again(self) -> None:
        self.do(self._look, group="look", exclusive=True)

    async def _look(self) -> None:
        values = self._form.values
        try:
            files = await self._files(values, outgoing.inspect_file)
        except ChatappError as error:
            self._tell(values.to, None, error)
            return
        draft = values.draft(files) if values.begun else None
        capabilities = self.workspace.capabilities

        def look(tx: Tx) -> tuple[Outlook, list[Outlook]]:
            ways = beginning.ways(tx, capabilities, values.to, line=values.channel.line_id)
            others = [one for one in ways if one.kind and one.channel.id != values.channel.id]
            to = ToAddress(values.channel.id, values.to)
            request = MessageRequest(to=to, draft=draft, options=self.workspace.send_options())
            return composing.preview(tx, capabilities, request), others

        one, others = await self.workspace.read(look) if values.to else (None, [])
        better = outlook.likelier(values.to, one, others) if one else None
        if better is not None and self._form.turn_to(better):
            return
        self._tell(values.to, one, others=[other.channel for other in others])

    async def _files(self, values: BeginFormValues, take: Callable[[str], StagedFile]) -> Sequence[StagedFile]:
        return [await self.workspace.store.off_loop(partial(take, values.path))] if values.path else []

    def _tell(
        self, to: str, one: Outlook | None, error: ChatappError | None = None, *, others: Sequence[ChannelRow] = ()
    ) -> None:
        self._outlook = one
        name = self._names.get(to, "")
        text = outlook.text(self.appearance.styles, one, error, others, name=name, able=self.workspace.capabilities)
        self._form.tell(text, known=one is not None and one.dialog is not None)

    # What can be done

    @on(BeginForm.Pressed)
    async def _pressed(self, event: BeginForm.Pressed) -> None:
        await self.run_action(event.action)

    def action_begin(self) -> None:
        """Send the message once, even if the key is pressed twice, and open the dialog."""
        if not self._sending:
            self._sending = True
            self.do(self._send, group="begin")

    async def _send(self) -> None:
        try:
            await self._begin()
        finally:
            self._sending = False

    async def _begin(self) -> None:
        values = self._form.values
        if not values.to:
            self.query_one("#to").focus()
            raise Refused("nobody", T("Say whom to write to."), T("A number, a @username, an e-mail or a ChatID."))
        draft = values.draft(await self._files(values, partial(outgoing.stage_file, self.workspace.company.media)))
        options = replace(self.workspace.send_options(), assignee=values.assignee)
        accept = self.workspace.accept(ToAddress(values.channel.id, values.to), draft, options)
        self._show_dialog(await self.workspace.write(lambda tx: transcript.message(tx, accept(tx)).dialog_id))

    def action_open(self) -> None:
        """Open the dialog that exists with this person."""
        if self._outlook is not None and self._outlook.dialog is not None:
            self._show_dialog(self._outlook.dialog.id)

    def _show_dialog(self, dialog: DialogId) -> None:
        self.begun = True
        self.dismiss()
        self.app.screen_stack[0].post_message(DialogList.Opened(dialog))

    def action_template(self) -> None:
        """Take an approved template as the text."""
        self.do(self._template)

    async def _template(self) -> None:
        from chatapp_cli.tui.questions.templates import filled

        found = await filled(self, self._form.channel)
        if found is not None:
            self._form.take_template(*found)

    def action_contacts(self) -> None:
        """Choose a person out of the account's address book."""
        self.do(self._contacts)

    async def _contacts(self) -> None:
        from chatapp_cli.runtime.asking import SessionRequest, ask
        from chatapp_cli.tui.questions.contact_pick import ContactPick

        row = self._form.channel
        if not self.workspace.capabilities(row).lists_contacts:
            self.say(_("{channel} has no address book.", channel=row.title))
            return
        self._form.tell(Text(_("Asking the messengers…")), known=False)
        people = await ask(self.workspace.company, SessionRequest(row, SessionMethod.CONTACTS))
        person = await self.app.push_screen_wait(ContactPick(people))
        if person is not None:
            to = await self.workspace.read(partial(beginning.address_of, channel=row, person=person))
            self._names[to] = person["name"]
            self._form.take_address(to)
        self._look_again()

    def action_back(self) -> None:
        """Leave the page, after a question if something was typed; not while the message is being sent."""
        if self._sending:
            self.say(_("One moment…"))
            return
        self.do(self._leave, group="leave", exclusive=True)

    async def _leave(self) -> None:
        typed = bool(self.query(BeginForm)) and self._form.typed()
        if not typed or await self.confirm(_("Leave without sending?"), _("What was typed is lost."), yes=_("Leave")):
            self.dismiss()
