"""The filter options for lists of dialogs (S-117)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands import duties as duty_verbs
from chatapp_cli.commands.base import channel_names, completing, line_names
from chatapp_cli.domain.dialog import DialogFilter, Filter, FilterKind, filters
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.finding import by_name, fold
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.text import T, Text
from chatapp_cli.domain.when import since

if TYPE_CHECKING:
    from chatapp_cli.store.tx import Tx


_COMPLETED: Mapping[FilterKind, Any] = {
    FilterKind.LINE: completing(line_names),
    FilterKind.CHANNEL: completing(channel_names),
    FilterKind.OPERATOR: completing(duty_verbs.operator_names),
}


def option(one: Filter) -> Any:
    """The option of a filter."""
    return typer.Option(
        one.flag,
        metavar="TIME" if one.kind is FilterKind.MOMENT else None,
        help=one.help.msgid,
        autocompletion=_COMPLETED.get(one.kind),
    )


Channel = Annotated[str, option(DialogFilter.channel)]
Tagged = Annotated[str, option(DialogFilter.tag)]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The values of these options, by filter."""

    values: Mapping[str, Any]

    def wanted(self, tx: Tx) -> DialogFilter:
        """The filter of these options. Raises UsageError for an invalid time, and as ``filtered``."""
        return filtered(tx, self.values, me=tx.name)


def narrowed(verb: Callable[..., None]) -> Callable[..., None]:
    """Decorator that adds these options to a command, which gets them as ``narrowing``."""
    own = Signature.from_callable(verb, eval_str=True).parameters
    options = {one.name: _parameter(one) for one in filters() if one.kind is not FilterKind.INNER}

    @wraps(verb)
    def command(**values: Any) -> None:
        verb(
            **{name: values[name] for name in own if name in values},
            narrowing=Narrowing({name: values[name] for name in options}),
        )

    named = [one for one in own.values() if one.kind is not Parameter.KEYWORD_ONLY]
    rest = [one for one in own.values() if one.kind is Parameter.KEYWORD_ONLY and one.name != "narrowing"]
    command.__signature__ = Signature([*named, *options.values(), *rest])  # type: ignore[attr-defined]  # read by typer
    return command


def _parameter(one: Filter) -> Parameter:
    if one.kind is FilterKind.FLAG:
        return Parameter(one.name, _NAMED, default=False, annotation=Annotated[bool, option(one)])
    return Parameter(one.name, _NAMED, default="", annotation=Annotated[str, option(one)])


_NAMED = Parameter.POSITIONAL_OR_KEYWORD


def filtered(tx: Tx, values: Mapping[str, Any], *, me: str = "") -> DialogFilter:
    """The filter of a person's input. Raises NotFound or UsageError for a name that is not known.

    Words for a moment stay as they are: they mean another one each day.
    """
    chosen: dict[str, Any] = {}
    for one in filters():
        if value := values.get(one.name):
            chosen |= _meant(tx, one, value, me, chosen.get("line"))
    return DialogFilter(**chosen)


def _meant(tx: Tx, one: Filter, value: Any, me: str, line: LineId | None) -> Mapping[str, Any]:
    from chatapp_cli.commands.binding import spelled
    from chatapp_cli.kit.manifests import packages
    from chatapp_cli.services import channels, lines

    match one.kind:
        case FilterKind.LINE:
            return {one.name: lines.find(tx, value).id}
        case FilterKind.CHANNEL if (named := spelled(tx, value)) in packages():
            return {"kind": named}
        case FilterKind.CHANNEL:
            return {one.name: channels.find(tx, value, line=line).id}
        case _:
            return {one.name: _checked(tx, one, value, me)}


def _checked(tx: Tx, one: Filter, value: Any, me: str) -> Any:
    from chatapp_cli.services import dialogs

    match one.kind:
        case FilterKind.OPERATOR:
            return _operator(tx, value, me)
        case FilterKind.TAG:
            return known(value, dialogs.known_tags(tx), T("There is no tag {name}.", name=value), one.name)
        case FilterKind.MOMENT:
            since(value, now=tx.now)
            return value.strip()
        case _:
            return value


def _operator(tx: Tx, value: str, me: str) -> str:
    from chatapp_cli.services import duties

    if value == duty_verbs.NOBODY:
        return ""
    name = duty_verbs.named(value, me)
    return known(name, [me, *duties.operators(tx)], T("Nobody here is called {name}.", name=name), "assignee")


def known(name: str, names: Sequence[str], unknown: Text, field: str) -> str:
    """A name that is one of these. Raises UsageError, with the nearest one."""
    from difflib import get_close_matches

    if name in names:
        return name
    near = {fold(one): one for one in names}
    found = get_close_matches(fold(name), near, n=1)
    step = T("Did you mean: {name}", name=near[found[0]]) if found else T("Known: {names}", names=_some(names))
    raise UsageError(unknown, step, field=field)


def _some(names: Sequence[str]) -> str:
    shown = sorted({one for one in names if one}, key=by_name)
    return ", ".join(shown[:_MOST]) + (", …" if len(shown) > _MOST else "") or "–"


_MOST = 10
"""Names that a refusal lists."""
