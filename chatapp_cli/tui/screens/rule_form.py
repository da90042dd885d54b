"""The page on which a rule of a CRM is made or changed, as ``chatapp crm rules add`` and ``edit`` do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rich.text import Text as Words

from chatapp_cli.domain.crm.outcome import CrmPipeline
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.form import Choice, Field, Form
from chatapp_cli.domain.next_step import Next
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import _, show
from chatapp_cli.ports.bind import Asker
from chatapp_cli.runtime import crm_rules as kept
from chatapp_cli.services import conditions, rule_answers
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.crm_rules import PipelineRule
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.store.rows.crm import LinkRow
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.keys.next_steps import said_here
from chatapp_cli.tui.reading.rule_faults import RuleFaults, faults
from chatapp_cli.tui.screens.asking import AskingScreen


def _asks(name: str, label: Text, hint: Text | None = None, *, further: bool = False) -> Field:
    return Field(name=name, label=label, hint=hint, required=False, further=further)


_FIELDS: Final[Sequence[Field]] = (
    Field(name="name", label=T("Name of the rule")),
    _asks("words", T("Words of which one has to occur"), T("In any form, with commas: опт, купить оптом")),
    _asks("kinds", T("Kinds of channels"), T("With commas; empty: any")),
    _asks("lines", T("Lines"), T("With commas; empty: any")),
    _asks("channels", T("Channels"), T("By number or name, with commas; empty: any")),
    _asks("hours", T("Hours"), T("Such as: 09:00-18:00, 22:00-06:00; a whole day is 00:00-24:00")),
    _asks("days", T("Days"), T("Such as: mon-fri, sat, working, off")),
    _asks("zone", T("Time zone of the hours"), T("Name it as a place, such as: Europe/Moscow, Asia/Yekaterinburg")),
    _asks("calendar", T("Calendar of working days"), T("ru, or one of yours"), further=True),
    Field(name="outside", label=T("Not in these hours"), kind="flag", default="off", required=False, further=True),
    _asks("without", T("Words that may not occur"), further=True),
    Field(name="every", label=T("All words have to occur"), kind="flag", default="off", required=False, further=True),
    Field(name="exact", label=T("Words in this form alone"), kind="flag", default="off", required=False, further=True),
    _asks("stage", T("First stage"), T("By name or id; empty: the first one")),
    _asks("responsible", T("Responsible"), T("Employees by name or number, who take turns; or contact, or operator")),
    _asks("field", T("Fields of the card"), T("FIELD=VALUE, with commas"), further=True),
    _asks("tag", T("Tags of the card"), T("With commas"), further=True),
    _asks("window", T("Minutes within which a later message may move the card"), further=True),
)


class RuleScreen(AskingScreen):
    """One form, with the pipelines that the CRM has; it stays until the rule is kept or the person leaves."""

    def __init__(self, link: LinkRow, names: SourceNames, rule: PipelineRule | None = None) -> None:
        super().__init__()
        self._link, self._names, self._rule = link, names, rule

    def where(self) -> str:
        """The link of the rule."""
        return f"{_('Rules of a CRM')} · {self._link.title}"

    def button(self) -> str:
        """What the button says."""
        return _("Save")

    def about(self) -> Words:
        """How rules are asked."""
        return Words(
            _(
                "Rules are asked in order, and the first one that fits decides. All that a rule names has to hold; one "
                "without conditions fits always and stands last."
            )
        )

    async def converse(self, ask: Asker) -> str:
        """Ask until the rule is accepted and kept."""
        there, employees = await kept.pipelines(self.workspace.company, self._link)
        form = self._form(there)
        while True:
            answers = await ask.form(form)
            wrong = RuleFaults()
            wrong.found |= faults(answers, self._names, there, employees)
            if not wrong.found:
                with wrong.caught():
                    await self._keep(answers)
            if not wrong.found:
                return _("Rule {name} is kept.", name=answers["name"])
            form = replace(form, values={**form.values, **answers}, errors=_at_fields(wrong.found, form))

    def waiting(self) -> str:
        """Rules are compared with what the CRM has."""
        return _("Checking…")

    def _form(self, there: Sequence[CrmPipeline]) -> Form:
        choices = (Choice("", T("Where the channel is paired")), *(Choice(one.id, Text(one.name)) for one in there))
        pipeline = Field(name="pipeline", label=T("Pipeline"), kind="choice", choices=choices, required=False)
        at = next(place for place, field in enumerate(_FIELDS) if field.name == "stage")
        values = {} if self._rule is None else rule_answers.answers_of(self._rule, self._names)
        return Form(title=T("Rule"), fields=(*_FIELDS[:at], pipeline, *_FIELDS[at:]), values=values)

    async def _keep(self, answers: Mapping[str, str]) -> None:
        company, rule = self.workspace.company, self._rule
        before = {} if rule is None else rule.asked
        asked = conditions.without_idle(rule_answers.conditions_of(answers, before, self._names, show), answers.keys())
        said = rule_answers.card_of(answers).over(RuleOutcome())
        if rule is None:
            await kept.add(company, self._link, answers["name"], asked, said)
        else:
            await kept.change(company, self._link, rule.id, answers["name"], asked, said)


def _at_fields(found: Mapping[str, Text], form: Form) -> Mapping[str, Text]:
    """Faults at the fields of the form, and the first of the others for the form as a whole."""
    known = {field.name for field in form.fields}
    at = {name: said_here(fault, Next.CRM_RULES, f"Esc → {_moves()}") or fault for name, fault in found.items()}
    others = [fault for name, fault in at.items() if name not in known]
    return {name: fault for name, fault in at.items() if name in known} | ({"": others[0]} if others else {})


def mended_here(error: Exception) -> Exception:
    """An error that names the keys of the page of rules, where that page is open already."""
    if isinstance(error, ChatappError):
        error.next_step = said_here(error.next_step, Next.CRM_RULES, _moves())
    return error


def _moves() -> str:
    return ", ".join(key("crm_rules", name) for name in ("earlier", "later", "edit"))
