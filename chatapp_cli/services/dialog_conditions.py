"""Conditions on the dialog and its client as people ask for them; a part of ``conditions``.

- ``direction``: ``in`` or ``out``; ``chats``: ``private``, ``group``, ``channel``
- ``from``: ids or addresses of the chat or of who wrote
- ``match``: regular expressions of which one has to fit the text
- ``tags``: tags of which the dialog has one; ``untagged``: of which it has none
- ``assignee``: names of operators, ``nobody`` or ``anybody``
- ``first``: ``ever`` or ``day``; ``waited``: minutes that the client waits while the line is open
- ``open``: whether the line is open now
- ``known``, ``unknown``: ``name``, ``phone``, ``email``, ``username`` of the client
- ``stages``: stages of a card in a CRM
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, get_args

from chatapp_cli.domain import limits
from chatapp_cli.domain.arrival import ChatKind
from chatapp_cli.domain.condition import AnyOf, Condition, Negated
from chatapp_cli.domain.dialog_condition import (
    ANYBODY,
    NOBODY,
    AssignedTo,
    AtStage,
    FirstOf,
    FromAddress,
    GoingOneWay,
    HasTags,
    HoursOf,
    InChat,
    IsFirst,
    IsKnown,
    IsOpen,
    Known,
    Matches,
    Waited,
)
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.text import T
from chatapp_cli.services.expressions import expression

LISTS: Final = ("chats", "from", "match", "tags", "untagged", "assignee", "known", "unknown", "stages")
_FIELDS: Final[Mapping[str, str]] = {
    "имя": Known.NAME.value, "телефон": Known.PHONE.value, "почта": Known.EMAIL.value, "ник": Known.USERNAME.value,
}  # fmt: skip
_SPOKEN: Final[Mapping[str, Mapping[str, str]]] = {
    "assignee": {"никто": NOBODY, "никого": NOBODY, "кто угодно": ANYBODY, "кто-нибудь": ANYBODY, "любой": ANYBODY},
    "first": {"день": FirstOf.DAY.value, "вообще": FirstOf.EVER.value},
    "chats": {"личный": "private", "личная": "private", "группа": "group", "канал": "channel"},
    "known": _FIELDS,
    "unknown": _FIELDS,
}
"""What people write in Russian for the words of conditions."""
CHOICES: Final = ("direction", "first")
NAMES: Final = (*CHOICES, *LISTS, "waited", "open")
"""What a condition may name of these."""
LONGEST_WAIT: Final = 30 * 24 * 60
"""Minutes for which a client may be waited for to wait."""
_MOST_EXPRESSIONS: Final = 20


def parts(asked: Mapping[str, Any], hours: HoursOf) -> Iterator[Condition]:
    """The conditions of a mapping that are about the dialog. Raises UsageError for what cannot be meant."""
    for name, made in _MADE.items():
        if asked.get(name):
            yield made(asked[name])
    if asked.get("waited"):
        yield Waited(_minutes(asked["waited"]), hours)
    if "open" in asked:
        yield IsOpen(hours) if asked["open"] else Negated(IsOpen(hours))


def _chats(said: Sequence[str]) -> Condition:
    return InChat(frozenset(_chosen("chats", one, get_args(ChatKind)) for one in said))  # type: ignore[misc]


def _matches(said: Sequence[str]) -> Condition:
    if len(said) > _MOST_EXPRESSIONS:
        what = T("match: {n} are too many; the limit is {limit}.", n=len(said), limit=_MOST_EXPRESSIONS)
        raise UsageError(what, T("Make several rules of it."), field="match")
    each = tuple(Matches(one, expression(one)) for one in said)
    return each[0] if len(each) == 1 else AnyOf(each)


def _known(name: str, said: Sequence[str]) -> frozenset[Known]:
    return frozenset(Known(_chosen(name, one, tuple(Known))) for one in said)


def _unknown(said: Sequence[str]) -> Condition:
    each = tuple(Negated(IsKnown(frozenset({one}))) for one in sorted(_known("unknown", said)))
    return each[0] if len(each) == 1 else AnyOf(each)


def _named(name: str, said: Sequence[str]) -> frozenset[str]:
    for one in said:
        limits.NAME.require(one, field=name)
    return frozenset(said)


_MADE: Final[Mapping[str, Callable[[Any], Condition]]] = {
    "direction": lambda said: GoingOneWay(Direction(_chosen("direction", said, tuple(Direction)))),
    "chats": _chats,
    "from": lambda said: FromAddress(frozenset(map(fold, _named("from", said)))),
    "match": _matches,
    "tags": lambda said: HasTags(_named("tags", said)),
    "untagged": lambda said: Negated(HasTags(_named("untagged", said))),
    "assignee": lambda said: AssignedTo(_named("assignee", said)),
    "first": lambda said: IsFirst(FirstOf(_chosen("first", said, tuple(FirstOf)))),
    "known": lambda said: IsKnown(_known("known", said)),
    "unknown": _unknown,
    "stages": lambda said: AtStage(_named("stages", said)),
}


def as_kept(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """A condition with the words that conditions are kept with, also inside others, where people wrote Russian ones."""
    made = dict(asked)
    for name, meant in _SPOKEN.items():
        said = made.get(name)
        if isinstance(said, str):
            made[name] = meant.get(fold(said), said)
        elif isinstance(said, list | tuple):
            made[name] = [meant.get(fold(one), one) if isinstance(one, str) else one for one in said]
    for name in ("all", "any"):
        if isinstance(inner := made.get(name), list | tuple):
            made[name] = [as_kept(one) if isinstance(one, Mapping) else one for one in inner]
    if isinstance(inner := made.get("not"), Mapping):
        made["not"] = as_kept(inner)
    return made


def _chosen(name: str, said: object, known: Sequence[str]) -> str:
    if said not in known:
        raise UsageError(
            T("{name} cannot be {value}.", name=name, value=str(said)),
            T("Choose one of: {allowed}", allowed=", ".join(known)),
            field=name,
        )
    return str(said)


def _minutes(said: object) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not 0 < said <= LONGEST_WAIT:
        raise UsageError(
            T("waited cannot be {value}.", value=str(said)),
            T("Write minutes, at most {most}.", most=LONGEST_WAIT),
            field="waited",
        )
    return said
