"""A letter that a person sends to the support of a CRM: people there do what no API does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from chatapp_cli.domain.text import T, Text

_BLANK = "____________"
"""Where the person has to write something before the letter is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFact:
    """Something that the support has to be told."""

    label: Text
    value: str | Text
    """Empty if the desk does not know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportLetter:
    """What is asked for, and what has to be known for that."""

    subject: Text
    opening: Text
    facts: Mapping[str, LetterFact]
    """By names that never change."""
    closing: Text
    icon: str = ""
    """A picture in SVG that has to go with it."""
    lacking: Sequence[Text] = field(default=())
    """What a person has to fill in before it is sent."""

    def left_to_do(self, icon: str = "") -> Sequence[Text]:
        """What a person has to do before it is sent; ``icon``: the file in which the picture is already."""
        attach = T("Attach the icon: {file}", file=icon) if icon else T("Attach the icon.")
        return [*self.lacking, *((attach,) if self.icon else ())]

    def written(self, show: Callable[[Text], str]) -> str:
        """The letter as it is sent, without its subject."""
        facts = [f"{show(one.label)}: {said(one.value, show) or _BLANK}" for one in self.facts.values()]
        return "\n".join([show(self.opening), "", *facts, "", show(self.closing)])


def said(value: str | Text, show: Callable[[Text], str]) -> str:
    """A value in words."""
    return show(value) if isinstance(value, Text) else value
