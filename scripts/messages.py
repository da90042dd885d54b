"""Refreshes the translations from the sources, or with ``--check`` says what is missing.

Sentences come from ``_()``, ``T()``, ``N_()``, ``note()`` and ``ngettext()`` in Python, from the docstrings of
commands, and from the words in manifests.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "chatapp_cli"
LOCALE = SOURCES / "locale"
LANGUAGES = ("ru",)

KEYWORDS: Mapping[str, Any] = {"_": None, "T": None, "N_": None, "note": None, "ngettext": (1, 2)}
METHODS = [
    ("**.py", "scripts.messages:extract_code"),
    ("**/manifest.toml", "scripts.messages:extract_toml"),
]
WORDS = frozenset(
    {
        *("title", "summary", "place", "admits", "leave", "letter", "own_cards", "label", "hint", "limits"),
        *("what", "next_step", "running"),
    }
)
"""Keys of a manifest whose strings a person reads."""
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_TEAM = "the chatapp developers"
_HEAD: Mapping[str, Any] = {
    "project": "chatapp",
    "version": "1",
    "header_comment": f"# What chatapp says to people.\n# Copyright (C) 2026 {_TEAM}; licence GPL-3.0-or-later.\n#",
    "msgid_bugs_address": _TEAM,
    "last_translator": _TEAM,
    "language_team": _TEAM,
    "creation_date": _EPOCH,
    "revision_date": _EPOCH,
}

Found = tuple[int, str, str, list[str]]


def extract_toml(file: IO[bytes], keywords: object, tags: object, options: object) -> Iterator[Found]:  # noqa: ARG001
    """Yield the strings of a TOML file that a person reads, as Babel's extractors do."""
    data = tomllib.load(file)
    data.pop("label", None)  # a channel's short name is the same in every language
    for words in _words(data, spoken=False):
        yield 1, "_", words, []


def extract_code(file: IO[bytes], keywords: Collection[str], tags: object, options: object) -> Iterator[Any]:  # noqa: ARG001
    """Yield what Python says, f-strings included, and the docstrings of commands: they are the help."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.FunctionDef) and any(map(_is_command, node.decorator_list)):
            yield node.lineno, "_", ast.get_docstring(node) or "", []
        elif isinstance(node, ast.Call) and (name := _name(node.func)) in keywords:
            yield node.lineno, name, tuple(map(_literal, node.args)), []


def _is_command(decorator: ast.expr) -> bool:
    return bool(re.search(r"\.(command|callback)\(", ast.unparse(decorator)))


def _name(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def _literal(argument: ast.expr) -> str | None:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _words(value: object, *, spoken: bool) -> Iterator[str]:
    if isinstance(value, str) and spoken:
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _words(inner, spoken=key in WORDS)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner, spoken=spoken)


def template() -> Catalog:
    """Every sentence that the sources hold now."""
    catalog = Catalog(**_HEAD)
    for msgid, comments in _said(SOURCES):
        catalog.add(msgid, auto_comments=comments, flags=_flags(msgid))
    return catalog


def _said(sources: Path) -> Iterator[tuple[str | tuple[str, ...], list[str]]]:
    for _file, _line, msgid, comments, _context in extract_from_dir(sources, METHODS, keywords=KEYWORDS):
        if msgid:
            yield msgid, comments


def said_both_ways(sources: Path = SOURCES) -> list[str]:
    """Counted sentences that are also asked for without a number: Python before 3.11.5 finds no translation then."""
    said = [msgid for msgid, _comments in _said(sources)]
    counted = {msgid[0] for msgid in said if not isinstance(msgid, str)}
    return sorted(counted & {msgid for msgid in said if isinstance(msgid, str)})


def _flags(msgid: str | tuple[str, ...]) -> list[str]:
    text = msgid if isinstance(msgid, str) else " ".join(msgid)
    return ["python-brace-format"] if PLACEHOLDER.search(text) else []


def translated(language: str, source: Catalog) -> Catalog:
    """The language's catalogue with exactly the sentences of the sources; a new one is still empty."""
    path = LOCALE / language / "LC_MESSAGES" / "chatapp.po"
    old = _read(path, language) if path.exists() else Catalog()
    new = Catalog(locale=language, fuzzy=False, **_HEAD)
    for message in old:
        if message.id:
            new[message.id] = message
    new.update(source, no_fuzzy_matching=True)
    new.obsolete.clear()
    return new


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def outdated(write: bool) -> list[str]:
    """Compare the files with what they should hold, writing them if asked; returns the names that differed."""
    source = template()
    wanted = {"chatapp.pot": _po(source)}
    for language in LANGUAGES:
        catalog = translated(language, source)
        wanted[f"{language}/LC_MESSAGES/chatapp.po"] = _po(catalog)
        wanted[f"{language}/LC_MESSAGES/chatapp.mo"] = _mo(catalog)
    return [name for name, content in wanted.items() if _differs(LOCALE / name, content, write)]


def _po(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalog, width=110, no_location=True, sort_output=True)
    return file.getvalue()


def _mo(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def _differs(path: Path, content: bytes, write: bool) -> bool:
    if path.exists() and path.read_bytes() == content:
        return False
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return True


def faults(catalog: Catalog) -> list[str]:
    """Sentences without a translation that can be relied on, each with the reason."""
    return [f"{why}: {message.id!r}" for message in catalog if message.id for why in _faults(message)]


def _faults(message: Message) -> Iterator[str]:
    sources, targets = _forms(message.id), _forms(message.string)
    if not all(targets):
        yield "not translated"
        return
    if message.fuzzy:
        yield "fuzzy"
    if {frozenset(PLACEHOLDER.findall(t)) for t in targets} - {frozenset(PLACEHOLDER.findall(s)) for s in sources}:
        yield "other placeholders"


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def main(arguments: list[str]) -> int:
    """Refresh, or check and say what is wrong; returns the exit code."""
    checking = arguments == ["--check"]
    stale = outdated(write=not checking)
    if checking and stale:
        print(f"Stale, run make messages: {', '.join(stale)}")
    found = [f"{language}: {fault}" for language in LANGUAGES for fault in faults(translated(language, template()))]
    found += [f"said with and without a number: {msgid!r}" for msgid in said_both_ways()]
    print("\n".join(found) or "Every sentence is translated.")
    return 1 if checking and (found or stale) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
