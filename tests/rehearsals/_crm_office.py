"""A desk with two CRMs and the providers of three channels, and everybody who writes there."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.events import CrmWithdrew
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId, MessageId
from chatapp_cli.runtime import linking
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.stage import CallsHooks, Customer, Sandbox, StageFile
from chatapp_cli.services import channels, crm_event_form, crm_intake, ledger, lines, links, options, sending
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import CrmArrivedRow, LinkRow
from tests.contract.connector_contract import ScriptedAsker
from tests.rehearsals import _clients
from tests.rehearsals._crm_figures import CLIENT, REWRITTEN, Change, Figures, How, Plan, has_file, said
from tests.rehearsals._crms import Chat, Message, RehearsedCrm
from tests.rehearsals._deals import RehearsedDeals
from tests.rehearsals.kill import PEOPLE, Killed, until

KINDS = ("email", "telegram_bot", "whatsapp")
CHANGING = "telegram_bot"
"""The one that can change what it has sent."""
EDITED, WITHDRAWN = 7, 4
"""Every so many messages are edited afterwards, and of those beside them one is deleted."""
UNREACHABLE = 5
"""Every so many answers are to somebody who takes nothing any more."""
SUBJECT, FAREWELL = "Заказ", "Прощайте"
LOOK, STILL = 0.2, 2.0
"""Seconds between two looks whether anything is on its way, and for how long nothing has to be."""
LATE = 15.0
"""Seconds after which a message is changed although it does not stand everywhere."""
HELPED = 5.0
"""Seconds until a link that a person helped must be another, or is helped again."""
BETWEEN_KILLS = 6.0
"""Seconds from one kill to the next, about."""


@dataclass(slots=True)
class Office:
    """The desk, two CRMs, and the providers of three channels."""

    company: Company
    crms: Sequence[RehearsedCrm]
    deals: RehearsedDeals
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
    changing: list[asyncio.Task[None]] = field(default_factory=list)
    """What is edited or deleted later."""

    @property
    def _address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def people(self) -> Sequence[Customer]:
        """Those who go on writing."""
        return PEOPLE[: self.plan.people]

    @property
    def leaver(self) -> Customer:
        """Who takes nothing any more."""
        return PEOPLE[self.plan.people]

    async def set_up(self, daemon: Killed, say: Callable[[str], None]) -> None:
        """Bind, link and pair, and let everybody say hello in peace, and one say farewell."""
        self.company.write(lambda tx: options.configure_company(tx, {"public_url": self._address}))
        line = self.company.write(lambda tx: lines.add(tx, "Продажи"))
        for one in self.sandboxes:
            self.bound[one.kind] = await bind(self.company, ScriptedAsker(one.answers), line=line, kind=one.kind)
            if isinstance(one, CallsHooks):
                one.calls(f"{self._address}/hooks/{self._channel(one.kind).hook_key}")
        async with daemon.running():
            await asyncio.gather(*(self._link(crm, say) for crm in self.crms))
            await self._greet(say)
            await self.deals.place(self.company, self.row(self.crms[0]))
            say("everybody has said hello")

    async def _link(self, crm: RehearsedCrm, say: Callable[[str], None]) -> None:
        await self._let_in(crm)
        await until(lambda: self.row(crm).state == LinkState.OK, 60, f"the link to {crm.kind} works", say)
        place = await linking.place_of(self.company, self.row(crm), crm.place)
        for kind in KINDS:
            await linking.attach(self.company, self.row(crm), self._channel(kind), place, {})
        await until(lambda: crm.paired() == len(KINDS), 60, f"the channels are paired with {crm.kind}", say)

    async def _let_in(self, crm: RehearsedCrm, previous: LinkRow | None = None) -> None:
        asker = ScriptedAsker(crm.answers)
        self.links[crm.kind] = await linking.link(self.company, asker, kind=crm.kind, previous=previous)
        hooks, shown = f"{self._address}/hooks/{self.row(crm).hook_key}", [one.link or "" for one in asker.notices]
        while not await crm.lets_in(hooks, shown[-1] if shown else ""):
            await asyncio.sleep(0.2)

    async def _greet(self, say: Callable[[str], None]) -> None:
        for one in self.sandboxes:
            for person in self.people:
                await one.say(person, f"Здравствуйте, {one.kind}", subject=SUBJECT)
            await one.say(self.leaver, f"{FAREWELL}, {one.kind}", subject=SUBJECT)
        every = (len(self.people) + 1) * len(KINDS)
        await until(lambda: all(len(crm.chats()) == every for crm in self.crms), 90, "greetings", say)
        await until(self.told_all, 60, "greetings are told", say)
        await asyncio.gather(*(crm.settled() for crm in self.crms))
        await asyncio.gather(*(_clients.leaves(one, self.leaver) for one in self.sandboxes))

    def row(self, crm: RehearsedCrm) -> LinkRow:
        """The link to a CRM."""
        return self.company.read(lambda tx: links.one(tx, self.links[crm.kind]))

    def _channel(self, kind: str) -> ChannelRow:
        return self.company.read(lambda tx: channels.one(tx, self.bound[kind]))

    def told_all(self) -> bool:
        """Whether the CRMs were told everything that they can be told."""
        return all(row.state == "dead" for row in self.company.read(partial(ledger.everything, n=10_000)))

    async def clients(self, one: Sandbox) -> None:
        """Let clients write as long as the daemon is killed, and change some of it."""
        for number in range(self.plan.incoming):
            person, text = self.people[number % self.plan.people], f"{one.kind} {CLIENT} {number}"
            files = _files(text)
            self.figures.files["sent in"] += len(files)
            self.figures.written[text] += 1
            message = await one.say(person, text, subject=SUBJECT, files=files)
            if not files and (how := _change_of(number)):
                change = self._client_changes(one, person, message, text, how)
                self._later(change, text, early=number // EDITED % 2 == 0)
            await self._pace(number, self.plan.incoming)

    def _later(self, change: Coroutine[None, None, None], text: str, *, early: bool) -> None:
        """Change a message soon after it was written, or once it stands everywhere, without waiting for that."""

        async def changes() -> None:
            if early:
                await asyncio.sleep(self.chance.uniform(0.0, 1.5))
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LATE):
                        while not self._stands_everywhere(text):
                            await asyncio.sleep(LOOK)
            await change

        self.changing.append(asyncio.create_task(changes()))

    def _stands_everywhere(self, text: str) -> bool:
        return all(any(said(one.text) == text for chat in crm.chats() for one in crm.shows(chat)) for crm in self.crms)

    async def _client_changes(self, one: Sandbox, who: Customer, message: str, text: str, how: How) -> None:
        changes = self.figures.changes
        if how == "edited" and await _clients.edits(one, who, message, f"{text}{REWRITTEN}"):
            changes[text] = Change("edited")
        elif how == "withdrawn" and _clients.withdraws(one, who, message):
            changes[text] = Change("withdrawn")

    async def employees(self, crm: RehearsedCrm, kind: str) -> None:
        """Let employees of a CRM answer, some of it to nobody, and change some of it."""
        many = self.plan.answers(kind)
        chats = [chat for chat in crm.chats() if kind in crm.shows(chat)[0].text]
        gone, there = _parted(crm, chats)
        for number in range(many):
            text, in_vain = f"{kind} {crm.kind} {number}", number % UNREACHABLE == UNREACHABLE - 2
            files = _files(text)
            self.figures.files["sent out"] += len(files)
            self.figures.written[text] += 1
            message = await crm.writes(gone if in_vain else there[number % len(there)], text, files)
            self.sent[text] = crm, message
            if in_vain:
                self.figures.unreachable.add(text)
            elif how := _change_of(number):
                change = self._employee_changes(crm, message, text, how, kind)
                self._later(change, text, early=number // EDITED % 2 == 1)
            await self._pace(number, many)

    async def _employee_changes(self, crm: RehearsedCrm, message: Message, text: str, how: How, kind: str) -> None:
        """Change it; whether the desk was told of that is only seen in the end."""
        if how == "edited":
            await crm.edits(message, f"{text}{REWRITTEN}")
        elif not await crm.withdraws(message):
            return
        self.figures.changes[text] = Change(how, told=False, possible=kind == CHANGING)

    async def deal_clients(self) -> None:
        """Let deals come to the stage of the robot at any moment."""
        for number in range(self.plan.deals):
            await self._deal_comes()
            await self._pace(number, self.plan.deals)

    async def _deal_comes(self) -> None:
        """The last come first: a messenger that takes few messages a minute to one client has fewest for them."""
        await self.deals.comes(self.people[-1 - self.deals.made % self.plan.people])

    async def _pace(self, number: int, many: int) -> None:
        """Write at any moment between two kills, and never let the load be over before the kills are."""
        while number / many > (len(self.moments) + 1) / self.plan.kills:
            await asyncio.sleep(0.05)
        await asyncio.sleep(self.chance.uniform(0.05, BETWEEN_KILLS * self.plan.kills / many))

    async def weather(self, crm: RehearsedCrm) -> None:
        """Let a CRM fail in one way after another until cancelled; a person helps where nobody else can."""
        for what in itertools.cycle(crm.failures):
            name, before = f"{crm.kind} {what}", crm.refused()
            self.figures.faults[name] += 1
            await crm.fail(what)
            if what in crm.refusals:
                self.figures.met[name] += crm.refused() > before
            await asyncio.sleep(1.5)
            crm.clears_up()
            await self.help(crm)

    async def help(self, crm: RehearsedCrm) -> None:
        """Do what a link needs a person for.

        It is linked anew if it was killed between a renewal of its tokens and their storing: both CRMs take a refresh
        token once.
        """
        row = await asyncio.to_thread(self.row, crm)
        if row.state in {LinkState.OK, LinkState.LIMITED}:
            return
        self.figures.helped[f"{crm.kind} {row.state}"] += 1
        if row.state == LinkState.AUTH_LOST:
            await self._let_in(crm, row)
        else:
            self.company.write(partial(links.resume, link=row.id))
        with suppress(TimeoutError):
            async with asyncio.timeout(HELPED):
                while await asyncio.to_thread(self.row, crm) == row:
                    await asyncio.sleep(LOOK)

    async def ripe(self, since: int, say: Callable[[str], None]) -> None:
        """Wait until the links work, let a robot write, and wait until something is being told."""
        proved = lambda: all((self.row(crm).proof_at or 0) >= since for crm in self.crms)  # noqa: E731
        await until(proved, 20, "the links are up", say)
        await self._deal_comes()
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                while not await asyncio.to_thread(self._under_way):
                    await asyncio.sleep(0.01)

    def _under_way(self) -> bool:
        return any(row.state == "sending" for row in self.company.read(ledger.everything))

    def quiet(self) -> bool:
        """Whether nothing is on its way in any direction."""
        waits = [
            row for link in self.links.values() for row in self.company.read(partial(crm_intake.waiting, link=link))
        ]
        sought = any(self.row(crm).gap_until is not None for crm in self.crms)
        is_still = all(map(_is_in_vain, waits)) and not sought and self.told_all() and self.deals.ended(self.company)
        return is_still and not self._goes_out()

    def _goes_out(self) -> bool:
        """Whether a message or a change of one is on its way to a client."""
        with self.company.database.reading() as tx:
            return bool(tx.compose(lambda n: n, "SELECT COUNT(*) FROM outbox", {})[0])

    async def settle(self, what: str, say: Callable[[str], None]) -> None:
        """Wait until nothing has been on its way for a while, or go on and let the figures tell."""
        ends, still = time.monotonic() + self.plan.patience, 0.0
        while still < STILL and time.monotonic() < ends:
            await asyncio.gather(asyncio.sleep(LOOK), *map(self.help, self.crms))
            still = still + LOOK if await asyncio.to_thread(self.quiet) else 0.0
        if still < STILL:
            say(f"waited {self.plan.patience:.0f} s in vain: {what}")

    def answers(self) -> list[tuple[int, int, str, str]]:
        """Dialog, number, text and state of all messages of ours."""
        with self.company.database.reading() as tx:
            sql = "SELECT dialog_id, id, text, state FROM message WHERE direction = 'out' ORDER BY dialog_id, id"
            return list(tx.compose(lambda *row: row, sql, {}))

    async def decide(self) -> bool:
        """A person finds out of each uncertain answer whether the client has it; if so, the other CRM is told."""
        before = len(self.figures.uncertain)
        heard = {said(one.text) for each in self.sandboxes for who in self.people for one in await each.heard(who)}
        for _, number, text, state in self.answers():
            if state == "uncertain":
                self.figures.uncertain.add(said(text))
                verdict: Literal["sent", "failed"] = "sent" if said(text) in heard else "failed"
                self.company.write(partial(sending.resolve, message=MessageId(number), verdict=verdict))
        return len(self.figures.uncertain) > before


def _is_in_vain(row: CrmArrivedRow) -> bool:
    """Whether it is a deletion of a message of which no call told: no look finds that any more, and it waits long."""
    return bool(row.problem) and isinstance(crm_event_form.event_of(row), CrmWithdrew)


def _change_of(number: int) -> How | None:
    found: dict[int, How] = {0: "edited", WITHDRAWN: "withdrawn"}
    return found.get(number % EDITED)


def _parted(crm: RehearsedCrm, chats: Sequence[Chat]) -> tuple[Chat, Sequence[Chat]]:
    """The chat of who takes nothing any more, and the others."""
    there = [chat for chat in chats if FAREWELL not in crm.shows(chat)[0].text]
    (gone,) = [chat for chat in chats if FAREWELL in crm.shows(chat)[0].text]
    return gone, there


def _files(text: str) -> Sequence[StageFile]:
    """The file that comes with it, which is named so."""
    if not has_file(text):
        return ()
    return (StageFile(name=file_of(text), mime="text/plain", content=text.encode()),)


def file_of(text: str) -> str:
    """The name of its file."""
    return f"{text.replace(' ', '-')}.txt"
