"""Questions to a person as data: one description for the prompt, the form, the answers file and the docs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias
from unicodedata import category

from chatapp_cli.domain import limits
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text

_NOT_IN_LINES: Final = frozenset({"Cc", "Zl", "Zp"})
_WITH_LINES: Final = frozenset({"secret", "file"})

FieldKind: TypeAlias = Literal[
    "text",
    "secret",
    "phone",
    "email",
    "addresses",
    "signature",
    "hours",
    "days",
    "zone",
    "code",
    "choice",
    "flag",
    "port",
    "number",
    "url",
    "host",
    "file",
]


class Choice(NamedTuple):
    """One of several answers."""

    value: str
    label: Text
    endings: Sequence[str] = ()
    """How an answer to the field of ``found_in`` ends if it tells this one."""


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
    further: bool = False
    """Rarely needed: asked only of those who want the further questions; for others the default holds."""
    found_in: str = ""
    """An earlier field whose answer may tell this one, by the ``endings`` of the choices."""

    def applies(self, answers: Mapping[str, str]) -> bool:
        """Whether the question applies after these answers."""
        return all(answers.get(name) == value for name, value in self.when.items())

    def found(self, answers: Mapping[str, str]) -> str:
        """The answer that an earlier one tells; empty if none does."""
        said = answers.get(self.found_in, "").strip().lower()
        return next((one.value for one in self.choices if said.endswith(tuple(one.endings))), "")

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

    def found(self, field: Field, answers: Mapping[str, str], given: Collection[str] = ()) -> str:
        """The answer that an earlier one tells, unless it was given or chosen before; empty if there is none.

        ``given`` names answers in advance: one to a field that would then not apply says more.
        """
        told = "" if field.name in self.values else field.found(answers)
        against = (one for one in self.fields if one.name in given)
        return "" if any(one.when.get(field.name, told) != told for one in against) else told


class Notice(NamedTuple):
    """Something to look at during the binding; a new one replaces the old."""

    title: Text
    lines: Sequence[Text] = ()
    qr: str = ""
    """Content of a QR code to draw."""
    link: str = ""
