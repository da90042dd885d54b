"""The bars around the panes: filters, the heading of a conversation, and the status bar."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from chatapp_cli.domain.attendance import away_in_words
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.health import ChannelState
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.i18n import N_, _, ngettext, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services.standings import ChannelStanding, standing
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import action, key, shown
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import cut, row
from chatapp_cli.tui.reading.overview import Overview, doubled, queued
from chatapp_cli.tui.widgets.key_hints import fitted, hints, needed

Piece = tuple[str, Style]
_ROOMY = 56
"""Cells from which a heading has room for more than the client's name."""
_NOTICE = 16
"""Cells that a short notice takes in it."""
_TITLE = 16
"""The most cells of a channel's title in the status bar."""


class Bar(Widget):
    """One or more painted lines."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self.appearance = appearance

    @abstractmethod
    def lines(self) -> Sequence[tuple[list[Piece], list[Piece]]]:
        """The text at the left and right end of each line."""

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        width, found = self.size.width, self.lines()
        base = self.appearance.styles.base
        if y >= len(found):
            return Strip([Segment(" " * width, base)], width)
        left, right = found[y]
        return Strip(row(width, left, right, base), width)


class FilterBar(Bar):
    """The filter of the dialog list, with the keys that change it."""

    DEFAULT_CSS = "FilterBar { height: 1; }  FilterBar.-more { height: 2; }"
    dialog_filter = DialogFilter()
    overview = Overview()
    names: tuple[str, ...] = ()

    def tell(self, dialog_filter: DialogFilter, names: Iterable[str], overview: Overview) -> None:
        """Show another filter or other counts."""
        self.dialog_filter, self.names, self.overview = dialog_filter, tuple(names), overview
        self.set_class(bool(self.names), "-more")
        self.refresh()

    def lines(self) -> Sequence[tuple[list[Piece], list[Piece]]]:
        """The built-in views, and below them the rest of the filter."""
        styles = self.appearance.styles
        first = self._views(_("All"), _("Unread"), _("Unanswered"))
        if _length(first) > self.size.width:
            first = self._views(_("All"), "✉", "●")
        return [(first, []), ([(" ▿ " + " · ".join(self.names), styles.accent)], [])]

    def _views(self, everything: str, unread: str, unanswered: str) -> list[Piece]:
        return [
            *self._view("everything", everything, 0, chosen=self.dialog_filter.but(text="") == DialogFilter()),
            *self._view("unread", unread, self.overview.unread, chosen=self.dialog_filter.unread),
            *self._view("unanswered", unanswered, self.overview.unanswered, chosen=self.dialog_filter.waiting),
        ]

    def _view(self, act: str, name: str, count: int, *, chosen: bool) -> list[Piece]:
        styles = self.appearance.styles
        style = styles.strong + Style(underline=True) if chosen else styles.muted
        counted = [(f" {count}", styles.accent)] if count else []
        return [(f" {key('inbox', act)} ", styles.faint), (name, style), *counted]


class Heading(Bar):
    """The client's name and address, and the channel of the dialog."""

    DEFAULT_CSS = "Heading { height: 2; border-bottom: solid $rule; }"
    card: DialogCard | None = None
    tags: Sequence[str] = ()
    viewers: tuple[str, bool] = ("", False)
    peeked = False

    def tell(self, card: DialogCard | None, tags: Sequence[str] = ()) -> None:
        """Show another dialog."""
        self.card, self.tags = card, tags
        self.refresh()

    def tell_peeked(self, peeked: bool) -> None:
        """Show whether the dialog stays unread while it is open."""
        self.peeked = peeked
        self.refresh()

    def tell_viewers(self, text: str, *, busy: bool) -> bool:
        """Show which colleagues are here; ``busy``: one of them is writing. Returns whether that changed."""
        before, self.viewers = self.viewers, (text, busy)
        if before != self.viewers:
            self.refresh()
        return before != self.viewers

    def lines(self) -> Sequence[tuple[list[Piece], list[Piece]]]:
        """Name and address on the left; channel and line on the right."""
        if self.card is None:
            return []
        styles, card = self.appearance.styles, self.card
        left: list[Piece] = [(" ", styles.plain), (card.name, styles.strong)]
        if self.peeked:
            left.append((f"  {_('stays unread')}", styles.accent))
        if self.viewers[0]:
            left.append((f"  {self.viewers[0]}", styles.warn if self.viewers[1] else styles.muted))
        if card.address != card.name:
            left.append((f"  {card.phone or card.username or card.address}", styles.faint))
        left += [(f"  #{tag}", styles.tag(tag)) for tag in self.tags]
        if card.blocked:
            left.append((" ⊘ " + _("blacklist"), styles.bad))
        known = manifest(card.kind)
        right = [*self._receipts(known), (f"  {known.label}", styles.accent), (f" · {card.line} ", styles.muted)]
        return [(left, right)]

    def _receipts(self, known: Manifest) -> list[Piece]:
        """A notice that this channel reports no reading, so that one tick does not look like «unread» (S-063).

        It gives way to colleagues and to the sign that the dialog stays unread if there is no room for both.
        """
        crowded = self.peeked or bool(self.viewers[0])
        if known.capabilities.receipts == "read" or (crowded and self.size.width < _ROOMY + _NOTICE):
            return []
        notice = _("not available") if self.size.width >= _ROOMY and not crowded else _("n/a")
        return [(f"  ✓✓ {notice}", self.appearance.styles.faint)]


class StatusBar(Bar):
    """The health of channels, the outbox and the daemon, and below them the keys of the place with the focus."""

    DEFAULT_CSS = "StatusBar { height: 2; dock: bottom; }  StatusBar.-more { height: 3; }"
    overview: Overview | None = None
    """Nothing before it was read."""
    needs = 0
    picked = 0
    daemon = ""
    trouble = False
    scopes: tuple[str, ...] = ()
    typing = False
    without: Collection[str] = ()

    def tell(self, overview: Overview) -> None:
        """Show the health of channels and the outbox."""
        self.overview = overview
        self.refresh()

    def tell_needs(self, number: int) -> None:
        """Show how many messages and channels need a person."""
        if self.needs != number:
            self.needs = number
            self.refresh()

    def tell_picked(self, number: int) -> None:
        """Show how many dialogs are picked."""
        self.picked = number
        self.refresh()

    def tell_daemon(self, text: str, *, trouble: bool) -> None:
        """Show the state of the daemon; nothing if the text is empty."""
        self.daemon, self.trouble = text, trouble
        self.refresh()

    def tell_keys(self, *scopes: str, typing: bool = False, without: Collection[str] = ()) -> None:
        """Show the keys of some scopes, except of some actions by their ids.

        While something is typed, only those that are no letters.
        """
        if (self.scopes, self.typing, self.without) != (scopes, typing, without):
            self.scopes, self.typing, self.without = scopes, typing, without
            self._make_room()
            self.refresh()

    def on_resize(self) -> None:
        """Take as many lines as the keys need at this width."""
        self.remove_class("-more")
        self._make_room()

    def lines(self) -> Sequence[tuple[list[Piece], list[Piece]]]:
        """Health and work, then the keys."""
        work = self._work()
        room = self.size.width - _length(work)
        ways = (self._health(brief=False), self._health(brief=True), self._troubled())
        found = next((way for way in ways if _length(way) <= room), ways[-1])
        return [(found, work), *self._hints()]

    def _health(self, *, brief: bool) -> list[Piece]:
        """The health of all channels; with ``brief`` those that work are shown without words."""
        if self.overview is None:
            return []
        pieces = [piece for channel in self._channels() for piece in self._channel(channel, brief=brief)]
        return pieces or [
            (
                " " + _("No channel is bound yet: press {key}", key=key("app", "page('lines')")),
                self.appearance.styles.warn,
            )
        ]

    def _channels(self) -> Sequence[ChannelRow]:
        return () if self.overview is None else self.overview.channels

    def _troubled(self) -> list[Piece]:
        """The channels that do not work, and the number of those that do."""
        styles = self.appearance.styles
        works = [channel for channel in self._channels() if health(channel, self.appearance)[1] == styles.good]
        others = [channel for channel in self._channels() if channel not in works]
        count = ngettext("{n} channel works", "{n} channels work", len(works))
        counted = [(" ●", styles.good), (f" {count} ", styles.muted)] if works else []
        return [*(piece for channel in others for piece in self._channel(channel, brief=True)), *counted]

    def _channel(self, channel: ChannelRow, *, brief: bool) -> list[Piece]:
        styles = self.appearance.styles
        text, style = health(channel, self.appearance)
        if brief and style == styles.good:
            return [(" ●", style), (f" {manifest(channel.kind).label}", styles.muted)]
        return [
            (" ● ", style),
            (self._said_as(channel), styles.muted),
            (f" {text} ", styles.faint if style == styles.good else style),
        ]

    def _said_as(self, channel: ChannelRow) -> str:
        """The kind of a channel; its title if there are several of the kind."""
        title = doubled(self._channels()).get(channel.id)
        return manifest(channel.kind).label if title is None else cut(title, _TITLE)

    def _work(self) -> list[Piece]:
        styles = self.appearance.styles
        waiting = 0 if self.overview is None else queued(self.overview)
        pieces = self._away()
        if self.picked:
            pieces.append((" ✓ " + ngettext("{n} chosen", "{n} chosen", self.picked), styles.accent))
        if self.needs:
            troubles = key("app", "page('troubles')")
            pieces.append((f" ! {self.needs}", styles.bad))
            pieces.append((f" {troubles} ", styles.accent))
        if waiting:
            pieces.append((" ◷ " + ngettext("{n} to send", "{n} to send", waiting), styles.warn))
        if self.daemon:
            pieces.append((f" {self.daemon}", styles.bad if self.trouble else styles.muted))
        return [*pieces, (" ", styles.plain)]

    def _away(self) -> list[Piece]:
        """Until when the operator is away, with the key by which they are back."""
        styles, now = self.appearance.styles, self.appearance.now()
        away = None if self.overview is None else self.overview.away
        if away is None or not away.is_away(now):
            return []
        state = away_in_words(away.away_until, "", lambda at: words.moment(at, now))
        return [(f" ☾ {show(state)}", styles.warn), (f" {key('app', 'away')} ", styles.accent)]

    def _make_room(self) -> None:
        """Take another line on a page whose keys do not fit into one; the panes of dialogs never move for that."""
        found = hints(self.scopes, typing=self.typing, without=self.without)
        if "inbox" not in self.scopes and self.size.width and needed(found, self.size.width - 1) > 1:
            self.add_class("-more")

    def _hints(self) -> list[tuple[list[Piece], list[Piece]]]:
        styles, most = self.appearance.styles, 2 if self.has_class("-more") else 1
        found = hints(self.scopes, typing=self.typing, without=self.without)
        return [
            ([piece for hint in line for piece in ((hint.key, styles.accent), (hint.words, styles.muted))], [])
            for line in fitted(found, self.size.width - 1, most)
        ]


def _length(pieces: Iterable[Piece]) -> int:
    return sum(cell_len(text) for text, _style in pieces)


def health(channel: ChannelRow, appearance: Appearance) -> tuple[str, Style]:
    """What to say of a channel, and its colour: while it works, the age of its last sign of life."""
    now = appearance.now()
    found = standing(channel, manifest(channel.kind), now)
    return _brief(found, now), standing_style(found.state, appearance)


def standing_style(state: ChannelState, appearance: Appearance) -> Style:
    """The colour of a channel's state."""
    styles = appearance.styles
    known = {
        ChannelState.WORKING: styles.good,
        ChannelState.STARTING: styles.muted,
        ChannelState.RECEIVES_ONLY: styles.bad,
        ChannelState.STOPPED: styles.bad,
    }
    return known.get(state, styles.warn)


def _brief(found: ChannelStanding, now: Millis) -> str:
    channel = found.channel
    if found.state is ChannelState.WORKING:
        return _("works") if channel.proof_at is None else words.age(max(0, now - channel.proof_at))
    if found.state is ChannelState.RESTING:
        return show(found.said(lambda at: words.moment(at, now)))
    since = found.until if found.state is ChannelState.SILENT else channel.health_since
    return f"{show(found.word)} {words.age(now - since)}"


NOWHERE = (
    N_("Choose a dialog on the left."),
    N_("{key} opens it"),
)


def nowhere() -> list[str]:
    """The lines of the right side while no dialog is open."""
    return [_(NOWHERE[0]), _(NOWHERE[1], key=shown(action("list", "open").keys[0]))]
