"""The desk at which a week happens: the same in the store with its history and in the one that lives through it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Final, NamedTuple, TypeVar

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.automation import FOLLOWER, seen
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.option import COMPANY
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.runtime.binding import bind
from chatapp_cli.services import (
    auto_form,
    auto_rules,
    channels,
    dialogs,
    duties,
    ingest,
    journal,
    lines,
    options,
    outbox,
    replies,
    sending,
)
from chatapp_cli.services.options import Changes
from chatapp_cli.store.rows.automation import AutoActRow
from chatapp_cli.store.tx import Tx
from tests.contract.connector_contract import ScriptedAsker
from tests.daemons import Serving
from tests.rehearsals._rules_kept import HOURS, KEPT
from tests.rehearsals._rules_week import LINES, NO_WAY, Step, Stop
from tests.rehearsals._rules_wire import Wire

Found = TypeVar("Found")
TOGETHER: Final = 6
"""Steps after which a transaction ends."""
RULED: Final = "«"
"""Begins the names under which rules act."""


class EventName(NamedTuple):
    """An event by what is the same in both stores."""

    event: str
    channel: int
    who: str
    what: str
    """The text of its message, or about whom or what it is."""
    nth: int


@dataclass(slots=True)
class WeekDesk:
    """A company's store, and where things are in it."""

    serving: Serving
    company: Company
    url: str
    """Of the other program."""
    bound: list[ChannelId] = field(default_factory=list)

    async def set_up(self, wire: Wire) -> None:
        """Lines, channels, hours and a quick reply."""
        self.company.write(lambda tx: options.change(tx, COMPANY, Changes(HOURS)))
        for name in LINES:
            line = self.company.write(partial(lines.add, name=name))
            asker = ScriptedAsker(wire.answers(name))
            self.bound.append(await bind(self.company, asker, line=line, kind="api"))
        self.company.write(_reply)

    def keep_rules(self) -> None:
        """Keep the rules, all switched on."""
        desk = desk_of(self.company, making=True)

        def kept(tx: Tx) -> None:
            for said in auto_form.read(KEPT.replace("WIRE", self.url)):
                names = desk.names(tx)
                auto_rules.add(tx, auto_form.wanted(tx, said, names), names)

        self.company.write(kept)

    def at(self, moment: int) -> None:
        """It is that late, or later."""
        if (passed := moment - self.serving.clock.now()) > 0:
            self.serving.clock.move(passed=passed)

    def happens(self, stop: Stop) -> None:
        """Write down what happens at a stop."""
        steps: list[Step] = []
        for _, series in groupby(stop.steps, key=lambda step: (step.channel, step.who)):
            steps += series  # of one client at once: whether a message was before the answer to another decides
            if len(steps) >= TOGETHER:
                self.company.write(partial(self._written, steps=steps))
                steps = []
        self.company.write(partial(self._written, steps=steps))

    def _written(self, tx: Tx, *, steps: Sequence[Step]) -> None:
        for step in steps:
            if step.what == "writes":
                self._writes(tx, step)
            else:
                self._does(tx, step, self._dialog(tx, step))

    def _writes(self, tx: Tx, step: Step) -> None:
        name = "" if step.who.endswith("7") else f"Клиент {step.who}"
        if step.who.endswith("3"):  # who is called otherwise whenever they write
            name = f"Клиент {step.value}"
        who = Profile(id=step.who, name=name, username=step.who)
        said = MessageArrived(
            peer=Peer(key=step.who, address=step.who, kind="group" if step.chat == "group" else "private"),
            ext_id=step.value, at=tx.now, sender=who, text=step.value, automatic=step.automatic,
        )  # fmt: skip
        arrival = Arrival(provider_id=step.value, raw=b"{}", events=(said,))
        ingest.ingest(tx, self.bound[step.channel], Batch(arrivals=(arrival,)))

    def _dialog(self, tx: Tx, step: Step) -> DialogId:
        found = tx.compose(
            int, "SELECT id FROM dialog WHERE channel_id = :channel AND key = :key",
            {"channel": self.bound[step.channel], "key": step.who},
        )  # fmt: skip
        return DialogId(found[0])

    def _does(self, tx: Tx, step: Step, dialog: DialogId) -> None:
        match step.what:
            case "answers" | "fails":
                can = self.company.capabilities(channels.one(tx, self.bound[step.channel]))
                order = sending.SendOptions(key=sending.key_of(step.value))
                sending.enqueue(tx, can, dialog, Draft(text=step.value), order)
            case "types":
                dialogs.typing(tx, dialog)
            case "waives":
                duties.no_answer(tx, dialog)
            case "assigns":
                duties.assign(tx, dialog, step.value)
            case "tags":
                dialogs.tag(tx, dialog, step.value)
            case "untags":
                dialogs.untag(tx, dialog, step.value)

    def carries(self) -> None:
        """What the desk's people wrote is taken, or refused, as a daemon would be told."""
        for channel in self.bound:
            while self.company.write(partial(self._carried, channel=channel)):
                pass

    def _carried(self, tx: Tx, *, channel: ChannelId) -> bool:
        claim = outbox.claim(tx, self.company.media, channel)
        if claim is None:
            return False
        outbox.begin(tx, claim)
        if NO_WAY in claim.outbound.text:
            return outbox.fail(tx, claim, Rejected("refused"))
        return outbox.succeed(tx, claim, Receipt(ids=(f"x{claim.outbound.text}",)))

    def due(self, until: int) -> int | None:
        """When the next act is due that waits, if that is not later than a time."""
        find = "SELECT MIN(due_at) FROM auto_act WHERE state = 'waiting' AND due_at <= :until"
        return self._one(lambda tx: tx.compose(lambda at: at, find, {"until": until})[0])

    def is_settled(self) -> bool:
        """Whether the daemon has nothing to do: nothing to plan, to carry out, or to send."""

        def read(tx: Tx) -> bool:
            if tx.compose(int, "SELECT 1 FROM message WHERE state IN ('queued', 'sending') LIMIT 1", {}):
                return False
            if tx.value("autocalls.any") or tx.one(AutoActRow, "autoacts.next", now=tx.now) is not None:
                return False
            place = tx.value("followers.place", name=FOLLOWER)
            return not any(seen(one.event) for one in journal.after(tx, place or 0))

        return bool(self._one(read))

    def _one(self, job: Callable[[Tx], Found]) -> Found:
        return self.company.read(lambda tx: job(tx.whole()))

    def names(self) -> Mapping[int, EventName]:
        """The events of rules that no rule caused, by their numbers in the journal."""
        return self._one(lambda tx: dict(self._named(tx)))

    def _named(self, tx: Tx) -> Iterator[tuple[int, EventName]]:
        places = {number: n for n, number in enumerate(self.bound)}
        cards = dict(tx.compose(lambda i, c, k: (i, (places[c], k)), "SELECT id, channel_id, key FROM dialog", {}))
        said = dict(tx.compose(lambda i, t, a: (i, (t, a)), "SELECT id, text, author FROM message", {}))
        met: Counter[tuple[object, ...]] = Counter()
        place = 0
        while entries := journal.after(tx, place, n=1_000):
            place = entries[-1].id
            for entry in entries:
                what = seen(entry.event)
                text, author = said.get(entry.event.message or 0, ("", ""))
                if what is None or entry.event.dialog is None or RULED in {entry.actor[:1], author[:1]}:
                    continue
                key = (what.event.value, *cards[entry.event.dialog], text or what.about)
                met[key] += 1
                yield entry.id, EventName(*key, nth=met[key])  # type: ignore[arg-type]

    def acts(self) -> Sequence[AutoActRow]:
        """Everything that rules planned."""
        return self._one(lambda tx: tx.all(AutoActRow, "autoacts.latest", rule=0, dialog=0, n=1_000_000))

    def written(self) -> Counter[str]:
        """What rules wrote, by text and state."""
        texts = "SELECT text FROM message WHERE origin IN ('rule', 'autoreply')"
        return Counter(self._one(lambda tx: tx.compose(str, texts, {})))

    def noted(self) -> int:
        """How many notes there are."""
        return int(self._one(lambda tx: tx.compose(int, "SELECT COUNT(*) FROM note", {})[0]))


def _reply(tx: Tx) -> None:
    replies.add_section(tx, "Общее")
    replies.add(tx, replies.section(tx, "Общее"), QuickReplyDraft(title="Цены", text="Ёлка 900, гирлянда 300"))
