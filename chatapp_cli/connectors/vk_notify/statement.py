"""The application as a document to be signed and sent by EDO (S-088)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from chatapp_cli.connectors.vk_notify.application import applicant
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.connector import ApplicationDocument

if TYPE_CHECKING:
    from docx.document import Document

_ZONE: Final = ZoneInfo("Europe/Moscow")
"""Of the recipient."""


def statement(answers: Mapping[str, str], at: Millis) -> ApplicationDocument:
    """Write the document with today's date in Moscow."""
    written = datetime.fromtimestamp(at / 1000, _ZONE)
    words = _words()
    known = {
        **{name: _line(said) for name, said in answers.items()},
        "applicant": applicant(answers),
        "form": words["forms"][answers["form"]],
        "date": written.strftime("%d.%m.%Y"),
        "recipient": words["recipient"],
        "recipient_id": words["recipient_id"],
    }
    content = BytesIO()
    _document(words, known, written).save(content)
    return ApplicationDocument(name=_file_name(words["file"].format_map(known)), content=content.getvalue())


def _line(said: str) -> str:
    """One line without characters that a document cannot contain."""
    return "".join(letter for letter in " ".join(said.split()) if letter.isprintable())


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("statement.toml").read_text("utf-8"))


def _document(words: Mapping[str, Any], known: Mapping[str, str], written: datetime) -> Document:
    import docx

    document = docx.Document()
    document.core_properties.title = words["title"]
    document.core_properties.author = known["applicant"]
    document.core_properties.created = document.core_properties.modified = written.replace(tzinfo=None)
    document.add_heading(words["title"], level=1)
    document.add_paragraph(words["subtitle"])
    document.add_paragraph(words["opening"].format_map(known))
    _add_table(document, words["rows"], known)
    document.add_paragraph(words["sending"].format_map(known))
    document.add_paragraph(words["date"].format_map(known))
    document.add_paragraph(words["signature"].format_map(known))
    return document


def _add_table(document: Document, rows: Mapping[str, str], known: Mapping[str, str]) -> None:
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for name, label in rows.items():
        if known.get(name):
            left, right = table.add_row().cells
            left.text, right.text = label, known[name]


def _file_name(said: str) -> str:
    """A name without characters that file systems reject."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "", said)
