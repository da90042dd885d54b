"""The place of the forms on a page that asks: one form at a time, which stays while its answers are checked."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from chatapp_cli.domain.form import Form
from chatapp_cli.tui.widgets.form import FormView


class AskedForm(Vertical):
    """The present form, and above it what is waited for; ``waiting``: the words for that."""

    DEFAULT_CSS = """
    AskedForm { width: 1fr; }
    AskedForm > .waiting { padding: 1 2; color: $warning; display: none; height: auto; }
    AskedForm.-waiting > .waiting { display: block; }
    AskedForm.-checking > .waiting { padding: 0 2; }
    AskedForm.-checking FormView { padding: 0 2 1 2; }
    """

    def __init__(self, waiting: str) -> None:
        super().__init__(id="form")
        self._waiting, self._typed = waiting, dict[str, str]()

    def compose(self) -> ComposeResult:
        """What is waited for; forms come below it."""
        yield Static(self._waiting, classes="waiting", markup=False)

    def wait(self) -> None:
        """Say that something is waited for."""
        self.add_class("-waiting")

    async def ask(self, form: Form, lasting: Callable[[str], str], done: str) -> None:
        """Show a form; the one that is there stays if it asks the same. What was typed before is offered again."""
        self.remove_class("-waiting", "-checking")
        for view in self.query(FormView):
            if view.display and view.asks_the_same(form):
                view.ask_again(form)
                return
        await self.query(FormView).remove()
        await self.mount(FormView(form, self._typed, lasting, done))

    def check(self) -> None:
        """Keep the form, which takes no keys, while its answers are checked."""
        view = self.query_one(FormView)
        self._typed |= view.typed()
        view.check()
        self.add_class("-waiting", "-checking")

    def clear(self) -> None:
        """Take away a form that was answered: what a notice asks for is done next."""
        self.remove_class("-checking")
        for view in self.query(FormView):
            view.display = view.display and not view.checking

    def submit(self) -> None:
        """Answer the form, as its button does."""
        for view in self.query(FormView):
            if view.display:
                view.submit()
