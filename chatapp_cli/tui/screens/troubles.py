"""What needs a person: alarms, mentions, what did not arrive or is late, dead letters, and messages that wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.channels import ChannelEvent
from chatapp_cli.domain.journal.company import AlarmEvent
from chatapp_cli.domain.journal.dialogs import NoteWritten
from chatapp_cli.domain.journal.messages import ArrivalEvent, MessageEvent
from chatapp_cli.domain.message import DELAYED, State
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import alarms, deadletters, notes, sending, turns, waiting
from chatapp_cli.services import words as states
from chatapp_cli.services.routes import Able
from chatapp_cli.store.rows.alarms import AlarmRow
from chatapp_cli.store.rows.dialogs import WaitingRow
from chatapp_cli.store.rows.journal import DeadLetterRow
from chatapp_cli.store.rows.messages import CallRow, TroubledRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading import overview, words
from chatapp_cli.tui.reading.cells import cut, fit, line
from chatapp_cli.tui.screens.lines import LinesScreen
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.dialog_list import DialogList

StyledText: TypeAlias = tuple[str, Style]

_OF_LETTERS = ("troubles.raw", "troubles.forget")
"""Actions that are hinted at on a dead letter alone."""
_NAME = 22
_MOMENT = 12
_TEXT = 60


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """A row of the page: an alarm, a dialog to open, a message to send again or a dead letter to parse again."""

    shown: Text
    dialog: DialogId | None = None
    message: MessageId | None = None
    letter: int | None = None
    uncertain: bool = False
    """Whether the message may have reached the provider."""
    alarm: AlarmRow | None = None
    channel: ChannelId | None = None
    """The channel of an alarm, a message or a dead letter."""
    about: str = ""
    """The whole reason, which may be cut in the row, and what to do."""


class _Found(NamedTuple):
    """What the page shows, as it stands in the store."""

    alarms: Sequence[AlarmRow]
    calls: Sequence[CallRow]
    troubled: Sequence[TroubledRow]
    dead: Sequence[DeadLetterRow]
    waits: Sequence[WaitingRow]
    bars: overview.Overview


def _look(tx: Tx, able: Able) -> _Found:
    return _Found(
        alarms.open_alarms(tx),
        notes.calling(tx),
        waiting.undelivered(tx),
        deadletters.everything(tx),
        turns.expected(tx, able, waiting.everything(tx)),
        overview.read(tx),
    )


def _to(row: TroubledRow | WaitingRow) -> str:
    return _("To: {who}", who=line(waiting.recipient(row)))


class _Rows:
    """Draws the rows of the page."""

    def __init__(self, appearance: Appearance) -> None:
        self._appearance = appearance

    def mention(self, row: CallRow) -> TroubleRow:
        """Somebody who mentioned us."""
        why = _("{author} mentioned you", author=row.author)
        return TroubleRow(
            self._shown(
                ("✎", self._appearance.styles.warn), row.name, row.at, (why, self._appearance.styles.warn), row.text
            ),
            row.dialog_id,
        )

    def troubled(self, row: TroubledRow) -> TroubleRow:
        """A message that did not arrive, is late, or of which a copy did not arrive."""
        styles, late = self._appearance.styles, row.code == DELAYED
        why, step = words.reason(manifest(row.kind), row.code, row.detail)
        style = styles.bad if row.state == "failed" else styles.warn
        reason = why or show(states.state(row.state))
        return TroubleRow(
            self._shown(
                ("◷" if late else words.SIGNS[row.state], style),
                row.person or row.name,
                row.at,
                (reason, style),
                row.text,
            ),
            row.dialog_id,
            None if row.state == State.SENT else row.id,
            uncertain=row.state == State.UNCERTAIN,
            channel=row.channel_id,
            about="\n".join(filter(None, (_to(row), reason, step and f"→ {step}"))),
        )

    def waiting(self, row: WaitingRow) -> TroubleRow:
        """A message that waits."""
        styles, code = self._appearance.styles, waiting.reason(row)
        why = words.reason(manifest(row.kind), code)[0] if code else show(states.state(row.state))
        shown = self._shown(
            ("◷", styles.warn), row.person or row.name, waiting.goes_at(row), (why, styles.muted), row.text
        )
        return TroubleRow(shown, row.dialog_id, about=_to(row))

    def alarm(self, row: AlarmRow) -> TroubleRow:
        """An alarm."""
        styles = self._appearance.styles
        why = (show(alarms.sentence(row)), styles.plain)
        shown = self._shown(("!", styles.bad), _("Alarm"), row.since, why, "")
        step = show(alarms.next_step(row))
        return TroubleRow(shown, alarm=row, channel=row.channel_id, about=step and f"→ {step}")

    def dead_letter(self, row: DeadLetterRow) -> TroubleRow:
        """Something that arrived and was not understood."""
        styles = self._appearance.styles
        name = line(row.who) or line(row.channel)
        why = _("not understood: {problem}", problem=line(row.problem))
        text = _("arrival {n} of {channel}", n=row.id, channel=line(row.channel))
        shown = self._shown(("✉", styles.bad), name, row.at, (why, styles.plain), text)
        return TroubleRow(shown, row.dialog_id, letter=row.id, channel=row.channel_id)

    def _shown(self, sign: StyledText, name: str, at: int, why: StyledText, text: str) -> Text:
        """Sign, name and time in columns; then the reason and the text."""
        styles = self._appearance.styles
        moment = words.moment(at, self._appearance.now()) if at else ""
        return Text.assemble(
            (f"{sign[0]} ", sign[1]),
            (fit(name, _NAME), styles.strong),
            (f" {fit(moment, _MOMENT)} ", styles.faint),
            why,
            (f"  {cut(text, _TEXT)}" if text else "", styles.faint),
        )


class TroublesScreen(ActionPage):
    """The rows, those that need a person before those that wait."""

    SCOPE = "troubles"
    DEFAULT_CSS = """
    TroublesScreen #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }
    TroublesScreen #about { height: auto; max-height: 6; padding: 0 2; color: $muted; }
    TroublesScreen OptionList { border: none; height: 1fr; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    TroublesScreen OptionList:focus { border: none; background-tint: $background 0%; }
    """
    BINDINGS = bindings("troubles")

    def __init__(self) -> None:
        super().__init__()
        self._found: list[TroubleRow] = []

    def compose(self) -> ComposeResult:
        """One list."""
        yield Static(_("What needs a person"), id="title", markup=False)
        yield OptionList(markup=False)
        yield Static(id="about", markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys("troubles", "app", without=_OF_LETTERS)
        self.do(self._read, group="read", exclusive=True)

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when an alarm, a message, an arrival, a channel or a note changed."""
        if news.any_of(AlarmEvent, MessageEvent, ArrivalEvent, ChannelEvent, NoteWritten):
            self.do(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        found = await self.workspace.read(partial(_look, able=self.workspace.capabilities))
        self.query_one(StatusBar).tell(found.bars)
        rows = _Rows(self.appearance)
        self._found = [
            *map(rows.alarm, found.alarms),
            *map(rows.mention, found.calls),
            *map(rows.troubled, found.troubled),
            *map(rows.dead_letter, found.dead),
            *map(rows.waiting, found.waits),
        ]
        shown = self.query_one(OptionList)
        chosen = shown.highlighted or 0
        shown.clear_options()
        nothing = Option(_("Nothing waits, and nothing went wrong."), disabled=True)
        shown.add_options([Option(one.shown) for one in self._found] or [nothing])
        shown.highlighted = min(chosen, len(self._found) - 1) if self._found else None
        shown.focus()
        self._tell_about()

    @on(OptionList.OptionHighlighted)
    def _tell_about(self) -> None:
        """Show below the list the whole reason of the chosen row, and what to do; and in the last line its keys."""
        about = "" if self._chosen is None else self._chosen.about
        shown = self.query_one("#about", Static)
        shown.update(about)
        shown.display = about != ""
        is_letter = self._chosen is not None and self._chosen.letter is not None
        self.query_one(StatusBar).tell_keys("troubles", "app", without=() if is_letter else _OF_LETTERS)

    # What can be done

    @property
    def _chosen(self) -> TroubleRow | None:
        at = self.query_one(OptionList).highlighted
        return None if at is None or not self._found else self._found[at]

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """Open what the chosen row is about: its dialog, how the dead letter came, or what raised the alarm."""
        one = self._chosen
        if one is not None and one.dialog is not None:
            self._leave_for(one.dialog)
        elif one is not None and one.alarm is not None:
            self._open_alarm(one.alarm)
        else:
            self.action_raw()

    def _open_alarm(self, alarm: AlarmRow) -> None:
        """Show the channel, or the first row here that raised it; the machine's own are explained in a shell."""
        rows = enumerate(self._found)
        about = next((n for n, one in rows if one.channel == alarm.channel_id and _raises(one, alarm.kind)), None)
        if about is not None:
            self.query_one(OptionList).highlighted = about
        elif alarm.kind == AlarmKind.CHANNEL:
            self.app.push_screen(LinesScreen(alarm.channel_id))
        else:
            self.say(show(alarms.next_step(alarm) or T("See: {how}", how=to_do(Next.DOCTOR))))

    def _leave_for(self, dialog: DialogId) -> None:
        behind = self.app.screen_stack[0]
        self.dismiss()
        behind.post_message(DialogList.Opened(dialog))

    def action_retry(self) -> None:
        """Send the chosen message again, or parse the chosen dead letter again."""
        one = self._chosen
        if one is not None and one.message is None and one.letter is None:
            self.say(_("Only a message that failed and a dead letter can be tried again."))
        elif one is not None:
            self.do(partial(self._retry, one))

    async def _retry(self, one: TroubleRow) -> None:
        from chatapp_cli.runtime import rereading

        if one.letter is not None:
            await rereading.retry(self.workspace.company, one.letter)
            self.say(_("Dead letter {n} is understood now.", n=one.letter))
        elif one.message is not None and (not one.uncertain or await self._sure()):
            await self.workspace.write(partial(sending.retry, message=one.message))

    async def _sure(self) -> bool:
        note = _("It may have got through already; then the client has it twice.")
        return await self.confirm(_("Send it again?"), note, yes=_("Send again"))

    def _chosen_letter(self) -> int | None:
        """The chosen dead letter; ``None``, and a notice, if the row is another."""
        one = self._chosen
        if one is not None and one.letter is None:
            self.say(_("That is for dead letters only."))
        return None if one is None else one.letter

    def action_raw(self) -> None:
        """Show how the chosen dead letter came."""
        if (letter := self._chosen_letter()) is not None:
            self.do(partial(self._show_raw, letter))

    async def _show_raw(self, letter: int) -> None:
        from chatapp_cli.tui.questions.raw_letter import show_raw

        await show_raw(self, await self.workspace.read(partial(deadletters.one, number=letter)))

    def action_forget(self) -> None:
        """Delete the chosen dead letter, after a question."""
        if (letter := self._chosen_letter()) is not None:
            self.do(partial(self._forget, letter))

    async def _forget(self, letter: int) -> None:
        if await self.confirm(_("Delete this dead letter?"), yes=_("Delete")):
            await self.workspace.write(partial(deadletters.delete, number=letter))

    def action_back(self) -> None:
        """Back to the dialogs."""
        self.dismiss()


def _raises(one: TroubleRow, kind: str) -> bool:
    """Whether a row raises alarms of a kind."""
    return (kind == AlarmKind.DEAD_LETTER and one.letter is not None) or (kind == AlarmKind.UNCERTAIN and one.uncertain)
