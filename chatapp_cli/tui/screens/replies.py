"""Quick replies by section: find, add, change and remove them, and invite editors (S-135 to S-138)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.journal.company import ReplyEvent, SectionEvent
from chatapp_cli.domain.quick_reply import QuickReplyDraft, category_name, ranked
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.services import replies
from chatapp_cli.store.rows.replies import QuickReplyRow, SectionRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.actions import reply as reply_actions
from chatapp_cli.tui.keys.keymap import bindings, key
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.cells import fit, line
from chatapp_cli.tui.screens.reply_form import ReplyForm
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar

_TITLE = 30


@dataclass(frozen=True, slots=True)
class SectionReplies:
    """A section, its editors, and its replies that match the search."""

    section: SectionRow
    editors: Sequence[str]
    replies: Sequence[QuickReplyRow]


class RepliesScreen(ActionPage):
    """A box to search in, and a list of sections with their replies below them."""

    SCOPE = "replies"
    DEFAULT_CSS = """
    RepliesScreen Input { border: none; height: 1; margin: 1 2; background: $panel; }
    RepliesScreen Input:focus { border: none; background: $panel; background-tint: $panel 0%; }
    RepliesScreen OptionList { border: none; height: 1fr; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    RepliesScreen OptionList:focus { border: none; background-tint: $background 0%; }
    RepliesScreen #read { height: auto; max-height: 8; padding: 0 2; border-top: solid $rule; color: $muted; }
    """
    BINDINGS = bindings("replies")

    def __init__(self) -> None:
        super().__init__()
        self._sections: Sequence[SectionReplies] = ()
        self._listed: Sequence[tuple[SectionReplies, QuickReplyRow | None]] = ()

    def compose(self) -> ComposeResult:
        """Box, list, and the text of the chosen reply."""
        yield Input(placeholder=_("Words of the title, the keywords or the text"), compact=True)
        yield OptionList(markup=False)
        yield Static(id="read", markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys("replies", "app")
        self.query_one(OptionList).focus()
        self.do(self._read_all, group="read", exclusive=True)

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when a reply or a section changed."""
        if news.any_of(ReplyEvent, SectionEvent):
            self.do(self._read_all, group="read", exclusive=True)

    async def _read_all(self) -> None:
        query = self.query_one(Input).value

        def look(tx: Tx) -> tuple[list[SectionReplies], overview.Overview]:
            found = ranked(replies.everything(tx), query) if query else replies.everything(tx)
            sections = [
                SectionReplies(row, replies.editors(tx, row.id), [one for one in found if one.section_id == row.id])
                for row in replies.sections(tx)
            ]
            return [section for section in sections if section.replies or not query], overview.read(tx)

        self._sections, bars = await self.workspace.read(look)
        self.query_one(StatusBar).tell(bars)
        self._show()

    def _show(self) -> None:
        shown = self.query_one(OptionList)
        chosen = shown.highlighted or 0
        self._listed = [(section, row) for section in self._sections for row in (None, *section.replies)]
        shown.clear_options()
        nothing = Option(
            _("There is no section yet. Press {key} to make one.", key=key("replies", "add_section")), disabled=True
        )
        shown.add_options([Option(self._line(section, row)) for section, row in self._listed] or [nothing])
        shown.highlighted = min(chosen, len(self._listed) - 1) if self._listed else None

    def _line(self, section: SectionReplies, row: QuickReplyRow | None) -> Text:
        styles = self.appearance.styles
        if row is None:
            who = ", ".join(section.editors) or _("everybody")
            return Text.assemble((section.section.name, styles.strong), (f"  {_('Editors')}: {who}", styles.faint))
        used = ngettext("used {n} time", "used {n} times", row.used) if row.used else ""
        return Text.assemble(
            ("  " + fit(row.title, _TITLE), styles.accent),
            (f" {line(row.text)}", styles.plain),
            (f"  {show(category_name(row.category))}" if row.category else "", styles.muted),
            (f"  {used}", styles.faint),
        )

    @on(Input.Changed)
    def _narrow(self) -> None:
        self.do(self._read_all, group="read", exclusive=True)

    @on(Input.Submitted)
    def _to_list(self) -> None:
        self.query_one(OptionList).focus()

    @on(OptionList.OptionHighlighted)
    def _read(self) -> None:
        row = self._chosen[1] if self._chosen else None
        text = "\n".join(filter(None, (row.text, row.keywords))) if row else ""
        self.query_one("#read", Static).update(text)

    @property
    def _chosen(self) -> tuple[SectionReplies, QuickReplyRow | None] | None:
        at = self.query_one(OptionList).highlighted
        return None if at is None or at >= len(self._listed) else self._listed[at]

    # What can be done

    def action_box(self) -> None:
        """Focus the box."""
        self.query_one(Input).focus()

    def action_back(self) -> None:
        """Back to the dialogs."""
        self.dismiss()

    def action_add_section(self) -> None:
        """Add a section."""
        self.do(partial(reply_actions.add_section, self))

    def action_add(self) -> None:
        """Add a reply to the section of the chosen row."""
        if self._chosen is None:
            self.say(_("Make a section first: press s."))
        else:
            self.do(partial(self._form, self._chosen[0].section, None))

    @on(OptionList.OptionSelected)
    def action_edit(self) -> None:
        """Edit the chosen reply, or rename the chosen section."""
        if self._chosen is not None:
            section, row = self._chosen
            self.do(
                partial(reply_actions.rename_section, self, section.section)
                if row is None
                else partial(self._form, section.section, row)
            )

    async def _form(self, section: SectionRow, row: QuickReplyRow | None) -> None:
        await self.workspace.read(lambda tx: replies.require_may_edit(tx, section))

        async def save(new: QuickReplyDraft) -> None:
            if row is None:
                await self.workspace.write(lambda tx: replies.add(tx, section, new))
            else:
                await self.workspace.write(lambda tx: replies.edit(tx, row, new))

        empty = QuickReplyDraft(title="", text="")
        known = empty if row is None else await self.workspace.read(lambda tx: replies.answer(tx, row))
        title = _("New quick reply in {name}", name=section.name) if row is None else row.title
        await self.app.push_screen_wait(ReplyForm(title, known).taken_by(save))

    def action_export(self) -> None:
        """Write all sections into a file."""
        self.do(partial(reply_actions.export, self))

    def action_take_over(self) -> None:
        """Import sections from a file."""
        self.do(partial(reply_actions.import_replies, self))

    def action_remove(self) -> None:
        """Remove the chosen reply, or the chosen section with its replies, after a question."""
        if self._chosen is not None:
            section, row = self._chosen
            self.do(
                partial(reply_actions.remove, self, row)
                if row
                else partial(reply_actions.remove_section, self, section.section)
            )

    def action_attach(self) -> None:
        """Attach a file to the chosen reply."""
        if self._chosen is not None and self._chosen[1] is not None:
            self.do(partial(reply_actions.attach, self, self._chosen[1]))

    def action_invite(self) -> None:
        """Invite an editor to the section."""
        if self._chosen is not None:
            self.do(partial(reply_actions.invite, self, self._chosen[0].section))

    def action_uninvite(self) -> None:
        """Remove an editor from the section."""
        if self._chosen is not None:
            self.do(partial(reply_actions.uninvite, self, self._chosen[0].section, self._chosen[0].editors))
