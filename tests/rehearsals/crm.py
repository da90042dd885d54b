"""Clients talk through three channels with employees of two CRMs while these fail and the daemon is killed."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId, MessageId
from chatapp_cli.runtime import linking
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.directory import sandbox as provider
from chatapp_cli.sandbox.stage import CallsHooks, Customer, Sandbox, StageFile
from chatapp_cli.services import channels, crm_intake, ledger, lines, links, options, sending
from chatapp_cli.settings import Settings
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import LinkRow
from tests.contract.connector_contract import ScriptedAsker
from tests.rehearsals._crms import Message, RehearsedCrm, both
from tests.rehearsals.kill import PEOPLE, Killed, free_port, until
from tests.stores import OWNER

KINDS = ("email", "telegram_bot", "whatsapp")
CLIENT = "in"
"""Who writes, in place of the name of a CRM."""
SAID = re.compile(rf"(\w+ (?:{CLIENT}|amocrm|bitrix24) \d+)")
"""What everybody writes: channel, who writes, and a number."""
WITH_FILE = 10
"""Every so many messages carry a file."""
EDITED = 7
"""Every so many answers are edited afterwards."""
SUBJECT = "Заказ"
LOOK, STILL = 0.2, 3.0
"""Seconds between two looks whether anything is on its way, and for how long nothing has to be."""
BETWEEN_KILLS = 6.0
"""Seconds from one kill to the next, about."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of it; the load goes on as long as the kills do."""

    incoming: int
    """Messages of clients in each channel."""
    outgoing: int
    """Answers of employees of each CRM in each channel but the mailbox, which lets only twenty a minute go."""
    mails: int
    kills: int
    people: int
    patience: float
    """Seconds that everything may take to settle afterwards."""

    def answers(self, kind: str) -> int:
        """Answers of employees of each CRM in a channel."""
        return self.mails if kind == "email" else self.outgoing


FULL = Plan(incoming=300, outgoing=75, mails=30, kills=50, people=10, patience=600)
TENTH = Plan(incoming=12, outgoing=5, mails=2, kills=5, people=2, patience=60)


@dataclass(slots=True)
class Figures:
    """What came of it."""

    plan: Plan
    kills: int = 0
    written: Counter[str] = field(default_factory=Counter)
    """What clients and employees wrote."""
    shown: dict[str, Counter[str]] = field(default_factory=dict)
    """What stands in each CRM."""
    heard: Counter[str] = field(default_factory=Counter)
    """What clients got."""
    uncertain: set[str] = field(default_factory=set)
    """Of which a person has to decide whether the client has it."""
    left_open: dict[str, set[str]] = field(default_factory=dict)
    """Of which a person has to decide whether a CRM has it."""
    told_of: set[str] = field(default_factory=set)
    """Of which its author was told that it may not have gone out."""
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
    calls: Counter[str] = field(default_factory=Counter)
    """What became of the CRMs' calls."""
    problems: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What waits although everything should have settled."""
    minutes: float = 0.0

    @property
    def lost(self) -> list[str]:
        """Written, and neither there nor left to a person."""
        unheard = {text for text in self.written if writer(text) != CLIENT and not self.heard[text]} - self.uncertain
        return sorted([*unheard, *(f"{text} in {crm}" for crm in self.shown for text in self._missing(crm))])

    def _missing(self, crm: str) -> set[str]:
        """What a CRM does not show; an answer of another that did not reach the client is no message there."""
        wanted = {text for text in self.written if writer(text) == CLIENT or self.heard[text] or writer(text) == crm}
        return {text for text in wanted if not self.shown[crm][text]} - self.left_open[crm]

    @property
    def doubled(self) -> list[str]:
        """Shown twice, or heard twice."""
        sides = {"the client": self.heard, **self.shown}
        return sorted(f"{text} at {side}" for side, seen in sides.items() for text, times in seen.items() if times > 1)

    @property
    def echoes(self) -> list[str]:
        """Told back to where it came from."""
        back = [text for crm, seen in self.shown.items() for text in seen if writer(text) == crm and seen[text] > 1]
        return sorted([*back, *(text for text in self.heard if writer(text) == CLIENT)])

    def violations(self) -> Iterator[str]:
        """Everything that does not hold."""
        yield from (f"lost: {text}" for text in self.lost)
        yield from (f"doubled: {text}" for text in self.doubled)
        yield from (f"told back: {text}" for text in self.echoes)
        yield from (f"out of order: {what}" for what in self.disorder)
        yield from (f"it was known when a later one was sent: {text}" for text in self.passed_over)
        yield from (f"its author was not told: {text}" for text in sorted(self._untold))
        yield from (f"it waits: {what}" for what in self.left)
        yield from (f"a CRM's rules: {problem}" for problem in sorted(set(self.problems)))
        yield from (f"its file did not arrive: {text}" for text in self.bare)
        for crm in self.shown:
            if self.files[f"shown in {crm}"] + self.kills < self.files["sent in"]:
                yield f"files: {self.files[f'shown in {crm}']} of {self.files['sent in']} shown in {crm}"

    @property
    def _untold(self) -> set[str]:
        return {text for text in self.uncertain if writer(text) != CLIENT and not self.heard[text]} - self.told_of

    def __str__(self) -> str:
        by = Counter(writer(text) for text in self.written)
        unheard = sum(not self.heard[text] for text in self.uncertain if _has_file(text) and writer(text) != CLIENT)
        files = [f"{self.files[f'shown in {crm}']} of {self.files['sent in']} shown in {crm}" for crm in self.shown]
        files += [f"{self.files['heard']} of {self.files['sent out']} heard, {unheard} of uncertain answers"]
        undecided = [f"{len(found)} left open at {crm}" for crm, found in self.left_open.items()]
        return "\n".join(
            [
                ", ".join(f"{many} by {name}" for name, many in sorted(by.items())),
                f"{self.kills} kills, {self.minutes:.1f} minutes, {self.files['edited']} edited",
                f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.echoes)} told back",
                f"{len(self.disorder)} out of order, {self.late} told by no call, {self.overtaken} of them overtaken",
                f"{len(self.uncertain)} uncertain; {len(self.told_of)} authors were told; {', '.join(undecided)}",
                f"files: {', '.join(files)}",
                "faults: " + ", ".join(f"{name} {times}" for name, times in sorted(self.faults.items())),
                "calls: " + ", ".join(f"{name} {times}" for name, times in sorted(self.calls.items())),
            ]
        )


def writer(said: str) -> str:
    """The CRM whose employee wrote it, or ``CLIENT``."""
    return said.split(" ")[1]


def _said(text: str) -> str:
    """What was written, below what it quotes and without what is put around it; empty for a greeting."""
    found = SAID.findall(text)
    return str(found[-1]) if found else ""


@dataclass(slots=True)
class Office:
    """The desk, two CRMs, and the providers of three channels."""

    company: Company
    crms: Sequence[RehearsedCrm]
    sandboxes: Sequence[Sandbox]
    plan: Plan
    port: int
    figures: Figures
    moments: list[int] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(15))
    links: dict[str, LinkId] = field(default_factory=dict)
    sent: dict[str, tuple[RehearsedCrm, Message]] = field(default_factory=dict)
    """What employees wrote."""
    bound: dict[str, ChannelId] = field(default_factory=dict)

    @property
    def _address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def set_up(self, daemon: Killed, say: Callable[[str], None]) -> None:
        """Bind, link and pair, and let everybody say hello in peace."""
        self.company.write(lambda tx: options.configure_company(tx, {"public_url": self._address}))
        line = self.company.write(lambda tx: lines.add(tx, "Продажи"))
        for one in self.sandboxes:
            self.bound[one.kind] = await bind(self.company, ScriptedAsker(one.answers), line=line, kind=one.kind)
            if isinstance(one, CallsHooks):
                one.calls(f"{self._address}/hooks/{self._channel(one.kind).hook_key}")
        async with daemon.running():
            await asyncio.gather(*(self._link(crm, say) for crm in self.crms))
            await self._greet(say)

    async def _link(self, crm: RehearsedCrm, say: Callable[[str], None]) -> None:
        asker = ScriptedAsker(crm.answers)
        self.links[crm.kind] = await linking.link(self.company, asker, kind=crm.kind)
        hooks, shown = f"{self._address}/hooks/{self._row(crm).hook_key}", [one.link or "" for one in asker.notices]
        while not await crm.lets_in(hooks, shown[-1] if shown else ""):
            await asyncio.sleep(0.2)
        await until(lambda: self._row(crm).state == LinkState.OK, 60, f"the link to {crm.kind} works", say)
        place = await linking.place_of(self.company, self._row(crm), crm.place)
        for kind in KINDS:
            await linking.attach(self.company, self._row(crm), self._channel(kind), place, {})
        await until(lambda: crm.paired() == len(KINDS), 60, f"the channels are paired with {crm.kind}", say)

    async def _greet(self, say: Callable[[str], None]) -> None:
        for one in self.sandboxes:
            for person in self._people:
                await one.say(person, f"Здравствуйте, {one.kind}", subject=SUBJECT)
        every = len(self._people) * len(KINDS)
        await until(lambda: all(len(crm.chats()) == every for crm in self.crms), 90, "greetings", say)
        await until(self.told_all, 60, "greetings are told", say)
        await asyncio.gather(*(crm.settled() for crm in self.crms))

    def _row(self, crm: RehearsedCrm) -> LinkRow:
        return self.company.read(lambda tx: links.one(tx, self.links[crm.kind]))

    def _channel(self, kind: str) -> ChannelRow:
        return self.company.read(lambda tx: channels.one(tx, self.bound[kind]))

    def told_all(self) -> bool:
        """Whether the CRMs were told everything that they can be told."""
        return all(row.state == "dead" for row in self.company.read(partial(ledger.everything, n=10_000)))

    async def clients(self, one: Sandbox) -> None:
        """Let clients write as long as the daemon is killed."""
        for number in range(self.plan.incoming):
            person, text = self._people[number % self.plan.people], f"{one.kind} {CLIENT} {number}"
            files = _file(text) if _has_file(text) else ()
            self.figures.files["sent in"] += len(files)
            self.figures.written[text] += 1
            await one.say(person, text, subject=SUBJECT, files=files)
            await self._pace(number, self.plan.incoming)

    async def employees(self, crm: RehearsedCrm, kind: str) -> None:
        """Let employees of a CRM answer, and edit some of it."""
        many = self.plan.answers(kind)
        chats = [chat for chat in crm.chats() if kind in crm.shows(chat)[0].text]
        for number in range(many):
            text = f"{kind} {crm.kind} {number}"
            files = _file(text) if _has_file(text) else ()
            self.figures.files["sent out"] += len(files)
            self.figures.written[text] += 1
            message = await crm.writes(chats[number % len(chats)], text, files)
            self.sent[text] = crm, message
            if number % EDITED == 0 and kind == "telegram_bot":
                await asyncio.sleep(0.5)
                self.figures.files["edited"] += 1
                await crm.edits(message, f"{text}, исправлено")
            await self._pace(number, many)

    async def _pace(self, number: int, many: int) -> None:
        """Write at any moment between two kills, and never let the load be over before the kills are."""
        while number / many > (len(self.moments) + 1) / self.plan.kills:
            await asyncio.sleep(0.05)
        await asyncio.sleep(self.chance.uniform(0.05, BETWEEN_KILLS * self.plan.kills / many))

    async def weather(self, crm: RehearsedCrm) -> None:
        """Let a CRM fail in one way after another until cancelled."""
        for what in itertools.cycle(crm.failures):
            self.figures.faults[f"{crm.kind} {what}"] += 1
            await crm.fail(what)
            await asyncio.sleep(1.5)
            crm.clears_up()

    async def ripe(self, since: int, say: Callable[[str], None]) -> None:
        """Wait until the links work and something is being told."""
        proved = lambda: all((self._row(crm).proof_at or 0) >= since for crm in self.crms)  # noqa: E731
        await until(proved, 20, "the links are up", say)
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                while not await asyncio.to_thread(self._under_way):
                    await asyncio.sleep(0.01)

    def _under_way(self) -> bool:
        return any(row.state == "sending" for row in self.company.read(ledger.everything))

    def quiet(self) -> bool:
        """Whether nothing is on its way in any direction."""
        waits = [self.company.read(partial(crm_intake.waiting, link=link)) for link in self.links.values()]
        states = {state for *_, state in self._answers()}
        sought = any(self._row(crm).gap_until is not None for crm in self.crms)
        return not any(waits) and not sought and self.told_all() and not states & {"queued", "sending", "scheduled"}

    async def settle(self, what: str, say: Callable[[str], None]) -> None:
        """Wait until nothing has been on its way for a while, or go on and let the figures tell."""
        ends, still = time.monotonic() + self.plan.patience, 0.0
        while still < STILL and time.monotonic() < ends:
            await asyncio.sleep(LOOK)
            still = still + LOOK if await asyncio.to_thread(self.quiet) else 0.0
        if still < STILL:
            say(f"waited {self.plan.patience:.0f} s in vain: {what}")

    def _answers(self) -> list[tuple[int, int, str, str]]:
        with self.company.database.reading() as tx:
            sql = "SELECT dialog_id, id, text, state FROM message WHERE direction = 'out' ORDER BY dialog_id, id"
            return list(tx.compose(lambda *row: row, sql, {}))

    async def decide(self) -> bool:
        """A person finds out of each uncertain answer whether the client has it; if so, the other CRM is told."""
        before = len(self.figures.uncertain)
        heard = {_said(one.text) for each in self.sandboxes for who in self._people for one in await each.heard(who)}
        for _, number, text, state in self._answers():
            if state == "uncertain":
                self.figures.uncertain.add(_said(text))
                verdict: Literal["sent", "failed"] = "sent" if _said(text) in heard else "failed"
                self.company.write(partial(sending.resolve, message=MessageId(number), verdict=verdict))
        return len(self.figures.uncertain) > before

    @property
    def _people(self) -> Sequence[Customer]:
        return PEOPLE[: self.plan.people]

    async def collect(self) -> None:
        """Compare all sides."""
        found = self.figures
        found.kills = len(self.moments)
        late = {said for said, (crm, message) in self.sent.items() if not crm.was_told(message)}
        dead = self.company.read(partial(ledger.everything, n=10_000))
        for crm in self.crms:
            self._look_into(crm, late | found.uncertain)  # what a person decided about is told last
            refused = [row.text for row in dead if row.state == "dead" and row.link_id == self.links[crm.kind]]
            found.left_open[crm.kind] = {said for text in refused if (said := _said(text))}
            found.told_of |= {said for text in crm.complaints() if (said := _said(text))}
            found.calls.update({f"{crm.kind} {outcome}": many for outcome, many in crm.outcomes().items()})
            found.problems += crm.problems()
        await self._ask_clients(late)
        self._look_at_the_desk(late)
        found.uncertain |= {_said(text) for _, _, text, state in self._answers() if state in {"uncertain", "failed"}}
        found.told_of &= found.uncertain
        found.left = [f"{row.link} {row.act} {row.text} {row.code}" for row in dead if row.state != "dead"]
        found.left += [str(row.problem) for row in self.company.read(crm_intake.dead)]
        rows = [row for row in map(self._row, self.crms) if row.state != LinkState.OK]
        found.left += [f"{row.kind} is {row.state}: {row.code} {row.detail}" for row in rows]

    def _look_into(self, crm: RehearsedCrm, late: set[str]) -> None:
        seen = self.figures.shown.setdefault(crm.kind, Counter())
        for number, chat in enumerate(crm.chats()):
            told = [(said, one.files) for one in crm.shows(chat) if (said := _said(one.text))]
            seen.update(said for said, _ in told)
            self.figures.files[f"shown in {crm.kind}"] += sum(files for said, files in told if writer(said) == CLIENT)
            self._in_order(f"{crm.kind}, chat {number}", [said for said, _ in told if said not in late])

    def _in_order(self, where: str, said: Sequence[str]) -> None:
        """Whoever wrote it, it stands in the order in which they did."""
        for who in {writer(one) for one in said}:
            theirs = [one for one in said if writer(one) == who]
            if theirs != sorted(theirs, key=_number):
                self.figures.disorder.append(f"{where}: {theirs}")

    async def _ask_clients(self, late: set[str]) -> None:
        for one in self.sandboxes:
            for person in self._people:
                got = await one.heard(person)
                texts = [said for heard in got if (said := _said(heard.text))]
                self.figures.heard.update(texts)
                named = {file.name for heard in got for file in heard.files}
                self.figures.files["heard"] += len(named)
                self.figures.bare += [said for said in texts if _has_file(said) and _file(said)[0].name not in named]
                self.figures.late += sum(said in late for said in texts)
                pairs = filter(_is_overtaken, itertools.pairwise(sorted(texts, key=writer)))
                self._note_overtaken([(later, earlier) for later, earlier in pairs])
                self._in_order(f"{one.kind}, {person.name}", [said for said in texts if said not in late])

    def _note_overtaken(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Count what came behind a later message: the desk can only send in order what it knows of."""
        self.figures.overtaken += len(pairs)
        for later, earlier in pairs:
            known, accepted = self._known_since(earlier), self._accepted_at(later)
            if known is not None and accepted is not None and known < accepted:
                self.figures.passed_over.append(f"{earlier}, behind {later}")

    def _known_since(self, said: str) -> int | None:
        """When the desk stored that an employee wrote something, in milliseconds."""
        _, message = self.sent[said]
        with self.company.database.reading() as tx:
            sql = "SELECT MIN(at) FROM crm_arrived WHERE event LIKE :said"
            return tx.compose(lambda at: at, sql, {"said": f'["CrmWrote",%"remote":"{message.id}"%'})[0]

    def _accepted_at(self, said: str) -> int | None:
        """When it accepted that for sending."""
        with self.company.database.reading() as tx:
            rows = tx.compose(lambda *row: row, "SELECT text, stored_at FROM message WHERE direction = 'out'", {})
        return next((at for text, at in rows if _said(text) == said), None)

    def _look_at_the_desk(self, late: set[str]) -> None:
        for dialog, found in itertools.groupby(self._answers(), lambda row: row[0]):
            told = [said for _, _, text, _ in found if (said := _said(text)) and said not in late]
            self._in_order(f"the desk, dialog {dialog}", told)


def _number(said: str) -> int:
    return int(said.rpartition(" ")[2])


def _is_overtaken(pair: tuple[str, str]) -> bool:
    """Whether the second, of the same author, was written before the first."""
    first, second = pair
    return writer(first) == writer(second) and _number(first) > _number(second)


def _has_file(said: str) -> bool:
    return _number(said) % WITH_FILE == 0


def _file(text: str) -> tuple[StageFile, ...]:
    return (StageFile(name=f"{text.replace(' ', '-')}.txt", mime="text/plain", content=text.encode()),)


async def rehearse(home: Path, plan: Plan, say: Callable[[str], None]) -> Figures:
    """Play it in a store of its own; ``say`` is told how it goes on."""
    began, port = time.monotonic(), free_port()
    async with AsyncExitStack() as stack:
        sandboxes = [await stack.enter_async_context(provider(kind)) for kind in KINDS]
        crms = await stack.enter_async_context(both())
        company = open_company(Settings(home=str(home), http_port=port)).seen_by(OWNER)
        stack.callback(company.close)
        office = Office(company, crms, sandboxes, plan, port, Figures(plan))
        daemon = Killed(home, port, office.moments)
        await office.set_up(daemon, say)
        await _storm(office, daemon, say)
        await office.collect()
        office.figures.minutes = (time.monotonic() - began) / 60
        return office.figures


async def _storm(office: Office, daemon: Killed, say: Callable[[str], None]) -> None:
    """The load under kills and failing CRMs, and peace again until everything has settled."""
    load = [asyncio.create_task(office.clients(one)) for one in office.sandboxes]
    load += [asyncio.create_task(office.employees(crm, kind)) for crm in office.crms for kind in KINDS]
    weather = [asyncio.create_task(office.weather(crm)) for crm in office.crms]
    await daemon.storm(office.plan.kills, partial(office.ripe, say=say), say)
    async with daemon.running():
        await asyncio.gather(*load)
        for one in weather:
            one.cancel()
        await asyncio.wait(weather)
        say("the load is over")
        for crm in office.crms:
            crm.calm()
            await crm.settled()
            office.company.write(partial(links.resume, link=office.links[crm.kind]))
            office.company.write(partial(links.ask_catch_up, link=office.links[crm.kind]))
        await office.settle("everything is told", say)
        if await office.decide():
            await office.settle("what was decided is told", say)
