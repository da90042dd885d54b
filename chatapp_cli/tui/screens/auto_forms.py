"""The forms of automation: a rule with what it would have done of late, and an automatic answer in its short form."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from rich.text import Text as Words
from textual import on
from textual.widgets import Checkbox, Input, RadioSet

from chatapp_cli.domain.automation import EVENTS, RuleWanted
from chatapp_cli.domain.dialog_condition import FirstOf
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Choice, Field, Form
from chatapp_cli.domain.ids import AutoRuleId, LineId
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import _, show
from chatapp_cli.ports.bind import Asker
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import (
    auto_fields,
    auto_kinds,
    auto_rules,
    auto_short,
    dialog_conditions,
    rule_answers,
    word_forms,
)
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.actions import automation
from chatapp_cli.tui.reading.rule_faults import RuleFaults
from chatapp_cli.tui.rule_preview import RulePreview
from chatapp_cli.tui.screens.asking import AskingScreen


def _asks(name: str, label: Text, hint: Text | None = None, *, further: bool = True) -> Field:
    return Field(name=name, label=label, hint=hint, required=False, further=further)


def _flag(name: str, label: Text) -> Field:
    return Field(name=name, label=label, kind="flag", default="off", required=False, further=True)


def _choice(name: str, label: Text, *choices: Choice, further: bool = True) -> Field:
    given, first = all(one.value for one in choices), choices[0].value
    return Field(name=name, label=label, kind="choice", choices=choices, default=first, required=given, further=further)


_EITHER: Final = Choice("", T("either"))
_HEAD: Final = (
    Field(name="name", label=T("Name of the rule")),
    _choice("event", T("When"), *(Choice(one.value, words) for one, words in EVENTS.items()), further=False),
    _asks("about", T("About this tag, operator, field or stage"), T("Of events about one; empty: any"), further=False),
)
_IF: Final = (
    _choice(
        "how",
        T("What has to hold"),
        Choice(auto_fields.ALL, T("all of these conditions")),
        Choice(auto_fields.ANY, T("any of these conditions")),
        further=False,
    ),
    _asks(
        "words", T("Words of which one has to occur"), T("In any form, with commas: опт, купить оптом"), further=False
    ),
)
_MORE: Final = (
    _flag("every", T("All words have to occur")),
    _flag("exact", T("Words in this form alone")),
    _asks("without", T("Words that may not occur")),
    _asks("lines", T("Lines"), T("With commas; empty: any")),
    _asks("kinds", T("Kinds of channels"), T("With commas; empty: any")),
    _asks("channels", T("Channels"), T("By number or name, with commas; empty: any")),
    _asks("hours", T("Hours"), T("Such as: 09:00-18:00, 22:00-06:00; a whole day is 00:00-24:00")),
    _asks("days", T("Days"), T("Such as: mon-fri, sat, working, off")),
    _asks("zone", T("Time zone of the hours"), T("Name it as a place, such as: Europe/Moscow, Asia/Yekaterinburg")),
    _asks("calendar", T("Calendar of working days"), T("ru, or one of yours")),
    _flag("outside", T("Not in these hours")),
)
_OF_DIALOG: Final[Mapping[str, Field]] = {
    "direction": _choice(
        "direction", T("Who wrote"), _EITHER, Choice(Direction.IN, T("the client")), Choice(Direction.OUT, T("we"))
    ),
    "first": _choice(
        "first",
        T("Which message of the client"),
        Choice("", T("any message")),
        Choice(FirstOf.EVER, T("the first one ever")),
        Choice(FirstOf.DAY, T("the first one of the day")),
    ),
    "open": _choice("open", T("The line"), _EITHER, Choice("open", T("is open")), Choice("closed", T("is closed"))),
    "waited": _asks("waited", T("Minutes that the client waits while the line is open")),
    "chats": _asks("chats", T("Kinds of chats"), T("private, group, channel; with commas")),
    "from": _asks("from", T("Who wrote, by id or address"), T("With commas; empty: anybody")),
    "match": _asks("match", T("Regular expression")),
    "tags": _asks("tags", T("Tags of which the dialog has one"), T("With commas")),
    "untagged": _asks("untagged", T("Tags of which it has none"), T("With commas")),
    "assignee": _asks("assignee", T("Who answers"), T("Operators, nobody or anybody; with commas")),
    "known": _asks("known", T("Known of the client"), T("name, phone, email, username; with commas")),
    "unknown": _asks("unknown", T("Not known of the client"), T("name, phone, email, username; with commas")),
    "stages": _asks("stages", T("Stage of a card in a CRM"), T("With commas")),
}
"""How conditions on dialogs are asked for; one that is not here goes by its name."""


_OTHERWISE: Final = _asks(
    auto_fields.ELSE,
    T("Otherwise, if nobody is there"),
    T("Acts with semicolons between them, such as: tag=ночь; note=Перезвонить"),
)


def _acts(wanted: RuleWanted) -> Sequence[Field]:
    """A field for each kind of act; those at hand that answer, or that the rule has."""
    had = {act.do for act in wanted.acts} | {auto_kinds.TAG, auto_kinds.ASSIGN}
    return [_act(do, further=not (kind.sends or do in had)) for do, kind in auto_kinds.KINDS.items()]


def _act(do: str, *, further: bool) -> Field:
    label, name = Text("→ {act}", {"act": auto_kinds.by_name(do)}), f"{auto_fields.ACT}{do}"
    if auto_fields.is_flag(do):
        return replace(_flag(name, label), further=further)
    return _asks(name, label, T("With commas") if auto_kinds.KINDS[do].several else None, further=further)


def _lines(names: SourceNames) -> Field:
    choices = (Choice(str(number), Text("{name}", {"name": name})) for number, name in names.lines.items())
    return _choice("line", T("Whose rule it is"), Choice("", T("the company's: of all lines")), *choices)


class AutoFormScreen(AskingScreen):
    """A form that stays until a rule is kept, or the person leaves."""

    def __init__(self, names: SourceNames) -> None:
        super().__init__()
        self.names = names

    def button(self) -> str:
        """What the button says."""
        return _("Save")

    def waiting(self) -> str:
        """Words get their forms."""
        return _("Checking…")

    @abstractmethod
    def form(self) -> Form:
        """What is asked."""

    @abstractmethod
    def wanted(self, answers: Mapping[str, str]) -> RuleWanted:
        """The rule that the answers ask for. Raises UsageError."""

    async def converse(self, ask: Asker) -> str:
        """Ask until the rule is accepted and kept."""
        form = self.form()
        while True:
            answers = await ask.form(form)
            wrong, said = RuleFaults(), ""
            with wrong.caught():
                said = await self.keep(self.wanted(answers))
            if not wrong.found:
                return said
            form = replace(form, values={**form.values, **answers}, errors=_at_fields(wrong.found, form))

    async def keep(self, wanted: RuleWanted, before: AutoRule | None = None) -> str:
        """Add a rule, or replace one; returns what is said of it."""
        await asyncio.to_thread(word_forms.load)
        desk = desk_of(self.workspace.company, making=True)
        rule, gone = await self.workspace.write(partial(_kept, desk=desk, wanted=wanted, before=before))
        await automation.tell_doubts(self, rule)
        return _("Rule {name} is kept.", name=wanted.name) + automation.cancelled(gone)


def _kept(tx: Tx, desk: AutoDesk, wanted: RuleWanted, before: AutoRule | None) -> tuple[AutoRuleId, int]:
    """The number of the rule, and how many planned acts are cancelled."""
    names = desk.names(tx)
    if before is None:
        return auto_rules.add(tx, wanted, names), 0
    row = auto_rules.require_mine(tx, before.id)
    if (row.version, bool(row.enabled)) != (before.version, before.wanted.enabled):  # a switch makes no version
        raise UsageError(
            T("Rule {name} was changed meanwhile.", name=before.wanted.name), T("Open it again, and change it there.")
        )
    return before.id, auto_rules.change(tx, before.id, wanted, names)


def _at_fields(found: Mapping[str, Text], form: Form) -> Mapping[str, Text]:
    """Faults at the fields of the form; another one for the form as a whole."""
    known = {field.name for field in form.fields}
    return {name if name in known else "": fault for name, fault in found.items()}


class AutoRuleScreen(AutoFormScreen):
    """A rule, and beside it what it would have done with what happened just now."""

    def __init__(self, names: SourceNames, rule: AutoRule | None = None) -> None:
        super().__init__(names)
        self._rule = rule
        self._before = RuleWanted(name="") if rule is None else rule.wanted
        self._preview = RulePreview(self, self.wanted)

    def where(self) -> str:
        """Which rule it is."""
        return f"{_('Automation')} · {self._before.name or _('a new rule')}"

    def about(self) -> Words:
        """What is seen here once something is asked for."""
        return Words(_("While you write, here stands what the rule would have done of late. Nothing is done."))

    def form(self) -> Form:
        """Event, conditions and acts; what is rare stands last."""
        of_dialog = [_OF_DIALOG.get(name, _asks(name, Text(name))) for name in dialog_conditions.NAMES]
        stop = _flag("stop", T("Ask no later rule once it holds"))
        otherwise = replace(_OTHERWISE, further=not self._before.otherwise)
        fields = [*_HEAD, *_IF, *_acts(self._before), otherwise, *_MORE, *of_dialog, _lines(self.names), stop]
        return Form(title=T("Rule"), fields=fields, values=auto_fields.answers_of(self._before, self.names))

    def wanted(self, answers: Mapping[str, str]) -> RuleWanted:
        """The rule as the form says it."""
        return auto_fields.wanted(answers, self._before, self.names, show)

    async def keep(self, wanted: RuleWanted, before: AutoRule | None = None) -> str:
        """Add it, or replace the one that is changed."""
        return await super().keep(wanted, self._rule or before)

    @on(Input.Changed)
    @on(Checkbox.Changed)
    @on(RadioSet.Changed)
    def _try_again(self) -> None:
        self._preview.rest()


_WAYS: Final = (
    Choice("outside", T("while the line is closed")),
    Choice("keyword", T("to a keyword")),
    Choice("first", T("to the client's first message ever")),
    Choice("unanswered", T("when nobody answers for some minutes")),
)
_SHORT: Final = (
    _choice("way", T("When to answer"), *_WAYS, further=False),
    Field(name="words", label=T("Keywords"), hint=T("In any form, with commas: опт, купить оптом"),
          when={"way": "keyword"}),
    Field(name="minutes", label=T("Minutes that the client waits while the line is open"), kind="number", default="15",
          least=1, most=dialog_conditions.LONGEST_WAIT, when={"way": "unanswered"}),
    _choice("what", T("What to answer"), Choice("text", T("a text")), Choice("reply", T("a quick reply")),
            further=False),
    Field(name="text", label=T("Text"), hint=T("\\n begins a new line"), when={"what": "text"}),
    Field(name="reply", label=T("Quick reply by its title"), when={"what": "reply"}),
)  # fmt: skip


class AutoAnswerScreen(AutoFormScreen):
    """An automatic answer in its short form."""

    def where(self) -> str:
        """What is made."""
        return f"{_('Automation')} · {_('a new automatic answer')}"

    def about(self) -> Words:
        """What automatic answers never do."""
        return Words(
            _(
                "An automatic answer leaves the dialog among those that wait. To one message at most one is sent, and "
                "none where somebody types or answered just now."
            )
        )

    def form(self) -> Form:
        """When, what, and for which line."""
        fields = [*_SHORT, _lines(self.names), _asks("name", T("Name"), T("Empty: the kind's"))]
        return Form(title=T("Automatic answer"), fields=fields)

    def wanted(self, answers: Mapping[str, str]) -> RuleWanted:
        """The rule of the short form."""
        return _of_short(answers)

    async def keep(self, wanted: RuleWanted, before: AutoRule | None = None) -> str:
        """Add it, and say which lines never close."""
        said = await super().keep(wanted, before)
        never = partial(auto_short.never_closing, desk=desk_of(self.workspace.company), wanted=wanted)
        automation.tell(self, await self.workspace.read(never))
        return said


def _of_short(answers: Mapping[str, str]) -> RuleWanted:
    """The rule that the answers of the short form ask for. Raises UsageError."""
    way, line = answers.get("way"), answers.get("line")
    short = auto_short.ShortAnswer(
        outside_hours=way == "outside",
        keywords=rule_answers.split(answers.get("words", "")) if way == "keyword" else (),
        first=way == "first",
        unanswered=int(answers["minutes"]) if way == "unanswered" else None,
    )
    act = auto_short.answer_with(auto_fields.with_line_ends(answers.get("text", "")), answers.get("reply", ""))
    return short.wanted(answers.get("name") or show(short.called()), LineId(int(line)) if line else None, act)
