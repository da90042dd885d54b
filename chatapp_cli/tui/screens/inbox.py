"""The page that people work on: dialogs on the left, the conversation on the right, keys for everything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.services import dialogs
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.keymap import action, bindings, shown
from chatapp_cli.tui.screens.conversation import Conversing
from chatapp_cli.tui.screens.parts.colleagues import Colleagues
from chatapp_cli.tui.screens.parts.drafts import Drafts
from chatapp_cli.tui.screens.parts.finding import Finding
from chatapp_cli.tui.screens.parts.joining import Joining
from chatapp_cli.tui.screens.parts.pictures import Pictures
from chatapp_cli.tui.screens.parts.read_marks import ReadMarks
from chatapp_cli.tui.screens.parts.tabs import Tabs
from chatapp_cli.tui.widgets.bars import FilterBar, Heading, StatusBar
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.tab_bar import TabBar
from chatapp_cli.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from chatapp_cli.services.sending import Order
    from chatapp_cli.services.transcript import Entry
    from chatapp_cli.tui.said import Said
    from chatapp_cli.tui.sheet import Sheet
    from chatapp_cli.tui.widgets.composer import Pen


class Body(Horizontal):
    """The panes beside one another; nothing of it is seen itself, so that nothing of it is painted."""

    BLANK = True


class Right(Vertical):
    """The conversation's pane."""

    BLANK = True


A = ParamSpec("A")


def forward(to: Callable[[InboxScreen], Callable[A, object]]) -> Callable[Concatenate[InboxScreen, A], object]:
    """An action of the page that a part of it carries out."""

    def forwarded(page: InboxScreen, /, *args: A.args, **named: A.kwargs) -> object:
        return to(page)(*args, **named)

    return forwarded


class InboxScreen(Conversing):
    """Puts the panes together and knows what the keys mean."""

    SCOPE = "inbox"
    BLANK = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (105, "-roomy"), (150, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS = bindings("inbox")

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pictures = Pictures(self)
        self.read_marks = ReadMarks(self)
        self.tabs = Tabs(self)
        self.joining = Joining(self)
        self.finding = Finding(self)
        self.colleagues = Colleagues(self)
        self.drafts = Drafts(self)
        self.parts = (
            self.drafts,
            self.colleagues,
            self.read_marks,
            self.tabs,
            self.joining,
            self.finding,
            self.pictures,
        )
        self.add_class(next(name for least, name in reversed(self.HORIZONTAL_BREAKPOINTS) if width >= least))

    DEFAULT_CSS = """
    InboxScreen #left { width: 38%; min-width: 30; max-width: 56; border-right: solid $rule; }
    InboxScreen.-wide #left { width: 40%; max-width: 90; }
    InboxScreen #search { border: none; height: 1; padding: 0 1; background: $background; }
    InboxScreen #search:focus { background: $panel; background-tint: $panel 0%; }
    InboxScreen #right { width: 1fr; }
    InboxScreen #body { layers: panes card; }
    InboxScreen.-narrow Card, InboxScreen.-normal Card { layer: card; dock: right; }
    InboxScreen Composer { display: none; }
    InboxScreen.-conversing Composer { display: block; }
    InboxScreen.-narrow #left { width: 1fr; max-width: 100%; border-right: none; }
    InboxScreen.-narrow #right { display: none; }
    InboxScreen.-narrow.-open #left { display: none; }
    InboxScreen.-narrow.-open #right { display: block; }
    """

    def compose(self) -> ComposeResult:
        """The panes."""
        look = self.look
        with Body(id="body"):
            with Vertical(id="left"):
                yield FilterBar(look)
                yield Input(placeholder=_("Search: name, phone, e-mail"), id="search", compact=True)
                yield DialogList(look)
            with Right(id="right"):
                yield Heading(look)
                yield Transcript(look)
        yield StatusBar(look)

    async def on_mount(self) -> None:
        """Have a screenful of dialogs before the first paint, all the rest after it."""
        self.query_one(DialogList).focus()
        await self.carry_out(self.list_head)

    def _compositor_refresh(self) -> None:
        """Paint, unless it would be thrown away: Textual shows nothing of what is painted while it starts."""
        if not self.app._batch_count:
            super()._compositor_refresh()

    def go_on(self) -> None:
        """Read the whole order, make ready for writing, keep ages and waiting messages fresh."""
        self.do(self.list_again, group="list")
        self.do(self.tell_bars, group="bars", exclusive=True)
        self.do(self.ready_to_converse, group="furnishing")
        self.count_views()
        self.every(5, self.tick, at_once=True)
        self.every(60, self.tell_bars)  # a sign of life is no news, and an old one looks like trouble
        self.watch(self.app, "app_focus", self.read_marks.watch, init=False)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Hint at the keys of where the focus is."""
        if isinstance(event.widget, Transcript) or type(event.widget).__name__ == "Pen":
            self.query_one(DialogList).follow_the_open_one()
        place = {"DialogList": "list", "Transcript": "transcript", "Pen": "composer"}.get(type(event.widget).__name__)
        self.query_one(StatusBar).tell_keys(*filter(None, (place, "inbox", "app")))

    # Panes

    def action_back(self) -> None:
        """To the list; from the list, to all dialogs."""
        shown_list = self.query_one(DialogList)
        if shown_list.has_focus and shown_list.drop_picks():
            return
        if shown_list.has_focus and not self.has_class("-open"):
            self.action_everything()
        if self.has_class("-narrow"):
            self.remove_class("-open")
        shown_list.focus()

    def _panes(self) -> list[DialogList | Transcript | Pen]:
        first = self.query_one(DialogList)
        if self.opening is None:
            return [first]
        pen = self.pen
        return [first, self.query_one(Transcript), *([pen] if pen.focusable else [])]

    def _go_pane(self, step: int) -> None:
        panes = self._panes()
        here = next((n for n, pane in enumerate(panes) if pane.has_focus), 0)
        target = panes[(here + step) % len(panes)]
        if self.has_class("-narrow"):
            self.set_class(not isinstance(target, DialogList), "-open")
        target.focus()

    def action_next_pane(self) -> None:
        """List, conversation, text, list."""
        self._go_pane(1)

    def action_previous_pane(self) -> None:
        """The other way round."""
        self._go_pane(-1)

    def on_pen_left(self) -> None:
        """Up into the conversation."""
        self.query_one(Transcript).focus()

    def action_card(self) -> None:
        """Who is this."""
        self.do(self._turn_card)

    async def _turn_card(self) -> None:
        await self.ready_to_converse()
        self.card.turn()

    def repaint(self) -> None:
        """Other colours."""
        self.query_one(Transcript).repaint()
        if self.opening is not None:
            self.card.tell(self.opening)
        self.refresh(recompose=False)

    # Writing

    def action_write(self) -> None:
        """To the text of the open dialog, or open the one under the cursor."""
        if self.opening is None or self.query_one(DialogList).has_focus:
            self.query_one(DialogList).action_open()
        else:
            self.composer.focus_pen()

    def action_attach(self) -> None:
        """Ask for a path and put the file beside the text."""
        if self.opening is not None:
            self.do(self._ask_for_file)

    async def _ask_for_file(self) -> None:
        from chatapp_cli.tui import writing
        from chatapp_cli.tui.paths import Paths, offered

        note = _("Tab or → completes. {limit}", limit=writing.file_limit(self.office.capabilities(self._channel())))
        await self.prompt(_("Attach a file"), offered(), note=note, suggest=Paths(), take=self._attach_named)
        self.composer.focus_pen()

    async def _attach_named(self, typed: str) -> None:
        from chatapp_cli.tui import writing

        if not typed:
            return
        composer, off_loop = self.composer, self.office.store.off_loop
        refusal = composer.refusal_of(await off_loop(partial(writing.looked_at, typed)))
        if refusal is not None:
            raise refusal
        composer.attach([await off_loop(partial(writing.staged, self.office.desk.media, typed))])

    def on_pen_wants_quick(self) -> None:
        """The key of a quick reply in an empty text."""
        self.action_quick()

    def action_quick(self) -> None:
        """A quick reply into the text."""
        if self.opening is not None and not self.pen.disabled:
            self.do(partial(self._quick, self.opening.card), group="quick", exclusive=True)

    async def _quick(self, card: DialogCard) -> None:
        from chatapp_cli.tui.deeds.quick import picked

        said = await picked(self, card)
        if said is not None and self.opening is not None and self.opening.card.id == card.id:
            self.composer.take_in(*said)

    def action_editor(self) -> None:
        """The text in an editor of one's own."""
        if self.opening is not None and not self.pen.disabled:
            self.do(self._write_elsewhere, group="editor", exclusive=True)

    async def _write_elsewhere(self) -> None:
        from chatapp_cli.tui.editor import written_in_editor

        pen, desk = self.pen, self.office.desk
        pen.replace_all(written_in_editor(self.app, pen.text, desk.settings.folder, self.house.own.env))
        self.composer.focus_pen()

    def action_spelling(self) -> None:
        """Another spelling for the word under the cursor."""
        if self.opening is not None:
            self.do(partial(self.house.spelling.correct, self, self.pen), group="spelling", exclusive=True)

    def action_detach(self) -> None:
        """Drop what was added last."""
        if self.opening is not None:
            self.composer.drop()

    def on_composer_submitted(self) -> None:
        """Send it."""
        if self.opening is not None:
            self.do(partial(self._put_out, self.opening.card.id), group="send")

    async def _put_out(self, dialog: DialogId, order: Order | None = None) -> None:
        from chatapp_cli.tui import writing

        composer = self.composer
        sheet, channel = composer.sheet, self._channel()
        order, kept = order or self.office.order(), replace(sheet, files=[*sheet.files])
        job = writing.sending_of(kept, self.office, channel, dialog, order)
        composer.clear()
        sending = asyncio.ensure_future(self.office.write(self.drafts.without_draft(dialog, job)))
        sending.add_done_callback(partial(self._put_back_unsent, dialog, kept))
        await asyncio.shield(sending)  # whoever waits for it may leave, and it goes on

    def _put_back_unsent(self, dialog: DialogId, kept: Sheet, sending: asyncio.Future[None]) -> None:
        if sending.cancelled() or sending.exception() is not None:
            self.put_back(dialog, kept)

    def action_later(self) -> None:
        """Send what is written at a time that is asked for."""
        if self.opening is not None and self.composer.ready():
            self.do(partial(self._put_out_later, self.opening.card), group="send")

    async def _put_out_later(self, card: DialogCard) -> None:
        from chatapp_cli.tui.deeds import waiting as waiting_deeds

        await waiting_deeds.order_for_later(self, card, partial(self._put_out, card.id))

    def on_pen_wants_back(self) -> None:
        """Take back what was said last."""
        shown = self.query_one(Transcript)
        last = next((entry for entry in reversed(shown.entries) if self._said(entry).waits), None)
        if last is not None:
            shown.post_message(Transcript.Asked("cancel", last))

    def _channel(self) -> ChannelRow:
        assert self.opening is not None
        return self.opening.channel

    def _channel_of(self, entry: Entry) -> ChannelRow:
        assert self.opening is not None
        return self.opening.channel_of(entry.message.dialog_id)

    # What the conversation asks for

    action_peek = forward(lambda page: page.read_marks.peek)
    action_new_tab = forward(lambda page: page.tabs.new)
    action_next_tab = forward(lambda page: page.tabs.following)
    action_previous_tab = forward(lambda page: page.tabs.previous)
    action_close_tab = forward(lambda page: page.tabs.leave)

    action_join = forward(lambda page: page.joining.join)
    action_way = forward(lambda page: page.joining.way)

    action_look_within = forward(lambda page: page.finding.ask)
    action_hit = forward(lambda page: page.finding.step)

    @on(DialogList.Opened)
    def _for_good(self) -> None:
        self.read_marks.for_good()

    @on(TabBar.Chosen)
    def _tab_chosen(self, event: TabBar.Chosen) -> None:
        self.tabs.bring(event.tab)

    @on(Transcript.SawLast)
    def _saw(self) -> None:
        self.read_marks.watch()

    @on(Transcript.WantsPicture)
    def _picture(self, event: Transcript.WantsPicture) -> None:
        self.pictures.draw(event.file)

    # What can be done

    def _targets(self) -> Sequence[DialogId]:
        """Those picked out while the list has the focus, otherwise the one that is meant there, or is open."""
        shown_list = self.query_one(DialogList)
        if shown_list.has_focus and shown_list.picked:
            return shown_list.picked
        meant = shown_list.meant if shown_list.has_focus or self.opening is None else self.opening.card.id
        return [] if meant is None else [meant]

    def action_deed(self, name: str) -> None:
        """Do something with the dialog, or with all that are picked out; see DEEDS."""
        if targets := self._targets():
            self.do(partial(self._do_with_dialogs, name, targets))

    async def _do_with_dialogs(self, name: str, chosen: Sequence[DialogId]) -> None:
        from chatapp_cli.tui.deeds import dialog as dialog_deeds
        from chatapp_cli.tui.deeds import many as many_deeds

        cards = await self.office.read(lambda tx: [dialogs.card(tx, one) for one in chosen])
        if name in many_deeds.DEEDS:
            await many_deeds.DEEDS[name].run(self, cards)
        elif len(cards) == 1:
            await dialog_deeds.DEEDS[name].run(self, cards[0])
        else:
            self.say(_("That is done with one dialog at a time."))

    @on(DialogList.Picked)
    def _count_picked(self, event: DialogList.Picked) -> None:
        self.query_one(StatusBar).tell_picked(event.n)

    def action_undo(self) -> None:
        """Take back what was done last."""
        self.do(self.take_back)

    @on(Transcript.Asked)
    def _asked(self, event: Transcript.Asked) -> None:
        from chatapp_cli.tui.deeds import message as message_deeds

        said, deed = self._said(event.entry), message_deeds.DEEDS[event.deed]
        reason = deed.against(said)
        if reason is None:
            self.do(partial(self.joining.by_its_own_way, event.deed, event.entry, partial(deed.run, self, said)))
        else:
            self.complain(reason)

    def _said(self, entry: Entry) -> Said:
        from chatapp_cli.tui.said import Said

        return Said(entry, self.office.capabilities(self._channel_of(entry)), self.look.now())

    def action_menu(self) -> None:
        """Everything that makes sense here, with its keys."""
        self.do(partial(self._menu, self._targets()))

    async def _menu(self, targets: Sequence[DialogId]) -> None:
        from chatapp_cli.tui.deeds import dialog as dialog_deeds
        from chatapp_cli.tui.deeds import many as many_deeds
        from chatapp_cli.tui.deeds import message as message_deeds
        from chatapp_cli.tui.naming import about

        transcript = self.query_one(Transcript)
        cards = await self.office.read(lambda tx: [dialogs.card(tx, one) for one in targets])
        if len(cards) > 1:
            names = [name for name, many in many_deeds.DEEDS.items() if many.possible(cards)]
        else:
            names = [name for name, deed in dialog_deeds.DEEDS.items() if cards and deed.possible(cards[0])]
        found = [("inbox", f"deed({name!r})", name) for name in names]
        if transcript.has_focus and transcript.selected is not None:
            said = self._said(transcript.selected)
            possible = [name for name, deed in message_deeds.DEEDS.items() if deed.possible(said)]
            found = [("transcript", f"message({name!r})", name) for name in possible] + found
        acts = [action(scope, full) for scope, full, _name in found]
        options = [(name, _(act.help)) for (_scope, _full, name), act in zip(found, acts, strict=True)]
        question = about(_("What to do"), cards) if cards else _("What to do")
        chosen = await self.choose(question, options, keys=[shown(act.keys[0]) for act in acts])
        if chosen in message_deeds.DEEDS:
            transcript.action_message(chosen)
        elif chosen is not None:
            await self._do_with_dialogs(chosen, targets)
