"""What rules may ask for at each event, and about what the event may be; checked when a rule is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from chatapp_cli.domain import limits, rule_clock
from chatapp_cli.domain.automation import EVENTS, FIELDS, NAMING, OF_MESSAGES, RuleEvent
from chatapp_cli.domain.automation import RuleWanted as Wanted
from chatapp_cli.domain.dialog_condition import NOBODY
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.text import T

_OF_WORDS: Final = ("words", "without", "match", "first")
"""Parts of a condition that need a message."""
_WAYS: Final[Mapping[RuleEvent, Direction]] = MappingProxyType(
    {event: Direction.IN if event is RuleEvent.ARRIVED else Direction.OUT for event in OF_MESSAGES}
)
"""Which way the messages of an event go."""


def sound_about(wanted: Wanted) -> str:
    """What the event of a rule has to be about, as it is kept. Raises UsageError for what can never happen."""
    about = wanted.about.strip()
    limits.NAME.require(about, field="about")
    _require_possible(wanted)
    if wanted.event is RuleEvent.TIME:
        clock = rule_clock.understood(about)
        _require_few(wanted)
        return str(clock)
    if about and wanted.event not in NAMING:
        raise UsageError(
            T("{event} is about no tag, operator, field or stage.", event=wanted.event.value),
            T("Leave it out."),
            field="about",
        )
    if about and wanted.event is RuleEvent.CONTACT and about not in FIELDS:
        raise UsageError(
            T("{event} is never about {about}.", event=wanted.event.value, about=about),
            T("Choose one of: {allowed}", allowed=", ".join(FIELDS)),
            field="about",
        )
    return about


def _require_possible(wanted: Wanted) -> None:
    """Raise UsageError for conditions that the event never fulfils."""
    for name in _OF_WORDS:
        if wanted.event not in OF_MESSAGES and _names(wanted.asked, name):
            raise UsageError(
                T("When {event}, there is no message: {name} can never fit.", event=EVENTS[wanted.event], name=name),
                T("Leave it out, or wait for: {events}", events=", ".join(sorted(OF_MESSAGES))),
                field="if",
            )
    way = _WAYS.get(wanted.event)
    if way is not None and any(one.get("direction") not in {None, "", way} for one in demanded(wanted.asked)):
        raise UsageError(
            T("When {event}, the message never goes that way: direction can never fit.", event=EVENTS[wanted.event]),
            T("Leave it out."),
            field="if",
        )


def _require_few(wanted: Wanted) -> None:
    """Raise UsageError for a rule that would go through every dialog that there ever was."""
    if narrowing(wanted.asked) is None:
        raise UsageError(
            T("A rule that runs by the clock has to say for which dialogs: now it is all that there are."),
            T("Ask for one of: {names}", names="waited, tags, stages, assignee"),
            field="if",
        )


def narrowing(asked: Mapping[str, Any]) -> tuple[str, Sequence[str]] | None:
    """The part of a condition by which few dialogs are found, and what it names; ``None``: there is none."""
    for name in ("waited", "stages", "tags", "assignee"):
        for one in demanded(asked):
            said = one.get(name)
            if said and not (name == "assignee" and NOBODY in said):
                return name, () if name == "waited" else list(said)
    return None


def demanded(asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A condition and those inside it that have to hold as well."""
    yield asked
    for one in asked.get("all") or ():
        yield from demanded(one)


def _names(asked: Mapping[str, Any], name: str) -> bool:
    """Whether a condition asks for something, also inside others."""
    inner = [*(asked.get("all") or ()), *(asked.get("any") or ()), *([asked["not"]] if asked.get("not") else [])]
    return bool(asked.get(name)) or any(_names(one, name) for one in inner)


def require_stages(event: RuleEvent, about: str, asked: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise UsageError for a stage that no CRM has, or that none tells."""
    wanted = [*said_in(asked, "stages"), *([about] if about and event is RuleEvent.STAGE else [])]
    if not known and (wanted or event is RuleEvent.STAGE):
        raise UsageError(
            T("No CRM tells at which stages its cards stand."),
            T("Pair a channel so, and wait until it has told: {how}", how="crm configure CHANNEL --set stages=on"),
            field="if",
        )
    if gone := next((one for one in wanted if one not in known), None):
        raise UsageError(
            T("No CRM has a stage {name}.", name=gone),
            T("Stages: {known}", known=", ".join(sorted(one for one in known if "/" in one) or sorted(known))),
            field="if",
        )


def said_in(asked: Mapping[str, Any], name: str) -> list[str]:
    """What a condition names, also inside others."""
    inner = [*(asked.get("all") or ()), *(asked.get("any") or ()), *([asked["not"]] if asked.get("not") else [])]
    return [*(asked.get(name) or ()), *(one for inside in inner for one in said_in(inside, name))]
