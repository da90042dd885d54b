"""A rule of automation as one form asks for it: conditions of one level, all or any of them, and one act of a kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from chatapp_cli.domain.automation import ActWanted, RuleEvent, RuleWanted
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_form, auto_kinds, conditions, dialog_conditions, rule_answers
from chatapp_cli.services.conditions import SourceNames

ANY: Final = "any"
ALL: Final = "all"
ACT: Final = "do_"
"""Before the name of a kind of act: the field in which it is asked for."""
ELSE: Final = "else"
"""The field of what is done if nobody is there."""
GROUPS: Final[Sequence[Sequence[str]]] = (
    ("lines",),
    ("kinds",),
    ("channels",),
    ("words", "every", "exact"),
    ("without", "exact"),
    ("hours", "days", "zone", "calendar", "outside"),
    *((name,) for name in dialog_conditions.NAMES),
)
"""What belongs together when any of the conditions suffices."""
_INSIDE: Final = ("all", "any", "not")
_OPEN: Final[Mapping[str, bool]] = {"open": True, "closed": False}
_LINE_END: Final = "\\n"
"""How a line end is written in a field of one line."""
_BETWEEN: Final = ";"
"""What stands between several acts in one field."""


def flat(asked: Mapping[str, Any]) -> tuple[Mapping[str, Any], str] | None:
    """The conditions of one level, and whether all or any have to hold; ``None`` if there are more levels."""
    nested = {name: asked[name] for name in _INSIDE if asked.get(name)}
    if not nested:
        return asked, ALL
    plain = {name for name, value in asked.items() if name not in _INSIDE and (value or name == "open")}
    if plain or set(nested) != {ANY}:
        return None
    merged = {name: value for one in nested[ANY] for name, value in one.items()}
    same = sorted(map(_spelled, nested[ANY])) == sorted(map(_spelled, _each(merged)))
    return (merged, ANY) if same and not any(name in merged for name in _INSIDE) else None


def _spelled(asked: Mapping[str, Any]) -> str:
    return json.dumps({k: v for k, v in asked.items() if v or k == "open"}, sort_keys=True)


def _each(asked: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Each condition for itself."""
    parts = ({name: asked[name] for name in group if name in asked} for group in GROUPS)
    full = ({name: value for name, value in part.items() if value or name == "open"} for part in parts)
    return [part for part in full if part and not part.keys() <= {"every", "exact", "zone", "calendar", "outside"}]


def fits(wanted: RuleWanted) -> bool:
    """Whether one form can show a rule without losing any of it."""
    one_level, kinds = flat(wanted.asked), [act.do for act in wanted.acts]
    if one_level is None or _in_a_row(wanted.otherwise) is None or len(set(kinds)) < len(kinds):
        return False
    lists = [value for name, value in one_level[0].items() if name != "match"]
    plain = len(one_level[0].get("match") or ()) <= 1 and all(map(_is_plain, lists))
    return plain and all(act_written(act) is not None for act in wanted.acts)


def _is_plain(value: Any) -> bool:
    """Whether a value can be written in a field of one line, several with commas."""
    if isinstance(value, list | tuple):
        return not any("," in str(one) for one in value)
    return not (isinstance(value, str) and _LINE_END in value)


def answers_of(wanted: RuleWanted, names: SourceNames) -> Mapping[str, str]:
    """What a form would have been answered to get a rule that fits."""
    asked, how = flat(wanted.asked) or ({}, ALL)
    of_dialog = {name: _written(asked.get(name)) for name in dialog_conditions.NAMES}
    opened = next((word for word, value in _OPEN.items() if asked.get("open") is value), "")
    return {
        "name": wanted.name,
        "event": wanted.event.value,
        "about": wanted.about,
        "line": "" if wanted.line is None else str(wanted.line),
        "how": how,
        **rule_answers.conditions_asked(asked, names),
        **of_dialog,
        "open": opened,
        "stop": "on" if wanted.stop else "off",
        **{f"{ACT}{act.do}": act_written(act) or "" for act in wanted.acts},
        ELSE: _in_a_row(wanted.otherwise) or "",
    }


def _written(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def act_written(act: ActWanted) -> str | None:
    """With what an act is done, as one field says it; ``None``: a field cannot say it so that it is read back."""
    if act.do not in auto_kinds.KINDS:
        return None
    if is_flag(act.do):
        return "on"
    if auto_kinds.KINDS[act.do].fields:
        return json.dumps(act.value, ensure_ascii=False)
    if isinstance(act.value, Mapping) or not _is_plain(act.value):
        return None
    return _written(act.value).replace("\n", _LINE_END)


def _in_a_row(acts: Sequence[ActWanted]) -> str | None:
    """Acts as ``tag=vip; waive``, in order; ``None``: they cannot be said so that they are read back."""
    said = [(act.do, act_written(act)) for act in acts]
    if any(value is None or _BETWEEN in value for _do, value in said):
        return None
    return f"{_BETWEEN} ".join(do if is_flag(do) else f"{do}={value}" for do, value in said)


def _of_a_row(said: str) -> Sequence[ActWanted]:
    """The acts of ``_in_a_row``. Raises UsageError for a kind of act that there is not."""
    parts = (one.partition("=") for one in said.split(_BETWEEN) if one.strip())
    return [ActWanted(do.strip(), _meant(do.strip(), value.strip())) for do, _equals, value in parts]


def wanted(
    answers: Mapping[str, str], before: RuleWanted, names: SourceNames, show: Callable[[Text], str]
) -> RuleWanted:
    """The rule that a form's answers ask for. Raises UsageError that names the field."""
    line = answers.get("line", "")
    return replace(
        before,
        name=answers.get("name", ""),
        event=RuleEvent(answers.get("event") or RuleEvent.ARRIVED),
        about=answers.get("about", ""),
        line=next((LineId(one) for one in names.lines if str(one) == line), None),
        asked=asked(answers, names, show),
        acts=acts(answers, before.acts),
        otherwise=_of_a_row(answers.get(ELSE, "")),
        stop=answers.get("stop") == "on",
    )


def asked(answers: Mapping[str, str], names: SourceNames, show: Callable[[Text], str]) -> Mapping[str, Any]:
    """The condition that a form's answers ask for. Raises UsageError that names the field."""
    said = {**rule_answers.conditions_of(answers, {}, names, show)}
    said |= {name: rule_answers.split(answers.get(name, "")) for name in dialog_conditions.LISTS}
    said["match"] = [answers["match"]] if answers.get("match") else []  # an expression may have commas
    said |= {name: answers.get(name, "") for name in dialog_conditions.CHOICES}
    full = {name: value for name, value in said.items() if value}
    if waited := answers.get("waited", "").strip():
        full["waited"] = _number("waited", waited)
    if answers.get("open"):
        full["open"] = _OPEN[answers["open"]]
    full = {**conditions.without_idle(full, ())}
    return {ANY: _each(full)} if answers.get("how") == ANY and full else full


def _number(name: str, said: str) -> int:
    if not (said.isdecimal() and said.isascii()):
        raise UsageError(T("{said} is no number of minutes.", said=said), field=name)
    return int(said)


def acts(answers: Mapping[str, str], before: Sequence[ActWanted]) -> Sequence[ActWanted]:
    """The acts that a form's answers ask for: those that were there in their order, then the others."""
    order = dict.fromkeys([*(one.do for one in before), *auto_kinds.KINDS])
    said = ((do, answers.get(f"{ACT}{do}", "").strip()) for do in order)
    return [ActWanted(do, _meant(do, value)) for do, value in said if value and not (is_flag(do) and value == "off")]


def _meant(do: str, value: str) -> Any:
    kind = auto_kinds.known(do)
    if kind.fields:
        return auto_form.loaded(value)
    if kind.several:
        return rule_answers.split(value)
    return True if is_flag(do) else with_line_ends(value)


def with_line_ends(said: str) -> str:
    """A text that was written in one line."""
    return said.replace(_LINE_END, "\n")


def is_flag(do: str) -> bool:
    """Whether a kind of act is done with nothing, so that it is only asked for or not."""
    return "{value}" not in auto_kinds.KINDS[do].words.msgid
