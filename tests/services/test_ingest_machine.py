"""Whatever a provider delivers, however often and in whatever order: nothing is lost, nothing is doubled."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chatapp_cli.domain.arrival import (
    Arrival,
    Batch,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    PeerMoved,
    ProviderEvent,
)
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.preview import preview
from chatapp_cli.services import channels, deadletters, dialogs, ingest, notes, sending, transcript
from chatapp_cli.services.ingest import Ingested
from chatapp_cli.store import dialog_list
from chatapp_cli.store.tx import Tx
from tests.stores import EVERYTHING, NOON, Shop, said

PEERS = ("a", "b")
POISON = "\ud83d"
EXT = st.integers(0, 5).map(str)
TEXT = st.text(alphabet="абв ", min_size=1, max_size=4)
AUTHORS = st.sampled_from([None, True, False])
FLAGS: list[dict[str, bool]] = [
    {},
    {},
    {"from_us": True},
    {"automatic": True},
    {"automatic": True, "silent": True},
    {"silent": True},
    {"placeholder": True},
    {"placeholder": True, "from_us": True},
]
EVENTS = st.one_of(
    st.builds(
        lambda who, ext, text, at, flags: said(text, who=who, ext_id=ext, at=at, **flags),
        st.sampled_from(PEERS),
        EXT,
        TEXT,
        st.integers(NOON + 1, NOON + 9),
        st.sampled_from(FLAGS),
    ),
    st.builds(lambda who: said(POISON, who=who, ext_id="x", at=NOON + 1), st.sampled_from(PEERS)),
    st.builds(
        MessageEdited,
        peer_key=st.sampled_from(PEERS),
        ext_id=EXT,
        at=st.integers(NOON + 1, NOON + 9),
        text=TEXT,
        from_us=AUTHORS,
    ),
    st.builds(
        MessagesDeleted,
        peer_key=st.sampled_from(PEERS),
        ext_ids=st.lists(EXT, max_size=2),
        at=st.integers(NOON + 1, NOON + 9),
        from_us=AUTHORS,
        by_admin=st.booleans(),
    ),
    st.builds(
        lambda who, reachable: PeerChanged(peer=Peer(key=who, address=who), at=NOON + 1, reachable=reachable),
        st.sampled_from(PEERS),
        st.booleans(),
    ),
)
ARRIVALS = st.builds(
    lambda number, events: Arrival(provider_id=f"p{number}", raw=b"{}", events=tuple(events)),
    st.integers(0, 40),
    st.lists(EVENTS, min_size=1, max_size=2),
)
FEW = settings(
    max_examples=30,
    phases=[Phase.explicit, Phase.generate],
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class PowerCut(Exception):
    """The process ends before its transaction is committed."""


@dataclass
class Chat:
    """A dialog as the model has it."""

    texts: dict[str, str] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)
    placeholders: set[str] = field(default_factory=set)
    before: dict[str, list[str]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    unread: int = 0
    waiting: int | None = None
    last: str = ""
    last_at: int = 0
    heard: dict[str, int] = field(default_factory=dict)
    """When people wrote to us."""
    blocked: bool = False
    reachable: bool = True
    notes: list[str] = field(default_factory=list)
    reminders: dict[MessageId, State] = field(default_factory=dict)

    def hear(self, event: MessageArrived) -> bool:
        """Take a message; tells whether what waited for it may happen now."""
        if event.ext_id in self.texts:
            return self.fill(event)
        self.texts[event.ext_id] = event.text
        if not event.from_us or event.at >= self.last_at:
            self.last = event.ext_id
        self.last_at = max(self.last_at, event.at)
        self.write_down(event)
        self.reachable |= not event.from_us
        if not (event.from_us or event.automatic):
            self.reminders = dict.fromkeys(self.reminders, State.CANCELLED)
        if event.placeholder:
            self.placeholders.add(event.ext_id)
        if event.from_us:
            self.ours.add(event.ext_id)
            if max(self.heard.values(), default=0) <= event.at:
                self.waiting = None
        elif not self.blocked and not event.silent:
            self.unread += 1
            self.waiting = event.at if self.waiting is None else self.waiting
        return True

    def write_down(self, event: MessageArrived) -> None:
        """Only what a person wrote after an answer makes it late."""
        self.heard.pop(event.ext_id, None)
        if not (event.from_us or event.automatic):
            self.heard[event.ext_id] = event.at

    def fill(self, event: MessageArrived) -> bool:
        ours = event.ext_id in self.ours
        if event.placeholder or event.from_us != ours or event.ext_id not in self.placeholders:
            return False
        self.placeholders.remove(event.ext_id)
        self.texts[event.ext_id] = event.text
        self.write_down(event)
        if not (self.blocked or event.silent or ours):
            self.unread = max(self.unread, 1)
            self.waiting = event.at if self.waiting is None else self.waiting
        return True

    def change(self, event: MessageEdited | MessagesDeleted, ext_id: str) -> None:
        by_author = event.from_us in {None, ext_id in self.ours}
        if isinstance(event, MessagesDeleted):
            if by_author or event.by_admin:
                self.deleted.add(ext_id)
        elif by_author and event.text != self.texts[ext_id]:
            self.before.setdefault(ext_id, []).append(self.texts[ext_id])
            self.texts[ext_id] = event.text

    def absorb(self, other: "Chat") -> None:
        """The other one turns out to be this one; it was never blocked."""
        self.texts |= other.texts
        self.notes += other.notes
        self.heard |= other.heard
        self.reminders |= other.reminders
        self.unread += other.unread
        self.waiting = other.waiting if self.waiting is None else self.waiting
        if other.last_at > self.last_at:
            self.last, self.last_at = other.last, other.last_at


class IngestMachine(RuleBasedStateMachine):
    """A provider with a bad memory, against the real store."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.taken: set[str] = set()
        self.dead: set[str] = set()
        self.chats: dict[str, Chat] = {}
        self.early: dict[tuple[str, str], list[MessageEdited | MessagesDeleted]] = {}
        self.cursor: str | None = None

    @initialize()
    def bind(self) -> None:
        self.channel = self.shop.channel()

    def model(self, arrival: Arrival) -> None:
        if arrival.provider_id in self.taken:
            return
        self.taken.add(arrival.provider_id)
        if is_poison(arrival):
            self.dead.add(arrival.provider_id)
            for event in arrival.events:
                if isinstance(event, MessageArrived):
                    self.happen(replace(event, text=str(ingest.UNSHOWN), placeholder=True))
            return
        for event in arrival.events:
            self.happen(event)

    def happen(self, event: ProviderEvent) -> None:
        if isinstance(event, MessageArrived):
            chat = self.chats.setdefault(event.peer.key, Chat())
            if chat.hear(event):
                for change in self.early.pop((event.peer.key, event.ext_id), []):
                    self.change(chat, change, event.ext_id)
        elif isinstance(event, PeerChanged):
            if event.reachable or event.peer.key in self.chats:
                self.chats.setdefault(event.peer.key, Chat()).reachable = event.reachable
        elif isinstance(event, MessageEdited | MessagesDeleted):
            for ext_id in [event.ext_id] if isinstance(event, MessageEdited) else event.ext_ids:
                self.change(self.chats.get(event.peer_key, Chat()), event, ext_id)

    def change(self, chat: Chat, event: MessageEdited | MessagesDeleted, ext_id: str) -> None:
        waits = isinstance(event, MessageEdited) and ext_id in chat.placeholders
        if ext_id in chat.texts and not waits:
            chat.change(event, ext_id)
        else:
            self.early.setdefault((event.peer_key, ext_id), []).append(event)

    @rule(arrivals=st.lists(ARRIVALS, max_size=4), cursor=st.one_of(st.none(), st.integers(0, 9).map(str)))
    def deliver(self, arrivals: Sequence[Arrival], cursor: str | None) -> None:
        batch = Batch(arrivals=tuple(arrivals), cursor=cursor)
        try:
            self.shop.write(lambda tx: ingest.ingest(tx, self.channel, batch))
        except UnicodeEncodeError:
            assert any(is_poison(arrival) for arrival in arrivals)
            self.one_by_one(batch)
        for arrival in arrivals:
            self.model(arrival)
        self.cursor = self.cursor if cursor is None else cursor

    def one_by_one(self, batch: Batch) -> None:
        """What the daemon does when a batch could not be applied."""
        for arrival in batch.arrivals:
            try:
                self.shop.write(lambda tx, a=arrival: ingest.ingest(tx, self.channel, Batch(arrivals=(a,))))
            except UnicodeEncodeError as error:
                problem = type(error).__name__
                self.shop.write(lambda tx, a=arrival, p=problem: ingest.set_aside(tx, self.channel, a, problem=p))
        self.shop.write(lambda tx: ingest.ingest(tx, self.channel, Batch(cursor=batch.cursor)))

    @rule(arrivals=st.lists(ARRIVALS, min_size=1, max_size=4))
    def die_before_the_commit(self, arrivals: Sequence[Arrival]) -> None:
        def take_and_die(tx: Tx) -> Ingested:
            ingest.ingest(tx, self.channel, Batch(arrivals=tuple(arrivals), cursor="lost"))
            raise PowerCut

        with pytest.raises((PowerCut, UnicodeEncodeError)):
            self.shop.write(take_and_die)

    @rule(peer=st.sampled_from(PEERS), blocked=st.booleans())
    def a_person_reads_or_blocks(self, peer: str, blocked: bool) -> None:
        if peer not in self.chats:
            return
        chat, dialog = self.chats[peer], self.dialog(peer)
        if chat.blocked != blocked:
            self.shop.write(lambda tx: dialogs.block(tx, dialog, blocked=blocked))
            chat.waiting = None
        self.shop.write(lambda tx: dialogs.read(tx, dialog))
        chat.blocked, chat.unread = blocked, 0

    @rule(peer=st.sampled_from(PEERS), text=TEXT.filter(str.strip))
    def a_person_notes_something(self, peer: str, text: str) -> None:
        if peer in self.chats:
            self.note(peer, text.strip())

    def note(self, peer: str, text: str) -> None:
        dialog = self.dialog(peer)
        self.shop.write(lambda tx: notes.add(tx, dialog, text))
        self.chats[peer].notes.append(text)

    @rule(peer=st.sampled_from(PEERS), then=st.sampled_from([None, *FLAGS]))
    def a_person_writes_a_reminder(self, peer: str, then: dict[str, bool] | None) -> None:
        """And perhaps something arrives while it waits: only a person's answer makes it needless."""
        if peer not in self.chats:
            return
        chat = self.chats[peer]
        if chat.reachable and not chat.blocked:
            self.remind(peer)
        else:
            with pytest.raises(Refused):
                self.remind(peer)
        if then is not None:
            answer = said("получено", who=peer, ext_id=f"then{next(self.shop.numbers)}", at=NOON + 5, **then)
            self.apply(answer)
            self.happen(answer)

    def remind(self, peer: str) -> None:
        dialog, draft = self.dialog(peer), Draft(text="напоминаем")
        order = self.shop.order(at=self.shop.clock.at + 86_400_000, unless_heard=True)
        number = self.shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, draft, order))
        self.chats[peer].reminders[number] = State.SCHEDULED

    @rule(peer=st.sampled_from(PEERS), at=st.integers(NOON + 1, NOON + 9))
    def a_chat_turns_out_to_be_another(self, peer: str, at: int) -> None:
        number = next(self.shop.numbers)
        old = f"old{number}"
        self.apply(said("раньше", who=old, ext_id=f"old{number}", at=at))
        self.happen(said("раньше", who=old, ext_id=f"old{number}", at=at))
        self.note(old, f"заметка {number}")
        self.remind(old)
        self.apply(PeerMoved(old_key=old, peer=Peer(key=peer, address=peer), at=at))
        moved = self.chats.pop(old)
        if peer in self.chats:
            self.chats[peer].absorb(moved)
        else:
            self.chats[peer] = moved

    def apply(self, event: ProviderEvent) -> None:
        arrival = Arrival(provider_id=f"once{next(self.shop.numbers)}", raw=b"{}", events=(event,))
        self.shop.write(lambda tx: ingest.ingest(tx, self.channel, Batch(arrivals=(arrival,))))

    def dialog(self, peer: str) -> DialogId:
        return self.shop.read(lambda tx: self.dialog_in(tx, peer))

    def dialog_in(self, tx: Tx, peer: str) -> DialogId:
        return DialogId(tx.value("dialogs.at_key", channel=self.channel, key=peer))

    @invariant()
    def every_message_is_there_once_with_all_it_ever_said(self) -> None:
        with self.shop.reading() as tx:
            for peer, chat in self.chats.items():
                stored = [entry.message for entry in transcript.latest(tx, self.dialog_in(tx, peer), n=100)]
                found = [message for message in stored if message.id not in chat.reminders]
                assert sorted((m.ext_id, m.text) for m in found) == sorted(chat.texts.items())
                assert {m.ext_id for m in found if m.deleted_at} == chat.deleted
                before = {m.ext_id: tx.all(lambda text, _at: text, "messages.revisions", id=m.id) for m in found}
                assert {ext_id: texts for ext_id, texts in before.items() if texts} == chat.before

    @invariant()
    def what_people_wrote_stands_and_a_reminder_waits_until_a_person_answers(self) -> None:
        with self.shop.reading() as tx:
            for peer, chat in self.chats.items():
                written = notes.between(tx, self.dialog_in(tx, peer))
                assert sorted(row.text for row in written) == sorted(chat.notes)
                assert {number: transcript.message(tx, number).state for number in chat.reminders} == chat.reminders
                assert bool(dialogs.card(tx, self.dialog_in(tx, peer)).reachable) == chat.reachable

    @invariant()
    def the_marks_of_a_dialog_are_what_counting_would_give(self) -> None:
        with self.shop.reading() as tx:
            for peer, chat in self.chats.items():
                number = self.dialog_in(tx, peer)
                row = dialog_list.rows(tx, self.shop.driver.dialect, [number])[number]
                shown = preview(chat.texts[chat.last], []) if chat.last else ""
                assert (row.unread, row.waiting_since, row.preview) == (chat.unread, chat.waiting, shown)

    @invariant()
    def the_place_in_the_stream_and_the_dead_letters_are_kept(self) -> None:
        if hasattr(self, "channel"):
            with self.shop.reading() as tx:
                assert channels.one(tx, self.channel).cursor == self.cursor
                dead = deadletters.everything(tx, n=10_000)
                assert {row.provider_id for row in dead if row.channel_id == self.channel} == self.dead


def is_poison(arrival: Arrival) -> bool:
    return any(isinstance(event, MessageArrived) and event.text == POISON for event in arrival.events)


def test_nothing_is_lost_and_nothing_is_doubled(shop: Shop) -> None:
    run_state_machine_as_test(lambda: IngestMachine(shop), settings=FEW)
