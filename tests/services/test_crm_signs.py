"""Read marks, reactions and typing: told to a CRM that can show them, once, and to no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import DeliveryChanged, Profile, ReactionsChanged
from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.crm.events import CrmReacted, CrmTyping
from chatapp_cli.domain.crm.states import Act, Tells
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.journal.dialogs import AnswerTyped, ClientTyped
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import crm_presence, crm_typing, journal, ledger, links, outbox
from tests.services.paired import HERE, Paired, linked
from tests.stores import EVERYTHING, Shop, hand_over


@pytest.fixture
def desk(shop: Shop) -> Paired:
    """A CRM that can show everything."""
    found = linked(shop, shop.channel(kind="email"), "north.example")
    shop.write(lambda tx: links.learn(tx, found.link, list(Tells)))
    return found


def written(desk: Paired, remote: str = "r-1") -> MessageId:
    """An employee's message that went out, of which nothing is told yet."""
    heard = desk.shop.hear(desk.channel, ext_id="in-1")
    [row] = desk.entries()
    assert taken(desk, [row], remote="r-0")
    desk.come(desk.wrote(desk.dialog(heard), "Сто рублей", remote=remote), f"add:{remote}")
    return desk.send_next("x1")


def taken(desk: Paired, rows: Sequence, remote: str = "") -> bool:  # type: ignore[type-arg]
    """Let the CRM take entries, and call the message so."""
    desk.shop.write(lambda tx: ledger.begin(tx, rows))
    shown = CrmReceipt(chat="55", remote=remote)
    return all(desk.shop.write(lambda tx, row=row: ledger.settle(tx, row, shown)) for row in rows)


def told(desk: Paired) -> list[tuple[str, str, str]]:
    """What the CRM is told now, in order: act, its id of the message, reaction."""
    found = []
    while rows := desk.entries():
        entries = [desk.entry(row) for row in rows]
        found += [(entry.act, entry.remote, entry.reaction) for entry in entries if entry is not None]
        taken(desk, rows)
    return found


def becomes(desk: Paired, state: State, ext_id: str = "x1") -> None:
    at = desk.shop.clock.now()
    desk.shop.take(desk.channel, DeliveryChanged(ext_id=border.external_id(ext_id), state=state, at=at))  # type: ignore[arg-type]


def reacts(desk: Paired, *emoji: str, ext_id: str = "x1", who: str = "anna") -> None:
    event = ReactionsChanged(
        peer_key=border.external_id("anna"),
        ext_id=border.external_id(ext_id),
        at=desk.shop.clock.now(),  # type: ignore[arg-type]
        emoji=tuple(map(border.name, emoji)),
        person=Profile(id=border.external_id(who)),
    )
    desk.shop.take(desk.channel, event)


def test_that_a_message_was_read_is_told_once_and_in_place_of_a_delivery_that_was_not_told_yet(desk: Paired) -> None:
    written(desk)
    becomes(desk, State.DELIVERED)
    becomes(desk, State.READ)
    assert told(desk) == [(Act.READ, "r-1", "")]
    becomes(desk, State.READ)
    assert told(desk) == []


def test_of_a_message_of_ours_it_is_told_once_the_crm_has_called_it_something(desk: Paired) -> None:
    ours = desk.shop.hear(desk.channel, from_us=True, ext_id="e1")
    becomes(desk, State.READ, "e1")
    add, read = desk.entries(), []
    entry = desk.entry(add[0])
    assert entry is not None
    assert (entry.key, entry.state, [one.act for one in desk.shop.read(ledger.everything)]) == (
        f"m-{ours}", State.READ, [Act.ADD, Act.READ],
    )  # fmt: skip
    taken(desk, add, remote="r-5")
    read = told(desk)
    assert read == [(Act.READ, "r-5", "")]
    hidden = desk.shop.hear(desk.channel, from_us=True, ext_id="e2")
    becomes(desk, State.READ, "e2")
    [row] = desk.entries()
    assert row.message_id == hidden
    taken(desk, [row])
    assert told(desk) == []  # the CRM has no id for what it does not show


def test_a_reaction_is_told_as_it_stands_last_and_ours_to_nobody(desk: Paired) -> None:
    written(desk)
    told(desk)
    reacts(desk, "👍")
    reacts(desk, "🔥")
    reacts(desk, "🔥", ext_id="in-1")
    reacts(desk, "👎", who="")
    assert sorted(told(desk)) == [(Act.REACT, "r-0", "🔥"), (Act.REACT, "r-1", "🔥")]
    reacts(desk)
    assert told(desk) == [(Act.REACT, "r-1", "")]


def test_an_employees_reaction_goes_out_to_a_message_of_the_client_and_to_their_own(desk: Paired) -> None:
    message = written(desk)
    dialog = desk.dialog(message)
    heard = desk.shop.message(message).id - 1
    about = {"kind": "email", "place": HERE.id, "chat": f"chat-{dialog}", "emoji": "👍"}
    desk.come(CrmReacted(remote="r-0", key=f"m-{heard}", **about), "reaction:1")
    desk.come(CrmReacted(remote="r-0", key=f"m-{heard}", **about), "reaction:1")
    desk.come(CrmReacted(remote="r-1", **about), "reaction:2")
    sent = []
    while claim := desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)):
        sent.append((claim.row.message_id, claim.row.action, claim.row.value))
        desk.shop.write(lambda tx, claim=claim: outbox.succeed(tx, claim, Receipt(ids=("x9",))))
    assert sent == [(heard, "react", "👍"), (message, "react", "👍")]
    assert told(desk)[1:] == []


def test_a_crm_that_can_show_none_of_it_is_told_none_of_it(desk: Paired) -> None:
    written(desk)
    told(desk)
    desk.shop.write(lambda tx: links.learn(tx, desk.link, []))
    becomes(desk, State.READ)
    reacts(desk, "👍")
    assert told(desk) == []
    assert not desk.shop.read(lambda tx: crm_presence.shows_typing(tx, desk.channel))


def test_typing_is_told_in_the_journal_alone_and_to_a_channel_that_can_show_it(desk: Paired) -> None:
    message = written(desk)
    assert desk.shop.read(lambda tx: crm_presence.shows_typing(tx, desk.channel))
    desk.shop.write(lambda tx: crm_typing.client_typed(tx, desk.channel, ["anna", "nobody"]))
    here = CrmTyping(kind="email", place=HERE.id, chat=f"chat-{desk.dialog(message)}")
    elsewhere = CrmTyping(kind="email", place="999", chat="chat-1")
    for event, shows in ((here, True), (here, False), (elsewhere, True)):
        can = replace(EVERYTHING, shows_typing=shows)
        desk.shop.write(
            lambda tx, event=event, can=can: crm_typing.employee_typed(tx, desk.link, event, lambda _row: can)
        )
    events = [type(one.event) for one in desk.shop.read(lambda tx: journal.after(tx, 0))]
    assert (events.count(ClientTyped), events.count(AnswerTyped)) == (1, 1)
