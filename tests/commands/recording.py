"""An invented company on a held clock, and what each command prints of it as JSON.

``python -m tests.commands.recording`` writes the records anew.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from typer.testing import CliRunner

from chatapp_cli import i18n
from chatapp_cli.bootstrap import open_company
from chatapp_cli.cli import app
from chatapp_cli.domain.access import Acting
from chatapp_cli.domain.arrival import Arrival, Batch, IncomingFile, Peer, Profile
from chatapp_cli.domain.automation import ActWanted, RuleKind, RuleWanted
from chatapp_cli.domain.crm.events import CrmArrival
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId, LinkId
from chatapp_cli.domain.text import T
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import (
    alarms,
    auto_rules,
    auto_run,
    contacts,
    crm_intake,
    crm_rules,
    drafts,
    duties,
    ingest,
    notes,
    outbox,
    raw_bodies,
)
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.settings import Settings
from tests.stores import owner
from tests.tui import furniture, portals
from tests.tui.stage import HOUR, ME, MINUTE, NOON, HeldClock, Stage, warm_home

OWNER = Acting(ME, owner=True)
KEPT = Path(__file__).with_name("records")

RECORDED: Mapping[str, Sequence[object]] = {
    "alarm list": (),
    "application list": (),
    "application show": (2,),
    "chat follow": ("telegram", "@teply_dom_news"),
    "chat list": ("telegram",),
    "chat read-back": ("telegram", "@teply_dom_news", "--after", "5"),
    "company configure": (),
    "calendar show": ("1", "--at", "2026-12-31 10:00"),
    "config list": (),
    "contact chain": ("1",),
    "contact find": ("+79160000001",),
    "contact list": ("telegram",),
    "contact reach": ("+79160000001",),
    "contact show": ("k-1841",),
    "contact suggestions": (),
    "crm configure": ("1", "--link", "1"),
    "crm deadletter list": (),
    "crm history list": (),
    "crm list": (),
    "crm outbox list": (),
    "crm outbox show": (2,),
    "crm rules list": ("--link", "1"),
    "crm rules test": ("--link", "1", "--text", "Почём опт?", "--source", "1", "--at", "2026-11-23 12:00"),
    "crm show": ("1",),
    "deadletter list": (),
    "deadletter show": (32,),
    "dialog draft": (1,),
    "dialog list": (),
    "dialog mentions": (),
    "dialog notes": (5,),
    "dialog show": (1,),
    "dialog viewers": (),
    "group add": (16, "@anna"),
    "group create": ("telegram", "Новая группа", "@anna"),
    "group remove": (16, "@anna"),
    "keys check": (),
    "keys list": (),
    "line channels": (),
    "line configure": ("hello@teply-dom.example",),
    "line invite": (3,),
    "line list": (),
    "line operators": ("1",),
    "line show": (1,),
    "message forward": (1, "--to", 2),
    "message history": (9,),
    "message show": (6,),
    "message transcribe": (36,),
    "outbox list": (),
    "outbox undelivered": (),
    "quick import": ("replies.csv",),
    "quick list": (),
    "quick sections": (),
    "quick show": (2,),
    "reply": (4, "--text", "Здравствуйте!", "--wait", 0),
    "robot list": (),
    "robot read": ("79000000000:Y; 79000000001:N:[LICENSE_NOT_FOUND] license not found",),
    "robot runs": (),
    "autoreply list": (),
    "rule list": (),
    "rule log": (),
    "rule show": ("Опт",),
    "rule test": ("--source", 1, "--text", "Почём опт?"),
    "search": ("плед",),
    "send": ("new@example.org", "-c", "hello@teply-dom.example", "--subject", "Привет", "--text", "Вы?", "--wait", 0),
    "tail": ("--after", 0),
    "template list": (),
    "template show": ("whatsapp", "order_ready"),
    "trace": (6,),
    "user list": (),
    "user rights": (furniture.COLLEAGUE,),
    "user ways": (furniture.COLLEAGUE,),
    "view list": (),
    "view show": ("Возвраты",),
    "whoami": (),
}
"""Every command that prints JSON, with the words behind it."""

MORE: Mapping[str, Sequence[object]] = {
    "contact reach.person": ("contact", "reach", "zoya@example.org"),
    "dialog list.waiting": ("dialog", "list", "--waiting", "--limit", 3),
    "dialog list.near": ("dialog", "list", "--search", "Кузницова"),
    "dialog show.person": ("dialog", "show", 7, "--person"),
    "dialog show.failed": ("dialog", "show", 3),
    "dialog show.group": ("dialog", "show", 9),
    "line show.stopped": ("line", "show", 2),
    "message show.waiting": ("message", "show", 35),
    "rule test.last": ("rule", "test", "--last", "1h"),
    "send.dry": ("send", "+79160000001", "new@example.org", "-c", "email", "--line", 1, "--text", "Вы?", "--dry-run"),
    "send.many": ("send", "+79160000001", "new@example.org", "-c", "email", "--line", 1, "--text", "Вы?", "--yes"),
    "trace.failed": ("trace", 15),
}
"""The same commands asked for something else."""

UNRECORDED: Mapping[str, str] = {
    "crm amo channel request": "needs a link to amoCRM",
    "rule secret": "prints a secret",
    "crm card": "asks the CRM itself",
    "crm check": "asks the CRM itself",
    "crm employees": "asks the CRM itself",
    "crm fields": "asks the CRM itself",
    "crm users list": "asks the CRM itself",
    "crm places": "asks the CRM itself",
    "crm robots install": "asks the CRM itself",
    "crm robots list": "asks the CRM itself",
    "crm write": "asks the CRM itself",
    "doctor crm": "asks the CRM itself",
    "gc": "tells of this machine",
    "keys probe": "listens to a terminal",
    "line check": "asks the providers themselves",
    "line proxies": "asks the providers themselves",
    "robot run": "writes to people by the channels' sessions",
}
"""Commands that print JSON that no two machines share, and why."""

ANSWERS: Mapping[str, object] = {
    "find": furniture.FOUND,
    "contacts": furniture.CONTACTS,
    "chats": furniture.CHATS,
    "follow": {"key": "-1002", "address": "-1002", "kind": "channel", "title": "Тёплый дом · новости"},
    "history": {"messages": 3, "known": 1},
    "create_group": {"peer": {"address": "-200"}, "missing": {"@anna": "privacy"}},
    "add_members": {"peer": {"address": "-100"}, "missing": {"@anna": "privacy"}},
    "remove_members": {"peer": {"address": "-100"}, "missing": {}},
}
"""What providers answer."""


_NEEDS_A_PERSON = 4
_TRANSCRIBED = {"CHATAPP_TRANSCRIBE_COMMAND": "cat {file}"}


class Clock(HeldClock):
    """The same moment all the time, although one may wait."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Counted:
    """Keys in their order instead of chance."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def key(self) -> str:
        return f"{next(self._numbers):032x}"

    def between(self, low: float, high: float) -> float:
        return (low + high) / 2


def world() -> World:
    """A world in which everything happens at noon."""
    return World(clock=Clock(NOON), chance=Counted())


def company(home: Path) -> None:
    """Found it, with something of everything that commands print."""
    made = world()
    company = open_company(Settings(home=str(home), company="home", operator=ME), made).seen_by(OWNER)
    assert isinstance(made.clock, Clock)
    stage = warm_home(company, made.clock)
    furniture.furnish(stage)
    for happen in _HAPPENS:
        happen(stage)
    company.close()


def _begun(stage: Stage) -> None:
    """A draft, a question to a colleague, somebody put off, and a chain."""
    stage.company.write(lambda tx: drafts.save(tx, DialogId(1), drafts.Unsent(Draft(text="Анна, "))))
    stage.company.write(lambda tx: notes.add(tx.by(owner(furniture.COLLEAGUE)), DialogId(5), f"@{ME}, вернём деньги?"))
    stage.company.write(lambda tx: duties.snooze(tx, DialogId(5), NOON + HOUR))
    stage.company.write(lambda tx: duties.join(tx, DialogId(1), furniture.COLLEAGUE, "observer"))
    stage.company.write(lambda tx: contacts.set_chain(tx, contacts.met_or_new(tx, "1"), ["telegram_bot", "email"]))


def _misunderstood(stage: Stage) -> None:
    """Something that could not be read."""
    arrival = Arrival(provider_id="odd", raw=b'{"odd": 1}', problem="KeyError: 'text'")
    batch = raw_bodies.store_large(stage.company.media, Batch(arrivals=(arrival,)))
    stage.company.write(lambda tx: ingest.ingest(tx, ChannelId(1), batch))


def _alarming(stage: Stage) -> None:
    """Something that a person has to know of."""
    text = T("{title} gives no sign of life", title="Бот")
    stage.company.write(lambda tx: alarms.raise_(tx, "channel", "1", text, ChannelId(1)))


def _resting(stage: Stage) -> None:
    """An account that was told to wait, and one that takes clients."""
    stage.channel(
        stage.line("Мастерская"), "telegram_bot", "700100201", "@teply_dom_2_bot", Link="https://t.me/teply_dom_2_bot"
    )
    stage.company.write(lambda tx: outbox.pause(tx, ChannelId(1), seconds=1800, code="flood", detail="1800"))


def _waiting(stage: Stage) -> None:
    """Something for later, and what somebody said aloud."""
    stage.say(DialogId(4), "Напомню завтра", state=None, at=NOON + 26 * HOUR)
    file = IncomingFile(kind="voice", name="voice.ogg", mime="audio/ogg", size=5, content=b"voice")
    igor = furniture.IGOR
    stage.hear(ChannelId(1), igor, "", ago=MINUTE, files=[file])


def _grouped(stage: Stage) -> None:
    """A group of the messenger's account, and a client of the site who writes there too."""
    stage.hear(ChannelId(6), Profile(id="700", name="Полина Ж.", phone="+79037654321"), "Я тут", ago=MINUTE)
    group = Peer(key="-200", address="-200", kind="group", title="Склад")
    stage.hear(ChannelId(6), Profile(id="602", name="Рита"), "Плед «Облако» пришёл", ago=MINUTE, peer=group)


_HAPPENS = (
    furniture.views_are_kept,
    furniture.anna_writes,
    furniture.dmitry_is_one,
    furniture.colleague_writes,
    furniture.papers,
    furniture.account,
    furniture.accounts,
    _begun,
    _misunderstood,
    _alarming,
    _resting,
    _waiting,
    _grouped,
)


def everything() -> Iterator[tuple[str, Sequence[object]]]:
    """The name of each record, and the words that are said for it."""
    for name, more in RECORDED.items():
        yield name, (*name.split(), *more)
    yield from MORE.items()


def printed(furnished: Path, words: Sequence[object]) -> str:
    """What a command prints of the company as JSON, on a copy of it."""
    with tempfile.TemporaryDirectory() as folder, _answered(shutil.copytree(furnished, Path(folder) / "home"), words):
        options = [*_told(Path(folder)), *(_word(folder, word) for word in words), "--json"]
        env = {"CHATAPP_HOME": f"{folder}/home", "CHATAPP_CONFIG": f"{folder}/config.toml", **_TRANSCRIBED}
        done = CliRunner().invoke(app, options, env=env, obj=world())
        assert done.exit_code in {0, 1, _NEEDS_A_PERSON}, (done.stdout, done.stderr, done.exception)
        assert done.stdout, done.stderr
        return done.stdout.replace(folder, "FOLDER")


def _told(folder: Path) -> Sequence[str]:
    (folder / "replies.csv").write_text("section,title,text\nМагазин,Новое,Да\n", "utf-8")
    return "--company", "home", "--lang", "en", "--operator", ME


def _word(folder: str, word: object) -> str:
    return f"{folder}/{word}" if str(word).endswith(".csv") else str(word)


@contextmanager
def _answered(home: Path, words: Sequence[object]) -> Iterator[None]:
    """Where a channel is asked, somebody holds the lease and answers."""
    if words[0] == "crm":
        _link(home)
    if words[0] in {"rule", "autoreply"}:
        _have_rules(home)
    if words[0] not in {"chat", "contact", "group"}:
        yield
        return
    company = open_company(Settings(home=str(home), company="home", operator=ME), world()).seen_by(OWNER)
    loop = asyncio.new_event_loop()
    task = loop.create_task(furniture.answered(company, ANSWERS))
    thread = threading.Thread(target=_until_cancelled, args=(loop, task))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
        company.close()


def _have_rules(home: Path) -> None:
    """Make an automatic answer and a rule, and let a client write who is answered and tagged."""
    made = world()
    company = open_company(Settings(home=str(home), company="home", operator=ME), made).seen_by(OWNER)
    assert isinstance(made.clock, Clock)
    desk = desk_of(company, making=True)
    hello = RuleWanted(name="Первое", kind=RuleKind.AUTOREPLY, asked={"first": "ever"}, acts=[ActWanted("send", "Да?")])
    bulk = RuleWanted(name="Опт", asked={"words": ["опт"]}, acts=[ActWanted("tag", "опт"), ActWanted("snooze", 60)])
    for wanted in (hello, bulk):
        company.write(lambda tx, wanted=wanted: auto_rules.add(tx, wanted, desk.names(tx)))  # type: ignore[misc]
    Stage(company, made.clock, first=9000).hear(ChannelId(1), Profile(id="903", name="Вера"), "Почём оптом?", ago=0)
    while company.write(partial(auto_run.work, desk=desk)):
        pass
    company.close()


def _link(home: Path) -> None:
    """Link portals, one of which said something that could not be used."""
    made = world()
    company = open_company(Settings(home=str(home), company="home", operator=ME), made).seen_by(OWNER)
    assert isinstance(made.clock, Clock)
    portals.furnish(Stage(company, made.clock, first=9000), "webhook")
    odd = CrmArrival(provider_id="odd", event=None, raw=b"{", problem="not JSON")
    company.write(lambda tx: crm_intake.keep(tx, LinkId(1), [odd]))
    company.write(lambda tx: crm_rules.add(tx, LinkId(1), "Опт", {"words": ["опт"]}, RuleOutcome(pipeline="9")))
    company.close()


def _until_cancelled(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    loop.run_until_complete(asyncio.wait([task]))


def record() -> None:
    """Write every record anew."""
    os.environ |= {"TZ": "UTC", "LC_ALL": "C.UTF-8"}
    time.tzset()
    i18n.use("en")
    with tempfile.TemporaryDirectory() as folder:
        company(Path(folder) / "company")
        for name, words in everything():
            (KEPT / f"{name}.json").write_text(printed(Path(folder) / "company", words), "utf-8")


if __name__ == "__main__":
    record()
