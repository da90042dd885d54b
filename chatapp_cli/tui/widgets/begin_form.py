"""The form of a new dialog: line, messenger, assignee, address and message (S-121, S-122)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select, Static, TextArea

from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.recipients import typed_addresses, typed_names
from chatapp_cli.domain.template import Filled
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.keys.keymap import action, shown
from chatapp_cli.tui.media.paths import Paths
from chatapp_cli.tui.reading.cells import as_it_stands

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BeginFormValues:
    """The values of the form."""

    channel: ChannelRow
    to: str
    assignee: str
    path: str
    text: str
    subject: str
    first_name: str
    last_name: str
    template: Filled | None
    cc: str = ""
    bcc: str = ""

    def draft(self, files: Sequence[StagedFile] = ()) -> Draft:
        """The message that would be sent."""
        return Draft(
            text=self.text.strip("\n"),
            subject=self.subject,
            files=tuple(files),
            template=self.template,
            first_name=self.first_name,
            last_name=self.last_name,
            cc=typed_addresses(self.cc),
            bcc=typed_addresses(self.bcc),
            called=typed_names(self.cc, self.bcc),
        )

    @property
    def begun(self) -> bool:
        """Whether there is a text or a file."""
        return bool(self.text.strip() or self.path)


class FormRow(Horizontal):
    """A label and its fields."""

    def __init__(self, name: str, *boxes: Widget, row: str) -> None:
        super().__init__(Label(name, markup=False), *boxes, id=f"row-{row}")


class BeginForm(VerticalScroll):
    """All fields; those that the chosen channel does not have are hidden."""

    DEFAULT_CSS = """
    BeginForm { height: 1fr; padding: 0 2; scrollbar-size-vertical: 1; }
    BeginForm .title { text-style: bold; margin: 0 0 1 0; }
    BeginForm FormRow { height: 1; margin: 0 0 1 0; }
    BeginForm FormRow Label { width: 24; color: $muted; }
    BeginForm FormRow Input { width: 1fr; border: none; height: 1; padding: 0 1; background: $panel; }
    BeginForm FormRow Input:focus { border: none; background: $cursor; background-tint: $cursor 0%; }
    BeginForm FormRow Select { width: 1fr; }
    BeginForm SelectCurrent { background: $panel; padding: 0 1; }
    BeginForm Select:focus > SelectCurrent { border: none; background: $cursor; background-tint: $cursor 0%; }
    BeginForm SelectOverlay, BeginForm SelectOverlay:focus { border: round $rule; background-tint: $surface 0%; }
    BeginForm #last { margin: 0 0 0 1; }
    BeginForm #row-text { height: 5; }
    BeginForm TextArea { width: 1fr; height: 5; border: none; padding: 0; background: $panel; }
    BeginForm TextArea:focus { border: none; background: $cursor; background-tint: $cursor 0%; }
    BeginForm #outlook { height: auto; margin: 0 0 1 24; color: $muted; }
    BeginForm Button { border: none; height: 1; min-width: 8; margin: 0 0 0 1; background: $panel; color: $foreground; }
    BeginForm Button:focus, BeginForm Button:hover { background: $primary; color: $background; text-style: none; }
    BeginForm #buttons { height: 1; margin: 0 0 0 23; }
    BeginForm .-gone { display: none; }
    """

    class Changed(Message):
        """A value was changed."""

    @dataclass
    class Pressed(Message):
        """A button was pressed; ``action`` is an action of the page."""

        action: str

    def __init__(
        self,
        channels: Sequence[ChannelRow],
        able: Mapping[ChannelId, Capabilities],
        operators: Sequence[str],
        *,
        first: ChannelRow,
        to: str,
    ) -> None:
        super().__init__()
        self._channels, self._able, self._operators = channels, able, operators
        self._first, self._to = first, to
        self._preselected = first.id
        self.template: Filled | None = None

    def compose(self) -> ComposeResult:
        """All rows of the form."""
        lines = list(dict.fromkeys((row.line, row.line_id) for row in self._channels))
        here = self._options(self._first.line_id)
        yield Label(_("Add a dialog"), classes="title", markup=False)
        yield FormRow(_("Line"), _choice(lines, "line", value=self._first.line_id), row="line")
        yield FormRow(_("Messenger"), _choice(here, "channel", value=self._first.id), row="channel")
        who = Select[str](
            _as_they_stand((name, name) for name in self._operators),
            prompt=_("Choose who answers"),
            id="assignee",
            compact=True,
        )
        yield FormRow(_("Assignee"), who, row="assignee")
        book = _button(_("Import a contact"), "contacts")
        yield FormRow(_("Number or username"), Input(self._to, id="to", compact=True), book, row="to")
        yield Static(id="outlook", markup=False)
        names = [Input(placeholder=words, id=name, compact=True) for name, words in _names()]
        yield FormRow(_("Name of the client"), *names, row="names")
        yield FormRow(
            _("Subject of the message"), Input(id="subject", placeholder=_("may be empty"), compact=True), row="subject"
        )
        path = Input(id="path", suggester=Paths(), placeholder=_("Path; Tab or → completes"), compact=True)
        yield FormRow(_("Choose a file"), path, row="path")
        pen = TextArea(
            id="text", placeholder=_("Type a message"), tab_behavior="focus", highlight_cursor_line=False, compact=True
        )
        yield FormRow(_("Message"), pen, row="text")
        for name, label, hint in _copies():
            yield FormRow(label, Input(placeholder=hint, id=name, compact=True), row=name)
        with Horizontal(id="buttons"):
            yield _button(_("Begin the dialog"), "begin")
            yield _button(_("Template"), "template")
            yield _button(_("Open the dialog"), "open")

    def _options(self, line: LineId) -> list[tuple[str, ChannelId]]:
        rows = [row for row in self._channels if row.line_id == line]
        return [(f"{manifest(row.kind).label} · {row.title}", row.id) for row in rows]

    def on_mount(self) -> None:
        """Focus the address, or the text if the address is given."""
        self.fit()
        self.query_one("#text" if self._to else "#to").focus()

    # Values

    @property
    def channel(self) -> ChannelRow:
        """The chosen channel."""
        number = self.query_one("#channel", Select).value
        return next((row for row in self._channels if row.id == number), self._first)

    @property
    def values(self) -> BeginFormValues:
        """All values; those that the channel does not have are empty."""
        can, box = self._able[self.channel.id], {one.id: one.value.strip() for one in self.query(Input)}
        assignee = self.query_one("#assignee", Select)
        named = can.keeps_names
        return BeginFormValues(
            channel=self.channel,
            to=box["to"],
            assignee="" if assignee.is_blank() else str(assignee.value),
            path=box["path"] if can.max_upload else "",
            text=self.query_one(TextArea).text,
            subject=box["subject"] if can.subject else "",
            first_name=box["first"] if named else "",
            last_name=box["last"] if named else "",
            template=self.template,
            cc=box["cc"] if can.copies else "",
            bcc=box["bcc"] if can.copies else "",
        )

    def typed(self) -> bool:
        """Whether the person typed anything."""
        boxes = [one.value for one in self.query(Input) if one.id != "to"]
        return any((*boxes, self.query_one(TextArea).text, self.query_one("#to", Input).value != self._to))

    # Changes

    def fit(self) -> None:
        """Show the fields that the chosen channel has."""
        can = self._able[self.channel.id]
        there = {
            "names": can.keeps_names,
            "subject": can.subject,
            "cc": can.copies,
            "bcc": can.copies,
            "path": can.max_upload,
        }
        for row, has in there.items():
            self.query_one(f"#row-{row}").set_class(not has, "-gone")
        self.query_one("#contacts").set_class(not can.lists_contacts, "-gone")
        self.query_one("#template").set_class(not can.templates, "-gone")
        self.query_one("#to", Input).placeholder = _placeholder(can)

    def tell(self, outlook: Text, *, known: bool) -> None:
        """Show what would happen to the message; ``known``: there is already a dialog with this address."""
        self.query_one("#outlook", Static).update(outlook)
        self.query_one("#open").set_class(not known, "-gone")

    def take_template(self, template: Filled | None, text: str) -> None:
        """Use a template: its text cannot be changed. ``None`` goes back to a free text."""
        self.template = template
        pen = self.query_one(TextArea)
        pen.load_text(text)
        pen.read_only = template is not None

    def take_address(self, to: str) -> None:
        """Use an address from the account's address book."""
        self.query_one("#to", Input).value = to
        self.query_one(TextArea).focus()

    def turn_to(self, channel: ChannelRow) -> bool:
        """Choose another channel unless the person has chosen one. Returns whether it was changed."""
        if self.channel.id != self._preselected:
            return False
        self._preselected = channel.id
        self.query_one("#channel", Select).value = channel.id
        return True

    @on(Select.Changed, "#line")
    def _other_line(self, event: Select.Changed) -> None:
        if isinstance(event.value, int) and self.channel.line_id != event.value:
            options = self._options(LineId(event.value))
            self._preselected = options[0][1]
            self.query_one("#channel", Select).set_options(_as_they_stand(options))

    @on(Select.Changed, "#channel")
    def _other_channel(self) -> None:
        if self.template is not None:
            self.take_template(None, "")
        self.fit()

    @on(Select.Changed)
    @on(Input.Changed)
    @on(TextArea.Changed)
    def _tell_change(self) -> None:
        self.post_message(self.Changed())

    @on(Input.Submitted)
    def _on(self) -> None:
        """Enter goes to the next box."""
        self.screen.focus_next()

    @on(Button.Pressed)
    def _press(self, event: Button.Pressed) -> None:
        self.post_message(self.Pressed(event.button.id or ""))


def _choice(options: Sequence[tuple[str, int]], name: str, *, value: int) -> Select[int]:
    return Select(_as_they_stand(options), value=value, allow_blank=False, id=name, compact=True)


def _as_they_stand(options: Iterable[tuple[str, T]]) -> list[tuple[Text, T]]:
    """The same options as texts in which brackets are not markup."""
    return [(Text(words), value) for words, value in options]


def _button(words: str, name: str) -> Button:
    return Button(as_it_stands(f"{words}  {shown(action('begin', name).keys[0])}"), id=name, compact=True)


def _copies() -> Sequence[tuple[str, str, str]]:
    """The boxes of copies: id, label and hint."""
    return (("cc", _("Cc"), _("seen by all")), ("bcc", _("Bcc"), _("seen by nobody")))


def _names() -> Sequence[tuple[str, str]]:
    return [("first", _("First name")), ("last", _("Last name"))]


def _placeholder(can: Capabilities) -> str:
    """An example of an address that the channel takes."""
    if {"username", "phone"} & set(can.write_first):
        return _("@example or 7 999 999 99 99")
    return "name@example.org" if "email" in can.write_first else _("ChatID")
