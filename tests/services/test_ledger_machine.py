"""Whatever happens in whatever order, the ledger keeps its word: each CRM is told everything once, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chatapp_cli.domain.arrival import DeliveryChanged, MessageEdited, MessagesDeleted, Peer, PeerMoved
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, CrmWrote
from chatapp_cli.domain.crm.states import BESIDE, Act
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.ids import MessageId, Millis
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.text import Text
from chatapp_cli.services import channels, composing, crm_event_form, crm_intake, ledger, outbox, pairings
from chatapp_cli.services.crm_intake import CrmContext
from chatapp_cli.services.crm_targets import NotYet
from chatapp_cli.services.message_request import InDialog, MessageRequest
from chatapp_cli.store.rows.crm import ShownEntryRow
from chatapp_cli.store.tx import Tx
from tests.services.invented_crm import InventedCrm, Said, Telling
from tests.services.paired import HERE, able, linked, pair
from tests.stores import Shop, hand_over

WHO = st.integers(0, 2)
WHERE = st.integers(0, 1)
PICK = st.integers(0, 1_000)
SECONDS = st.integers(0, 3)
FEW = settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.generate],
    stateful_step_count=35,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class PowerCut(Exception):
    """The process ends before its transaction is committed."""


class LedgerMachine(RuleBasedStateMachine):
    """Clients, operators, employees of two CRMs, crashes and a clock, against the real store."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.said: dict[MessageId, Said] = {}
        self.claimed: list[Telling] = []
        self.flying: list[Telling] = []
        self.stale: list[Telling] = []
        self.crms: list[InventedCrm] = []
        self.numbers = count(1)

    @initialize()
    def link(self) -> None:
        self.channel = self.shop.channel(kind="email")
        self.names = ["a", "b", "c"]
        for name in self.names:
            self.shop.hear(self.channel, "давно", who=name)
        for where in ("north", "south"):
            desk = linked(self.shop, self.channel, f"{where}-{self.channel}.example")
            self.crms.append(InventedCrm(desk, after=self.newest()))

    def newest(self) -> int:
        return int(self.shop.read(lambda tx: tx.compose(int, "SELECT COALESCE(MAX(id), 0) FROM message", {})[0]))

    def word(self) -> str:
        return f"слово {next(self.numbers)}"

    def pairs_of(self, message: MessageId) -> Iterator[InventedCrm]:
        """The CRMs that have to be told of a message from now on."""
        for number, crm in enumerate(self.crms):
            if crm.active and message > crm.after and self.said[message].written_in != number:
                yield crm

    def owe(self, message: MessageId) -> None:
        for crm in self.pairs_of(message):
            crm.owed.add(message)

    @rule(who=WHO)
    def a_client_writes(self, who: int) -> None:
        text, ext_id = self.word(), f"c{self.channel}-{next(self.numbers)}"
        message = self.shop.hear(self.channel, text, who=self.names[who], ext_id=ext_id)
        self.said[message] = Said(self.names[who], text, ext_id)
        self.owe(message)

    def of_clients(self) -> list[MessageId]:
        """What a client may change: what CRMs are told just now, if there is something like that."""
        found = [number for number, said in self.said.items() if said.ext_id and not said.deleted]
        under_way = {telling.row.message_id for telling in (*self.claimed, *self.flying, *self.stale[-2:])}
        return [number for number in found if number in under_way] or found

    @rule(who=WHO, where=WHERE, arrived=st.booleans(), deletes=st.booleans(), moves=st.booleans(), early=st.booleans())
    def one_is_changed_on_its_way(
        self, who: int, where: int, arrived: bool, deletes: bool, moves: bool, early: bool
    ) -> None:
        """All of it in one step, so that it is tried often."""
        self.a_client_writes(who)
        message = max(self.said)
        self.claim(where)
        told = next((one for one in self.claimed if one.row.message_id == message), None)
        if told is None or told.row.act != Act.ADD:
            return
        self.claimed.remove(told)
        self.begin(told, sees=True)
        if not early and told in self.flying:
            self.lose_answer(self.flying.index(told), arrived=arrived)
        self.change(message, deletes=deletes)
        if moves:
            self.two_dialogs_become_one(who)
        if told in self.flying:
            self.lose_answer(self.flying.index(told), arrived=arrived)

    @precondition(lambda self: self.of_clients())
    @rule(pick=PICK, deletes=st.booleans())
    def a_client_changes_something(self, pick: int, deletes: bool) -> None:
        self.change(self.of_clients()[pick % len(self.of_clients())], deletes=deletes)

    def change(self, message: MessageId, *, deletes: bool) -> None:
        if deletes:
            self.delete(self.said[message])
        else:
            self.edit(self.said[message])

    def edit(self, said: Said) -> None:
        said.text = self.word()
        event = MessageEdited(peer_key=said.who, ext_id=said.ext_id, text=said.text, at=Millis(self.shop.clock.at))
        self.shop.take(self.channel, event)

    def delete(self, said: Said) -> None:
        said.deleted = True
        event = MessagesDeleted(peer_key=said.who, ext_ids=(said.ext_id,), at=Millis(self.shop.clock.at))
        self.shop.take(self.channel, event)

    @rule(who=WHO)
    def an_operator_writes(self, who: int) -> None:
        text, name = self.word(), self.names[who]
        dialog = self.shop.read(lambda tx: tx.value("dialogs.at_key", channel=self.channel, key=name))
        request = MessageRequest(to=InDialog(dialog), draft=Draft(text=text), options=self.shop.order())
        message = self.shop.write(lambda tx: composing.accept(tx, able, request))
        self.said[message] = Said(name, text)

    @rule(who=WHO, where=WHERE)
    def one_is_told_while_the_channel_reports(self, who: int, where: int) -> None:
        self.an_operator_writes(who)
        self.the_channel_sends(3, "sent")
        self.claim(where)
        while self.claimed:
            self.begin(self.claimed.pop(), sees=True)
        self.the_channel_reports(0, State.DELIVERED)

    @rule(times=st.integers(1, 3), verdict=st.sampled_from(["sent", "sent", "sent", "failed", "uncertain"]))
    def the_channel_sends(self, times: int, verdict: str) -> None:
        for _ in range(times):
            claim = self.shop.write(lambda tx: hand_over(tx, self.shop.media, self.channel))
            if claim is None:
                return
            message = claim.message.id
            if verdict == "failed":
                self.shop.write(lambda tx, c=claim: outbox.fail(tx, c, Rejected("no_such_user")))
            elif verdict == "uncertain":
                self.shop.write(lambda tx, c=claim: outbox.leave_uncertain(tx, c, OutcomeUnknown("cut")))
            else:
                receipt = Receipt(ids=(f"sent-{message}",))
                self.shop.write(lambda tx, c=claim, r=receipt: outbox.succeed(tx, c, r))
                self.said[message].went += 1
                self.owe(message)

    @precondition(lambda self: any(said.went for said in self.said.values()))
    @rule(pick=PICK, state=st.sampled_from([State.DELIVERED, State.READ]))
    def the_channel_reports(self, pick: int, state: State) -> None:
        went = [number for number, said in self.said.items() if said.went] or [MessageId(0)]
        ext_id = f"sent-{went[-1 - pick % 3 % len(went)]}"
        self.shop.take(self.channel, DeliveryChanged(ext_id=ext_id, state=state, at=Millis(self.shop.clock.at)))

    @precondition(lambda self: any(crm.shown for crm in self.crms))
    @rule(where=WHERE, pick=PICK, doubled=st.booleans(), found_again=st.booleans())
    def an_employee_writes(self, where: int, pick: int, doubled: bool, found_again: bool) -> None:
        crm = self.crms[where]
        chats = sorted({chat for chat, _ in crm.shown})
        if not chats:
            return
        number, text = next(self.numbers), self.word()
        event = CrmWrote(
            kind="email", place=HERE.id, chat=chats[pick % len(chats)], remote=str(number), author="27", text=text
        )
        before = self.newest()
        self.come(crm, event, [f"add:{number}"] + [f"add:{number}"] * doubled + [f"look:{number}"] * found_again)
        new = self.shop.read(lambda tx: tx.compose(int, f"SELECT id FROM message WHERE id > {before}", {}))
        assert len(new) <= 1
        for message in new:
            self.said[MessageId(message)] = Said(self.who_of(MessageId(message)), text, written_in=where)

    def who_of(self, message: MessageId) -> str:
        dialog = self.shop.message(message).dialog_id
        found = [n for n in self.names if self.shop.read(partial(at_key, self.channel, n)) == dialog]
        return found[0]

    def come(self, crm: InventedCrm, event: CrmWrote, ids: list[str]) -> None:
        """Let the CRM tell it, as often as it does; what is about nothing of ours becomes a dead letter."""
        for provider_id in ids:
            arrival = CrmArrival(provider_id=provider_id, event=event, raw=b"raw")
            self.shop.write(lambda tx, a=arrival: crm_intake.keep(tx, crm.desk.link, [a]))
            for row in self.shop.read(lambda tx: crm_intake.waiting(tx, crm.desk.link)):
                read = crm_event_form.event_of(row)
                try:
                    self.shop.write(partial(crm_intake.apply, row=row, event=read, context=CrmContext(able=able)))
                except (NotYet, NotFound):
                    self.shop.write(partial(crm_intake.die, row=row, problem=Text("unknown")))

    @rule(where=WHERE)
    def claim(self, where: int) -> None:
        crm = self.crms[where]
        rows = crm.desk.entries()
        for row in rows:
            assert row.link_id == crm.desk.link
            self.claimed.append(Telling(crm, row, crm.desk.entry(row)))

    @rule(where=WHERE)
    def die_while_claiming(self, where: int) -> None:
        def claim_and_die(tx: Tx) -> None:
            ledger.claim(tx, self.crms[where].desk.link, 20)
            raise PowerCut

        with pytest.raises(PowerCut):
            self.shop.write(claim_and_die)

    @precondition(lambda self: self.claimed)
    @rule(pick=PICK, sees=st.booleans())
    def hand_over(self, pick: int, sees: bool) -> None:
        """Look first if it is doubtful; ``sees``: whether the CRM can say."""
        self.begin(self.claimed.pop(pick % len(self.claimed)), sees=sees)

    def begin(self, telling: Telling, *, sees: bool) -> None:
        row, entry, crm = telling.row, telling.entry, telling.crm
        if entry is None:
            self.shop.write(lambda tx: ledger.skip(tx, row))
            self.stale.append(telling)
        elif row.doubtful:
            self.look(telling, entry, sees=sees)
        elif self.shop.write(lambda tx: ledger.begin(tx, [row])):
            assert crm.active, "told without a pairing"
            assert row.message_id is None or row.message_id > crm.after, "told of what was before the pairing"
            assert entry.act is not Act.ADD or not crm.taken[entry.key], "told again without a look"
            self.flying.append(telling)
        else:
            self.stale.append(telling)

    def look(self, telling: Telling, entry: LedgerEntry, *, sees: bool) -> None:
        """What the runtime does with an entry that the CRM may have."""
        row, crm = telling.row, telling.crm
        self.stale.append(telling)
        if not sees and row.doubtful >= ledger.MOST_LOOKS:
            if self.shop.write(lambda tx: ledger.die(tx, row, ledger.UNCERTAIN, "")):
                self.give_up(telling)
        elif not sees:
            error = OutcomeUnknown("away")
            self.shop.write(lambda tx: ledger.again(tx, row, error, seconds=1, doubtful=True))
        elif crm.has(entry):
            self.settle(telling, entry)
        else:
            self.shop.write(lambda tx: ledger.certain(tx, row))

    def settle(self, telling: Telling, entry: LedgerEntry) -> bool:
        shown = CrmReceipt(chat=f"7{entry.chat.id[5:]}", session="7")
        return bool(self.shop.write(lambda tx: ledger.settle(tx, telling.row, shown)))

    def give_up(self, telling: Telling) -> None:
        if telling.row.message_id is not None:
            telling.crm.given_up.add(telling.row.message_id)

    def land(self, pick: int) -> tuple[Telling, LedgerEntry]:
        telling = self.flying.pop(pick % len(self.flying))
        self.stale.append(telling)
        assert telling.entry is not None
        return telling, telling.entry

    def take(self, telling: Telling) -> None:
        assert telling.entry is not None
        known = self.said.get(telling.row.message_id or MessageId(0))
        if known is not None and telling.entry.act in {Act.ADD, Act.EDIT, Act.DELETE}:
            assert known.written_in is None or self.crms[known.written_in] is not telling.crm, "told back"
        telling.crm.take(telling.row, telling.entry, known.who if known else "")

    @precondition(lambda self: self.flying)
    @rule(pick=PICK)
    def it_is_taken(self, pick: int) -> None:
        telling, entry = self.land(pick)
        self.take(telling)
        assert self.settle(telling, entry) != telling.given_up

    @precondition(lambda self: self.flying)
    @rule(pick=PICK)
    def it_is_refused(self, pick: int) -> None:
        telling, _ = self.land(pick)
        if self.shop.write(lambda tx: ledger.die(tx, telling.row, "refused", "")):
            self.give_up(telling)

    @precondition(lambda self: self.flying)
    @rule(pick=PICK, seconds=SECONDS)
    def it_is_surely_not_taken(self, pick: int, seconds: int) -> None:
        telling, _ = self.land(pick)
        self.shop.write(lambda tx: ledger.again(tx, telling.row, Retryable("busy"), seconds=seconds))

    @precondition(lambda self: self.flying)
    @rule(pick=PICK, arrived=st.booleans())
    def the_answer_is_lost(self, pick: int, arrived: bool) -> None:
        self.lose_answer(pick, arrived=arrived)

    def lose_answer(self, pick: int, *, arrived: bool) -> None:
        telling, _ = self.land(pick)
        if arrived:
            self.take(telling)
        error = OutcomeUnknown("no_answer")
        self.shop.write(lambda tx: ledger.again(tx, telling.row, error, seconds=0, doubtful=True))

    @rule(arrived=st.lists(st.booleans(), min_size=4, max_size=4))
    def crash_and_recover(self, arrived: list[bool]) -> None:
        for number, telling in enumerate(self.flying):
            if arrived[number % len(arrived)]:
                self.take(telling)
        self.stale += [*self.flying, *self.claimed]
        self.flying, self.claimed = [], []
        for crm in self.crms:
            self.shop.write(lambda tx, crm=crm: ledger.recover(tx, crm.desk.link))

    @precondition(lambda self: self.stale)
    @rule(pick=PICK)
    def a_holder_that_lost_its_claim_speaks(self, pick: int) -> None:
        telling = self.stale[pick % len(self.stale)]
        again = partial(ledger.again, row=telling.row, error=Retryable("late"), seconds=0)
        assert not self.shop.write(lambda tx: ledger.begin(tx, [telling.row]))
        assert not self.shop.write(lambda tx: ledger.settle(tx, telling.row, CrmReceipt()))
        assert not self.shop.write(lambda tx: ledger.die(tx, telling.row, "late", ""))
        assert not self.shop.write(again)

    @rule(seconds=st.integers(1, 4))
    def time_passes(self, seconds: int) -> None:
        self.shop.clock.at += seconds * 1000

    def dead(self, crm: InventedCrm) -> list[ShownEntryRow]:
        return [row for row in self.entries(crm) if row.state == "dead"]

    def entries(self, crm: InventedCrm) -> list[ShownEntryRow]:
        return [row for row in self.shop.read(partial(ledger.everything, n=10_000)) if row.link_id == crm.desk.link]

    @precondition(lambda self: any(self.dead(crm) for crm in self.crms))
    @rule(where=WHERE, keep=st.booleans())
    def a_person_decides(self, where: int, keep: bool) -> None:
        crm = self.crms[where]
        for row in self.dead(crm)[:1]:
            crm.unordered.add(row.id)
            self.shop.write(lambda tx, n=row.id: (ledger.retry if keep else ledger.drop)(tx, n))
            if not keep and row.message_id is not None:
                crm.owed.discard(row.message_id)

    @rule(where=WHERE)
    def a_pairing_ends(self, where: int) -> None:
        crm = self.crms[where]
        row = self.shop.read(lambda tx: pairings.one(tx, crm.desk.pairing))
        self.shop.write(lambda tx: pairings.detach(tx, row))
        crm.active = False
        crm.owed.clear()
        for telling in self.flying:
            if telling.crm is crm:
                telling.given_up = True
                crm.unordered.add(telling.row.id)

    @precondition(lambda self: any(not crm.active for crm in self.crms))
    @rule()
    def it_begins_again(self) -> None:
        for crm in self.crms:
            if not crm.active:
                row = self.shop.read(lambda tx: channels.one(tx, self.channel))
                assert self.shop.write(lambda tx, crm=crm, row=row: pair(tx, crm.desk.link, row)) == crm.desk.pairing
                crm.active, crm.after = True, self.newest()

    @rule(who=WHO)
    def two_dialogs_become_one(self, who: int) -> None:
        """A client turns out to be another one; somebody new comes in their place."""
        old, new = self.names[who], self.names[who - 1]
        moved = PeerMoved(old_key=old, peer=Peer(key=new, address=new), at=Millis(self.shop.clock.at))
        self.shop.take(self.channel, moved)
        for known in self.said.values():
            known.who = new if known.who == old else known.who
        self.names[who] = f"new {next(self.numbers)}"
        for crm in self.crms:  # what was told of the two until now was told of two
            crm.order.pop(old, None), crm.order.pop(new, None)
            crm.unordered |= {row.id for row in self.entries(crm)}
        message = self.shop.hear(self.channel, "новый", who=self.names[who])
        self.said[message] = Said(self.names[who], "новый")
        self.owe(message)

    @invariant()
    def each_message_was_taken_once_or_waits_or_is_for_a_person(self) -> None:
        for crm in self.crms:
            assert max(crm.taken.values(), default=0) <= 1
            waiting = {row.message_id for row in self.entries(crm) if row.act == Act.ADD}
            for message in crm.owed:
                assert self.said[message].deleted or crm.taken[f"m-{message}"] or message in waiting

    @invariant()
    def a_client_got_what_was_written_there_once(self) -> None:
        assert max((said.went for said in self.said.values()), default=0) <= 1

    @invariant()
    def each_dialog_is_told_in_order(self) -> None:
        for crm in self.crms:
            for told in crm.order.values():
                assert told == sorted(told)

    @invariant()
    def never_two_of_a_dialog_are_on_their_way_but_for_what_stands_beside_its_messages(self) -> None:
        if not any(crm.unordered for crm in self.crms):
            rows = [telling.row for telling in self.flying]
            under_way = Counter((row.link_id, row.dialog_id, row.act in BESIDE) for row in rows)
            assert max(under_way.values(), default=0) <= 1

    def teardown(self) -> None:
        """When everything could be told, each CRM shows what we have."""
        self.crash_and_recover([False])
        while any(row.state != "dead" for crm in self.crms for row in self.entries(crm)):
            self.shop.clock.at += 10_000
            for where in range(len(self.crms)):
                self.claim(where)
            while self.claimed:
                self.begin(self.claimed.pop(), sees=True)
            while self.flying:
                self.it_is_taken(0)
        self.each_message_was_taken_once_or_waits_or_is_for_a_person()
        for crm in self.crms:
            for (chat, key), shown in crm.shown.items():
                message = MessageId(int(key[2:]))
                told = crm.active and message > crm.after and message not in crm.given_up
                assert not told or (said := self.said[message]).deleted == shown.deleted, (chat, key)
                assert not told or said.deleted or said.text == shown.text, (chat, key)


def at_key(channel: int, name: str, tx: Tx) -> int | None:
    """The dialog of a client."""
    found: int | None = tx.value("dialogs.at_key", channel=channel, key=name)
    return found


def test_the_ledger_keeps_its_word(shop: Shop) -> None:
    run_state_machine_as_test(lambda: LedgerMachine(shop), settings=FEW)
