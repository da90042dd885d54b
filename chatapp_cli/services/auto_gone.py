"""What rules name that is not there, or is there no more: told to whoever keeps or lists them, and no reason to refuse.

An operator may come back, and a tag may be given tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from chatapp_cli.domain.automation import RuleEvent
from chatapp_cli.domain.dialog_condition import ANYBODY, NOBODY
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.rule_checks import implies
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import attendance, auto_kinds, lines, operators, replies
from chatapp_cli.services.auto_events import said_in
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.store.tx import Tx

_TAKING: Final = frozenset({auto_kinds.ASSIGN, auto_kinds.JOIN})
_OF_TAGS: Final = frozenset({RuleEvent.TAG_ADDED, RuleEvent.TAG_REMOVED})


def lacking(tx: Tx, rule: AutoRule, others: Sequence[AutoRule]) -> list[Text]:
    """What a rule names that is not there, and by which earlier rule of ``others`` it is never asked."""
    return [*_people(tx, rule), *_replies(tx, rule), *_tags(tx, rule, others), *_behind(rule, others)]


def _people(tx: Tx, rule: AutoRule) -> Iterator[Text]:
    wanted = rule.wanted
    named = [one.value for one in wanted.every if one.do in _TAKING]
    named += [one for one in said_in(wanted.asked, "assignee") if one not in {NOBODY, ANYBODY}]
    named += [wanted.about] if wanted.about and wanted.event is RuleEvent.ASSIGNED else []
    for name in dict.fromkeys(named):
        if operators.is_nobody_yet(tx, name):
            yield T("There are no accounts, so nobody is called {name}: {how}", name=name, how=to_do(Next.ADD_OPERATOR))
            continue
        try:
            operators.require_somebody(tx, name)
        except NotFound as error:
            yield error.what
            continue
        known = operators.known(tx, name)
        if known is not None and known.disabled:
            yield T("The account of {name} is disabled.", name=name)
    yield from _unseeing(tx, rule)


def _unseeing(tx: Tx, rule: AutoRule) -> Iterator[Text]:
    """Who is to have dialogs of the rule's line and does not see it."""
    line = rule.wanted.line
    if line is None:
        return
    for name in dict.fromkeys(one.value for one in rule.wanted.every if one.do in _TAKING):
        if not attendance.sees(tx, name, line):
            called = lines.find(tx.whole(), str(line)).name
            yield T("{name} does not see the line {line}.", name=name, line=called)


def _replies(tx: Tx, rule: AutoRule) -> Iterator[Text]:
    for one in rule.wanted.every:
        if one.do == auto_kinds.REPLY:
            try:
                replies.find(tx, one.value)
            except NotFound as error:
                yield error.what


def _tags(tx: Tx, rule: AutoRule, others: Sequence[AutoRule]) -> Iterator[Text]:
    """The tags that no dialog has and that no rule gives."""
    wanted = rule.wanted
    given = {tag for one in others for act in one.wanted.every if act.do == auto_kinds.TAG for tag in act.value}
    named = [*said_in(wanted.asked, "tags"), *([wanted.about] if wanted.event in _OF_TAGS and wanted.about else [])]
    for tag in dict.fromkeys(named):
        if tag not in given and tx.value("tags.worn", name=tag) is None:
            yield T("No dialog has the tag {tag}.", tag=tag)


def _behind(rule: AutoRule, others: Sequence[AutoRule]) -> Iterator[Text]:
    """The first earlier rule that ends the order, or answers, whenever this one would be asked."""
    for one in _before(rule, others):
        if not implies(rule.condition, one.condition):
            continue
        if one.wanted.stop:
            yield T("It is never asked: the rule {name} stands before it and ends the order.", name=one.wanted.name)
            return
        if _answers_as_well(rule, one):
            yield T("It never answers: the rule {name} stands before it and always answers.", name=one.wanted.name)
            return


def _before(rule: AutoRule, others: Sequence[AutoRule]) -> Iterator[AutoRule]:
    """The rules that are asked before a rule about whatever it is asked about."""
    mine = rule.wanted
    for one in takewhile(lambda one: one.id != rule.id, others):
        theirs = one.wanted
        same = theirs.event is mine.event and theirs.about in {"", mine.about} and theirs.line in {None, mine.line}
        if one.works and same:
            yield one


def _answers_as_well(rule: AutoRule, one: AutoRule) -> bool:
    """Whether both answer a client; in groups only those do that ask for them."""
    mine, theirs = rule.wanted, one.wanted
    both = mine.event is RuleEvent.ARRIVED and auto_kinds.sends(mine.acts) and auto_kinds.sends(theirs.acts)
    return both and not said_in(mine.asked, "chats")


def answering_first(rule: AutoRule, others: Sequence[AutoRule]) -> str:
    """The name of the first earlier rule that answers whatever a client writes, of a rule that answers words.

    Where both hold only that one answers. Empty: there is none, or it always answers, which ``lacking`` tells.
    """
    if not said_in(rule.wanted.asked, "words"):
        return ""
    for one in _before(rule, others):
        asked = one.wanted.asked
        wordless = not said_in(asked, "words") and not said_in(asked, "match") and not asked.get("waited")
        if wordless and _answers_as_well(rule, one) and not implies(rule.condition, one.condition):
            return one.wanted.name
    return ""
