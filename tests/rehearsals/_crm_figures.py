"""What the rehearsal of CRMs counts, and what of it must not be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

CLIENT = "in"
"""Who writes, in place of the name of a CRM."""
ROBOT = "robot"
"""Who writes at a deal's stage."""
SAID = re.compile(rf"(\w+ (?:{CLIENT}|{ROBOT}|amocrm|bitrix24) \d+)")
"""What everybody writes: channel, who writes, and a number."""
REWRITTEN = ", исправлено"
"""What an edit adds."""
THE_CLIENT = "the client"
WITH_FILE = 10
"""Every so many messages carry a file."""
_OFTEN = 3
"""How many times a refusal can be tried in vain, because nothing is asked of the CRM just then."""

Side: TypeAlias = str
"""``THE_CLIENT`` or a kind of CRM."""
How: TypeAlias = Literal["edited", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of it; the load goes on as long as the kills do."""

    incoming: int
    """Messages of clients in each channel."""
    outgoing: int
    """Answers of employees of each CRM in each channel but the mailbox, which lets only twenty a minute go."""
    mails: int
    deals: int
    """How many come to the stage of a robot, beside one before every second kill."""
    kills: int
    people: int
    """Beside one in each channel who cannot be reached."""
    patience: float
    """Seconds that everything may take to settle afterwards."""

    def answers(self, kind: str) -> int:
        """Answers of employees of each CRM in a channel."""
        return self.mails if kind == "email" else self.outgoing


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a message after it was written."""

    how: How
    told: bool = True
    """Whether the desk took a call about it: a CRM calls once, a messenger until it is heard."""
    possible: bool = True
    """Whether the channel can change what it has sent."""


@dataclass(frozen=True, slots=True)
class RobotTold:
    """What the desk told a robot's process, or would have."""

    verdict: str
    """``Y``, ``N``; empty: nothing yet."""
    code: str


@dataclass(slots=True)
class Figures:
    """What came of it."""

    plan: Plan
    kills: int = 0
    written: Counter[str] = field(default_factory=Counter)
    """What clients and employees wrote."""
    changes: dict[str, Change] = field(default_factory=dict)
    """What they changed of it."""
    unreachable: set[str] = field(default_factory=set)
    """What was written to clients who take nothing any more."""
    seen: dict[Side, Counter[str]] = field(default_factory=dict)
    """What stands in each CRM, and what clients got."""
    edited: dict[Side, set[str]] = field(default_factory=dict)
    """What of that has its new text."""
    uncertain: set[str] = field(default_factory=set)
    """Of which a person has to decide whether the client has it."""
    left_open: dict[str, set[str]] = field(default_factory=dict)
    """Of which a person has to decide whether a CRM has it."""
    told_of: set[str] = field(default_factory=set)
    """Of which its author was told that it, or its change, may not have gone out."""
    robots: dict[str, RobotTold] = field(default_factory=dict)
    """What robots wrote, by text."""
    deals: int = 0
    """How many came to the stage."""
    disorder: list[str] = field(default_factory=list)
    late: int = 0
    """Answers of which no call told, so that they were looked for."""
    overtaken: int = 0
    """How often one of them came behind a later one of its author."""
    passed_over: list[str] = field(default_factory=list)
    """Those of them that the desk knew of when it accepted the later one."""
    files: Counter[str] = field(default_factory=Counter)
    bare: list[str] = field(default_factory=list)
    """Answers that clients got without their file."""
    faults: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    """Of refusals that last until something is asked: how often something was."""
    helped: Counter[str] = field(default_factory=Counter)
    """How often a person had a link go on, by what stopped it."""
    calls: Counter[str] = field(default_factory=Counter)
    """What became of the CRMs' calls."""
    problems: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What waits although everything should have settled."""
    minutes: float = 0.0

    @property
    def heard(self) -> Counter[str]:
        """What clients got."""
        return self.seen.get(THE_CLIENT, Counter())

    @property
    def _crms(self) -> list[str]:
        return sorted(side for side in self.seen if side != THE_CLIENT)

    @property
    def lost(self) -> list[str]:
        """Written and left as it was, and neither there nor left to a person."""
        owed = {text for text in self.written if text not in self.unreachable and not self._is_withdrawn(text)}
        unheard = {text for text in owed if writer(text) != CLIENT and not self.heard[text]} - self.uncertain
        return sorted([*unheard, *(f"{text} in {crm}" for crm in self._crms for text in self._missing(crm))])

    def _missing(self, crm: str) -> set[str]:
        """What a CRM does not show; an answer of another that did not reach the client is no message there."""
        wanted = {text for text in self.written if writer(text) == CLIENT or self.heard[text] or writer(text) == crm}
        wanted = {text for text in wanted if not self.seen[crm][text] and not self._is_withdrawn(text)}
        return wanted - self.left_open[crm]

    def _is_withdrawn(self, text: str) -> bool:
        return text in self.changes and self.changes[text].how == "withdrawn"

    @property
    def doubled(self) -> list[str]:
        """Shown twice, or heard twice."""
        return sorted(f"{text} at {side}" for side, seen in self.seen.items() for text, n in seen.items() if n > 1)

    @property
    def echoes(self) -> list[str]:
        """Told back to where it came from."""
        back = [text for crm in self._crms for text, n in self.seen[crm].items() if writer(text) == crm and n > 1]
        return sorted([*back, *(text for text in self.heard if writer(text) == CLIENT)])

    @property
    def unchanged(self) -> list[str]:
        """Edits and deletions that the desk was told of, and that did not arrive."""
        return sorted(f"{text} at {side}" for text in self.changes for side in self._where_unchanged(text))

    def _where_unchanged(self, text: str) -> Iterator[Side]:
        change, author = self.changes[text], writer(text)
        if not change.told or text in self.uncertain:
            return
        changed = {side: text in self.edited[side] for side in self.seen}
        if change.how == "withdrawn":
            changed = dict.fromkeys(self.seen, False)
        if not change.possible and not changed[THE_CLIENT]:  # it is sent, and stays so everywhere
            if self.heard[text] and text not in self.told_of:
                yield "its author, who was not told"
            return
        for side in self.seen.keys() - {author, THE_CLIENT if author == CLIENT else author}:
            if self.seen[side][text] and not changed[side] and text not in self.left_open.get(side, ()):
                yield side

    @property
    def after_a_no(self) -> list[str]:
        """Written by a robot although its process was told that it was not."""
        return sorted(
            text
            for text, told in self.robots.items()
            if told.verdict == "N" and told.code != "uncertain" and self.heard[text]
        )

    def violations(self) -> Iterator[str]:
        """Everything that does not hold."""
        yield from (f"lost: {text}" for text in self.lost)
        yield from (f"doubled: {text}" for text in self.doubled)
        yield from (f"told back: {text}" for text in self.echoes)
        yield from (f"not changed: {text}" for text in self.unchanged)
        yield from (f"out of order: {what}" for what in self.disorder)
        yield from (f"it was known when a later one was sent: {text}" for text in self.passed_over)
        yield from (f"its author was not told: {text}" for text in sorted(self._untold))
        yield from (f"it reached whom nothing reaches: {text}" for text in sorted(self.unreachable & set(self.heard)))
        yield from self._of_robots()
        yield from (f"it waits: {what}" for what in self.left)
        yield from (f"a CRM's rules: {problem}" for problem in sorted(set(self.problems)))
        yield from (f"its file did not arrive: {text}" for text in self.bare)
        for crm in self._crms:
            if self.files[f"shown in {crm}"] + self.kills < self.files["sent in"]:
                yield f"files: {self.files[f'shown in {crm}']} of {self.files['sent in']} shown in {crm}"
        yield from (f"nothing met it: {what}" for what, n in self.faults.items() if n >= _OFTEN and self._missed(what))

    def _missed(self, what: str) -> bool:
        return what in self.met and not self.met[what]

    def _of_robots(self) -> Iterator[str]:
        yield from (f"a robot wrote it after an N: {text}" for text in self.after_a_no)
        for text, told in sorted(self.robots.items()):
            if told.verdict == "Y" and not self.heard[text]:
                yield f"a robot did not write it after a Y: {text}"
            if not told.verdict:
                yield f"a robot has not ended: {text}"

    @property
    def _untold(self) -> set[str]:
        failed = {text for text in self.uncertain if writer(text) not in {CLIENT, ROBOT} and not self.heard[text]}
        return (failed | self.unreachable) - self.told_of - {text for text in failed if self._is_withdrawn(text)}

    def __str__(self) -> str:
        by = Counter(writer(text) for text in self.written)
        how = Counter(f"{change.how} by {writer(text)}" for text, change in self.changes.items() if change.told)
        unheard = sum(not self.heard[text] for text in self.uncertain if has_file(text) and writer(text) != CLIENT)
        files = [f"{self.files[f'shown in {crm}']} of {self.files['sent in']} shown in {crm}" for crm in self._crms]
        files += [f"{self.files['heard']} of {self.files['sent out']} heard, {unheard} of uncertain answers"]
        undecided = [f"{len(found)} left open at {crm}" for crm, found in self.left_open.items()]
        told = len(self.told_of & self.uncertain)
        verdicts = Counter(f"{one.verdict or 'open'} {one.code}".strip() for one in self.robots.values())
        return "\n".join(
            [
                _listed(by, "{many} by {name}"),
                f"{self.kills} kills, {self.minutes:.1f} minutes",
                f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.echoes)} told back",
                f"{len(self.disorder)} out of order, {self.late} told by no call, {self.overtaken} of them overtaken",
                f"{len(self.uncertain)} uncertain; {told} authors were told; {', '.join(undecided)}",
                f"changes: {_listed(how)}; {len(self.unchanged)} did not arrive",
                f"to whom nothing reaches: {len(self.unreachable)}, {len(self.unreachable & self.told_of)} told",
                f"robots: {self.deals} deals, {len(self.robots)} of them told here: {_listed(verdicts)}",
                f"{len(self.after_a_no)} written by robots after an N",
                f"files: {', '.join(files)}",
                f"faults: {_listed(self.faults)}",
                f"refusals met: {_listed(self.met)}; helped: {_listed(self.helped)}",
                f"calls: {_listed(self.calls)}",
            ]
        )


def _listed(found: Counter[str], each: str = "{name} {many}") -> str:
    return ", ".join(each.format(name=name, many=many) for name, many in sorted(found.items()))


def writer(text: str) -> str:
    """The CRM whose employee wrote it, ``CLIENT`` or ``ROBOT``."""
    return text.split(" ")[1]


def number(text: str) -> int:
    """Which of its author's messages it is."""
    return int(text.rpartition(" ")[2])


def said(text: str) -> str:
    """What was written, below what it quotes and without what is put around it; empty for a greeting."""
    found = SAID.findall(text)
    return str(found[-1]) if found else ""


def has_file(text: str) -> bool:
    """Whether it came with a file."""
    return number(text) % WITH_FILE == 0 and writer(text) != ROBOT
