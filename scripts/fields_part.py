"""The table of fields on the page of a channel or a CRM, from its manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from chatapp_cli import i18n
from chatapp_cli.domain.form import Field
from chatapp_cli.i18n import show
from chatapp_cli.kit.manifests import manifest
from scripts.parts import table

COLUMNS = ("field", "question", "answer", "asked")


def of(kind: str) -> Callable[[Path], str]:
    """What renders the table of this kind of channel."""

    def render(_root: Path) -> str:
        i18n.use("en")
        about = manifest(kind)
        return fields_table(about.fields, later=about.later)

    return render


def fields_table(fields: Sequence[Field], *, later: Sequence[str] = ()) -> str:
    """One row for every field; ``later``: names of those that are asked afterwards."""
    rows = [*map(_row, fields), *((f"`{name}`", "", "", "afterwards, if at all") for name in later)]
    return table(COLUMNS, rows)


def _row(field: Field) -> tuple[str, str, str, str]:
    return f"`{field.name}`", show(field.label), "; ".join(answer_of(field)), _asked(field)


def answer_of(field: Field, *, option: str = "an option") -> Iterator[str]:
    """What may be answered, what else holds, and the words for one that can be changed later."""
    values = ("on", "off") if field.kind == "flag" else [choice.value for choice in field.choices]
    yield " or ".join(f"`{value}`" for value in values) or {"file": "a path"}.get(field.kind, field.kind)
    if field.default:
        yield f"usually `{field.default}`"
    elif not field.required:
        yield "may be empty"
    if field.option and option:
        yield option


def _asked(field: Field) -> str:
    when = " and ".join(f"`{name}` is `{value}`" for name, value in field.when.items())
    told = f"unless `{field.found_in}` tells it" if field.found_in else ""
    further = "as a further question" if field.further else ""
    return ", ".join(filter(None, [further, f"if {when}" if when else "", told])) or "yes"
