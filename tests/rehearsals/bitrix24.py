"""Clients and employees of a portal talk through three channels while the portal fails and the daemon is killed."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import linking
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.objects import PortalChat, PortalMessage
from chatapp_cli.sandbox.directory import sandbox as provider
from chatapp_cli.sandbox.stage import CallsHooks, Sandbox, StageFile
from chatapp_cli.services import channels, crm_intake, ledger, lines, links, options
from chatapp_cli.settings import Settings
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import LinkRow
from tests.contract.connector_contract import ScriptedAsker
from tests.rehearsals.kill import PEOPLE, Killed, free_port, until
from tests.stores import OWNER

KINDS = ("email", "telegram_bot", "whatsapp")
LINE = 107
SEND, TELL = "imconnector.send.messages", "imconnector.send.status.delivery"
SAID = re.compile(r"(\w+ (?:in|out) \d+)")
"""What everybody writes: channel, direction and a number."""
WITH_FILE = 10
"""Every so many messages carry a file."""
EDITED = 7
"""Every so many answers are edited afterwards."""
SUBJECT = "Заказ"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of it; the load goes on as long as the kills do."""

    incoming: int
    """Messages of clients in each channel."""
    outgoing: int
    """Answers of employees in each channel but the mailbox, which lets only twenty a minute go."""
    mails: int
    kills: int
    people: int
    patience: float
    """Seconds that everything may take to settle afterwards."""

    def answers(self, kind: str) -> int:
        """Answers of employees in a channel."""
        return self.mails if kind == "email" else self.outgoing


FULL = Plan(incoming=300, outgoing=150, mails=60, kills=50, people=10, patience=300)
TENTH = Plan(incoming=15, outgoing=8, mails=4, kills=5, people=5, patience=60)


@dataclass(slots=True)
class Figures:
    """What came of it."""

    plan: Plan
    kills: int = 0
    written: Counter[str] = field(default_factory=Counter)
    """What clients and employees wrote."""
    shown: Counter[str] = field(default_factory=Counter)
    """What stands in the portal."""
    heard: Counter[str] = field(default_factory=Counter)
    """What clients got."""
    uncertain: set[str] = field(default_factory=set)
    """Of which a person has to decide whether the client, or the portal, has it."""
    told_of: set[str] = field(default_factory=set)
    """Of which its author was told that it may not have gone out."""
    disorder: list[str] = field(default_factory=list)
    overtaken: int = 0
    """Answers that came late, because no event told of them."""
    files: Counter[str] = field(default_factory=Counter)
    bare: list[str] = field(default_factory=list)
    """Answers that clients got without their file."""
    faults: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What waits although everything should have settled."""
    minutes: float = 0.0

    @property
    def lost(self) -> list[str]:
        """Written, and neither there nor left to a person."""
        ins, outs = (_direction(self.written, way) for way in ("in", "out"))
        gone = [*(text for text in ins if not self.shown[text]), *(text for text in outs if not self.heard[text])]
        return sorted(set(gone) - self.uncertain)

    @property
    def doubled(self) -> list[str]:
        """Shown twice, or heard twice."""
        return sorted(text for found in (self.shown, self.heard) for text, times in found.items() if times > 1)

    @property
    def echoes(self) -> list[str]:
        """Told back to where it came from."""
        back = [text for text in _direction(self.shown, "out") if self.shown[text] > 1]
        return sorted([*back, *_direction(self.heard, "in")])

    def violations(self) -> Iterator[str]:
        """Everything that does not hold."""
        yield from (f"lost: {text}" for text in self.lost)
        yield from (f"doubled: {text}" for text in self.doubled)
        yield from (f"told back: {text}" for text in self.echoes)
        yield from (f"out of order: {what}" for what in self.disorder)
        yield from (f"its author was not told: {text}" for text in sorted(self._untold))
        yield from (f"it waits: {what}" for what in self.left)
        yield from (f"the portal's rules: {problem}" for problem in sorted(set(self.problems)))
        yield from (f"its file did not arrive: {text}" for text in self.bare)
        if self.files["shown"] + self.kills < self.files["sent in"]:
            yield f"files: {self.files['shown']} of {self.files['sent in']} shown"

    @property
    def _untold(self) -> set[str]:
        return {text for text in self.uncertain if " out " in text and not self.heard[text]} - self.told_of

    def __str__(self) -> str:
        ins, outs = (_direction(self.written, way) for way in ("in", "out"))
        unheard = sum(not self.heard[text] for text in self.uncertain if _has_file(text) and " out " in text)
        heard = f"{self.files['heard']} of {self.files['sent out']} heard, {unheard} of uncertain answers"
        edited = f"{self.files['edited']} edited"
        return "\n".join(
            [
                f"{len(ins)} from clients, {len(outs)} from employees, {self.kills} kills, {self.minutes:.1f} minutes",
                f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.echoes)} told back",
                f"{len(self.disorder)} out of order, {self.overtaken} late because no event told of them",
                f"{len(self.uncertain)} uncertain; {len(self.told_of)} authors were told",
                f"files: {self.files['shown']} of {self.files['sent in']} shown, {heard}; {edited}",
                "faults: " + ", ".join(f"{name} {times}" for name, times in sorted(self.faults.items())),
                "events: " + ", ".join(f"{name} {times}" for name, times in sorted(self.events.items())),
            ]
        )


def _direction(found: Mapping[str, int], way: str) -> list[str]:
    return [text for text in found if f" {way} " in text]


def _said(text: str) -> str:
    """What was written, below what it quotes and without what is put around it; empty for a greeting."""
    found = SAID.findall(text)
    return str(found[-1]) if found else ""


@dataclass(slots=True)
class Office:
    """The desk, the portal, and the providers of three channels."""

    company: Company
    portal: Portal
    sandboxes: Sequence[Sandbox]
    plan: Plan
    port: int
    figures: Figures
    moments: list[int] = field(default_factory=list)
    link: LinkId = field(init=False)
    sent: dict[str, PortalMessage] = field(default_factory=dict)
    """What employees wrote."""
    bound: dict[str, ChannelId] = field(default_factory=dict)

    async def set_up(self, daemon: Killed, say: Callable[[str], None]) -> None:
        """Bind, link and pair, and let everybody say hello in peace."""
        address = f"http://127.0.0.1:{self.port}"
        self.company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
        line = self.company.write(lambda tx: lines.add(tx, "Продажи"))
        for one in self.sandboxes:
            self.bound[one.kind] = await bind(self.company, ScriptedAsker(one.answers), line=line, kind=one.kind)
            if isinstance(one, CallsHooks):
                one.calls(f"{address}/hooks/{self._channel(one.kind).hook_key}")
        answers = {
            "portal": self.portal.address,
            "client_id": self.portal.client_id,
            "client_secret": self.portal.client_secret,
            "auth_server": self.portal.auth_address,
        }
        self.link = await linking.link(self.company, ScriptedAsker(answers), kind="bitrix24")
        async with daemon.running():
            await self._install(address, say)
            for kind in KINDS:
                line = await linking.place_of(self.company, self._row(), str(LINE))
                await linking.attach(self.company, self._row(), self._channel(kind), line, {})
            await until(lambda: len(self.portal.active) == len(KINDS), 60, "the lines are connected", say)
            await self._greet(say)

    async def _install(self, address: str, say: Callable[[str], None]) -> None:
        url = f"{address}/hooks/{self._row().hook_key}/install"
        while (await self.portal.install(url)).status != 200:
            await asyncio.sleep(0.2)
        await until(lambda: self._row().state == LinkState.OK, 60, "the link works", say)

    async def _greet(self, say: Callable[[str], None]) -> None:
        people = PEOPLE[: self.plan.people]
        for one in self.sandboxes:
            for person in people:
                await one.say(person, "Здравствуйте", subject=SUBJECT)
        await until(lambda: len(self.portal.chats) == len(people) * len(KINDS), 90, "greetings", say)
        await until(self.told_all, 60, "greetings are told", say)
        await self.portal.settled()

    def _row(self) -> LinkRow:
        return self.company.read(lambda tx: links.one(tx, self.link))

    def _channel(self, kind: str) -> ChannelRow:
        return self.company.read(lambda tx: channels.one(tx, self.bound[kind]))

    def told_all(self) -> bool:
        """Whether the portal was told everything that it can be told."""
        return all(row.state == "dead" for row in self.company.read(partial(ledger.everything, n=10_000)))

    async def clients(self, one: Sandbox) -> None:
        """Let clients write as long as the daemon is killed."""
        for number in range(self.plan.incoming):
            person, text = PEOPLE[number % self.plan.people], f"{one.kind} in {number}"
            files = _file(text) if _has_file(text) else ()
            self.figures.files["sent in"] += len(files)
            self.figures.written[text] += 1
            await one.say(person, text, subject=SUBJECT, files=files)
            await self._pace(number, self.plan.incoming)

    async def employees(self, kind: str) -> None:
        """Let employees answer, and edit some of it."""
        connector, many = manifest("bitrix24").channels[kind].id, self.plan.answers(kind)
        chats = [chat for chat in self.portal.chats if chat.connector == connector]
        for number in range(many):
            chat, text = chats[number % len(chats)], f"{kind} out {number}"
            files = _file(text) if _has_file(text) else ()
            self.figures.files["sent out"] += len(files)
            self.figures.written[text] += 1
            message = await self.portal.staff.writes(connector, LINE, chat.outside, text, files=files)
            self.sent[text] = message
            if number % EDITED == 0 and kind == "telegram_bot":
                await asyncio.sleep(0.5)
                self.figures.files["edited"] += 1
                await self.portal.staff.edits(message, f"{text}, исправлено")
            await self._pace(number, many)

    async def _pace(self, number: int, many: int) -> None:
        """Never let the load be over before the kills are."""
        await asyncio.sleep(0.05)
        while number / many > (len(self.moments) + 1) / self.plan.kills:
            await asyncio.sleep(0.05)

    async def weather(self) -> None:
        """Let the portal fail in one way after another until cancelled."""
        fault = self.portal.misbehaviour
        for what in itertools.cycle(("slow", "limiting", "no answers", "doubling", "a page", "away", "cut off")):
            self.figures.faults[what] += 1
            match what:
                case "slow":
                    fault.slow = {SEND: 0.7, "batch": 0.3}
                case "limiting":
                    full, slow = (503, "QUERY_LIMIT_EXCEEDED"), (429, "OPERATION_TIME_LIMIT")
                    fault.answer_with = {SEND: [full] * 3, TELL: [slow]}
                case "no answers":
                    fault.lose_after = {SEND: 2, TELL: 1, "batch": 1}
                case "doubling":
                    fault.doubled_events = 10
                case "a page":
                    fault.html = {SEND: 1, "batch": 1}
                case "away":
                    await self.portal.vanish()
                    await asyncio.sleep(1.0)
                    await self.portal.come_back()
                case "cut off":
                    fault.lose_before = {SEND: 2}
            await asyncio.sleep(1.5)
            fault.slow = {}

    async def ripe(self, since: int, say: Callable[[str], None]) -> None:
        """Wait until the link works and something is being told."""
        await until(lambda: (self._row().proof_at or 0) >= since, 20, "the link is up", say)
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                while not await asyncio.to_thread(self._under_way):
                    await asyncio.sleep(0.01)

    def _under_way(self) -> bool:
        return any(row.state == "sending" for row in self.company.read(ledger.everything))

    def quiet(self) -> bool:
        """Whether nothing is on its way in any direction."""
        waiting = self.company.read(lambda tx: crm_intake.waiting(tx, self.link))
        return not waiting and self.told_all() and not self._states() & {"queued", "sending", "scheduled"}

    def _states(self) -> set[str]:
        return {state for _, state in self._messages()}

    def _messages(self) -> list[tuple[str, str]]:
        with self.company.database.reading() as tx:
            sql = "SELECT text, state FROM message WHERE direction = 'out'"
            return list(tx.compose(lambda *row: row, sql, {}))

    async def collect(self) -> None:
        """Compare both sides."""
        found = self.figures
        found.kills = len(self.moments)
        for chat in self.portal.chats:
            self._look_into(chat)
        await self._ask_clients()
        found.uncertain |= {_said(text) for text, state in self._messages() if state in {"uncertain", "failed"}}
        dead = self.company.read(partial(ledger.everything, n=10_000))
        found.uncertain |= {said for row in dead if row.state == "dead" and (said := _said(row.text))}
        found.told_of = {said for notice in self.portal.notices if (said := _said(notice.text))} & found.uncertain
        found.events = Counter(event.outcome for event in self.portal.events)
        found.problems = list(self.portal.problems)
        left = [row for row in dead if row.state != "dead"]
        found.left = [f"{row.act} {row.text} {row.code}" for row in left]
        found.left += [row.problem for row in self.company.read(crm_intake.dead)]

    def _look_into(self, chat: PortalChat) -> None:
        clients = [said for message in chat.messages if message.by_client and (said := _said(message.text))]
        if clients != sorted(clients, key=_number):
            self.figures.disorder.append(f"portal {chat.outside}: {clients}")
        self.figures.shown.update(said for message in chat.messages if (said := _said(message.text)))
        self.figures.files["shown"] += sum(len(message.files) for message in chat.messages if message.by_client)

    async def _ask_clients(self) -> None:
        missed = {said for said, message in self.sent.items() if not self._was_told(message)}
        for one in self.sandboxes:
            for person in PEOPLE[: self.plan.people]:
                got = await one.heard(person)
                texts = [said for heard in got if (said := _said(heard.text))]
                self.figures.heard.update(texts)
                named = {file.name for heard in got for file in heard.files}
                self.figures.files["heard"] += len(named)
                self.figures.bare += [said for said in texts if _has_file(said) and _file(said)[0].name not in named]
                on_time = [said for said in texts if said not in missed]
                self.figures.overtaken += texts != sorted(texts, key=_number)
                if on_time != sorted(on_time, key=_number):
                    self.figures.disorder.append(f"{one.kind} {person.name}: {on_time}")

    def _was_told(self, message: PortalMessage) -> bool:
        """Whether an event of a message was taken."""
        number = str(message.id)
        return any(
            event.outcome == "delivered" and any(value == number for _, value in event.form)
            for event in self.portal.events
            if event.name.endswith("MESSAGEADD")
        )


def _number(said: str) -> int:
    return int(said.rpartition(" ")[2])


def _has_file(said: str) -> bool:
    return _number(said) % WITH_FILE == 0


def _file(text: str) -> tuple[StageFile, ...]:
    return (StageFile(name=f"{text.replace(' ', '-')}.txt", mime="text/plain", content=text.encode()),)


async def rehearse(home: Path, plan: Plan, say: Callable[[str], None]) -> Figures:
    """Play it in a store of its own; ``say`` is told how it goes on."""
    began, port = time.monotonic(), free_port()
    async with AsyncExitStack() as stack:
        sandboxes = [await stack.enter_async_context(provider(kind)) for kind in KINDS]
        portal = await stack.enter_async_context(Portal(rate=20.0))
        company = open_company(Settings(home=str(home), http_port=port)).seen_by(OWNER)
        stack.callback(company.close)
        office = Office(company, portal, sandboxes, plan, port, Figures(plan))
        daemon = Killed(home, port, office.moments)
        await office.set_up(daemon, say)
        await _storm(office, daemon, say)
        await office.collect()
        office.figures.minutes = (time.monotonic() - began) / 60
        return office.figures


async def _storm(office: Office, daemon: Killed, say: Callable[[str], None]) -> None:
    """The load under kills and a failing portal, and peace again until everything has settled."""
    load = [asyncio.create_task(office.clients(one)) for one in office.sandboxes]
    load += [asyncio.create_task(office.employees(kind)) for kind in KINDS]
    weather = asyncio.create_task(office.weather())
    await daemon.storm(office.plan.kills, partial(office.ripe, say=say), say)
    async with daemon.running():
        await asyncio.gather(*load)
        weather.cancel()
        await asyncio.wait({weather})
        say("the load is over")
        fault = office.portal.misbehaviour
        fault.lose_after, fault.lose_before, fault.html, fault.answer_with, fault.slow = {}, {}, {}, {}, {}
        await office.portal.settled()
        office.company.write(lambda tx: links.resume(tx, office.link))
        office.company.write(lambda tx: links.ask_catch_up(tx, office.link))
        await asyncio.sleep(3)
        await until(office.quiet, office.plan.patience, "everything is told", say)
