"""What a browser does with a page of the application in the portal's frame: fill in its form, and send it."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser
from urllib.parse import urljoin

from chatapp_cli.sandbox.bitrix24.brackets import Pairs


class PageForm(HTMLParser):
    """The form of a page, with what stands in its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.method = "", ""
        self.fields: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        """The values that may be chosen, by the name of the field."""
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Note a field."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action, self.method = said.get("action", ""), said.get("method", "get")
        elif tag in {"input", "textarea"} and said.get("name"):
            self.fields[said["name"]] = said.get("value", "")
        elif tag == "select":
            self._select = said["name"]
        elif tag == "option" and self._select:
            self.choices.setdefault(self._select, []).append(said.get("value", ""))
            self.fields.setdefault(self._select, said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a choice."""
        if tag == "select":
            self._select = ""

    def sent(self, page_url: str, **filled: str) -> tuple[str, Pairs]:
        """Where the form is posted from its page, and what."""
        unknown = filled.keys() - self.fields.keys()
        if unknown or self.method != "post":
            raise LookupError(f"the page has no form with {', '.join(sorted(unknown)) or 'a POST'}")
        return urljoin(page_url, self.action), list({**self.fields, **filled}.items())
