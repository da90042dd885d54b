"""Where answers are written: text, subject, copies, files and quote, with the reason if they cannot be sent."""

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

from chatapp_cli.domain.draft import Draft, StagedFile, laid_out, no_copies, require_deliverable
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.recipients import Recipients, as_typed
from chatapp_cli.domain.segments import cost, segments
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.services import answer_buttons
from chatapp_cli.services.files import staged
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.tui.keys.keymap import action, key, shown
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import cut
from chatapp_cli.tui.session.composer_state import ComposerState
from chatapp_cli.tui.widgets.address_line import AddressLine
from chatapp_cli.tui.widgets.copies import Copies
from chatapp_cli.tui.widgets.underlined import Underlined

if TYPE_CHECKING:
    from chatapp_cli.services.addressing import Addressed
    from chatapp_cli.services.replies import FilledReply
    from chatapp_cli.tui.keys.typeahead import TypeAhead

_PASTED = {"enter": "\n", "tab": "\t"}
"""The text of keys within a paste without brackets, in which Enter does not send."""
MOST_PASTED = 500_000
"""The most characters of a paste, which is what a mail carries; more would block the window."""
MOST_LINES = 20_000
"""The most lines of a paste: drawing more would block the window for seconds, however short they are."""
_ASKED = ("editor", "spelling", "everybody", "copies")
"""Actions of the page whose keys the text area would otherwise handle itself."""


class Pen(Underlined):
    """The text of an answer. Enter sends it; other keys begin a new line."""

    class Sent(Message):
        """Enter was pressed."""

    class Left(Message):
        """The cursor was moved up out of an empty text."""

    class WantsBack(Message):
        """The last message that has not been sent yet is to be cancelled."""

    class WantsQuick(Message):
        """A quick reply is wanted in an empty text."""

    SCOPE = "composer"

    async def _on_key(self, event: events.Key) -> None:
        name, pasted = self._action_of(event), _PASTED.get(event.key, event.character if event.is_printable else None)
        if (name or event.key in _PASTED) and pasted and not await self._by_hand():
            event.stop()
            event.prevent_default()
            self.insert(pasted)
        elif name:
            event.stop()
            event.prevent_default()
            await self.run_action(name)
        else:
            await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        if len(event.text) <= MOST_PASTED and event.text.count("\n") < MOST_LINES:
            return
        event.stop()
        event.prevent_default()
        attach = shown(action("inbox", "attach").keys[-1])  # the first key is a letter, which would be typed here
        text = _("What was pasted is too long for a message. Attach it as a file: {key}", key=attach)
        self.notify(text, severity="warning", markup=False, timeout=8)

    def _action_of(self, event: events.Key) -> str:
        """The action of a key; empty if the key is for the text."""
        here = ("send", "newline") if self.text else ("send", "newline", "quick", "recall")
        if name := next((name for name in here if {event.key, event.character} & {*action("composer", name).keys}), ""):
            return name
        if event.key == "up" and not self.text:
            return "leave"
        return next((f"screen.{name}" for name in _ASKED if event.key in action("inbox", name).keys), "")

    async def _by_hand(self) -> bool:
        """Whether the key was typed, not pasted; in a browser pastes always have brackets."""
        from chatapp_cli.tui.media.browser import carried

        return carried() or await cast("TypeAhead", self.app).by_hand()

    def action_send(self) -> None:
        """Send; after a backslash begin a new line instead."""
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
        """Ask to cancel the last message that has not been sent yet."""
        self.post_message(self.WantsBack())

    def action_leave(self) -> None:
        """Leave the text for the conversation."""
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
        """The person sends what is written, and the channel can carry it."""

        state: ComposerState

    class Quoted(Message):
        """Another message is answered, or none."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ComposerState()
        self._can: Capabilities | None = None
        self._stop: Refused | None = None
        self._warning = ""
        self._price: Decimal | None = None

    def compose(self) -> ComposeResult:
        """Who gets it, the notice, the subject, the copies and the text."""
        yield AddressLine()
        yield Static(id="notice", markup=False)
        yield Input(id="subject", placeholder=_placeholder(""), compact=True)
        yield Copies()
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
        """Write in another dialog; ``stop`` is why nothing can be sent in it, ``price`` the price of one part."""
        self.state, self._can, self._price = state, can, price
        self.set_class(can.subject, "-subject")
        self._show_head()
        pen = self.query_one(Pen)
        if pen.text != state.text:
            with pen.prevent(TextArea.Changed):  # nobody typed it
                pen.load_text(state.text)
            pen.move_cursor(pen.document.end)
        self.allow(stop, warning)

    def _show_head(self) -> None:
        """Show the subject and the copies of the state."""
        self.query_one("#subject", Input).value = self.state.subject
        self.query_one(Copies).show_state(self.state)

    def show_addressed(self, addressed: Addressed | None) -> None:
        """Show who gets what is written; ``None`` shows nothing, where it can be nobody but the client."""
        self.query_one(AddressLine).turn_to(addressed)
        self.query_one("#subject", Input).placeholder = _placeholder(addressed.subject if addressed else "")
        self._tell()

    def ask_for_copies(self) -> None:
        """Go from the text to Cc, from Cc to Bcc and from Bcc to the text. Raises Refused without either."""
        self._require_copies()
        if not self.query_one(Copies).ask():
            self.focus_pen()

    @property
    def boxes(self) -> Sequence[Input]:
        """The boxes above the text that are shown: subject, Cc and Bcc."""
        subject = [self.query_one("#subject", Input)] if self.has_class("-subject") else []
        return [*subject, *self.query_one(Copies).boxes]

    def copy_to(self, addresses: Sequence[str], answers: MessageId | None) -> None:
        """Send a copy to these too, whom the mail ``answers`` names. Raises Refused if the channel sends none."""
        self._require_copies()
        self.state.answers = answers
        known = {address.lower() for address in self.state.draft().cc}
        self.query_one(Copies).add([address for address in addresses if address.lower() not in known])
        self.focus_pen()

    def _require_copies(self) -> None:
        if self._can is None or not self._can.copies:
            raise no_copies()

    def turn_signature(self) -> None:
        """Leave the signature out of this message, or put it below again. Raises Refused if the channel has none."""
        if self._can is None or not self._can.signature_in:
            raise Refused("no_signature", T("This channel puts no signature below messages."))
        self.state.unsigned = not self.state.unsigned
        self._tell()

    def allow(self, stop: Refused | None, warning: str) -> None:
        """Show whether the dialog can be answered now."""
        self._stop, self._warning = stop, warning
        pen = self.query_one(Pen)
        pen.disabled = self.query_one("#subject", Input).disabled = stop is not None
        self.query_one(Copies).allow(enabled=stop is None)
        self._tell()

    def focus_pen(self) -> None:
        """Focus the text, if the dialog can be answered."""
        pen = self.query_one(Pen)
        if not pen.disabled:
            pen.focus()

    def attach(self, files: Sequence[StagedFile]) -> None:
        """Attach files."""
        self.state.files.extend(files)
        self._tell()

    def take_in(self, reply: FilledReply) -> None:
        """Insert a quick reply at the cursor. Raises Refused for a file that the channel does not take."""
        self.state.buttons = list(reply.buttons) or self.state.buttons
        self.query_one(Pen).insert(reply.text)
        self.focus_pen()
        for file in reply.files:
            if refusal := self.why_not_taken(file):
                raise refusal
            self.attach([file])

    def why_not_taken(self, file: StagedFile) -> Refused | None:
        """Why one more file could not be sent, before it is copied into the store; ``None`` if it could."""
        trial = Draft(text="·", files=(*self.state.files, file))
        return self._why_undeliverable(trial)

    def quote(self, entry: TranscriptEntry, beside: Sequence[str] = ()) -> None:
        """Answer a message with a quote, with a copy to ``beside``."""
        self.state.editing = None
        self._quote(entry, beside)

    def _quote(self, entry: TranscriptEntry | None, beside: Sequence[str] = ()) -> None:
        self.state.quote(entry, beside)
        self.query_one(Copies).show_state(self.state)
        self.post_message(self.Quoted())
        self._tell()

    def edit(self, entry: TranscriptEntry) -> None:
        """Edit a message that was sent."""
        self.state.editing = entry
        self._quote(None)
        self._load(entry.message.text)
        self._tell()

    def _load(self, text: str) -> None:
        """Replace the text and put the cursor at its end."""
        pen = self.query_one(Pen)
        pen.load_text(text)
        pen.move_cursor(pen.document.end)

    def take_back(self, entry: TranscriptEntry) -> None:
        """Take over the text, files and copies of a cancelled message, unless something else is being written."""
        if not (self.state.text.strip() or self.state.files):
            copies = Recipients.parse("" if entry.mail is None else entry.mail.recipients)
            files = [staged(file) for file in entry.files]
            cc, bcc = (as_typed([one.address for one in people], people) for people in (copies.cc, copies.bcc))
            text, below = answer_buttons.as_written(entry.message.text, entry.buttons)
            self.state.put_back(ComposerState(text=text, files=files, buttons=below, cc=cc, bcc=bcc))
            self.show_again(self.state)

    def show_again(self, state: ComposerState) -> None:
        """Show a changed state, if it is the one of the open dialog."""
        if state is self.state:
            self._show_head()
            self._load(state.text)
            self.focus_pen()
            self._tell()

    def drop(self) -> None:
        """Remove the last button or file; without these the edit or the quote."""
        if last := self.state.buttons or self.state.files:
            last.pop()
        elif self.state.editing is not None:
            self.state.editing = None
            self.query_one(Pen).load_text("")
        else:
            self._quote(None)
        self._tell()

    def clear(self) -> None:
        """Remove everything but the subject, which stays for the next message."""
        self.state.text, self.state.editing, self.state.unsigned = "", None, False
        self.state.files.clear()
        self.state.buttons.clear()
        self._quote(None)
        self.state.cc = self.state.bcc = ""
        self.query_one(Copies).show_state(self.state)
        self.query_one(Pen).load_text("")
        self._tell()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep the text, and show at once what would be refused."""
        self.state.text = event.text_area.text
        self._tell()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep the subject and the copies."""
        event.stop()
        match event.input.id:
            case "subject":
                self.state.subject = event.value
            case "cc":
                self.state.cc = event.value
            case "bcc":
                self.state.bcc = event.value
        self._tell()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from the subject or the copies to the text."""
        event.stop()
        self.focus_pen()

    def on_pen_sent(self, event: Pen.Sent) -> None:
        """Send, unless it would be refused."""
        event.stop()
        if self.ready():
            self.post_message(self.Submitted(self.state))

    def ready(self) -> bool:
        """Whether it can be sent; if not, the reason is shown."""
        refusal = self._stop or self._why_undeliverable(self.state.draft())
        if refusal is not None:
            self._say(_refused(refusal), refused=True)
            self._focus_refused(refusal.code)
        return refusal is None

    def _focus_refused(self, code: str) -> None:
        """Focus the box that has to be changed first, if it is not the text."""
        if code == "bad_copy":
            self.query_one(Copies).go_to_wrong()
        elif code == "too_many_copies":
            self.query_one(Copies).go_to("cc")
        elif code == "subject_too_long":
            self.query_one("#subject", Input).focus()

    def _why_undeliverable(self, draft: Draft) -> Refused | None:
        """Why the channel cannot carry a draft; ``None`` if it can."""
        try:
            if self._can is not None:
                require_deliverable(self._can, draft)
        except Refused as refusal:
            return refusal
        return None

    def _tell(self) -> None:
        """Show who gets it, and the line above the text: a refusal, else warning, quote, files and parts."""
        self.query_one(AddressLine).tell(self.state.draft())
        started = bool(self.state.text.strip() or self.state.files)
        refusal = self._stop or (self._why_undeliverable(self.state.draft()) if started else None)
        if refusal is not None:
            self._say(_refused(refusal), refused=True)
        else:
            notices = [self._warning, *self._chips(), self._parts()]
            self._say("  ".join(filter(None, notices)), refused=bool(self._warning))

    def _parts(self) -> str:
        """The number of short messages that the text takes, and their price."""
        if self._can is None or not self._can.segments or not self.state.draft().text:
            return ""
        text = laid_out(self._can, self.state.draft()).text
        found = segments(text)
        counted = ngettext("{n} part", "{n} parts", found.parts) + " " + _("({n} left)", n=found.left)
        return counted if self._price is None else f"{counted} · {cost(text, self._price)}"

    def _chips(self) -> list[str]:
        chips = [f"▤ {cut(file.name, 30)} {words.size(file.size)}" for file in self.state.files]
        chips += [f"[ {cut(one, 30)} ]" for one in self.state.buttons]
        if self.state.reply_to is not None:
            chips.insert(0, _("answer to: {text}", text=cut(self.state.reply_to.message.text or "…", 40)))
        if self.state.editing is not None:
            chips.insert(0, _("changes: {text}", text=cut(self.state.editing.message.text, 40)))
        elif self.state.unsigned:
            chips.insert(0, _("without signature"))
        return chips

    def _say(self, text: str, *, refused: bool) -> None:
        notice = self.query_one("#notice", Static)
        if notice.content != text:
            notice.update(text)
        notice.set_class(bool(text), "-said")
        notice.set_class(refused, "-refused")


def _placeholder(subject: str) -> str:
    """The subject that goes out unless another one is typed, and the key that leads there from the text."""
    back = key("inbox", "previous_pane")
    return _("{subject}  ({key}: change it)", subject=subject or _("Subject"), key=back)


def _refused(refusal: Refused) -> str:
    return " ".join(filter(None, [show(refusal.what), show(refusal.next_step)]))
