"""Writes down every string that leaves the process, or with ``--check`` says which vanished or appeared.

Stored rows, programs, monitors and people's own files know these strings; renaming code must not change them.
Documents are left out: ``documents/schema.json`` holds their keys.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from scripts import promised_in_source as source

if TYPE_CHECKING:
    from chatapp_cli.domain.form import Field

ROOT = Path(__file__).parent.parent
RECORD = ROOT / "tests" / "meta" / "promised.txt"


def strings() -> list[str]:
    """Each as its kind and what it is, sorted."""
    return sorted({f"{kind} {one}" for kind, found in KINDS.items() for one in found()})


def recorded() -> list[str]:
    """Those that are written down."""
    return RECORD.read_text("utf-8").splitlines()


def difference(before: Iterable[str], now: Iterable[str]) -> list[str]:
    """What vanished and what appeared, a line each."""
    old, new = set(before), set(now)
    return [*(f"vanished: {one}" for one in sorted(old - new)), *(f"appeared: {one}" for one in sorted(new - old))]


# The command line and people's files


def _program() -> Iterator[tuple[str, Any]]:
    import typer.main

    from chatapp_cli.cli import app

    waiting: list[tuple[str, Any]] = [("chatapp", typer.main.get_command(app))]
    while waiting:
        path, command = waiting.pop()
        yield path, command
        if hasattr(command, "list_commands"):
            waiting += [(f"{path} {name}", command.get_command(None, name)) for name in command.list_commands(None)]


def _commands() -> Iterator[str]:
    for path, command in _program():
        arguments = [str(one.name).upper() for one in command.params if one.param_type_name == "argument"]
        yield " ".join([path, *arguments])
        for one in command.params:
            told = one.param_type_name == "option" and not one.hidden
            names = [*one.opts, *one.secondary_opts] if told else []
            choices = getattr(one.type, "choices", None)
            yield from (f"{path} {name}" for name in names)
            yield from (f"{path} {one.name}={getattr(choice, 'value', choice)}" for choice in choices or ())


def _actions() -> Iterator[str]:
    from chatapp_cli.tui.keys.keymap import built_in

    return (action.id for group in built_in() for action in group.actions)


def _settings() -> Iterator[str]:
    from chatapp_cli.domain.errors import UsageError
    from chatapp_cli.settings import Settings, check

    for one in fields(Settings):
        yield one.name
        try:
            check(one.name, "?")
        except UsageError as error:
            allowed = error.next_step.params.get("allowed", "") if error.next_step else ""
            yield from (f"{one.name}={value}" for value in str(allowed).split(", ") if value)


def _options() -> Iterator[str]:
    from chatapp_cli.domain.option import OptionLevel, declared

    return (f"{level} {name}" for level in OptionLevel for name in declared(level))


def _channels() -> Iterator[str]:
    from chatapp_cli.kit.manifests import manifests

    for kind, one in manifests().items():
        yield f"{one.source_id} {kind}"
        yield from (f"{kind} later {name}" for name in one.later)
        yield from (f"{kind} error {code}" for code in one.errors)
        yield from _form(kind, one.fields)


def _crms() -> Iterator[str]:
    from chatapp_cli.kit import crms

    for kind, one in crms.manifests().items():
        yield kind
        yield from (f"{kind} error {code}" for code in one.errors)
        yield from _form(kind, [*one.fields, *one.pairing_fields])
        yield from (f"{kind} command {name}" for name in one.commands)


def _form(kind: str, asked: Iterable[Field]) -> Iterator[str]:
    for field in asked:
        yield f"{kind} field {field.name}"
        yield from (f"{kind} field {field.name}={choice.value}" for choice in field.choices)


def _manifest() -> Iterator[str]:
    from chatapp_cli.domain.form import Field
    from chatapp_cli.domain.manifest import Capabilities, Manifest, Rate

    for name, kind in (("", Manifest), ("capabilities ", Capabilities), ("rates ", Rate), ("fields ", Field)):
        yield from (f"{name}{key}" for key in _keys(kind))


def _sheets() -> Iterator[str]:
    from chatapp_cli.domain import variables
    from chatapp_cli.services import reply_sheet

    yield from (f"form {name}" for name in reply_sheet.FORMATS)
    yield from (f"column {name}" for name in reply_sheet.COLUMNS)
    yield from (f"variable {name}" for language in ("en", "ru") for name in variables.names(language))


def _environment() -> Iterator[str]:
    from chatapp_cli.settings import Settings

    yield from (f"CHATAPP_{one.name.upper()}" for one in fields(Settings))
    yield from source.environment()


# Monitors and browsers


def _metrics() -> Iterator[str]:
    from chatapp_cli.api.metrics import exposition
    from chatapp_cli.domain.health import ChannelState
    from chatapp_cli.runtime.link_load import LinkLoad
    from chatapp_cli.runtime.restarting import WorkerState
    from chatapp_cli.runtime.store import CommitFigures
    from chatapp_cli.services.figures import Figures

    channel = SimpleNamespace(id=1, kind="k", proof_at=1)
    standing: Any = SimpleNamespace(channel=channel, state=ChannelState.WORKING)
    counts = {"dead": 0, "uncertain": 0, "unread": 0, "alarms": {"k": 1}}
    found: Any = Figures(channels=(channel,), outbox=((1, "s", 1),), **counts)  # type: ignore[arg-type]  # only what the metrics read
    store = SimpleNamespace(
        commits=CommitFigures(0, 0.0, 0.0), company=SimpleNamespace(database=SimpleNamespace(damaged=None))
    )
    daemon: Any = SimpleNamespace(
        counted={("k", "w"): 1},
        conditions=[WorkerState("w")],
        ready=True,
        readiness=SimpleNamespace(proved=True),
        store=store,
        links=SimpleNamespace(loads=[(channel, LinkLoad(1, 1, 1.0))]),
    )
    text = re.sub(r'="[^"]*"', "", exposition(daemon, found, [standing]).decode())
    return (line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#"))


def _workers() -> list[str]:
    """The names in ``/healthz``, of workers and of kinds of timers."""
    from chatapp_cli.bootstrap import open_company
    from chatapp_cli.runtime.daemon import Daemon
    from chatapp_cli.runtime.store import AsyncStore
    from chatapp_cli.settings import Settings

    async def named(home: str) -> list[str]:
        company = open_company(Settings(home=home, transcribe_command="true {file}"))
        store = AsyncStore(company)
        try:
            return [state.name for state in Daemon(store).conditions]
        finally:
            await store.aclose()
            company.close()

    with tempfile.TemporaryDirectory() as home:
        return asyncio.run(named(home))


def _web() -> Iterator[str]:
    from chatapp_cli.api import hooks
    from chatapp_cli.api.web import login_page

    yield f"route {hooks.PREFIX}"
    yield from (f"route {path}" for path in source.routes())
    yield from (f"cookie {name}" for name in (login_page.SESSION, login_page.PROOF))
    pages = Path(login_page.__file__).with_name("pages").glob("*.html")
    yield from (f"field {name}" for page in pages for name in re.findall(r'<input[^>]* name="(\w+)"', page.read_text()))


# The store


def _tables() -> Iterator[str]:
    from chatapp_cli.store.tables import metadata

    return (f"{table.name} {column.name}" for table in metadata.tables.values() for column in table.columns)


def _events() -> Iterator[str]:
    """Each topic with the keys that are stored beside it, for every type that has it."""
    from chatapp_cli.domain.journal.reading import kinds_by_topic

    for topic, kinds in kinds_by_topic().items():
        for kind in kinds:
            fixed = [f"{name}={value}" for name, value in kind.fixed.items()]
            yield " ".join([topic, *sorted([*kind.keys.values(), *fixed])])


def _errands() -> Iterator[str]:
    """What a session is asked for, with the names of what it is given and of what it answers: kept for a day."""
    from chatapp_cli.ports.abilities import ABILITIES

    for what, ability in ABILITIES.items():
        method = getattr(ability.protocol, what)
        yield " ".join([what, *(name for name in signature(method).parameters if name != "self")])
        for kind in _classes(get_type_hints(method)["return"]):
            yield from (f"{what} answer {name}" for name in _keys(kind))


def _stored() -> Iterator[str]:
    """The names inside of columns that hold JSON: of values that are stored as they are, and those that are spelled."""
    from chatapp_cli.domain import arrival
    from chatapp_cli.domain.dialog import DialogFilter
    from chatapp_cli.domain.draft import StagedFile
    from chatapp_cli.domain.template import Filled
    from chatapp_cli.domain.text import Text
    from chatapp_cli.services import alterations

    shapes: list[tuple[str, Any]] = [("file", StagedFile), ("template", Filled), ("sentence", Text)]
    shapes += [(name, shape) for name, (shape, _happen) in alterations._WAITING.items()]
    shapes += [("person", arrival.Profile)]
    for name, shape in shapes:
        yield " ".join([name, *sorted(_keys(shape))])
    yield from (f"view {name}" for name, one in vars(DialogFilter).items() if hasattr(one, "chip"))
    yield from source.objects()


def _keys(kind: Any) -> list[str]:
    if is_dataclass(kind):
        return [one.name for one in fields(kind)]
    named = getattr(kind, "_fields", None) or getattr(kind, "__struct_fields__", None) or kind.__slots__
    return list(named)


def _classes(kind: Any) -> Iterator[Any]:
    """The classes of ours in an annotation."""
    if str(getattr(kind, "__module__", "")).startswith("chatapp_cli"):
        yield kind
    for inner in get_args(kind):
        yield from _classes(inner)


# Errors and what is counted


def _codes() -> Iterator[str]:
    from chatapp_cli.services.words import OWN_CODES

    yield from source.codes()
    yield from OWN_CODES


def _exits() -> Iterator[str]:
    """Names too: of a request to a session that failed, the store keeps the error's."""
    from chatapp_cli.commands.errors import INTERRUPTED
    from chatapp_cli.domain import errors

    yield f"{INTERRUPTED} interrupted"
    for name, one in vars(errors).items():
        if isinstance(one, type) and issubclass(one, errors.ChatappError):
            yield f"{one.exit_code} {name}"


def _groups() -> Iterator[str]:
    """The groups of entry points by which other packages add something."""
    for module, node in source.calls("entry_points"):
        for keyword in node.keywords:
            if keyword.arg == "group":
                yield str(source.value(keyword.value, vars(import_module(module))))


KINDS: Mapping[str, Callable[[], Iterable[str]]] = {
    "action": _actions,
    "channel": _channels,
    "crm": _crms,
    "code": _codes,
    "column": _tables,
    "command": _commands,
    "environment": _environment,
    "errand": _errands,
    "event": _events,
    "exit": _exits,
    "file": source.files,
    "finding": source.findings,
    "group": _groups,
    "log": source.logged,
    "manifest": _manifest,
    "metric": _metrics,
    "option": _options,
    "setting": _settings,
    "sheet": _sheets,
    "stored": _stored,
    "values": source.values,
    "web": _web,
    "worker": _workers,
}


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit code."""
    now = strings()
    if arguments == ["--check"]:
        found = difference(recorded(), now)
        print("\n".join(found) or "Every string that leaves the process is as it was.")
        return 1 if found else 0
    RECORD.write_text("\n".join(now) + "\n", "utf-8")
    print(f"Wrote {len(now)} strings.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
