"""What a file of quick replies says, whatever its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.quick_reply import Answer
from chatapp_cli.domain.text import T, Text

Keep: TypeAlias = Callable[[StagedFile], str]
"""Puts an attached file somewhere and tells its path."""
Stage: TypeAlias = Callable[[str], StagedFile]
"""Takes a file into the store by its path. Raises ChatappError."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One reply of a file."""

    place: int
    """The line it begins in, or its number in a JSON list."""
    section: str
    answer: Answer
    lines: Mapping[str, int] | None = None
    """The line of each field, where a field has one; ``None``: the file says nothing about attached files either."""


@dataclass(frozen=True, slots=True)
class SectionEntry:
    """A section of a file, and who may edit it."""

    place: int
    name: str
    editors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where."""

    place: int
    what: Text
    field: str = ""

    @property
    def said(self) -> Text:
        """With its line, and its field if that is known."""
        if self.field:
            return T("{place}, {field}: {what}", place=self.place, field=self.field, what=self.what)
        return T("{place}: {what}", place=self.place, what=self.what)


@dataclass(slots=True)
class Sheet:
    """What a file says."""

    entries: list[Entry] = field(default_factory=list)
    sections: list[SectionEntry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
