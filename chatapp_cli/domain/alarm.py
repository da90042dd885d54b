"""The kinds of alarms that the desk itself raises; a part from outside may raise others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text


class AlarmKind(StrEnum):
    """What an alarm is about; programs and the alarm command see its value."""

    AUTOMATION = "automation"
    CHANNEL = "channel"
    CRM = "crm"
    DEAD_LETTER = "deadletter"
    DISK = "disk"
    FOLLOWER = "follower"
    STORE = "store"
    """Told by the command alone (``runtime/store_alarm.py``): it cannot be stored."""
    UNCERTAIN = "uncertain"
    WORKER = "worker"


def what_to_do(kind: str, ref: str) -> Text | None:
    """The next step of whoever learns of an alarm; ``None`` for a kind that a part from outside raised."""
    found = _STEPS.get(kind)
    return None if found is None else found(ref)


def _of_crm(ref: str) -> Text:
    """A ref begins with the link's number; what follows says what is wrong with it."""
    link, _, about = ref.partition(" ")
    word = about.partition(" ")[0]
    if word == "refused":
        letters = to_do(Next.CRM_DEAD_LETTERS)
        return T("See why, then try again or drop: {owed}, {came}", owed=to_do(Next.LEDGER), came=letters)
    if word == "ends":
        return T("Link the CRM again: {how}", how=to_do(Next.LINK_AGAIN, link=link))
    if word == "rule":
        return T("Change the rule: {how}", how=to_do(Next.CRM_RULES, link=link))
    return T("See what to do: {how}", how=to_do(Next.LINKS, link=link))


def _of_automation(ref: str) -> Text:
    """A ref is ``rule N`` or ``channel N``."""
    kind, _, number = ref.partition(" ")
    if kind == "channel":
        again = to_do(Next.RESUME_ANSWERS, n=number)
        return T("See the automatic answers, then let them go on: {see}, {how}", see=to_do(Next.AUTOMATION), how=again)
    return T("See what stopped, and let it go on: {how}", how=to_do(Next.AUTOMATION))


_STEPS: Final[Mapping[str, Callable[[str], Text]]] = MappingProxyType(
    {
        AlarmKind.AUTOMATION: _of_automation,
        AlarmKind.CHANNEL: lambda ref: T("Check the channel: {how}", how=to_do(Next.CHECK, n=ref)),
        AlarmKind.CRM: _of_crm,
        AlarmKind.DEAD_LETTER: lambda _ref: T(
            "See what came, then parse it again: {how}", how=to_do(Next.DEAD_LETTERS)
        ),
        AlarmKind.DISK: lambda _ref: T("Make room on the disk: once it is full, nothing can be stored."),
        AlarmKind.FOLLOWER: lambda ref: T(
            "Start it again, or forget it: {how}", how=to_do(Next.FORGET_FOLLOWER, name=ref)
        ),
        AlarmKind.STORE: lambda _ref: T("See what is wrong: {how}", how=to_do(Next.DOCTOR)),
        AlarmKind.UNCERTAIN: lambda _ref: T(
            "See which, then decide: {which}, {decide}", which=to_do(Next.OUTBOX), decide=to_do(Next.DECIDE)
        ),
        AlarmKind.WORKER: lambda _ref: T("See what is wrong: {how}", how=to_do(Next.DOCTOR)),
    }
)
