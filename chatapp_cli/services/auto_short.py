"""Automatic answers in their short form: outside hours, to a keyword, to a first message, when nobody answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.automation import ActWanted, RuleKind, RuleWanted
from chatapp_cli.domain.dialog_condition import FirstOf
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_kinds, lines
from chatapp_cli.services.auto_doubts import RuleDoubt

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import LineId
    from chatapp_cli.services.auto_desk import AutoDesk
    from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortAnswer:
    """When to answer; conditions hold together."""

    outside_hours: bool = False
    keywords: Sequence[str] = ()
    first: bool = False
    unanswered: int | None = None
    """Open minutes."""

    def of_dialog(self) -> Mapping[str, Any]:
        """The conditions besides the keywords; ``None``: not asked."""
        first = FirstOf.EVER.value if self.first else None
        return {"open": False if self.outside_hours else None, "first": first, "waited": self.unanswered}

    def called(self) -> Text:
        """What an answer is called that was given no name. Raises UsageError if it would answer everything."""
        if self.keywords:
            return Text("{words}", {"words": ", ".join(self.keywords)})
        if self.unanswered:
            return T("Nobody answered")
        if self.first:
            return T("First message")
        if self.outside_hours:
            return T("Outside working hours")
        raise UsageError(
            T("It would answer every message."),
            T("Say when: --outside-hours, --keyword WORD, --first or --unanswered MINUTES"),
            field="when",
        )

    def wanted(self, name: str, line: LineId | None, act: ActWanted) -> RuleWanted:
        """The rule."""
        said = {**self.of_dialog(), "words": list(self.keywords)}
        asked = {key: value for key, value in said.items() if value not in (None, [])}
        return RuleWanted(name=name, kind=RuleKind.AUTOREPLY, line=line, asked=asked, acts=[act])


def answer_with(text: str, reply: str, buttons: Sequence[str] = ()) -> ActWanted:
    """The act that answers. Raises UsageError unless it is one of the two, and for buttons below a quick reply."""
    if bool(text) is bool(reply):
        raise UsageError(T("Say what to answer: either a text or a quick reply."), T("Such as: --text 'Здравствуйте!'"))
    return auto_kinds.with_buttons([ActWanted(auto_kinds.SEND, text) if text else ActWanted(auto_kinds.REPLY, reply)],
                                   buttons)[0]  # fmt: skip


def never_closing(tx: Tx, desk: AutoDesk, wanted: RuleWanted) -> list[RuleDoubt]:
    """The lines that have no working hours, of an answer that is given while a line is closed."""
    if wanted.asked.get("open") is not False:
        return []
    hours = desk.hours(tx)
    named = [row.name for row in lines.everything(tx) if wanted.line in {None, row.id} and hours(row.id) is None]
    step = T("Set them: {how}", how=to_do(Next.HOURS))
    return [RuleDoubt(T("Line {name} has no working hours, so it never closes.", name=one), step) for one in named]
