"""A browser as far as forms go: it reads the form of a page without scripts, and sends it back as it was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]


class ShownForm(HTMLParser):
    """The first form of a page: where it goes, what stands in its fields, and its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.values: dict[str, str] = {}
        """What would be sent; a box that is not ticked is left out."""
        self.choices: dict[str, dict[str, str]] = {}
        """The values of each list of choices, with their words."""
        self.buttons: dict[str, str] = {}
        """The words of each button, by its value."""
        self.names: set[str] = set()
        """All fields and buttons; empty for a page without a form."""
        self._list = self._option = self._button = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Note a field."""
        said = {name: value or "" for name, value in attrs}
        name, value = said.get("name", ""), said.get("value", "")
        if tag in {"input", "textarea", "select", "button"}:
            self.names.add(name)
        if tag == "form":
            self.action = said.get("action", "")
        elif tag in {"input", "textarea"} and (said.get("type") != "checkbox" or "checked" in said):
            self.values[name] = value
        elif tag == "select":
            self._list = name
            self.choices[name] = {}
        elif tag == "option" and self._list:
            self._choice(value, chosen="selected" in said)
        elif tag == "button":
            self._button = value

    def _choice(self, value: str, *, chosen: bool) -> None:
        self._option = value
        if chosen or self._list not in self.values:
            self.values[self._list] = value

    def handle_endtag(self, tag: str) -> None:
        """Leave a field."""
        if tag == "option":
            self._option = ""
        elif tag == "select":
            self._list = ""
        elif tag == "button":
            self._button = ""

    def handle_data(self, data: str) -> None:
        """Note the words of a choice or a button."""
        if self._option:
            self.choices[self._list][self._option] = data
        if self._button:
            self.buttons[self._button] = data

    def filled(self, changes: Mapping[str, str | None]) -> list[tuple[str, str]]:
        """What is sent after these changes; ``None`` unticks a box. Raises LookupError for what cannot be filled in."""
        if unknown := changes.keys() - self.names:
            raise LookupError(f"the page has no form with {', '.join(sorted(unknown))}")
        said = {**self.values, **changes}
        return [(name, value) for name, value in said.items() if value is not None]
