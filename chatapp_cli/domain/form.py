"""Questions to a person as data: one description for the prompt, the form, the answers file and the docs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias
from unicodedata import category

from chatapp_cli.domain import limits
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text

_NOT_IN_LINES: Final = frozenset({"Cc", "Zl", "Zp"})
_WITH_LINES: Final = frozenset({"secret", "file"})

FieldKind: TypeAlias = Literal[
    "text", "secret", "phone", "email", "code", "choice", "flag", "port", "number", "url", "host", "file"
]


class Choice(NamedTuple):
    """One of several answers."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question. A flag is answered ``on`` or ``off``."""

    name: str
    label: Text
    kind: FieldKind = "text"
    hint: Text | None = None
    default: str = ""
    required: bool = True
    choices: Sequence[Choice] = ()
    option: bool = False
    """Can be changed later by ``line configure`` without binding again."""
    renews: bool = True
    """Whether a new value restarts a running session; false if only the desk reads it."""
    least: int = 0
    """The smallest allowed number."""
    most: int | None = None
    """The largest allowed number."""
    longest: int = limits.OPTION.most
    """In characters; secrets and files have a limit of their own."""
    pattern: str = ""
    """Regular expression of allowed values; the hint describes it."""
    when: Mapping[str, str] = field(default_factory=dict)
    """Asked only if these fields have these answers."""

    @property
    def secret(self) -> bool:
        """Never shown, never stored in the open."""
        return self.kind == "secret"

    def shown(self, value: str) -> Text:
        """An answer as a person reads it: the words of a choice, yes or no for a flag."""
        if self.kind == "flag":
            return T("yes") if value == "on" else T("no")
        return next((one.label for one in self.choices if one.value == value), Text("{value}", {"value": value}))

    def require_short(self, answer: str) -> None:
        """Raise UsageError for an answer that is too long."""
        limit = limits.SECRET if self.kind in _WITH_LINES else limits.TextLimit(self.label, self.longest)
        limit.require(answer, field=self.name)

    def require_one_line(self, answer: str) -> None:
        """Raise UsageError for an answer with line ends or control characters; keys and certificates may have lines."""
        if self.kind in _WITH_LINES or not any(category(sign) in _NOT_IN_LINES for sign in answer):
            return
        raise UsageError(
            T("{name} has to be one line, without control characters.", name=self.name),
            T("Write it in one line."),
            field=self.name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Several questions asked at once; asked again with ``errors``, it keeps what was typed in ``values``."""

    title: Text
    fields: Sequence[Field]
    intro: Sequence[Text] = ()
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    errors: Mapping[str, Text] = field(default_factory=dict)
    """By field name; the key ``""`` is an error of the whole form."""


class Notice(NamedTuple):
    """Something to look at during the binding; a new one replaces the old."""

    title: Text
    lines: Sequence[Text] = ()
    qr: str = ""
    """Content of a QR code to draw."""
    link: str = ""
