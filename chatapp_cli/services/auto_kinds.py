"""What rules can do: each kind of act with what it needs, and how that is checked when a rule is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from chatapp_cli.domain import limits, variables
from chatapp_cli.domain.automation import ActWanted
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.robot import WHOM, RobotCode
from chatapp_cli.domain.text import T, Text, is_whole
from chatapp_cli.services import operators, replies
from chatapp_cli.store.tx import Tx

SEND: Final = "send"
REPLY: Final = "reply"
TAG: Final = "tag"
UNTAG: Final = "untag"
ASSIGN: Final = "assign"
NOTE: Final = "note"
SNOOZE: Final = "snooze"
WAIVE: Final = "waive"
ROBOT: Final = "robot"
MOST: Final = 20
"""Acts of one rule."""
LONGEST_SNOOZE: Final = 365 * 24 * 60
"""Minutes."""
FILLED: Final = (variables.CLIENT, variables.COMPANY, variables.LINE, variables.DATE, variables.OPENS)
"""The variables that an automatic text may have: nobody is there to fill others."""
_WRITING: Final = frozenset({RobotCode.SEND_MESSAGE, RobotCode.SEND_FILE, RobotCode.SEND_DOCUMENT})
"""Robots that write to the client."""
Checked = Callable[[Tx, Any], Any]


class ActKind(NamedTuple):
    """A kind of act."""

    words: Text
    """What it does; ``{value}`` is with what."""
    checked: Checked
    """Takes what somebody said and gives it as it is kept. Raises UsageError, NotFound."""
    sends: bool = False
    """Whether the client gets a message."""


def _wrong(kind: str, said: object, example: str) -> UsageError:
    return UsageError(
        T("{name} of a rule cannot be {said}.", name=kind, said=str(said)[: limits.NAME.most]),
        T("Such as: {example}", example=example),
        field="then",
    )


def _text(kind: str, limit: limits.TextLimit, example: str) -> Checked:
    def checked(tx: Tx, said: Any) -> str:
        del tx
        if not isinstance(said, str) or not said.strip() or not is_whole(said):
            raise _wrong(kind, said, f"{kind}: {example}")
        limit.require(said.strip(), field="then")
        return said.strip()

    return checked


def require_fillable(text: str) -> None:
    """Raise UsageError for a variable that nothing fills in an automatic text."""
    unknown = [written for name, written in variables.gaps(text).items() if name not in FILLED]
    if unknown:
        raise UsageError(
            T("Nothing fills {names} in an automatic text.", names=", ".join(f"{{{one}}}" for one in unknown)),
            T("Variables that it may have: {names}", names=", ".join(f"{{{one}}}" for one in FILLED)),
            field="then",
        )


def _sent(tx: Tx, said: Any) -> str:
    text: str = _text(SEND, limits.DRAFT, "Здравствуйте!")(tx, said)
    require_fillable(text)
    return text


def _reply(tx: Tx, said: Any) -> str:
    named: str = _text(REPLY, limits.SEARCH, "Цены")(tx, said)
    row = replies.find(tx, named)
    require_fillable(row.text)
    return f"{row.section}/{row.title}"


def _tags(kind: str) -> Checked:
    def checked(tx: Tx, said: Any) -> Sequence[str]:
        each = _text(kind, limits.TAG, "vip")
        listed = said if isinstance(said, list | tuple) else [said]
        if not listed:
            raise _wrong(kind, said, f"{kind}: vip")
        return list(dict.fromkeys(each(tx, one) for one in listed))

    return checked


def _operator(tx: Tx, said: Any) -> str:
    name: str = _text(ASSIGN, limits.NAME, "Ольга")(tx, said)
    operators.require_somebody(tx, name)
    return name


def _minutes(tx: Tx, said: Any) -> int:
    del tx
    found = int(said) if isinstance(said, str) and said.isdecimal() and said.isascii() else said
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found <= LONGEST_SNOOZE:
        raise _wrong(SNOOZE, said, "snooze: 60")
    return found


def _yes(tx: Tx, said: Any) -> bool:
    del tx
    if said not in (True, "", "yes", "true"):
        raise _wrong(WAIVE, said, "waive: yes")
    return True


def _robot(tx: Tx, said: Any) -> Mapping[str, str]:
    """A robot with its fields; for whom it works is the client of the dialog."""
    from chatapp_cli.services import robot_yaml

    del tx
    if not isinstance(said, Mapping) or not all(isinstance(one, str) for one in said.values()):
        raise _wrong(ROBOT, said, "robot: {robot: set-tags, tags: vip}")
    filled = {str(name): str(value) for name, value in said.items()}
    step = robot_yaml.step(filled.pop("robot", ""), filled)
    if step.robot.code in _WRITING:
        what = T("A rule does not write by the robot {name}.", name=step.robot.spelled)
        raise UsageError(what, T("Write instead: {names}", names=f"{SEND}, {REPLY}"), field="then")
    if named := next((one.name for one in WHOM if one.name in filled), ""):
        what = T("A robot of a rule works for the client of the dialog: it has no {name}.", name=named)
        raise UsageError(what, T("Leave it out."), field="then")
    return {"robot": step.robot.code, **step.arguments}


KINDS: Final[Mapping[str, ActKind]] = MappingProxyType(
    {
        SEND: ActKind(T("answer “{value}”"), _sent, sends=True),
        REPLY: ActKind(T("answer with the quick reply {value}"), _reply, sends=True),
        TAG: ActKind(T("tag with {value}"), _tags(TAG)),
        UNTAG: ActKind(T("take off the tag {value}"), _tags(UNTAG)),
        ASSIGN: ActKind(T("assign to {value}"), _operator),
        NOTE: ActKind(T("note “{value}”"), _text(NOTE, limits.NOTE, "Перезвонить")),
        SNOOZE: ActKind(T("snooze for {value} minutes"), _minutes),
        WAIVE: ActKind(T("mark that no answer is needed"), _yes),
        ROBOT: ActKind(T("run the robot {value}"), _robot),
    }
)


def checked(tx: Tx, acts: Sequence[ActWanted]) -> Sequence[ActWanted]:
    """The acts as they are kept. Raises UsageError and NotFound for what cannot be done."""
    if not acts:
        raise UsageError(T("The rule does nothing."), T("Such as: --do tag=vip"), field="then")
    if len(acts) > MOST:
        raise UsageError(T("{n} acts are too many; the limit is {limit}.", n=len(acts), limit=MOST), field="then")
    return [ActWanted(one.do, known(one.do).checked(tx, one.value)) for one in acts]


def known(name: str) -> ActKind:
    """A kind of act by its name. Raises UsageError."""
    found = KINDS.get(name)
    if found is None:
        raise UsageError(
            T("A rule cannot {name}.", name=name), T("It can: {names}", names=", ".join(KINDS)), field="then"
        )
    return found


def sends(acts: Sequence[ActWanted]) -> bool:
    """Whether the client gets a message by one of these."""
    return any(one.do in KINDS and KINDS[one.do].sends for one in acts)


def in_words(act: ActWanted) -> Text:
    """An act as people read it."""
    kind = KINDS.get(act.do)
    return Text("{value}", {"value": act.do}) if kind is None else Text(kind.words.msgid, {"value": _shown(act.value)})


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={one}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def tells_opening(tx: Tx, acts: Sequence[ActWanted]) -> bool:
    """Whether one of these texts says when the line opens, so that the line needs hours."""
    texts = [replies.find(tx, one.value).text if one.do == REPLY else one.value for one in acts if KINDS[one.do].sends]
    return any(variables.OPENS in variables.gaps(text) for text in texts)
