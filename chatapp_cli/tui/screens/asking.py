"""The person in front of the window, as a connector that is being bound sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from chatapp_cli.domain.form import Field, Form, Notice
from chatapp_cli.domain.text import T, Text


class FormHost(Protocol):
    """Where forms and notices are shown."""

    async def answer(self, form: Form) -> Mapping[str, str]:
        """Show a form and wait for its answers."""
        ...

    def notice(self, notice: Notice) -> None:
        """Show a notice."""
        ...


class WindowAsker:
    """ports.bind.Asker on a page of the window."""

    def __init__(self, page: FormHost) -> None:
        self._page = page

    async def form(self, form: Form) -> Mapping[str, str]:
        """Ask by a form; the page keeps what was typed for when it is asked again."""
        return await self._page.answer(form)

    async def show(self, notice: Notice) -> None:
        """Show beside the form."""
        self._page.notice(notice)

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        """Have the person open a page elsewhere and bring back the address that it led to."""
        self._page.notice(Notice(title=T("Open this page and allow the access."), link=url))
        errors: dict[str, Text] = {}
        while True:
            answers = await self._page.answer(
                Form(title=T("Final address of the page"), fields=(_ADDRESS,), errors=errors)
            )
            found = dict(parse_qsl(urlsplit(answers["address"]).query))
            if found.get("state") == state:
                return found
            errors = {"address": T("This is not the final address of the page.")}


_ADDRESS = Field(
    name="address",
    label=T("Address"),
    kind="url",
    hint=T("Copy it from the browser, whatever the page looks like."),
)
