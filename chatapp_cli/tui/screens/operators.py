"""Accounts of operators: who can log in, and which lines they see (S-128)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.access import Right, rights_from
from chatapp_cli.domain.attendance import Absence, Attendance
from chatapp_cli.domain.journal.lines import LineEvent
from chatapp_cli.domain.journal.operators import OperatorEvent
from chatapp_cli.i18n import _
from chatapp_cli.runtime import login
from chatapp_cli.services import access, operators
from chatapp_cli.services.operators import OperatorAccount
from chatapp_cli.store.rows.operators import OperatorRow
from chatapp_cli.tui.account_forms import PickRights
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.actions import account, attendance
from chatapp_cli.tui.keys.keymap import bindings, key
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.cells import fit
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.themes import PaintStyles
from chatapp_cli.tui.widgets.bars import StatusBar

_NAME, _STATE = 28, 18


class OperatorsScreen(ActionPage):
    """The accounts, each with its state, lines and dialogs."""

    SCOPE = "operators"
    DEFAULT_CSS = """
    OperatorsScreen #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }
    OperatorsScreen OptionList { border: none; height: 1fr; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    OperatorsScreen OptionList:focus { border: none; background-tint: $background 0%; }
    """
    BINDINGS = bindings("operators")

    def __init__(self) -> None:
        super().__init__()
        self._accounts: Sequence[OperatorAccount] = ()
        self._there: Mapping[str, Attendance] = {}

    def compose(self) -> ComposeResult:
        """Title and list."""
        yield Static(_("Operators"), id="title", markup=False)
        yield OptionList(markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys("operators", "app")
        self.query_one(OptionList).focus()
        self.do(self._read_all, group="read", exclusive=True)

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when an account changed."""
        if news.any_of(OperatorEvent, LineEvent):
            self.do(self._read_all, group="read", exclusive=True)

    async def _read_all(self) -> None:
        self._accounts = await self.workspace.store.with_store(partial(login.accounts, self.workspace.company))
        self._there = await attendance.read_all(self.workspace)
        self.query_one(StatusBar).tell(await self.workspace.read(overview.read))
        self._show()

    def _show(self) -> None:
        shown = self.query_one(OptionList)
        chosen = shown.highlighted or 0
        shown.clear_options()
        nothing = Option(
            _("Nobody has an account yet. Press {key} to make one.", key=key("operators", "add")), disabled=True
        )
        shown.add_options([Option(self._line(one)) for one in self._accounts] or [nothing])
        shown.highlighted = min(chosen, len(self._accounts) - 1) if self._accounts else None

    def _line(self, one: OperatorAccount) -> Text:
        """An account, and why its operator is not there."""
        there = self._there.get(one.who.name)
        line = _line(one, self.appearance.styles)
        if there is None or there.absence in {None, Absence.DISABLED}:
            return line
        return line.append(f"  {attendance.said(self.workspace, there)}", self.appearance.styles.warn)

    @property
    def _chosen(self) -> OperatorAccount | None:
        at = self.query_one(OptionList).highlighted
        return None if at is None or at >= len(self._accounts) else self._accounts[at]

    # What can be done

    def action_add(self) -> None:
        """Add an account: name, password, lines."""
        self.do(partial(account.add, self))

    def action_password(self) -> None:
        """Set another password; logins by the old one end."""
        if self._chosen is not None:
            self.do(partial(account.set_password, self, self._chosen.who.name))

    @on(OptionList.OptionSelected)
    def action_lines(self) -> None:
        """Choose the lines that the operator sees."""
        if self._chosen is not None:
            self.do(partial(account.choose_lines, self, self._chosen))

    def action_dialogs(self) -> None:
        """Show the operator only the dialogs that are theirs, or all of their lines again."""
        if self._chosen is not None:
            self.do(partial(account.turn_only_own, self, self._chosen.who))

    def action_rights(self) -> None:
        """Choose the rights that the operator has beyond those of every operator."""
        if self._chosen is not None:
            self.do(partial(self._rights, self._chosen.who))

    async def _rights(self, who: OperatorRow) -> None:
        await account.require(self)
        offered = frozenset(Right) - access.of_role(who.role)
        given = rights_from(who.rights)

        async def take(chosen: list[Right]) -> None:
            wanted = frozenset(chosen)
            change = partial(operators.allow, name=who.name, given=wanted - given, taken=given - wanted)
            await self.workspace.write(change)

        page = PickRights(_("Additional rights of {name}", name=who.name), offered, given).taken_by(take)
        await self.app.push_screen_wait(page)

    def action_hours(self) -> None:
        """Give the operator working hours of their own."""
        self._with_attendance(attendance.set_hours)

    def action_limit(self) -> None:
        """Set how many dialogs may wait for the operator."""
        self._with_attendance(attendance.set_limit)

    def _with_attendance(self, act: Callable[[ActionPage, Attendance], Awaitable[None]]) -> None:
        if self._chosen is not None and (there := self._there.get(self._chosen.who.name)) is not None:
            self.do(partial(self._act, act, there))

    async def _act(self, act: Callable[[ActionPage, Attendance], Awaitable[None]], there: Attendance) -> None:
        await account.require(self)
        await act(self, there)

    def action_disable(self) -> None:
        """Disable the account, or enable it again."""
        if self._chosen is not None:
            self.do(partial(self._disable, self._chosen.who))

    async def _disable(self, who: OperatorRow) -> None:
        await account.require(self)
        change = operators.enable if who.disabled else operators.disable
        back = operators.disable if who.disabled else operators.enable
        await self.workspace.write(partial(change, name=who.name))
        again, no_longer = _("{name} can log in again", name=who.name), _("{name} can no longer log in", name=who.name)
        self.done(again if who.disabled else no_longer, lambda tx: back(tx, who.name))

    def action_undo(self) -> None:
        """Undo the last action."""
        self.do(self.take_back)

    def action_remove(self) -> None:
        """Delete the account, after a question."""
        if self._chosen is not None:
            self.do(partial(self._remove, self._chosen.who.name))

    async def _remove(self, name: str) -> None:
        await account.require(self)
        note = _("What was said and done under the name stays.")

        async def take(_yes: bool) -> None:
            await self.workspace.write(lambda tx: operators.remove(tx, name))

        await self.confirm(_("Delete the account {name}?", name=name), note, yes=_("Delete"), take=take)

    def action_back(self) -> None:
        """Back to the dialogs."""
        self.dismiss()


def _line(one: OperatorAccount, styles: PaintStyles) -> Text:
    """An account in the list."""
    out = bool(one.who.disabled)
    state = _("cannot log in") if out or not one.who.password else _("can log in")
    seen = _("every line") if one.lines is None else ", ".join(line.name for line in one.lines) or _("no line")
    if one.who.only_own:
        seen = _("{lines}, only their own dialogs", lines=seen)
    return Text.assemble(
        (fit(one.who.name, _NAME), styles.faint if out else styles.strong),
        (fit(state, _STATE), styles.faint if out else styles.good),
        (seen, styles.muted),
    )
