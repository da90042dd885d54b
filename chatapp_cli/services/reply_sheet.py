"""Quick replies as a CSV, JSON or YAML file: exported for other desks, imported completely or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from chatapp_cli.domain import buttons
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import ChatappError, UsageError
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.ids import SectionId
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, replies
from chatapp_cli.services.reply_entries import FileFault, FileStager, Keep, ReplyEntry, ReplyFile, SectionEntry
from chatapp_cli.store.rows.replies import AnySection, QuickReplyRow, SectionRef
from chatapp_cli.store.tx import Tx

FileFormat: TypeAlias = Literal["csv", "json", "yaml"]
FORMATS: Mapping[str, FileFormat] = MappingProxyType({"csv": "csv", "json": "json", "yaml": "yaml", "yml": "yaml"})
"""The forms by what a file's name ends with."""
COLUMNS = ("section", "title", "text", "keywords", "category", "buttons")
_NEEDED = COLUMNS[:3]
Item: TypeAlias = ReplyEntry | SectionEntry
"""What is taken by itself."""
PART = 25
"""Items for one transaction: they take some hundredths of a second."""


@dataclass(slots=True)
class Taken:
    """The result of an import."""

    added: int = 0
    changed: int = 0
    same: int = 0
    faults: list[FileFault] = field(default_factory=list)

    def add(self, part: Taken) -> None:
        """Add the result for another part of the file."""
        self.added += part.added
        self.changed += part.changed
        self.same += part.same
        self.faults = sorted([*self.faults, *part.faults], key=lambda fault: fault.place)


class _RollBackImport(ChatappError):
    """Rolls the import back."""


def written(tx: Tx, rows: Sequence[QuickReplyRow], form: FileFormat, keep: Keep | None = None) -> str:
    """Replies as the text of a file; attached files only in YAML, stored by ``keep``."""
    entries = [{**{name: getattr(row, name) for name in COLUMNS}, "buttons": _lines(row.buttons)} for row in rows]
    if form == "yaml":
        return _yaml(tx, rows, keep)
    if form == "json":
        return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"
    out = io.StringIO()
    sheet = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    sheet.writeheader()
    sheet.writerows(entries)
    return out.getvalue()


def _yaml(tx: Tx, rows: Sequence[QuickReplyRow], keep: Keep | None) -> str:
    from chatapp_cli.services import reply_yaml

    def with_files(row: QuickReplyRow) -> tuple[QuickReplyRow, Sequence[StagedFile]]:
        return row, replies.files(tx, row.id) if keep else ()

    of: dict[SectionId, list[tuple[QuickReplyRow, Sequence[StagedFile]]]] = {}
    for row in rows:
        of.setdefault(row.section_id, []).append(with_files(row))
    sections = [(one, replies.editors(tx, one.id), of.get(one.id, [])) for one in replies.sections(tx)]
    there = [section for section in sections if section[2] or not section[0].replies]
    return reply_yaml.written(there, keep or (lambda file: file.name))


def read(content: bytes, form: FileFormat, stage: FileStager) -> ReplyFile:
    """The replies of a file and its errors; ``stage`` copies an attached file by path."""
    if form == "yaml":
        from chatapp_cli.services import reply_yaml

        return reply_yaml.read(_decoded(content), stage)
    sheet = ReplyFile()
    for place, found in (_json if form == "json" else _csv)(_decoded(content)):
        if isinstance(found, Text):
            sheet.faults.append(FileFault(place, found))
        else:
            sheet.entries.append(_entry(place, found))
    return sheet


def _entry(place: int, found: Mapping[str, str]) -> ReplyEntry:
    answer = QuickReplyDraft(
        title=found["title"].strip(),
        text=found["text"].strip(),
        keywords=" ".join(found.get("keywords", "").split()),
        category=" ".join(found.get("category", "").split()),
        buttons=tuple(filter(None, map(str.strip, found.get("buttons", "").splitlines()))),
    )
    return ReplyEntry(place, found["section"].strip(), answer, says_buttons="buttons" in found)


def _lines(stored: str) -> str:
    """Stored buttons, one a line: none of them has lines."""
    return "\n".join(buttons.from_json(stored))


def _decoded(content: bytes) -> str:
    """Decode UTF-8, or Windows-1251 as Russian spreadsheets write it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace")


ParsedRows: TypeAlias = Iterator[tuple[int, Mapping[str, str] | Text]]


def _csv(text: str) -> ParsedRows:
    head = text.partition("\n")[0]
    sheet = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    columns = [name.strip().lower() for name in next(sheet, [])]
    if wrong := _wrong_columns(columns):
        yield 1, wrong
        return
    place = sheet.line_num + 1
    try:
        for cells in sheet:
            if any(cells):
                yield place, _row(columns, cells)
            place = sheet.line_num + 1
    except csv.Error as error:
        yield place, T("This is not understood: {words}", words=error)


def _wrong_columns(columns: Sequence[str]) -> Text | None:
    if lacking := [name for name in _NEEDED if name not in columns]:
        return T("The column {name} is missing; the first line names the columns.", name=lacking[0])
    if unknown := [name for name in columns if name not in COLUMNS]:
        return T("There is no column {name}; known are: {known}", name=unknown[0], known=", ".join(COLUMNS))
    return None


def _row(columns: Sequence[str], cells: Sequence[str]) -> Mapping[str, str] | Text:
    if len(cells) > len(columns):
        return T("The line has {n} cells, {most} are expected.", n=len(cells), most=len(columns))
    return dict.fromkeys(columns, "") | dict(zip(columns, cells, strict=False))


def _json(text: str) -> ParsedRows:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield getattr(error, "lineno", 1), T("This is not understood: {words}", words=error)
        return
    if not isinstance(found, list):
        yield 1, T("A list of replies is expected.")
        return
    for place, one in enumerate(found, 1):
        yield place, _object(one)


def _object(one: Any) -> Mapping[str, str] | Text:
    if not isinstance(one, dict) or not all(isinstance(value, str) for value in one.values()):
        return T("A reply is an object of texts: {names}", names=", ".join(COLUMNS))
    return _wrong_columns(list(one)) or one


def divided(sheet: ReplyFile) -> tuple[ReplyFile, Sequence[Item]]:
    """The errors of the file as a whole, and what it brings, the editors last.

    Any of it can be taken by itself, in this order; taking it again changes nothing.
    """
    repeated = list(_repeated(sheet.entries))
    places = {fault.place for fault in repeated}
    entries = [entry for entry in sheet.entries if entry.place not in places]
    return ReplyFile(faults=[*sheet.faults, *repeated]), [*entries, *sheet.sections]


def part(some: Sequence[Item]) -> ReplyFile:
    """Some of what a file brings, as a file."""
    return ReplyFile(
        entries=[one for one in some if isinstance(one, ReplyEntry)],
        sections=[one for one in some if isinstance(one, SectionEntry)],
    )


def _repeated(entries: Sequence[ReplyEntry]) -> Iterator[FileFault]:
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        before = seen.setdefault((fold(entry.section), fold(entry.answer.title)), entry.place)
        if before != entry.place:
            yield FileFault(entry.place, T("The same section and title stand in {n} already.", n=before))


def take(tx: Tx, sheet: ReplyFile, *, dry: bool = False) -> Taken:
    """Add new replies and change differing ones, all or nothing; with ``dry`` nothing is stored."""
    access.require(tx, Right.REPLIES)
    taken = Taken(faults=list(sheet.faults))
    try:
        with tx.trial():
            _put_all(tx, sheet, taken)
            _require_staying(taken, dry)
    except _RollBackImport:
        pass
    taken.faults.sort(key=lambda fault: fault.place)
    return taken


def _require_staying(taken: Taken, dry: bool) -> None:
    if dry or taken.faults:
        raise _RollBackImport(Text(""))


def _put_all(tx: Tx, sheet: ReplyFile, taken: Taken) -> None:
    for entry in sheet.entries:
        try:
            _put(tx, entry, taken)
        except ChatappError as error:
            taken.faults.append(_blamed(entry, error))
    for one in sheet.sections:
        try:
            _invite(tx, _section(tx, one.name), one.editors)
        except ChatappError as error:
            taken.faults.append(FileFault(one.place, error.what, "editors" if one.name else "name"))


def _blamed(entry: ReplyEntry, error: ChatappError) -> FileFault:
    name = error.field if isinstance(error, UsageError) and error.field else ""
    if entry.lines is None:
        return FileFault(entry.place, error.what)
    return FileFault(entry.lines.get(name, entry.place), error.what, name)


def _invite(tx: Tx, section: AnySection, names: Sequence[str]) -> None:
    """Make exactly the operators named in the file editors; the importing one only if named."""
    before = replies.editors(tx, section.id)
    new = [name for name in names if name not in before]
    for name in new:
        replies.invite(tx, section, name)
    if new and tx.name not in {*names, *before}:
        replies.uninvite(tx, section, tx.name)


def _put(tx: Tx, entry: ReplyEntry, taken: Taken) -> None:
    where = _section(tx, entry.section)
    row = next(iter(replies.called(tx, where.id, entry.answer.title)), None)
    if row is None:
        replies.add(tx, where, entry.answer)
        taken.added += 1
        return
    known = replies.answer(tx, row)
    files = known.files if entry.lines is None else entry.answer.files
    new = replace(
        entry.answer, files=tuple(files), buttons=entry.answer.buttons if entry.says_buttons else known.buttons
    )
    if new == known:
        taken.same += 1
    else:
        replies.edit(tx, row, new)
        taken.changed += 1


def _section(tx: Tx, name: str) -> AnySection:
    found = replies.section_called(tx, name)
    return found or SectionRef(replies.add_section(tx, name), name.strip())
