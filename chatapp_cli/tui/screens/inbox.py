"""The page that people work on: dialogs on the left, the conversation on the right, keys for everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.conversation.action_runner import ActionRunner
from chatapp_cli.tui.conversation.addressees import Addressees
from chatapp_cli.tui.conversation.colleagues import Colleagues
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.crm_cards import CrmCards
from chatapp_cli.tui.conversation.drafts import Drafts
from chatapp_cli.tui.conversation.joining import Joining
from chatapp_cli.tui.conversation.line_hours import LineHours
from chatapp_cli.tui.conversation.paging import Paging
from chatapp_cli.tui.conversation.pictures import Pictures
from chatapp_cli.tui.conversation.read_marks import ReadMarks
from chatapp_cli.tui.conversation.search import ConversationSearch
from chatapp_cli.tui.conversation.tabs import Tabs
from chatapp_cli.tui.conversation.writing import Writing
from chatapp_cli.tui.freshness import Freshness
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.listing.listing import Listing
from chatapp_cli.tui.painting import Painting
from chatapp_cli.tui.panes import Panes
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.pane import ConversationPane, ListPane
from chatapp_cli.tui.widgets.search_box import SearchBox
from chatapp_cli.tui.widgets.tab_bar import TabBar
from chatapp_cli.tui.widgets.transcript import Transcript
from chatapp_cli.tui.widgets.views_bar import ViewsBar

if TYPE_CHECKING:
    from textual.widgets import TextArea

    from chatapp_cli.tui.reading.conversations import Opening

A = ParamSpec("A")
M = TypeVar("M", bound=Message)


def forward(to: Callable[[InboxScreen], Callable[A, object]]) -> Callable[Concatenate[InboxScreen, A], object]:
    """Make an action of the page that a method of another object carries out."""

    def forwarded(page: InboxScreen, /, *args: A.args, **named: A.kwargs) -> object:
        return to(page)(*args, **named)

    return forwarded


def handler(kind: type[M], answer: Callable[[InboxScreen, M], object]) -> Callable[[InboxScreen, M], None]:
    """Make a handler for a message."""

    def handle(page: InboxScreen, message: M) -> None:
        answer(page, message)

    return on(kind)(handle)


def late_handler(answer: Callable[[InboxScreen], object]) -> Callable[[InboxScreen], None]:
    """Make a handler that Textual finds by its name: the class of its message is imported after the first paint."""

    def handle(page: InboxScreen) -> None:
        answer(page)

    return handle


class Body(Horizontal):
    """The panes side by side; it is covered by them and paints nothing itself."""

    BLANK = True


class InboxScreen(ActionPage):
    """Puts the panes together, and forwards keys and messages to the objects that they are for."""

    SCOPE = "inbox"
    BLANK = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (105, "-roomy"), (150, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS = bindings("inbox")
    DEFAULT_CSS = """
    InboxScreen #left { width: 38%; min-width: 30; max-width: 56; border-right: solid $rule; }
    InboxScreen.-wide #left { width: 40%; max-width: 90; }
    InboxScreen #right { width: 1fr; }
    InboxScreen #body { layers: panes card; }
    InboxScreen.-narrow ClientCard, InboxScreen.-normal ClientCard { layer: card; dock: right; }
    InboxScreen Composer { display: none; }
    InboxScreen.-conversing Composer { display: block; }
    InboxScreen.-narrow #left { width: 1fr; max-width: 100%; border-right: none; }
    InboxScreen.-narrow #right { display: none; }
    InboxScreen.-narrow.-open #left { display: none; }
    InboxScreen.-narrow.-open #right { display: block; }
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.add_class(next(name for least, name in reversed(self.HORIZONTAL_BREAKPOINTS) if width >= least))
        self._body, self._status = Body(id="body"), StatusBar(self.appearance)
        self._left, self._right = ListPane(self.appearance), ConversationPane(self.appearance)
        self.dialogs, self.painting = self._left.dialogs, Painting(self)
        self.listing = Listing(self, self._left)
        self.conversation = Conversation(self, self._body, self.dialogs, self._right, self.painting.one_frame)
        self.drafts = Drafts(self.conversation)
        self.colleagues = Colleagues(self.conversation)
        self.writing = Writing(self.conversation, self.drafts)
        self.addressees = Addressees(self.conversation)
        self.read_marks = ReadMarks(self.conversation)
        self.tabs = Tabs(self.conversation)
        self.search_in_conversation = ConversationSearch(self.conversation)
        self.pictures = Pictures(self.conversation)
        self.paging = Paging(self.conversation)
        self.joining = Joining(self.conversation)
        self.action_runner = ActionRunner(self.conversation, self.joining, self.tabs, self.addressees, self.read_marks)
        self.conversation.parts = (
            self.drafts,  # first: what was written to the dialog that is left is saved before anything else
            self.colleagues,
            self.writing,
            self.addressees,
            self.read_marks,
            self.tabs,
            self.search_in_conversation,  # last with an `opened` hook: it may open another place of the dialog
            self.pictures,
            CrmCards(self.conversation),
            LineHours(self.conversation),
        )
        self.panes = Panes(self.listing, self.conversation, self._status)
        self.freshness = Freshness(self.listing, self.conversation, self._status)

    def compose(self) -> ComposeResult:
        """The list and the status bar; `Conversation.ready` adds the pane of the conversation."""
        with self._body:
            yield self._left
        yield self._status

    async def on_mount(self) -> None:
        """Read a screenful of dialogs before the first paint; all the rest follows after it."""
        self.dialogs.focus()
        await self.carry_out(self.listing.show_first_rows)

    def _compositor_refresh(self) -> None:
        """Paint, unless it is held, or Textual is starting: it would throw away what is painted then."""
        if not self.app._batch_count and not self.painting.held:
            super()._compositor_refresh()

    def go_on(self) -> None:
        """Begin what follows the first paint: the whole list, the composer, and what is renewed from time to time."""
        self._left.search.ready()
        self.do(self.listing.reload, group="list")
        self.do(self.freshness.tell_bars, group="bars", exclusive=True)
        self.do(self.conversation.ready, group="setup")
        self.listing.views.count()
        self.every(5, self.freshness.tick, at_once=True)
        self.every(60, self.freshness.tell_bars)  # signs of life are no events, and an old one looks like trouble
        self.watch(self.app, "app_focus", self.read_marks.watch, init=False)

    async def on_unmount(self) -> None:
        """Cancel all other work, whose panes are gone, and let the parts close."""
        self.workers.cancel_node(self)
        await self.conversation.close()

    @property
    def opening(self) -> Opening | None:
        """The open dialog."""
        return self.conversation.opening

    @property
    def looked_at(self) -> DialogId | None:
        """The dialog whose last messages a person sees now; ``None`` without one or while the terminal has no focus."""
        shown = self.conversation.transcript
        if self.opening is None or not self.app.app_focus:
            return None
        return self.opening.card.id if shown.at_end and shown.region else None

    def repaint(self) -> None:
        """Paint everything in the colours of another theme."""
        self.conversation.repaint()
        self.refresh(recompose=False)

    def _resume(self) -> None:
        """Count the views again, and watch what is read: the time on another page does not count."""
        self.listing.views.resume()
        self.read_marks.watch()

    # Keys

    action_back = forward(lambda page: page.panes.back)
    action_next_pane = forward(lambda page: page.panes.next_pane)
    action_previous_pane = forward(lambda page: page.panes.previous_pane)
    action_card = forward(lambda page: page.panes.card)
    action_deal = forward(lambda page: page.panes.deal)
    action_search = forward(lambda page: page.listing.search)
    action_everything = forward(lambda page: page.listing.everything)
    action_unread = forward(lambda page: page.listing.unread)
    action_unanswered = forward(lambda page: page.listing.unanswered)
    action_blacklist = forward(lambda page: page.listing.blacklist)
    action_snoozed = forward(lambda page: page.listing.snoozed)
    action_by_line = forward(lambda page: page.listing.by_line)
    action_by_channel = forward(lambda page: page.listing.by_channel)
    action_by_tag = forward(lambda page: page.listing.by_tag)
    action_by_assignee = forward(lambda page: page.listing.by_assignee)
    action_filter = forward(lambda page: page.listing.narrow)
    action_views = forward(lambda page: page.listing.views.manage)
    action_next_view = forward(lambda page: page.listing.views.next_view)
    action_previous_view = forward(lambda page: page.listing.views.previous_view)
    action_write = forward(lambda page: page.writing.write)
    action_attach = forward(lambda page: page.writing.attach)
    action_quick = forward(lambda page: page.writing.quick)
    action_buttons = forward(lambda page: page.writing.buttons)
    action_editor = forward(lambda page: page.writing.editor)
    action_spelling = forward(lambda page: page.writing.spelling)
    action_everybody = forward(lambda page: page.addressees.everybody)
    action_copies = forward(lambda page: page.addressees.copies)
    action_signature = forward(lambda page: page.writing.signature)
    action_detach = forward(lambda page: page.writing.detach)
    action_later = forward(lambda page: page.writing.send_later)
    action_deed = forward(lambda page: page.action_runner.act_on_dialogs)
    action_menu = forward(lambda page: page.action_runner.menu)
    action_undo = forward(lambda page: page.action_runner.undo)
    action_peek = forward(lambda page: page.read_marks.peek)
    action_new_tab = forward(lambda page: page.tabs.new_tab)
    action_next_tab = forward(lambda page: page.tabs.next_tab)
    action_previous_tab = forward(lambda page: page.tabs.previous_tab)
    action_close_tab = forward(lambda page: page.tabs.close_tab)
    action_join = forward(lambda page: page.joining.join)
    action_way = forward(lambda page: page.joining.next_way)
    action_look_within = forward(lambda page: page.search_in_conversation.ask)
    action_hit = forward(lambda page: page.search_in_conversation.step)

    # Messages

    _news = handler(JournalAdvanced, lambda page, news: page.freshness.hear(news))
    _needs_rows = handler(DialogList.Needs, lambda page, needs: page.listing.load_rows(needs.start, needs.n))
    _searched = handler(SearchBox.Typed, lambda page, box: page.listing.typed(box.text))
    _search_sent = handler(SearchBox.Confirmed, lambda page, box: page.listing.submitted(box.text))
    _views_room = handler(ViewsBar.RoomChanged, lambda page, _changed: page.listing.views.count())
    _view_chosen = handler(ViewsBar.ViewChosen, lambda page, chosen: page.listing.views.go_to(chosen.view))
    _picked = handler(DialogList.Picked, lambda page, picked: page._status.tell_picked(picked.n))
    _tab_chosen = handler(TabBar.TabChosen, lambda page, chosen: page.tabs.show_tab(chosen.tab))
    _wants_older = handler(Transcript.WantsOlder, lambda page, _asked: page.paging.older())
    _wants_newer = handler(Transcript.WantsNewer, lambda page, _asked: page.paging.newer())
    _wants_end = handler(Transcript.WantsEnd, lambda page, _asked: page.conversation.show_end())
    _wants_picture = handler(Transcript.WantsPicture, lambda page, asked: page.pictures.draw(asked.file))
    _saw_last = handler(Transcript.SawLast, lambda page, _seen: page.read_marks.watch())
    _asked = handler(Transcript.Asked, lambda page, asked: page.action_runner.act_on_message(asked.action, asked.entry))

    _opened = handler(DialogList.Opened, lambda page, wanted: page.read_marks.open(wanted.dialog, wanted.message))
    _focused = handler(events.DescendantFocus, lambda page, focus: page.panes.focused(focus.widget))
    on_screen_resume = late_handler(lambda page: page._resume())
    on_pen_left = late_handler(lambda page: page.panes.up())
    on_pen_wants_quick = late_handler(lambda page: page.writing.quick())
    on_pen_wants_back = late_handler(lambda page: page.action_runner.recall())
    on_composer_quoted = late_handler(lambda page: page.addressees.show())
    on_composer_submitted = late_handler(lambda page: page.writing.send())

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Tell the conversation of a changed text."""
        self.conversation.typed(event.text_area.text)
