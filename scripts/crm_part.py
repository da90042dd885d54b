"""The tables on a CRM's page, from its manifest: channels with their connectors, and the options of a pairing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chatapp_cli import i18n
from chatapp_cli.domain.crm_manifest import CrmManifest
from chatapp_cli.domain.form import Field
from chatapp_cli.i18n import show
from chatapp_cli.kit import manifests
from chatapp_cli.kit.crms import manifest
from scripts.fields_part import answer_of, fields_table
from scripts.parts import Part, table


def parts(kind: str) -> dict[str, Part]:
    """The parts of the page of this kind of CRM."""
    return {
        "fields": _rendered(kind, lambda about: fields_table(about.fields)),
        "connectors": _rendered(kind, _connectors),
        "options": _rendered(kind, _options),
        "limits": _rendered(kind, lambda about: "\n".join(f"- {show(limit)}" for limit in about.limits)),
        "errors": _rendered(kind, _errors),
    }


def _rendered(kind: str, part: Callable[[CrmManifest], str]) -> Part:
    def render(_root: Path) -> str:
        i18n.use("en")
        return part(manifest(kind))

    return render


def _connectors(about: CrmManifest) -> str:
    rows = [
        (show(manifests.manifest(kind).title), f"`{kind}`", there.name, f"`{there.id}`")
        for kind, there in about.channels.items()
    ]
    return table(("channel", "kind", "name there", "connector"), rows)


def _options(about: CrmManifest) -> str:
    rows = [
        (f"`{field.name}`", _meaning(field), "; ".join(answer_of(field, option="")), _having(about, field.name))
        for field in about.pairing_fields
    ]
    return table(("option", "meaning", "value", "channels"), rows)


def _meaning(field: Field) -> str:
    return show(field.label) if field.hint is None else f"{show(field.label)}. {show(field.hint)}"


def _having(about: CrmManifest, name: str) -> str:
    """The kinds of channels that have an option, or those that lack it if they are fewer."""
    having = [kind for kind, there in about.channels.items() if name in there.options]
    lacking = [kind for kind in about.channels if kind not in having]
    if not lacking:
        return "all"
    few, words = (lacking, "all but ") if len(lacking) < len(having) else (having, "")
    return words + ", ".join(f"`{kind}`" for kind in few)


def _errors(about: CrmManifest) -> str:
    rows = []
    for code, words in about.errors.items():
        step = " ".join(filter(None, [show(words.next_step), show(words.running)]))
        rows.append((f"`{code}`", show(words.what), step))
    return table(("code", "what it says", "what to do"), rows)
