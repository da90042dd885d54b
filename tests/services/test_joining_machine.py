"""Two dialogs that become one in pieces are, at every moment and in the end, what they would be at once."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chatapp_cli.domain.arrival import MessageEdited, MessagesDeleted, Peer, PeerMoved, Profile, ReactionsChanged
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.services import dialogs, joining, notes, operators, peers, sending, timers, transcript
from chatapp_cli.store import dialog_list
from chatapp_cli.store.tx import Tx
from tests.stores import EVERYTHING, NOON, Shop, said

CHATS = st.sampled_from(["a", "b", "c", "d"])
EXT = st.integers(0, 9).map(str)
TEXT = st.text(alphabet="абв", min_size=1, max_size=3)
AT = st.integers(NOON + 1, NOON + 9)
FLAGS: list[dict[str, bool]] = [{}, {}, {}, {"from_us": True}, {"silent": True}, {"placeholder": True}]
WHOLE, PIECE = 10**6, 2
FEW = settings(
    max_examples=60,
    phases=[Phase.explicit, Phase.generate],
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class JoiningMachine(RuleBasedStateMachine):
    """The same happens in two channels: one joins dialogs at once, the other two messages at a time."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.stale: set[str] = set()
        """Chats whose attention may differ: they were joined again, or answered in the old dialog, before the end."""

    @initialize()
    def bind(self) -> None:
        if not self.shop.read(lambda tx: operators.known(tx, "Ольга")):
            self.shop.write(lambda tx: operators.add(tx, "Ольга", "", ()))
        line = self.shop.line()
        self.whole, self.pieces = (self.shop.channel(line=line, kind=kind) for kind in ("whole", "pieces"))

    def both(self, *events: Any) -> None:
        for channel in (self.whole, self.pieces):
            self.shop.take(channel, *events)

    @rule(who=CHATS, ext=EXT, text=TEXT, at=AT, flags=st.sampled_from(FLAGS))
    def hear(self, who: str, ext: str, text: str, at: int, flags: dict[str, bool]) -> None:
        self.both(said(text, who=who, ext_id=ext, at=at, sender=Profile(id="1"), **flags))

    @rule(who=CHATS, ext=EXT, text=TEXT)
    def many_come(self, who: str, ext: str, text: str) -> None:
        self.both(*(said(text, who=who, ext_id=f"{ext}{n}", at=NOON + n) for n in range(7)))

    @rule(who=CHATS, ext=EXT, text=TEXT)
    def edit(self, who: str, ext: str, text: str) -> None:
        self.both(MessageEdited(peer_key=who, ext_id=ext, at=NOON + 9, text=text))

    @rule(who=CHATS, ext=EXT)
    def take_back(self, who: str, ext: str) -> None:
        self.both(MessagesDeleted(peer_key=who, ext_ids=[ext], at=NOON + 9))

    @rule(who=CHATS, ext=EXT, emoji=st.sampled_from(["👍", "🔥"]))
    def react(self, who: str, ext: str, emoji: str) -> None:
        self.both(ReactionsChanged(peer_key=who, ext_id=ext, at=NOON + 9, emoji=(emoji,), person=Profile(id=who)))

    @rule(old=CHATS, new=CHATS, after=st.lists(EXT, max_size=5, unique=True))
    def turn_out_to_be_one(self, old: str, new: str, after: list[str]) -> None:
        """After so many messages came in the old one."""
        self.both(*(said("раньше", who=old, ext_id=f"{old}{ext}", at=NOON) for ext in after))
        unfinished = {self.key(target) for target in self.rest().values()}
        if {old, new} & (unfinished | self.stale):
            self.stale.add(new)
        event = PeerMoved(old_key=old, peer=Peer(key=new, address=new), at=NOON)
        for channel, most in ((self.whole, WHOLE), (self.pieces, PIECE)):
            self.shop.write(lambda tx, c=channel, n=most: peers.apply_move(tx, c, event, most=n))

    @rule(which=st.integers(0, 3))
    def a_piece_is_moved(self, which: int) -> None:
        due = self.shop.read(lambda tx: timers.due(tx, joining.KIND, n=9))
        if due:
            self.move(due[which % len(due)])

    def move(self, ref: str) -> None:
        self.shop.write(lambda tx: timers.fire(tx, joining.KIND, ref, self.two_at_a_time))

    def two_at_a_time(self, tx: Tx, ref: str) -> None:
        joining.go_on(tx, ref, most=PIECE)

    @rule(who=CHATS, n=st.integers(0, 99))
    def a_person_writes(self, who: str, n: int) -> None:
        self.do(who, lambda tx, dialog: self.answer(tx, dialog, f"ответ {n}"))

    @rule(who=CHATS, n=st.integers(0, 99))
    def a_person_notes_something(self, who: str, n: int) -> None:
        self.do(who, lambda tx, dialog: notes.add(tx, dialog, f"заметка {n}"))

    @rule(who=CHATS, tag=st.sampled_from(["срочно", "опт"]), on=st.booleans())
    def a_person_tags(self, who: str, tag: str, on: bool) -> None:
        def do(tx: Tx, dialog: DialogId) -> None:
            if on:
                dialogs.tag(tx, dialog, tag)
            elif tag in dialogs.tags(tx, dialog):
                dialogs.untag(tx, dialog, tag)

        self.do(who, do)

    @rule(who=CHATS)
    def a_person_reads(self, who: str) -> None:
        self.do(who, dialogs.read)

    @rule(who=CHATS, pinned=st.booleans())
    def a_person_pins(self, who: str, pinned: bool) -> None:
        self.do(who, lambda tx, dialog: dialogs.pin(tx, dialog, pinned=pinned))

    @rule(who=CHATS)
    def a_person_begins_a_draft_or_drops_it(self, who: str) -> None:
        def do(tx: Tx, dialog: DialogId) -> None:
            dropped = tx.run("drafts.drop", operator="Ольга", dialog=dialog)
            if not dropped:
                tx.run("drafts.keep", operator="Ольга", dialog=dialog, sheet="{}", at=1)

        self.do(who, do)

    def do(self, who: str, deed: Callable[[Tx, DialogId], object]) -> None:
        for channel in (self.whole, self.pieces):
            found = self.shop.read(lambda tx, c=channel: tx.value("dialogs.at_key", channel=c, key=who))
            if found is not None:
                self.shop.write(lambda tx, d=found: deed(tx, DialogId(d)))

    @rule(n=st.integers(0, 99), what=st.sampled_from(["note", "tag", "answer"]))
    def a_person_still_has_the_old_dialog_open(self, n: int, what: str) -> None:
        for old, new in list(self.rest().items())[:1]:
            key = self.key(new)
            self.stale.add(key)
            other = self.shop.read(lambda tx, k=key: tx.value("dialogs.at_key", channel=self.whole, key=k))
            for dialog in (old, DialogId(other)):
                self.shop.write(lambda tx, d=dialog: self.deed(tx, d, what, n))

    def deed(self, tx: Tx, dialog: DialogId, what: str, n: int) -> None:
        if what == "note":
            notes.add(tx, dialog, f"заметка {n}")
        elif what == "tag":
            dialogs.tag(tx, dialog, "опт")
        else:
            self.answer(tx, dialog, f"ответ {n}")

    def answer(self, tx: Tx, dialog: DialogId, text: str) -> None:
        sending.enqueue(tx, EVERYTHING, dialog, Draft(text=text), self.shop.order())

    @rule()
    def all_pieces_are_moved(self) -> None:
        while due := self.shop.read(lambda tx: timers.due(tx, joining.KIND, n=1)):
            self.move(due[0])
        with self.shop.reading() as tx:
            whole, pieces = (self.known(tx, channel) for channel in (self.whole, self.pieces))
            assert whole.keys() == pieces.keys()
            for key in whole:
                assert self.all_of(tx, whole[key]) == self.all_of(tx, pieces[key])
                if key not in self.stale:
                    assert self.attention(tx, whole[key]) == self.attention(tx, pieces[key])

    def teardown(self) -> None:
        if hasattr(self, "whole"):
            self.all_pieces_are_moved()

    @invariant()
    def nothing_is_lost_and_nothing_stands_in_a_wrong_dialog(self) -> None:
        if not hasattr(self, "whole"):
            return
        with self.shop.reading() as tx:
            whole, pieces = (self.known(tx, channel) for channel in (self.whole, self.pieces))
            rest = self.rest_in(tx)
            assert whole.keys() == pieces.keys()
            for key in whole:
                shown = self.said_in(tx, pieces[key])
                assert max(shown.values(), default=1) == 1
                moving = (self.said_in(tx, old) for old, new in rest.items() if new == pieces[key])
                everything = set(shown).union(*moving)
                assert everything == set(self.said_in(tx, whole[key]))

    @invariant()
    def what_is_not_moved_yet_asks_for_no_attention(self) -> None:
        if hasattr(self, "whole"):
            with self.shop.reading() as tx:
                for old, new in self.rest_in(tx).items():
                    card, target = dialogs.card(tx, old), dialogs.card(tx, new)
                    assert (card.unread, card.waiting_since, card.pinned) == (0, None, 0)
                    assert card.address == target.address

    # What is there

    def rest(self) -> dict[DialogId, DialogId]:
        with self.shop.reading() as tx:
            return self.rest_in(tx)

    def rest_in(self, tx: Tx) -> dict[DialogId, DialogId]:
        """Dialogs that are not quite joined yet, and what they become part of."""
        pairs = [tuple(map(int, ref.split())) for ref in tx.all(str, "joining.refs")]
        return {DialogId(old): DialogId(new) for old, new in pairs}

    def key(self, dialog: DialogId) -> str:
        return str(self.shop.read(lambda tx: dialogs.card(tx, dialog)).key)

    def known(self, tx: Tx, channel: ChannelId) -> dict[str, DialogId]:
        found = {key: tx.value("dialogs.at_key", channel=channel, key=key) for key in "abcd"}
        return {key: DialogId(dialog) for key, dialog in found.items() if dialog is not None}

    def said_in(self, tx: Tx, dialog: DialogId) -> Counter[str]:
        entries = transcript.latest(tx, dialog, n=1000)
        return Counter(e.message.ext_id or f"{e.message.text} {e.message.key}" for e in entries if e.message.ext_id)

    def all_of(self, tx: Tx, dialog: DialogId) -> Any:
        entries = transcript.latest(tx, dialog, n=1000)
        messages = [(m.ext_id, m.text, m.state, bool(m.deleted_at)) for m, *_ in entries]
        waiting = sorted(entry.message.text for entry in entries if entry.waiting)
        reactions = sorted((r.person, r.emoji) for entry in entries for r in entry.reactions)
        return (
            sorted(messages, key=str),
            waiting,
            reactions,
            sorted(row.text for row in notes.between(tx, dialog)),
        )

    def attention(self, tx: Tx, dialog: DialogId) -> Any:
        """What the list shows of a dialog, its labels, and what is stored of the person who works there."""
        row = dialog_list.rows(tx, self.shop.driver.dialect, [dialog])[dialog]
        own = tx.value("drafts.one", operator="Ольга", dialog=dialog)
        marks = (row.unread, row.waiting_since, row.pinned, row.last_at, row.preview, row.last_direction)
        return (*marks, dialogs.tags(tx, dialog), own)


def test_dialogs_become_one_in_pieces_as_they_would_at_once(shop: Shop) -> None:
    run_state_machine_as_test(lambda: JoiningMachine(shop), settings=FEW)
