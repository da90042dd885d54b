"""Conditions of rules as options of commands say them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from chatapp_cli.commands import input_checks
from chatapp_cli.commands.binding import found
from chatapp_cli.domain import os_words
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.services import conditions, lines
from chatapp_cli.services.rule_answers import split

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedConditions:
    """The conditions that were given; ``None``: not said. Lists with an empty value alone are emptied."""

    lines: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    channels: Sequence[str] | None = None
    words: Sequence[str] | None = None
    every: bool | None = None
    exact: bool | None = None
    without: Sequence[str] | None = None
    hours: Sequence[str] | None = None
    days: Sequence[str] | None = None
    outside: bool | None = None
    zone: str | None = None
    calendar: str | None = None
    tree: str | None = None

    def require_full(self) -> None:
        """Raise UsageError for an empty value, which asks for nothing of a new rule."""
        if any(value.strip() == "" for value in (*(self.words or ()), *(self.without or ()))):
            raise UsageError(T("An empty word is none."), T("Write words of letters and digits."), field="words")
        for name in ("lines", "kinds", "channels", "hours", "days"):
            if any(not value.strip() for value in getattr(self, name) or ()):
                raise UsageError(T("{name} of a condition is empty.", name=name), T("Leave it out."), field=name)

    def changes(self, company: Company) -> Mapping[str, Any]:
        """What was said, as conditions are stored."""
        simple = ("every", "exact", "outside", "zone", "calendar")
        said: dict[str, Any] = {name: getattr(self, name) for name in simple if getattr(self, name) is not None}
        for name in ("kinds", "words", "without", "hours", "days"):
            if (values := getattr(self, name)) is not None:
                said[name] = [part for value in values for part in split(value)]
        if "days" in said:
            said["days"] = [conditions.named_days(one, show) for one in said["days"]]
        if self.lines is not None:
            named = [one for one in self.lines if one]
            said["lines"] = [company.read(partial(lines.find, named=one)).id for one in named]
        if self.channels is not None:
            said["channels"] = [found(company, one, "").id for one in self.channels if one]
        return {**said, **({} if self.tree is None else _tree(self.tree))}


def _tree(file: str) -> Mapping[str, Any]:
    """The nested conditions of a file, which replace those before; without a file there are none."""
    nothing: Mapping[str, Any] = {"all": [], "any": [], "not": None}
    if not file:
        return nothing
    words = input_checks.standard_input() if file == "-" else _of_file(file)
    try:
        said = json.loads(words)
    except ValueError as error:
        raise UsageError(T("{file} is no JSON: {error}", file=file, error=str(error)), field="if") from error
    if not isinstance(said, dict):
        raise UsageError(T("A condition is a mapping, not: {said}", said=str(said)), field="if")
    return {**nothing, **said}


def _of_file(file: str) -> str:
    try:
        return input_checks.file(file, T("The file of conditions"))
    except OSError as error:
        what = T("{file} cannot be read: {error}", file=file, error=os_words.why(error))
        raise UsageError(what, field="if") from error
