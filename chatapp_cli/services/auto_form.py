"""Rules as files: a YAML or JSON document that says the same as the store, with lines and channels by name.

``{version: 1, rules: [{name, when, about, kind, line, if, then, else, stop, enabled}, …]}``, or the list alone. Each
act under ``then`` or ``else`` is a mapping of what to do to with what, such as ``{tag: vip}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from chatapp_cli.domain import rule_clock
from chatapp_cli.domain.automation import ActWanted, RuleEvent, RuleKind, RuleWanted
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import lines
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.store.tx import Tx

VERSION: Final = 1
_KEYS: Final = ("name", "when", "about", "at", "days", "every", "kind", "line", "if", "then", "else", "stop", "enabled")
_INSIDE: Final = ("all", "any", "not")
_EXAMPLE: Final = T(
    "Such as: {example}", example="- {name: VIP, when: message.arrived, if: {words: [опт]}, then: [{tag: vip}]}"
)


def document(rule: AutoRule, names: SourceNames) -> Mapping[str, Any]:
    """A rule as a file has it."""
    wanted = rule.wanted
    return {
        "name": wanted.name,
        "when": wanted.event.value,
        **_about(wanted),
        "kind": wanted.kind.value,
        **({"line": names.lines.get(wanted.line, wanted.line)} if wanted.line is not None else {}),
        "if": _named(wanted.asked, names),
        "then": [{one.do: one.value} for one in wanted.acts],
        **({"else": [{one.do: one.value} for one in wanted.otherwise]} if wanted.otherwise else {}),
        "stop": wanted.stop,
        "enabled": wanted.enabled,
    }


def _about(wanted: RuleWanted) -> Mapping[str, str]:
    """What the event has to be about; of the clock, when it is time."""
    if not wanted.about:
        return {}
    return {"at" if wanted.event is RuleEvent.TIME else "about": wanted.about}


def written(rules: Sequence[AutoRule], names: SourceNames) -> str:
    """Rules as a YAML file."""
    whole = {"version": VERSION, "rules": [document(one, names) for one in rules]}
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False)


def _named(asked: Mapping[str, Any], names: SourceNames) -> Mapping[str, Any]:
    """A condition with names in place of numbers; a channel whose name another has as well keeps its number."""
    found = dict(asked)
    if asked.get("lines"):
        found["lines"] = [names.lines.get(one, one) for one in asked["lines"]]
    if asked.get("channels"):
        titles = list(names.channels.values())
        found["channels"] = [
            title if (title := names.channels.get(one, "")) and titles.count(title) == 1 else one
            for one in asked["channels"]
        ]
    return _inside(found, lambda one: _named(one, names))


def _inside(asked: Mapping[str, Any], do: Any) -> Mapping[str, Any]:
    """The same with what stands inside replaced."""
    found = dict(asked)
    for name in _INSIDE:
        inner = asked.get(name)
        if isinstance(inner, Mapping):
            found[name] = do(inner)
        elif isinstance(inner, list | tuple):
            found[name] = [do(one) if isinstance(one, Mapping) else one for one in inner]
    return found


def read(text: str) -> Sequence[Mapping[str, Any]]:
    """The rules of a file, not checked yet. Raises UsageError for what is no such file, or one of a newer version."""
    whole = loaded(text)
    if isinstance(whole, Mapping):
        if (version := whole.get("version")) != VERSION:
            raise UsageError(
                T(
                    "The file is of version {version}; this program reads version {known}.",
                    version=str(version),
                    known=VERSION,
                ),
                T("Update chatapp, or write version: {known}", known=VERSION),
                field="file",
            )
        whole = whole.get("rules")
    if not isinstance(whole, list) or not all(isinstance(one, Mapping) for one in whole):
        raise not_understood(T("It is no list of rules."))
    return whole


def loaded(text: str) -> Any:
    """What a YAML or JSON document says; references are not supported. Raises UsageError."""
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
            raise not_understood(T("It has references."))
        _require_each_once(yaml.compose(text, Loader=yaml.SafeLoader))
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        if mark is not None:
            raise not_understood(T("Line {n} is no correct YAML.", n=mark.line + 1)) from error
        raise not_understood(T("It is nested too deeply, or has signs that YAML does not allow.")) from error


def _require_each_once(node: yaml.Node | None) -> None:
    """Raise UsageError for a key that a mapping has twice, at any depth: YAML would take the last one alone."""
    met: set[str] = set()
    for name, _value in node.value if isinstance(node, yaml.MappingNode) else ():
        if str(name.value) in met:
            raise not_understood(T("Line {n} has {name} again.", n=name.start_mark.line + 1, name=str(name.value)))
        met.add(str(name.value))
    for one in _below(node):
        _require_each_once(one)


def _below(node: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _name, value in node.value]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def not_understood(words: Text) -> UsageError:
    """Why a file is refused."""
    return UsageError(T("The rules are not understood: {words}", words=words), _EXAMPLE, field="file")


def wanted(tx: Tx, said: Mapping[str, Any], names: SourceNames) -> RuleWanted:
    """A rule as a file says it. Raises UsageError with the rule's name, and NotFound for lines and channels."""
    if unknown := [str(one) for one in said if one not in _KEYS]:
        raise UsageError(
            T("The rule {name} has no {key}.", name=_name(said), key=unknown[0]),
            T("It may have: {known}", known=", ".join(_KEYS)),
            field="file",
        )
    line = said.get("line")
    return RuleWanted(
        name=_name(said),
        event=RuleEvent(_chosen(said, "when", tuple(RuleEvent), RuleEvent.ARRIVED)),
        about=_when(said) or str(said.get("about") or ""),
        kind=RuleKind(_chosen(said, "kind", tuple(RuleKind), RuleKind.RULE)),
        line=None if line is None else lines.find(tx, str(line)).id,
        asked=numbered(tx, require_full(_mapping(said, "if"), T("The rule {name}", name=_name(said))), names),
        acts=acts(said.get("then")),
        otherwise=acts(said["else"], "else") if "else" in said else (),
        stop=_flag(said, "stop", default=False),
        enabled=_flag(said, "enabled", default=True),
    )


def _when(said: Mapping[str, Any]) -> str:
    """When a rule runs by the clock, in the words of ``domain/rule_clock``; empty: not said."""
    if said.get("every"):
        return f"{rule_clock.EVERY} {said['every']}"
    at = said.get("at")
    if isinstance(at, int) and not isinstance(at, bool):  # YAML takes 10:30 for sixty times ten and thirty
        at = f"{at // 60:02}:{at % 60:02}"
    days = said.get("days") or ()
    return " ".join(filter(None, [str(at or ""), days if isinstance(days, str) else ",".join(map(str, days))]))


def _name(said: Mapping[str, Any]) -> str:
    name = said.get("name")
    return name if isinstance(name, str) else str(name or "")


def _wrong(said: Mapping[str, Any], name: str, allowed: str) -> UsageError:
    return UsageError(
        T("{name} of the rule {rule} cannot be {value}.", name=name, rule=_name(said), value=str(said.get(name))),
        T("Choose one of: {allowed}", allowed=allowed),
        field="file",
    )


def _chosen(said: Mapping[str, Any], name: str, known: Sequence[str], default: str) -> str:
    value = said.get(name, default)
    if value not in known:
        raise _wrong(said, name, ", ".join(known))
    return str(value)


def _flag(said: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = said.get(name, default)
    if not isinstance(value, bool):
        raise _wrong(said, name, "true, false")
    return value


def _mapping(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = said.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise UsageError(T("A condition is a mapping, not: {said}", said=str(value)), field="if")
    return value or {}


def require_full(asked: Mapping[str, Any], of: Text) -> Mapping[str, Any]:
    """The condition of a file, unless something inside says nothing: it would always hold, or never.

    ``of`` says whose condition it is. Raises UsageError with the place. An empty condition as a whole is none.
    """
    for name, value in asked.items():
        if (place := _hollow(value, str(name))) is not None:
            raise UsageError(
                T("{of}: “{place}” of the condition says nothing.", of=of, place=place),
                T("Say something there, or leave it out."),
                field="if",
            )
    return asked


def _hollow(value: Any, place: str) -> str | None:
    """The first place inside a value of a condition that is empty; the items of a list are counted from 1."""
    if isinstance(value, bool):
        return None
    if not value or (isinstance(value, str) and not value.strip()):
        return place
    inside: list[tuple[str, Any]] = []
    if isinstance(value, Mapping):
        inside = [(f"{place}.{name}", one) for name, one in value.items()]
    elif isinstance(value, list):
        inside = [(f"{place}[{n}]", one) for n, one in enumerate(value, start=1)]
    return next((found for at, one in inside if (found := _hollow(one, at)) is not None), None)


def acts(said: Any, under: str = "then") -> Sequence[ActWanted]:
    """The acts under ``then`` or ``else``. Raises UsageError."""
    if not isinstance(said, list) or not all(isinstance(one, Mapping) and len(one) == 1 for one in said):
        raise not_understood(T("Under “{name}” stands a list, and each act in it says one thing to do.", name=under))
    return [ActWanted(str(do), value) for one in said for do, value in one.items()]


def numbered(tx: Tx, asked: Mapping[str, Any], names: SourceNames) -> Mapping[str, Any]:
    """A condition with numbers in place of the names of lines and channels. Raises NotFound."""
    found = dict(asked)
    if isinstance(asked.get("lines"), list):
        found["lines"] = [lines.find(tx, str(one)).id for one in asked["lines"]]
    if isinstance(asked.get("channels"), list):
        found["channels"] = [_channel(one, names) for one in asked["channels"]]
    return _inside(found, lambda one: numbered(tx, one, names))


def _channel(named: Any, names: SourceNames) -> int:
    fitting = [number for number, title in names.channels.items() if named in {number, str(number), title}]
    if len(fitting) != 1:
        raise NotFound(
            T("There is no channel {name}, or several.", name=str(named)),
            T("See them with: {how}", how=to_do(Next.CHANNELS)),
        )
    return fitting[0]
