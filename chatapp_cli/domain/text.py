"""Sentences that are translated where they are shown, and a check that text is valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chatapp_cli.domain.border import clean


@dataclass(frozen=True, slots=True)
class Text:
    """An English sentence with named values; the front end translates it by its ``msgid``."""

    msgid: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return fill(self.msgid, self.params)


def is_whole(text: str) -> bool:
    """Whether a text can be stored and sent: it has no NUL and no unpaired surrogate, which JSON and YAML allow."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def fill(sentence: str, params: Mapping[str, object]) -> str:
    """Put values into a sentence; without values it stays as it is, braces included."""
    return sentence.format_map(params) if params else sentence


def T(msgid: str, **params: object) -> Text:  # noqa: N802 - the name that the extractor looks for
    """Mark a sentence for translation and keep its values beside it."""
    return Text(msgid, params)


def cleaned(text: Text) -> Text:
    """The same with values that a terminal can show: some are words of remote servers."""
    return Text(text.msgid, {name: _clean(value) for name, value in text.params.items()})


def _clean(value: object) -> object:
    if isinstance(value, Text):
        return cleaned(value)
    return clean(value) if isinstance(value, str) else value
