"""What rules can do: each kind of act with what it needs, and how that is checked when a rule is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from chatapp_cli.domain import buttons, limits, variables
from chatapp_cli.domain.automation import ActWanted, RuleWanted
from chatapp_cli.domain.condition import joined
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import language
from chatapp_cli.services import auto_addresses, auto_robot_fields, auto_takers, auto_values, replies
from chatapp_cli.store.tx import Tx

SEND: Final = "send"
REPLY: Final = "reply"
TAG: Final = "tag"
UNTAG: Final = "untag"
ASSIGN: Final = auto_takers.ASSIGN
NOTE: Final = "note"
SNOOZE: Final = "snooze"
WAIVE: Final = "waive"
ROBOT: Final = auto_robot_fields.KIND
DISTRIBUTE: Final = auto_takers.DISTRIBUTE
JOIN: Final = auto_takers.JOIN
WEBHOOK: Final = auto_addresses.KIND
COMMENT: Final = "comment"
_AND: Final = Text("; ")
MOST: Final = 20
"""Acts of one rule."""
LONGEST_SNOOZE: Final = 365 * 24 * 60
"""Minutes."""
FILLED: Final = (variables.CLIENT, variables.COMPANY, variables.LINE, variables.DATE, variables.OPENS)
"""The variables that an automatic text may have: nobody is there to fill others."""


class ActKind(NamedTuple):
    """A kind of act."""

    words: Text
    """What it does; ``{value}`` is with what."""
    checked: auto_values.Checked
    sends: bool = False
    """Whether the client gets a message."""
    several: bool = False
    """Whether it is kept as a list of values."""
    fields: bool = False
    """Whether it is kept as a mapping."""
    shown: Callable[[Any], str | Text] | None = None
    """How its value is shown; ``None``: as it is kept."""


def require_fillable(text: str) -> None:
    """Raise UsageError for a variable that nothing fills in an automatic text."""
    unknown = [written for name, written in variables.gaps(text).items() if name not in FILLED]
    if unknown:
        raise UsageError(
            T("Nothing fills {names} in an automatic text.", names=", ".join(f"{{{one}}}" for one in unknown)),
            T(
                "Variables that it may have: {names}",
                names=", ".join(f"{{{variables.spoken(one, language())}}}" for one in FILLED),
            ),
            field="then",
        )


def _sent(tx: Tx, said: Any) -> str | Mapping[str, Any]:
    """A text alone, or with buttons as ``{text: …, buttons: […]}``."""
    spoken, below = _parted(said)
    text: str = auto_values.text(SEND, limits.DRAFT, "Здравствуйте!")(tx, spoken)
    require_fillable(text)
    return {"text": text, "buttons": list(buttons.checked(below))} if below else text


def _parted(said: Any) -> tuple[Any, Sequence[str]]:
    """What somebody said, apart from its buttons."""
    if not isinstance(said, Mapping):
        return said, ()
    below = said.get("buttons", ())
    listed = [below] if isinstance(below, str) else below
    sound = isinstance(listed, list | tuple) and all(type(one) in {str, int} for one in listed)
    if not said.keys() <= {"text", "buttons"} or not sound:
        raise auto_values.wrong(SEND, said, 'send: {text: "Что вас интересует?", buttons: [Цены, Доставка]}')
    return said.get("text"), [str(one) for one in listed]


def sent_parts(value: Any) -> tuple[str, Sequence[str]]:
    """The text and the buttons of a kept ``send``."""
    return (value["text"], value["buttons"]) if isinstance(value, Mapping) else (value, ())


def with_buttons(acts: Sequence[ActWanted], below: Sequence[str]) -> list[ActWanted]:
    """Acts with buttons below each text that is sent. Raises UsageError if none is."""
    if below and not any(one.do == SEND for one in acts):
        raise UsageError(
            T("Buttons stand below a text that the rule sends."),
            T("Such as: --do send='Что вас интересует?'; those of a quick reply are its own."),
            field="button",
        )
    found = {"buttons": list(below)}
    return [ActWanted(SEND, {"text": one.value, **found}) if below and one.do == SEND else one for one in acts]


def _reply(tx: Tx, said: Any) -> str:
    named: str = auto_values.text(REPLY, limits.SEARCH, "Цены")(tx, said)
    row = replies.find(tx, named)
    require_fillable(row.text)
    return f"{row.section}/{row.title}"


def _tags(kind: str) -> auto_values.Checked:
    def checked(tx: Tx, said: Any) -> Sequence[str]:
        each = auto_values.text(kind, limits.TAG, "vip")
        listed = said if isinstance(said, list | tuple) else [said]
        if not listed:
            raise auto_values.wrong(kind, said, f"{kind}: vip")
        return list(dict.fromkeys(each(tx, one) for one in listed))

    return checked


def _minutes(tx: Tx, said: Any) -> int:
    del tx
    found = int(said) if isinstance(said, str) and said.isdecimal() and said.isascii() else said
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found <= LONGEST_SNOOZE:
        raise auto_values.wrong(SNOOZE, said, "snooze: 60")
    return found


def _yes(tx: Tx, said: Any) -> bool:
    del tx
    if said not in (True, "", "yes", "true"):
        raise auto_values.wrong(WAIVE, said, "waive: yes")
    return True


KINDS: Final[Mapping[str, ActKind]] = MappingProxyType(
    {
        SEND: ActKind(T("answer “{value}”"), _sent, sends=True),
        REPLY: ActKind(T("answer with the quick reply {value}"), _reply, sends=True),
        TAG: ActKind(T("tag with {value}"), _tags(TAG), several=True),
        UNTAG: ActKind(T("take off the tag {value}"), _tags(UNTAG), several=True),
        ASSIGN: ActKind(T("assign to {value}"), auto_takers.operator(ASSIGN)),
        DISTRIBUTE: ActKind(T("distribute {value}"), auto_takers.way, shown=auto_takers.way_in_words),
        JOIN: ActKind(T("have {value} take part"), auto_takers.operator(JOIN)),
        NOTE: ActKind(T("note “{value}”"), auto_values.text(NOTE, limits.NOTE, "Перезвонить")),
        SNOOZE: ActKind(T("snooze for {value} minutes"), _minutes),
        WAIVE: ActKind(T("mark that no answer is needed"), _yes),
        ROBOT: ActKind(T("run the robot {value}"), auto_robot_fields.checked, fields=True),
        COMMENT: ActKind(
            T("comment “{value}” in the card of the CRM"), auto_values.text(COMMENT, limits.NOTE, "Перезвонить")
        ),
        WEBHOOK: ActKind(T("tell {value}"), auto_addresses.checked, shown=auto_addresses.origin),
    }
)


def checked(tx: Tx, acts: Sequence[ActWanted]) -> Sequence[ActWanted]:
    """The acts as they are kept. Raises UsageError and NotFound for what cannot be done."""
    if not acts:
        raise UsageError(T("The rule does nothing."), T("Such as: --do tag=vip"), field="then")
    if len(acts) > MOST:
        raise UsageError(T("{n} acts are too many; the limit is {limit}.", n=len(acts), limit=MOST), field="then")
    return [ActWanted(one.do, known(one.do).checked(tx, one.value)) for one in acts]


def checked_else(tx: Tx, acts: Sequence[ActWanted], otherwise: Sequence[ActWanted]) -> Sequence[ActWanted]:
    """The acts for when nobody is there, as they are kept. Raises UsageError if the others look for nobody."""
    if not otherwise:
        return ()
    if not any(one.do in auto_takers.FINDING for one in acts):
        raise UsageError(
            T("Nothing of the rule looks for somebody, so its else is never done."),
            T("Such as: {example}", example="--do distribute=evenly"),
            field="else",
        )
    return checked(tx, otherwise)


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
    if kind is None:
        return Text("{value}", {"value": act.do})
    return Text(kind.words.msgid, {"value": (kind.shown or _shown)(act.value)})


def all_in_words(wanted: RuleWanted) -> Text:
    """All acts of a rule as people read them."""
    acts = joined([in_words(one) for one in wanted.acts], _AND)
    if not wanted.otherwise:
        return acts
    return T(
        "{acts}; if nobody is there: {otherwise}",
        acts=acts,
        otherwise=joined([in_words(one) for one in wanted.otherwise], _AND),
    )


def by_name(do: str) -> Text:
    """A kind of act as people read it where it is not known with what it is done."""
    return in_words(ActWanted(do, "…"))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping) and "buttons" in value:
        return " ".join([str(value["text"]), *(f"[{one}]" for one in value["buttons"])])
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={one}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def tells_opening(tx: Tx, acts: Sequence[ActWanted]) -> bool:
    """Whether one of these texts says when the line opens, so that the line needs hours."""
    texts = [replies.find(tx, one.value).text for one in acts if one.do == REPLY]
    texts += [sent_parts(one.value)[0] for one in acts if one.do == SEND]
    return any(variables.OPENS in variables.gaps(text) for text in texts)
