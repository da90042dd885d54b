"""Templates of the business account: listing and submitting."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

from chatapp_cli.connectors.whatsapp import answers
from chatapp_cli.connectors.whatsapp.graph import Graph
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.template import Template, TemplateState

_GAP: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_STATES: Final[Mapping[str, TemplateState]] = {
    "APPROVED": "approved",
    "REJECTED": "rejected",
    "PAUSED": "paused",
    "DISABLED": "rejected",
    "LIMIT_EXCEEDED": "rejected",
}
"""Known states; any other is in review or being deleted."""
_LEAVING: Final = frozenset({"DELETED", "PENDING_DELETION", "ARCHIVED"})
_FIELDS: Final = "name,language,status,category,rejected_reason,components"
_CATEGORY: Final = "UTILITY"


async def listed(graph: Graph, waba: str) -> Sequence[Template]:
    """All text templates, in every state."""
    return [found async for page in _pages(graph, waba) for found in _understood(page)]


async def _pages(graph: Graph, waba: str) -> AsyncIterator[answers.Forms]:
    query = {"fields": _FIELDS, "limit": "100"}
    while True:
        page = await graph.get(f"{waba}/message_templates", answers.Forms, **query)
        yield page
        if not (page.paging.next and page.paging.cursors.after):
            return
        query["after"] = page.paging.cursors.after


def _understood(page: answers.Forms) -> Iterator[Template]:
    for form in page.data:
        body = next((part.text for part in form.components if part.type.upper() == "BODY"), "")
        if body and form.status not in _LEAVING and all(map(_plain, form.components)):
            yield Template(
                name=form.name,
                language=form.language,
                body=body,
                category=form.category,
                state=_STATES.get(form.status, "pending"),
                reason=_reason(form),
            )


def _plain(part: answers.Part) -> bool:
    """Whether only the body has placeholders."""
    header = part.type.upper() == "HEADER" and (part.format not in {"", "TEXT"} or bool(_GAP.search(part.text)))
    return not (header or any(_GAP.search(bytes(button).decode()) for button in part.buttons))


def _reason(form: answers.Form) -> str:
    if form.status in {"DISABLED", "LIMIT_EXCEEDED"}:
        return form.status
    return "" if form.rejected_reason in {"", "NONE"} else form.rejected_reason


async def submitted(graph: Graph, waba: str, template: Template) -> Template:
    """Ask for approval."""
    try:
        answer = await graph.post(f"{waba}/message_templates", answers.Submitted, _form(template), once=True)
    except Rejected as refusal:
        if refusal.code != "bad_request":
            raise
        raise Rejected("template_refused", refusal.detail) from None
    return Template(
        name=template.name,
        language=template.language,
        body=template.body,
        category=answer.category or template.category or _CATEGORY,
        state=_STATES.get(answer.status, "pending"),
    )


def _form(template: Template) -> Mapping[str, Any]:
    """The form to submit; Meta wants an example for every placeholder, so its name is used."""
    gaps = list(dict.fromkeys(_GAP.findall(template.body)))
    numbered = all(gap.isdecimal() for gap in gaps)
    return {
        "name": template.name,
        "language": template.language,
        "category": template.category or _CATEGORY,
        "parameter_format": "POSITIONAL" if numbered else "NAMED",
        "components": [{"type": "BODY", "text": template.body, **_example(gaps, numbered=numbered)}],
    }


def _example(gaps: Sequence[str], *, numbered: bool) -> Mapping[str, Any]:
    if not gaps:
        return {}
    if numbered:
        return {"example": {"body_text": [list(gaps)]}}
    return {"example": {"body_text_named_params": [{"param_name": gap, "example": gap} for gap in gaps]}}
