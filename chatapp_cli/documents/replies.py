"""Quick replies and their sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.buttons import from_json
from chatapp_cli.domain.moment import iso

if TYPE_CHECKING:
    from chatapp_cli.domain.draft import StagedFile
    from chatapp_cli.services.reply_sheet import Taken
    from chatapp_cli.store.rows.replies import QuickReplyRow, SectionRow


def reply(row: QuickReplyRow) -> Mapping[str, Any]:
    """A quick reply."""
    return {**row._asdict(), "updated_at": iso(row.updated_at), "buttons": list(from_json(row.buttons))}


def whole(row: QuickReplyRow, wanted: Sequence[str], files: Sequence[StagedFile]) -> Mapping[str, Any]:
    """A quick reply with its placeholders and files."""
    attached = [{"name": file.name, "mime": file.mime, "size": file.size} for file in files]
    return {**reply(row), "gaps": list(wanted), "files": attached}


def section(row: SectionRow, editors: Sequence[str]) -> Mapping[str, Any]:
    """A section, and who may edit it; an empty list means everybody."""
    return {**row._asdict(), "editors": editors}


def taken(sheet: Taken) -> Mapping[str, Any]:
    """How many quick replies of a file were new, changed or unchanged."""
    return {"added": sheet.added, "changed": sheet.changed, "same": sheet.same}
