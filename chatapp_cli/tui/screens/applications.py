"""The applications of a line, from the form to the provider's decision (S-088)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.application import ApplicationStage, may_become
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import ApplicationId
from chatapp_cli.domain.journal.company import ApplicationMoved
from chatapp_cli.domain.text import T
from chatapp_cli.domain.whole_file import write_whole
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifest, manifests
from chatapp_cli.ports.bind import Asker
from chatapp_cli.runtime import applying
from chatapp_cli.services import applications
from chatapp_cli.services import words as states
from chatapp_cli.store.rows.channels import ApplicationRow, LineRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import bindings, key
from chatapp_cli.tui.media import opener
from chatapp_cli.tui.media.paths import Paths, named
from chatapp_cli.tui.reading import overview, words
from chatapp_cli.tui.reading.cells import fit
from chatapp_cli.tui.screens.asking import AskingScreen
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar

_TITLE = 30
_STAGE = 22


class ApplicationsScreen(ActionPage):
    """The applications of one line, the latest first."""

    SCOPE = "applications"
    DEFAULT_CSS = """
    ApplicationsScreen #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }
    ApplicationsScreen OptionList { border: none; height: 1fr; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    ApplicationsScreen OptionList:focus { border: none; background-tint: $background 0%; }
    """
    BINDINGS = bindings("applications")

    def __init__(self, line: LineRow) -> None:
        super().__init__()
        self._line = line
        self._rows: Sequence[ApplicationRow] = ()

    def compose(self) -> ComposeResult:
        """One list."""
        yield Static(f"{_('Official documents')} · {self._line.name}", id="title", markup=False)
        yield OptionList(markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys("applications", "app")
        self.do(self._read, group="read", exclusive=True)

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when an application changed."""
        if news.any_of(ApplicationMoved):
            self.do(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        def look(tx: Tx) -> tuple[list[ApplicationRow], overview.Overview]:
            return applications.everything(tx, line=self._line.id), overview.read(tx)

        self._rows, bars = await self.workspace.read(look)
        self.query_one(StatusBar).tell(bars)
        shown = self.query_one(OptionList)
        chosen = shown.highlighted or 0
        shown.clear_options()
        nothing = Option(
            _("There is no application yet. Press {key} to fill one in.", key=key("applications", "new")), disabled=True
        )
        shown.add_options([Option(self._shown(row)) for row in self._rows] or [nothing])
        shown.highlighted = min(chosen, len(self._rows) - 1) if self._rows else None
        shown.focus()

    def _shown(self, row: ApplicationRow) -> Text:
        styles = self.appearance.styles
        style = {ApplicationStage.APPROVED: styles.good, ApplicationStage.REJECTED: styles.bad}.get(
            ApplicationStage(row.state), styles.warn
        )
        return Text.assemble(
            (fit(row.title, _TITLE), styles.strong),
            (f" {fit(show(states.stage(row.state)), _STAGE)} ", style),
            (f"{words.moment(row.updated_at, self.appearance.now())}  ", styles.faint),
            (row.reason or show(manifest(row.kind).title), styles.muted),
            no_wrap=True,
            overflow="ellipsis",
        )

    # What can be done

    @property
    def _chosen(self) -> ApplicationRow | None:
        at = self.query_one(OptionList).highlighted
        return None if at is None or not self._rows else self._rows[at]

    def action_back(self) -> None:
        """Back to the lines."""
        self.dismiss()

    def action_new(self) -> None:
        """Fill in a new application."""
        self.do(self._new)

    async def _new(self) -> None:
        wanting = [known for known in manifests().values() if known.capabilities.application]
        options = [(known.kind, show(known.title)) for known in wanting]
        kind = options[0][0] if len(options) == 1 else await self.choose(_("Which channel?"), options)
        if kind is not None:
            await self.app.push_screen(ApplyScreen(self._line, kind))

    @on(OptionList.OptionSelected)
    def action_save(self) -> None:
        """Save the document of the chosen application into a folder."""
        if self._chosen is not None:
            self.do(partial(self._save, self._chosen))

    async def _save(self, row: ApplicationRow) -> None:
        if self.app.is_web:
            made = partial(applying.document, self.workspace.company, row.id)
            opener.hand_over(self.app, *await self.workspace.store.off_loop(made))
            return

        async def take(folder: str) -> None:
            if folder:
                path = await self.workspace.store.off_loop(partial(self._write, row.id, named(folder)))
                self.say(_("Saved: {path}", path=path))

        await self.prompt(_("Save into the folder"), str(opener.downloads()), suggest=Paths(), take=take)

    def _write(self, application: ApplicationId, folder: Path) -> Path:
        name, content = applying.document(self.workspace.company, application)
        target = folder / name
        try:
            write_whole(target, content, mode=0o666)
        except OSError as error:
            raise NotFound(
                T("{path} cannot be written: {why}.", path=target, why=error.strerror or error),
                T("Name another folder."),
            ) from error
        return target

    def action_sent(self) -> None:
        """Note that the signed statement was sent to the provider."""
        if self._chosen is not None:
            self.do(partial(self._move, self._chosen, ApplicationStage.SENT))

    def action_decide(self) -> None:
        """Note the provider's decision."""
        if self._chosen is not None:
            self.do(partial(self._decide, self._chosen))

    async def _decide(self, row: ApplicationRow) -> None:
        verdicts = [ApplicationStage.CHECKING, ApplicationStage.APPROVED, ApplicationStage.REJECTED]
        options = [
            (str(one), show(states.stage(one))) for one in verdicts if may_become(ApplicationStage(row.state), one)
        ]
        if not options:
            self.say(_("Nothing can be decided: {state}.", state=show(states.stage(row.state))))
            return

        async def take(chosen: str) -> bool:
            stage = ApplicationStage(chosen)
            if stage != ApplicationStage.REJECTED:
                await self._move(row, stage)
                return True
            why = _("Why was it rejected?")
            return await self.prompt(why, take=partial(self._move, row, stage)) is not None

        await self.choose(_("What did the provider answer?"), options, take=take)

    async def _move(self, row: ApplicationRow, stage: ApplicationStage, reason: str = "") -> None:
        await self.workspace.write(lambda tx: applications.move(tx, row.id, stage, reason=reason))


class ApplyScreen(AskingScreen):
    """The form of a new application."""

    def __init__(self, line: LineRow, kind: str) -> None:
        super().__init__()
        self._line, self._kind = line, kind

    def where(self) -> str:
        """The kind of channel and the line."""
        return f"{_('New application')}: {show(manifest(self._kind).title)} · {self._line.name}"

    def about(self) -> Text:
        """The steps after the form."""
        steps = (
            _("1. Fill in the form: the documents are made from it."),
            _("2. Save the statement, sign it and send it by EDO."),
            _("3. Say that it was sent, and wait for the provider's answer."),
            _("4. Once it is approved, bind the channel."),
        )
        return Text("\n".join(steps))

    async def converse(self, ask: Asker) -> str:
        """Fill in the form and make the documents. Raises ChatappError."""
        await applying.apply(self.workspace.company, ask, line=self._line.id, kind=self._kind)
        return _("Documents made. Save the statement, sign it and send it.")
