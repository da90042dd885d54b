"""Quick replies as a YAML file: sections with their editors, replies with their files by path.

Only texts, lists and mappings are supported; YAML's types, references and tags are not.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from chatapp_cli.domain.buttons import from_json
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services.reply_entries import FileFault, FileStager, Keep, ReplyEntry, ReplyFile, SectionEntry
from chatapp_cli.store.media import Media
from chatapp_cli.store.rows.replies import QuickReplyRow, SectionRow

_SECTION = ("name", "editors", "replies")
_TEXTS = ("title", "text", "keywords", "category")
_REPLY = (*_TEXTS, "buttons", "files")


class _NotSo(Exception):
    """A part of the file that cannot be imported."""

    def __init__(self, node: Node, what: Text, field: str = "") -> None:
        self.fault = FileFault(_line(node), what, field)


def read(text: str, stage: FileStager) -> ReplyFile:
    """The sections and replies of a file, and its errors by line and field."""
    sheet = ReplyFile()
    try:
        root = _composed(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        words = getattr(error, "problem", None) or error
        sheet.faults.append(FileFault(mark.line + 1 if mark else 1, T("This is not understood: {words}", words=words)))
        return sheet
    try:
        for node in _items(_fields(root, ("sections",)).get("sections"), "sections"):
            _read_section(sheet, node, stage)
    except _NotSo as error:
        sheet.faults.append(error.fault)
    return sheet


def _composed(text: str) -> Node | None:
    """Parse the file without resolving types. References are refused, because they could expand without limit."""
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
        raise yaml.YAMLError("*")
    found: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    return found


def _read_section(sheet: ReplyFile, node: Node, stage: FileStager) -> None:
    try:
        found = _fields(node, _SECTION)
        name = _text(found.get("name"), "name")
        editors = [_text(one, "editors") for one in _items(found.get("editors"), "editors")]
        sheet.sections.append(SectionEntry(_line(node), name, tuple(editors)))
        replies = _items(found.get("replies"), "replies")
    except _NotSo as error:
        sheet.faults.append(error.fault)
        return
    for reply in replies:
        try:
            sheet.entries.append(_entry(reply, name, stage))
        except _NotSo as error:
            sheet.faults.append(error.fault)


def _entry(node: Node, section: str, stage: FileStager) -> ReplyEntry:
    found = _fields(node, _REPLY)
    texts = {field: _text(found.get(field), field) for field in _TEXTS}
    files = tuple(_staged(one, stage) for one in _items(found.get("files"), "files"))
    answer = QuickReplyDraft(
        title=texts["title"],
        text=texts["text"],
        keywords=" ".join(texts["keywords"].split()),
        category=" ".join(texts["category"].split()),
        files=files,
        buttons=tuple(_text(one, "buttons") for one in _items(found.get("buttons"), "buttons")),
    )
    lines = {field: _line(value) for field, value in found.items()}
    return ReplyEntry(_line(node), section, answer, lines)


def _staged(node: Node, stage: FileStager) -> StagedFile:
    try:
        return stage(_text(node, "files"))
    except ChatappError as error:
        raise _NotSo(node, error.what, "files") from error


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _fields(node: Node | None, known: Sequence[str]) -> Mapping[str, Node]:
    """The value of each name. Raises _NotSo for unknown names."""
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        raise _NotSo(node, T("Fields are expected here: {known}", known=", ".join(known)))
    return dict(_pairs(node, known))


def _pairs(node: MappingNode, known: Sequence[str]) -> Iterator[tuple[str, Node]]:
    for key, value in node.value:
        if key.value not in known:
            what = T("There is no field {name}; known are: {known}", name=key.value, known=", ".join(known))
            raise _NotSo(key, what)
        yield key.value, value


def _items(node: Node | None, field: str) -> Sequence[Node]:
    if node is None or (isinstance(node, ScalarNode) and node.value in {"", "~", "null"}):
        return ()
    if not isinstance(node, SequenceNode):
        raise _NotSo(node, T("A list is expected."), field)
    found: Sequence[Node] = node.value
    return found


def _text(node: Node | None, field: str) -> str:
    """A text as written, without YAML's types: a price stays a price, «да» stays «да»."""
    if node is None:
        return ""
    if not isinstance(node, ScalarNode):
        raise _NotSo(node, T("A text is expected."), field)
    return str(node.value).strip()


def written(
    listed: Sequence[tuple[SectionRow, Sequence[str], Sequence[tuple[QuickReplyRow, Sequence[StagedFile]]]]],
    keep: Keep,
) -> str:
    """Sections as the text of a file; ``keep`` stores an attached file and returns its path."""

    class BlockDumper(yaml.SafeDumper):
        """Writes texts of several lines as literal blocks."""

    def text(writer: Any, value: str) -> Any:
        return writer.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    BlockDumper.add_representer(str, text)
    sections = [
        _without_empty({"name": row.name, "editors": list(editors), "replies": [_reply(*one, keep) for one in replies]})
        for row, editors, replies in listed
    ]
    return yaml.dump({"sections": sections}, Dumper=BlockDumper, allow_unicode=True, sort_keys=False, width=100)


def _reply(row: QuickReplyRow, files: Sequence[StagedFile], keep: Keep) -> Mapping[str, Any]:
    texts = {field: getattr(row, field) for field in _TEXTS}
    return _without_empty({**texts, "buttons": list(from_json(row.buttons)), "files": [keep(file) for file in files]})


def _without_empty(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in found.items() if value}


def beside(media: Media, target: Path) -> Keep:
    """Copies attached files into a folder beside a file, under their own names."""

    def keep(file: StagedFile) -> str:
        place = Path(f"{target.stem}-files") / file.sha256[:8] / Path(file.name).name
        (target.parent / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(media.path(file.sha256), target.parent / place)
        return place.as_posix()

    return keep
