"""A page on which a person answers the questions of a connector, an application or a set of options."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static
from textual.worker import Worker

from chatapp_cli.domain.form import Field, Form, Notice
from chatapp_cli.domain.text import T
from chatapp_cli.domain.text import Text as Sentence
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.qr import drawn
from chatapp_cli.ports.bind import Asker
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.media import paths
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.widgets.asked_form import AskedForm
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.form import FormView

_BARS = 2
"""Lines of the page that a QR code cannot use."""
_COLUMN = 32
"""Columns that the text beside a QR code needs."""
_ADDRESS = Field(
    name="address",
    label=T("Address"),
    kind="url",
    hint=T("Copy it from the browser, whatever the page looks like."),
)


class FormHost(Protocol):
    """A page that shows forms and notices."""

    async def answer(self, form: Form) -> Mapping[str, str]:
        """Show a form and wait for its answers."""
        ...

    def notice(self, notice: Notice) -> None:
        """Show a notice."""
        ...


class WindowAsker:
    """The asker of the window: it shows questions on a page."""

    def __init__(self, page: FormHost) -> None:
        self._page = page

    async def form(self, form: Form) -> Mapping[str, str]:
        """Ask by a form; what was typed is kept and offered when the same is asked again."""
        return await self._page.answer(form)

    async def show(self, notice: Notice) -> None:
        """Show a notice beside the form."""
        self._page.notice(notice)

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        """Have the person open a page in a browser and copy its final address; returns the query of that address."""
        self._page.notice(Notice(title=T("Open this page and allow the access."), link=url))
        errors: dict[str, Sentence] = {}
        while True:
            answers = await self._page.answer(
                Form(title=T("Final address of the page"), fields=(_ADDRESS,), errors=errors)
            )
            found = dict(parse_qsl(urlsplit(answers["address"]).query))
            if found.get("state") == state:
                return found
            errors = {"address": T("This is not the final address of the page.")}


class AskingScreen(ActionPage):
    """Forms on the left, explanations on the right, until everything is asked; Escape ends it and saves nothing."""

    DEFAULT_CSS = """
    AskingScreen #where { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }
    AskingScreen #aside { width: 44%; max-width: 72; border-left: solid $rule; padding: 1 2; color: $muted;
        overflow-y: auto; scrollbar-size-vertical: 1; height: 1fr; }
    AskingScreen #aside Static { width: 1fr; height: auto; }
    AskingScreen #code { display: none; width: auto; }
    AskingScreen.-scanning #form { display: none; }
    AskingScreen.-scanning #code { display: block; }
    AskingScreen.-scanning #aside { width: 1fr; max-width: 100%; border-left: none; padding: 0 2; }
    AskingScreen.-beside #where { display: none; }
    AskingScreen.-beside #aside { layout: horizontal; padding: 0; }
    AskingScreen.-beside #notice { padding: 1 2; }
    """
    SCOPE = "bind"
    BINDINGS = bindings("bind")

    def __init__(self) -> None:
        super().__init__()
        self._answer: asyncio.Future[Mapping[str, str]] | None = None

    @abstractmethod
    def where(self) -> str:
        """The head of the page."""

    @abstractmethod
    def about(self) -> Text:
        """The text beside the form until a notice replaces it."""

    def button(self) -> str:
        """What the button says that answers a form."""
        return _("Continue")

    def waiting(self) -> str:
        """What is said while answers are checked, or questions are got."""
        return _("Asking the provider…")

    @abstractmethod
    async def converse(self, ask: Asker) -> str:
        """Ask everything and act on it; returns the notice for the end. Raises ChatappError."""

    def compose(self) -> ComposeResult:
        """Form on the left, explanations on the right."""
        yield Static(self.where(), id="where", markup=False)
        with Horizontal():
            yield AskedForm(self.waiting())
            with Vertical(id="aside"):
                yield Static(id="code", markup=False)
                yield Static(self.about(), id="notice", markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Begin to ask."""
        self.query_one(StatusBar).tell_keys("bind")
        self.do(self._tell_health)
        self.query_one(AskedForm).wait()
        self._asking: Worker[None] = self.run_worker(self._ask_all)

    async def _tell_health(self) -> None:
        self.query_one(StatusBar).tell(await self.workspace.read(overview.read))

    async def _ask_all(self) -> None:
        """Ask everything; the result or the error is shown as a notice on the page below."""
        try:
            self.say(await self.converse(WindowAsker(self)))
        except Exception as error:  # noqa: BLE001 - an error of a connector must not end the window
            self.complain(error)
        self.dismiss()

    async def answer(self, form: Form) -> Mapping[str, str]:
        """Show a form and wait for its answers."""
        self._answer = asyncio.get_running_loop().create_future()
        self.remove_class("-scanning", "-beside")
        lasting = partial(paths.lasting, self.workspace.company.media)
        await self.query_one(AskedForm).ask(form, lasting, self.button())
        return await self._answer

    def notice(self, notice: Notice) -> None:
        """Show a notice beside the form; a QR code replaces the form, since it must not be scaled down."""
        self.query_one(AskedForm).clear()
        code = qr(notice.qr) if notice.qr else Text()
        lines, columns = code.plain.count("\n"), len(code.plain.partition("\n")[0])
        tall = lines > self.size.height - _BARS
        self.set_class(bool(notice.qr), "-scanning")
        self.set_class(bool(notice.qr) and not tall and self.size.width >= columns + _COLUMN, "-beside")
        self.query_one("#code", Static).update(code)
        self.query_one("#notice", Static).update(shown(notice, tall=tall))

    @on(FormView.Answered)
    def _answered(self, event: FormView.Answered) -> None:
        self.query_one(AskedForm).check()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(event.values)

    def action_next_field(self) -> None:
        """Focus the next field."""
        self.focus_next()

    def action_submit(self) -> None:
        """Answer the form, as its button does."""
        self.query_one(AskedForm).submit()

    def action_leave(self) -> None:
        """End without saving."""
        self._asking.cancel()
        self.dismiss()


def shown(notice: Notice, *, tall: bool) -> Text:
    """The text of a notice; ``tall`` says that its QR code does not fit into the window, and adds advice."""
    text = Text().append(show(notice.title) + "\n\n", Style(bold=True))
    for words in notice.lines:
        text.append(show(words) + "\n")
    if notice.link:
        text.append(notice.link + "\n", Style(underline=True, link=notice.link))
    if tall:
        text.append("\n" + _("The code is taller than the window: enlarge it, or make the letters smaller (Ctrl −)."))
    return text


def qr(content: str) -> Text:
    """A QR code, black on white."""
    return Text("\n".join((*drawn(content), "")), Style(color="#000000", bgcolor="#ffffff"), no_wrap=True)
