"""The content of a file of quick replies, independent of its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.domain.text import T, Text

Keep: TypeAlias = Callable[[StagedFile], str]
"""Stores an attached file and returns its path."""
FileStager: TypeAlias = Callable[[str], StagedFile]
"""Copies a file into the store by path. Raises ChatappError."""


@dataclass(frozen=True, slots=True)
class ReplyEntry:
    """One reply of a file."""

    place: int
    """Its first line, or its index in a JSON list."""
    section: str
    answer: QuickReplyDraft
    lines: Mapping[str, int] | None = None
    """The line of each field, if known; ``None``: the format has no attached files either."""
    says_buttons: bool = True
    """Whether the file says which buttons it has; otherwise they stay."""


@dataclass(frozen=True, slots=True)
class SectionEntry:
    """A section of a file, and its editors."""

    place: int
    name: str
    editors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FileFault:
    """An error, and its place."""

    place: int
    what: Text
    field: str = ""

    @property
    def sentence(self) -> Text:
        """The error as text, with its line and field if known."""
        if self.field:
            return T("{place}, {field}: {what}", place=self.place, field=self.field, what=self.what)
        return T("{place}: {what}", place=self.place, what=self.what)


@dataclass(slots=True)
class ReplyFile:
    """The content of a file."""

    entries: list[ReplyEntry] = field(default_factory=list)
    sections: list[SectionEntry] = field(default_factory=list)
    faults: list[FileFault] = field(default_factory=list)
