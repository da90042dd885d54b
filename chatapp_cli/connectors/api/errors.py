"""Map the other program's responses to errors."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from chatapp_cli.domain.errors import Misconfigured, Rejected
from chatapp_cli.kit.http import VERDICTS, HttpResponse, StatusErrors
from chatapp_cli.kit.lenient import UNREADABLE

OURS: Final[StatusErrors] = {
    **VERDICTS,
    410: partial(Misconfigured, "gone", field="url"),
    413: partial(Rejected, "too_big"),
}

FILES: Final[StatusErrors] = {**VERDICTS, **dict.fromkeys(range(300, 500), partial(Rejected, "file_refused"))}
"""Verdicts for links: their failures are not the channel's."""


_NOTHING: Final = {"{}", "[]", "null", '""'}
"""Bodies without an error text."""


class _Complaint(msgspec.Struct):
    error: str


def words(response: HttpResponse) -> str:
    """The receiver's error text: ``error`` of a JSON object, otherwise the whole body."""
    try:
        return msgspec.json.decode(response.body, type=_Complaint).error
    except UNREADABLE:
        said = " ".join(response.body.decode(errors="replace").split())
        return "" if said in _NOTHING else said
