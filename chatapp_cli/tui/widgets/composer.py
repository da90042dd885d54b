"""Where answers are written: text, subject, files and a quote, and why it cannot be sent if it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static, TextArea

from chatapp_cli.domain.draft import Draft, StagedFile, require_deliverable
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.segments import cost, segments
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.services.files import staged
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.tui.keys.keymap import action, shown
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import cut, line
from chatapp_cli.tui.session.composer_state import ComposerState
from chatapp_cli.tui.widgets.underlined import Underlined

if TYPE_CHECKING:
    from chatapp_cli.tui.keys.typeahead import TypeAhead

_PASTED = {"enter": "\n", "tab": "\t"}
"""What keys stand for within a paste that came without brackets: it is text, whatever is in it, and never sends."""
MOST_PASTED = 1_000_000
"""Characters of a paste that are taken into the text, twice what any channel carries; more would stop the keys."""
_ASKED = ("editor", "spelling")
"""What the page does with the text, by keys that a text area would take for its own."""


class Pen(Underlined):
    """The text: Enter sends, other keys of the keymap begin a new line."""

    class Sent(Message):
        """Enter was pressed."""

    class Left(Message):
        """The way up leads out of an empty text, into the conversation."""

    class WantsBack(Message):
        """What was said last is to come back, while it has not gone."""

    class WantsQuick(Message):
        """A quick reply is asked for, at the beginning of a text."""

    SCOPE = "composer"

    async def _on_key(self, event: events.Key) -> None:
        meant, pasted = self._meant(event), _PASTED.get(event.key, event.character if event.is_printable else None)
        if (meant or event.key in _PASTED) and pasted and not await self._by_hand():
            event.stop()
            event.prevent_default()
            self.insert(pasted)
        elif meant:
            event.stop()
            event.prevent_default()
            await self.run_action(meant)
        else:
            await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        if len(event.text) <= MOST_PASTED:
            return
        event.stop()
        event.prevent_default()
        attach = shown(action("inbox", "attach").keys[-1])  # the first one is a letter, which is text here
        said = _("What was pasted is too long for a message. Attach it as a file: {key}", key=attach)
        self.notify(said, severity="warning", markup=False, timeout=8)

    def _meant(self, event: events.Key) -> str:
        """What a key does that is not for the text."""
        here = ("send", "newline") if self.text else ("send", "newline", "quick", "recall")
        if name := next((name for name in here if {event.key, event.character} & {*action("composer", name).keys}), ""):
            return name
        if event.key == "up" and not self.text:
            return "leave"
        return next((f"screen.{name}" for name in _ASKED if event.key in action("inbox", name).keys), "")

    async def _by_hand(self) -> bool:
        """Whether a person pressed the key; a browser always puts brackets around what is pasted."""
        from chatapp_cli.tui.media.browser import carried

        return carried() or await cast("TypeAhead", self.app).by_hand()

    def action_send(self) -> None:
        """Send, or begin a new line after a backslash."""
        row, column = self.cursor_location
        if column and self.document.get_line(row)[column - 1] == "\\":
            self.replace("\n", (row, column - 1), (row, column))
        else:
            self.post_message(self.Sent())

    def action_newline(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_quick(self) -> None:
        """Ask for a quick reply."""
        self.post_message(self.WantsQuick())

    def action_recall(self) -> None:
        """Ask for what was said last, while it has not gone."""
        self.post_message(self.WantsBack())

    def action_leave(self) -> None:
        """Go up into the conversation."""
        self.post_message(self.Left())


class Composer(Vertical):
    """The lower part of the conversation."""

    DEFAULT_CSS = """
    Composer { height: auto; border-top: solid $rule; border-title-color: $muted; padding: 0 1; }
    Composer:focus-within { border-top: solid $primary; border-title-color: $primary; }
    Composer > #notice { height: auto; max-height: 3; color: $muted; display: none; }
    Composer > #notice.-said { display: block; }
    Composer > #notice.-refused { color: $warning; }
    Composer > Input, Composer > Pen { border: none; padding: 0; background: $background; height: 1; }
    Composer > Pen { height: auto; max-height: 8; min-height: 1; scrollbar-size-vertical: 1; }
    Composer > Input:focus, Composer > Pen:focus { border: none; background: $background; }
    Composer > Input:focus, Composer > Pen:focus { background-tint: $background 0%; }
    Composer > #subject { display: none; }
    Composer.-subject > #subject { display: block; }
    """

    @dataclass
    class Submitted(Message):
        """A draft that the channel can carry wants to be sent."""

        state: ComposerState

    def __init__(self) -> None:
        super().__init__()
        self.state = ComposerState()
        self._can: Capabilities | None = None
        self._stop: Refused | None = None
        self._warning = ""
        self._price: Decimal | None = None

    def compose(self) -> ComposeResult:
        """Notice, subject, text."""
        yield Static(id="notice", markup=False)
        yield Input(id="subject", placeholder=_("Subject"), compact=True)
        yield Pen(
            compact=True, highlight_cursor_line=False, placeholder=_("Write an answer…"), id="pen", tab_behavior="focus"
        )

    @property
    def pen(self) -> Pen:
        """The text."""
        return self.query_one(Pen)

    def turn_to(
        self,
        state: ComposerState,
        can: Capabilities,
        *,
        stop: Refused | None,
        warning: str,
        price: Decimal | None = None,
    ) -> None:
        """Write to another dialog; ``stop`` is why nothing can be sent there at all, ``price`` is that of one part."""
        self.state, self._can, self._price = state, can, price
        self.set_class(can.subject, "-subject")
        self.query_one("#subject", Input).value = state.subject
        pen = self.query_one(Pen)
        if pen.text != state.text:
            with pen.prevent(TextArea.Changed):  # nobody typed it
                pen.load_text(state.text)
            pen.move_cursor(pen.document.end)
        self.allow(stop, warning)

    def allow(self, stop: Refused | None, warning: str) -> None:
        """Say whether the dialog can be written to now."""
        self._stop, self._warning = stop, warning
        pen = self.query_one(Pen)
        pen.disabled = self.query_one("#subject", Input).disabled = stop is not None
        self._tell()

    def focus_pen(self) -> None:
        """Begin to write."""
        pen = self.query_one(Pen)
        if not pen.disabled:
            pen.focus()

    def attach(self, files: Sequence[StagedFile]) -> None:
        """Put files beside the text."""
        self.state.files.extend(files)
        self._tell()

    def take_in(self, text: str, files: Sequence[StagedFile]) -> None:
        """Put words where the cursor is, and files beside them. Raises Refused for a file that cannot go."""
        self.query_one(Pen).insert(text)
        self.focus_pen()
        for file in files:
            if refusal := self.refusal_of(file):
                raise refusal
            self.attach([file])

    def refusal_of(self, file: StagedFile) -> Refused | None:
        """Why one more file could not go, before it is taken in."""
        trial = Draft(text="·", files=(*self.state.files, file))
        return self._refusal(trial)

    def quote(self, entry: TranscriptEntry) -> None:
        """Answer a message."""
        self.state.reply_to, self.state.editing = entry, None
        self._tell()

    def edit(self, entry: TranscriptEntry) -> None:
        """Change a message that was sent."""
        self.state.editing, self.state.reply_to = entry, None
        self._load(entry.message.text)
        self._tell()

    def _load(self, text: str) -> None:
        """Go on writing at the end of a text."""
        pen = self.query_one(Pen)
        pen.load_text(text)
        pen.move_cursor(pen.document.end)

    def take_back(self, entry: TranscriptEntry) -> None:
        """Have the words and files of a message that did not go, unless something else is being written."""
        if not (self.state.text.strip() or self.state.files):
            self.state.put_back(ComposerState(text=entry.message.text, files=[staged(file) for file in entry.files]))
            self.show_again(self.state)

    def show_again(self, state: ComposerState) -> None:
        """Show what changed on a sheet, if it is the one that is written on."""
        if state is self.state:
            self.query_one("#subject", Input).value = state.subject
            self._load(state.text)
            self.focus_pen()
            self._tell()

    def drop(self) -> None:
        """Take away what was added last: a file, the quote, the edit."""
        if self.state.files:
            self.state.files.pop()
        elif self.state.editing is not None:
            self.state.editing = None
            self.query_one(Pen).load_text("")
        else:
            self.state.reply_to = None
        self._tell()

    def clear(self) -> None:
        """Begin an empty sheet; the subject stays, as the conversation is the same."""
        self.state.text, self.state.reply_to, self.state.editing = "", None, None
        self.state.files.clear()
        self.query_one(Pen).load_text("")
        self._tell()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep the sheet up to date and say at once what would be refused."""
        self.state.text = event.text_area.text
        self._tell()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep the subject."""
        event.stop()
        self.state.subject = event.value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """From the subject to the text."""
        event.stop()
        self.focus_pen()

    def on_pen_sent(self, event: Pen.Sent) -> None:
        """Send, unless it cannot be."""
        event.stop()
        if self.ready():
            self.post_message(self.Submitted(self.state))

    def ready(self) -> bool:
        """Whether it can be sent; if not, the reason is said."""
        refusal = self._stop or self._refusal(self.state.draft())
        if refusal is not None:
            self._say(_refused(refusal), refused=True)
        return refusal is None

    def _refusal(self, draft: Draft) -> Refused | None:
        try:
            if self._can is not None:
                require_deliverable(self._can, draft)
        except Refused as refusal:
            return refusal
        return None

    def _tell(self) -> None:
        """The line above the text: a refusal first, then what goes along."""
        started = bool(self.state.text.strip() or self.state.files)
        refusal = self._stop or (self._refusal(self.state.draft()) if started else None)
        if refusal is not None:
            self._say(_refused(refusal), refused=True)
        else:
            said = [self._warning, *self._chips(), self._parts()]
            self._say("  ".join(filter(None, said)), refused=bool(self._warning))

    def _parts(self) -> str:
        """How many short messages the text takes, and what they cost."""
        text = self.state.draft().text
        if self._can is None or not self._can.segments or not text:
            return ""
        found = segments(text)
        counted = ngettext("{n} part", "{n} parts", found.parts) + " " + _("({n} left)", n=found.left)
        return counted if self._price is None else f"{counted} · {cost(text, self._price)}"

    def _chips(self) -> list[str]:
        chips = [f"▤ {cut(file.name, 30)} {words.size(file.size)}" for file in self.state.files]
        if self.state.reply_to is not None:
            chips.insert(0, _("answer to: {text}", text=cut(line(self.state.reply_to.message.text or "…"), 40)))
        if self.state.editing is not None:
            chips.insert(0, _("changes: {text}", text=cut(line(self.state.editing.message.text), 40)))
        return chips

    def _say(self, text: str, *, refused: bool) -> None:
        notice = self.query_one("#notice", Static)
        if notice.content != text:
            notice.update(text)
        notice.set_class(bool(text), "-said")
        notice.set_class(refused, "-refused")


def _refused(refusal: Refused) -> str:
    return " ".join(filter(None, [show(refusal.what), show(refusal.next_step)]))
