"""Paints messages: ours with a bar and a tint, times and delivery states in a column on the right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from chatapp_cli.domain.excerpt import excerpt
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.links import find
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.domain.markup import signed
from chatapp_cli.domain.message import COPY_FAILED, DELAYED, ELSEWHERE_FAILED, Direction, Operation, Origin, State
from chatapp_cli.domain.moment import local
from chatapp_cli.domain.subject import plain_subject
from chatapp_cli.i18n import N_, _, ngettext, show
from chatapp_cli.services import notes
from chatapp_cli.services.auto_words import because
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.services.words import buttons, invitation, left_behind, recipients
from chatapp_cli.services.words import state as state_name
from chatapp_cli.store.rows.messages import FileRow, MailRow, MessageRow
from chatapp_cli.tui.keys.keymap import action, shown
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import cut, fit, line, lines
from chatapp_cli.tui.themes import PaintStyles
from chatapp_cli.tui.widgets import marked
from chatapp_cli.tui.widgets.dialog_lines import sign_style
from chatapp_cli.tui.widgets.gallery import PictureLine

if TYPE_CHECKING:
    from chatapp_cli.services.transcript import QueuePosition
    from chatapp_cli.tui.reading.conversations import Quotes

WIDEST = 108
"""The most cells of a message; longer lines are hard to read."""
SAME_TURN = 5 * words.MINUTE
_GUTTER = 10
_ROOM_TO_INDENT = 56
_CONSOLE = Console(width=200, force_terminal=True, color_system="truecolor")
_BAR, _SECONDS_A_CELL = 20, 3
FOLDS = Style(meta={"folds": True})
"""Marks the line on which a click folds or unfolds a mail."""
_FILE_SIGNS = {"photo": "▣", "video": "▶", "audio": "♪", "voice": "♪", "sticker": "☺", "location": "⌖"}


@dataclass(frozen=True, slots=True)
class Route:
    """The channel of a dialog's messages, as they are marked where several dialogs are shown together."""

    manifest: Manifest
    name: str


@dataclass(frozen=True, slots=True)
class PaintContext:
    """What the painting of all messages of a conversation depends on."""

    width: int
    styles: PaintStyles
    now: Millis
    manifest: Manifest
    quotes: Quotes
    routes: Mapping[DialogId, Route] = field(default_factory=dict)
    """Empty unless the messages of several dialogs are shown."""
    lit: Callable[[str], Sequence[tuple[int, int]]] = lambda _text: ()
    """The spans of a text that a search has found."""
    picture_rows: Callable[[FileRow], int] = lambda _file: 0
    """The lines that a file's picture takes."""
    unfolded: Mapping[MessageId, str] = field(default_factory=dict)
    """The whole texts of mails that are shown so."""
    takes_keys: bool = True
    """Whether letters are keys here, and are not typed elsewhere."""


@dataclass(frozen=True, slots=True)
class Painted:
    """The lines of a message; the first ``lead`` are the heading of the day and blank lines."""

    strips: list[Strip]
    lead: int
    pictured: Mapping[int, PictureLine] = field(default_factory=dict)
    """The lines that show parts of pictures, by their index."""
    keyed: bool = False
    """Whether it looks otherwise where letters are no keys."""


def paint(entry: TranscriptEntry, before: TranscriptEntry | None, context: PaintContext) -> Painted:
    """All lines of a message, with the heading of its day if it is the first of that day."""
    message = entry.message
    same_album = before is not None and _of_one_album(message, before.message)
    painted = []
    if before is None or local(before.message.at).date() != local(message.at).date():
        painted += [_blank(context), _day(message.at, context), _blank(context)]
    elif not (same_album or _continues(message, before.message)):
        painted.append(_blank(context))
    titled = before is None or plain_subject(before.message.subject) != plain_subject(message.subject)
    block, lead = _Block(entry, context, same_album=same_album), len(painted)
    painted += block.lines(headed=bool(lead), titled=titled)
    return Painted(painted, lead, {lead + n: line for n, line in block.pictured.items()}, block.keyed)


def _of_one_album(message: MessageRow, before: MessageRow) -> bool:
    return bool(message.album) and (message.album, message.dialog_id) == (before.album, before.dialog_id)


def _continues(message: MessageRow, before: MessageRow | None) -> bool:
    return (
        before is not None
        and before.dialog_id == message.dialog_id
        and (before.direction, before.author, before.origin) == (message.direction, message.author, message.origin)
        and message.at - before.at < SAME_TURN
        and plain_subject(message.subject) == plain_subject(before.subject)
    )


def _blank(context: PaintContext) -> Strip:
    return Strip([Segment(" " * context.width, context.styles.base)], context.width)


def _day(at: Millis, context: PaintContext) -> Strip:
    text = f" {words.day(at, context.now)} "
    width = min(context.width, WIDEST) - 4
    side = max(0, (width - cell_len(text)) // 2)
    rule = Style(color=context.styles.faint.color, dim=True)
    segments = [
        Segment("  " + "─" * side, context.styles.base + rule),
        Segment(text, context.styles.base + context.styles.muted),
        Segment("─" * max(0, width - side - cell_len(text)), context.styles.base + rule),
    ]
    return Strip(segments).adjust_cell_length(context.width, context.styles.base)


class _Block:
    """Paints one message."""

    def __init__(self, entry: TranscriptEntry, context: PaintContext, *, same_album: bool = False) -> None:
        self.same_album, self.keyed = same_album, False
        self.pictured: dict[int, PictureLine] = {}
        self.entry, self.message, self.context, self.styles = entry, entry.message, context, context.styles
        self.route = context.routes.get(entry.message.dialog_id)
        self.manifest = context.manifest if self.route is None else self.route.manifest
        self.ours = entry.message.direction == Direction.OUT
        self.noted = entry.message.direction == notes.NOTE
        self.base = context.styles.text if self.ours else context.styles.base
        whole = min(context.width, WIDEST)
        self.indent = whole // 10 if self.ours and whole >= _ROOM_TO_INDENT else 0
        self.room = max(12, whole - self.indent - _GUTTER - 3)

    def lines(self, *, headed: bool, titled: bool) -> Iterator[Strip]:
        """Yield author, subject, quote, text, files, reactions and notes on the delivery."""
        ends = self._ends()
        for n, content in enumerate(self._content(headed=headed, titled=titled)):
            if isinstance(content, PictureLine):
                self.pictured[n] = content
            segments = [] if isinstance(content, PictureLine) else content
            yield self._strip(segments, ends if n == 0 else [])

    def _content(self, *, headed: bool, titled: bool) -> Iterator[list[Segment] | PictureLine]:
        if headed:
            yield self._author()
        if self.message.subject and titled:
            yield [self._segment(cut(self.message.subject, self.room), self.styles.strong)]
        for who in recipients(self.entry):
            yield [self._segment(cut(show(who), self.room), self.styles.faint)]
        if self.message.reply_to:
            yield self._quote()
        if self.message.deleted_at is not None:
            yield [
                self._segment(
                    _("deleted {when}", when=words.moment(self.message.deleted_at, self.context.now)),
                    self.styles.faint + Style(italic=True),
                )
            ]
        if self.message.text:
            yield from self._text()
        yield from self._below()
        for file in self.entry.files:
            yield self._file(file)
            yield from self._picture(file)
            yield from self._words(file)
        if self.entry.reactions:
            yield [
                self._segment(
                    cut(" ".join(line(f"{r.emoji} {r.name}".strip()) for r in self.entry.reactions), self.room),
                    self.styles.muted,
                )
            ]
        yield from self._because()
        yield from self._notes()

    def _below(self) -> Iterator[list[Segment]]:
        """What stands right below the text: buttons, and what a mail has."""
        if (below := buttons(self.entry)) is not None:
            yield [self._segment(cut(line(show(below)), self.room), self.styles.accent)]
        if self.entry.mail is not None:
            yield from self._mail(self.entry.mail)

    def _because(self) -> Iterator[list[Segment]]:
        if self.entry.because is not None:
            yield [self._segment(cut(show(because(self.entry.because)), self.room), self.styles.faint)]

    def _author(self) -> list[Segment]:
        style = self.styles.warn if self.noted else self.styles.own if self.ours else self.styles.accent
        name = [self._segment(cut(self._name(), self.room), style + Style(bold=True))]
        if self.route is None or self.noted:
            return name
        left = self.room - name[0].cell_length
        return [*name, self._segment(cut(f"  {self.route.name}", left), self.styles.faint)]

    def _name(self) -> str:
        origin, author = self.message.origin, self.message.author
        if self.noted:
            return _("✎ {author}: a note, not for the client", author=author)
        if origin == Origin.PHONE:
            return _("We, outside the desk")
        if origin == Origin.AUTOREPLY:
            return _("Automatic answer")
        return author or (_("We") if self.ours else _("Client"))

    def _quote(self) -> list[Segment]:
        quoted = self.context.quotes.get((self.message.dialog_id, self.message.reply_to))
        text = _("a message that is not here") if quoted is None else quoted.text or quoted.subject or "…"
        return [self._segment("┃ ", self.styles.accent), self._segment(cut(text, self.room - 2), self.styles.muted)]

    def _text(self) -> Iterator[list[Segment]]:
        style = self.styles.faint if self.message.deleted_at is not None else self.styles.plain
        begin, left_out = excerpt(self.context.unfolded.get(self.message.id, self.message.text))
        written = lines(begin).strip("\n")
        drawn = bool(self.manifest.capabilities.markup) and not self.noted and signed(written)
        text = marked.drawn(written, style, self.styles) if drawn else Text(written, style=style)
        if self.message.edited_at is not None:
            text.append(" " + _("(edited)"), self.styles.faint)
        for found in find(text.plain):
            text.stylize(self.styles.link + Style(link=found.url), found.start, found.end)
        for start, end in self.context.lit(text.plain):
            text.stylize(self.styles.accent + Style(bold=True, reverse=True), start, end)
        for part in (marked.wrapped if drawn else Text.wrap)(text, _CONSOLE, self.room):
            yield [Segment(s.text, self.base + (s.style or Style())) for s in part.render(_CONSOLE)]
        if left_out:
            more = ngettext("… {n} more character", "… {n} more characters", left_out)
            yield [
                self._segment(cut(f"{more}: {self._key(_('read to the end'), 'whole')}", self.room), self.styles.accent)
            ]

    def _mail(self, mail: MailRow) -> Iterator[list[Segment]]:
        """What there is to a mail beside its text here."""
        if mail.folded:
            yield self._fold(mail.folded)
        if mail.invitation:
            yield self._invitation(mail.invitation)

    def _fold(self, n: int) -> list[Segment]:
        """How much of a mail is folded, and the key for the rest; a click does it too."""
        is_whole = self.message.id in self.context.unfolded
        what = self._key(_("fold") if is_whole else _("unfold"), "fold")
        more = f"… {what}" if is_whole else f"{_more_lines(n)}: {what}"
        return [self._segment(cut(more, self.room), self.styles.accent + FOLDS)]

    def _invitation(self, state: str) -> list[Segment]:
        """How an invitation is answered, and the key to answer it."""
        said = show(invitation(state))
        shown = f"{said}: {self._key(_('answer'), 'invitation')}" if state == "open" else said
        return [self._segment(cut(shown, self.room), self.styles.accent)]

    def _key(self, what: str, name: str) -> str:
        """What a key does, with the key if it does so now."""
        self.keyed = True
        return _keys(what, name) if self.context.takes_keys else what

    def _picture(self, file: FileRow) -> Iterator[PictureLine]:
        rows = self.context.picture_rows(file) if self.message.deleted_at is None else 0
        return (PictureLine(file, row, self.indent + 3) for row in range(rows))

    def _file(self, file: FileRow) -> list[Segment]:
        facts = [words.size(file.size)] if file.size else []
        if file.seconds:
            facts.insert(0, _length(file.seconds))
        style = self.styles.muted
        if file.state == "wanted":
            facts.append(_("is being fetched"))
            style = self.styles.warn
        elif file.state == "missing":
            facts.append(_("missing: {why}", why=" ".join(filter(None, words.reason(self.manifest, file.code)))))
            style = self.styles.bad
        sign = self._segment(f"{_FILE_SIGNS.get(file.kind, '▤')} ", self.styles.accent)
        name = cut(file.name or file.kind, max(8, self.room - 26))
        return [
            sign,
            self._segment(name, self.styles.plain),
            self._segment(cut(" · " + " · ".join(facts), self.room - 2 - cell_len(name)), style),
        ]

    def _words(self, file: FileRow) -> Iterator[list[Segment]]:
        """The transcript of a voice message, or why there is none."""
        style = self.styles.plain + Style(italic=True) if file.words else self.styles.muted
        why = words.reason(self.manifest, file.code)[0] if file.code and file.state == "here" else ""
        for part in Text(line(file.words or why)).wrap(_CONSOLE, self.room - 2):
            if part.plain:
                yield [self._segment(f"  {part.plain}", style)]

    def _notes(self) -> Iterator[list[Segment]]:
        for text, style in self._delivery():
            for part in Text(line(text)).wrap(_CONSOLE, self.room):
                yield [self._segment(part.plain, style)]

    def _delivery(self) -> Iterator[tuple[str, Style]]:
        """What a person should know about the delivery, unless it is as usual."""
        message, waiting = self.message, self.entry.waiting
        what, step = words.reason(self.manifest, message.code, message.detail)
        if message.state == State.FAILED:
            yield f"✗ {what}", self.styles.bad
            if self.entry.onward is not None:
                yield from self._continuation(self.entry.onward)
            else:
                yield from self._steps(step, _keys(_("send again"), "retry"))
        elif message.state == State.UNCERTAIN:
            yield f"? {what or _('It is not known whether it was delivered.')}", self.styles.warn
            asks = f"{_keys(_('send again'), 'retry')}, {_keys(_('say what became of it'), 'resolve')}"
            yield from self._steps(step, asks)
        elif message.state == State.CANCELLED:
            yield f"⊘ {what or _('cancelled before it was sent')}", self.styles.faint
        elif message.state == State.SENT and message.code in {DELAYED, COPY_FAILED, ELSEWHERE_FAILED}:
            yield f"◷ {what}", self.styles.warn
            if step:
                yield f"→ {step}", self.styles.muted
        elif waiting is not None and (waiting.wait_code or waiting.not_before > self.context.now):
            yield self._why_it_waits(waiting.wait_code, waiting.not_before), self.styles.warn
        if self.entry.place is not None and self.entry.place.n > 1:
            yield f"◷ {self._place(self.entry.place)}", self.styles.muted
        if waiting is not None and waiting.action != Operation.SEND:
            yield "◷ " + _(_UNDER_WAY[waiting.action]), self.styles.warn

    def _continuation(self, onward: MessageId) -> Iterator[tuple[str, Style]]:
        yield "→ " + _("It continued as message {n} in the next channel.", n=onward), self.styles.accent
        if self.entry.left_behind:
            what = show(left_behind(self.entry.left_behind))
            yield _("That channel does not carry: {what}.", what=what), self.styles.muted

    def _steps(self, step: str, keys: str) -> Iterator[tuple[str, Style]]:
        if step:
            yield f"→ {step}", self.styles.muted
        yield keys, self.styles.accent

    def _place(self, place: QueuePosition) -> str:
        if place.at <= self.context.now:
            return _("No. {n} in the queue", n=place.n)
        return _("No. {n} in the queue, about {time}", n=place.n, time=words.moment(place.at, self.context.now))

    def _why_it_waits(self, code: str, until: Millis) -> str:
        why = words.reason(self.manifest, code)[0] if code else show(state_name(State.QUEUED))
        if until <= self.context.now:
            return f"◷ {why}"
        return f"◷ {why} " + _("It will be sent at {time}.", time=words.moment(until, self.context.now))

    def _ends(self) -> list[tuple[str, Style]]:
        sign = words.SIGNS.get(self.message.state, "") if self.ours else ""
        return [
            ("" if self.same_album else f"{words.clock(self.message.at)} ", self.styles.faint),
            (fit(sign, 2), sign_style(self.message.state, self.styles)),
        ]

    def _segment(self, text: str, style: Style) -> Segment:
        return Segment(text, self.base + style)

    def _strip(self, segments: list[Segment], ends: list[tuple[str, Style]]) -> Strip:
        styles = self.styles
        inside = sum(segment.cell_length for segment in segments)
        end = [Segment(text, self.base + style) for text, style in ends]
        gap = self.room + _GUTTER - inside - sum(segment.cell_length for segment in end)
        sign, style = ("▎ ", styles.own) if self.ours else ("┆ ", styles.warn) if self.noted else ("  ", styles.plain)
        bar = Segment(sign, self.base + style)
        body = [bar, *segments, Segment(" " * max(0, gap), self.base), *end]
        strip = Strip([Segment(" " * (self.indent + 1), styles.base), *body])
        return strip.adjust_cell_length(self.context.width, styles.base)


_UNDER_WAY: dict[str, str] = {
    Operation.EDIT: N_("the edit is on its way"),
    Operation.DELETE: N_("the deletion is on its way"),
    Operation.REACT: N_("the reaction is on its way"),
}


def _more_lines(n: int) -> str:
    return ngettext("… {n} more line", "… {n} more lines", n)


def _length(seconds: int) -> str:
    """A duration as a bar and as minutes and seconds."""
    bar = "━" * max(1, min(_BAR, seconds // _SECONDS_A_CELL))
    return f"{bar} {seconds // 60}:{seconds % 60:02}"


def _keys(what: str, name: str) -> str:
    return f"{shown(action('transcript', f'message({name!r})').keys[0])} {what}"
