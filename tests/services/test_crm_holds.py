"""What a CRM refuses for the place of its pairing waits, whatever else goes on, and goes out in order."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.crm.events import PlaceDetached
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.crm.states import Act, LinkState
from chatapp_cli.domain.errors import ChannelError, PlaceRefused, Refused, Rejected
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.journal.links import PairingAccepted, PairingEvent, PairingRefused
from chatapp_cli.domain.text import T
from chatapp_cli.services import channels, crm_holds, crm_owed, journal, ledger, link_faults, links, pairings
from chatapp_cli.store.rows.crm import EntryRow, PairedRow, PairingRow
from tests.services.paired import CRM, Paired, linked
from tests.stores import Shop

OFF = PlaceRefused("line_inactive", "NOT_ACTIVE_LINE")
SHOWN = CrmReceipt(chat="55", session="7")


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def claimed(desk: Paired) -> list[EntryRow]:
    rows: list[EntryRow] = desk.shop.write(lambda tx: crm_holds.claim(tx, desk.link, 20))
    desk.shop.write(lambda tx: ledger.begin(tx, rows))
    return rows


def refuse(desk: Paired, rows: list[EntryRow]) -> None:
    for row in rows:
        assert desk.shop.write(partial(crm_holds.hold, row=row, error=OFF))


def told(desk: Paired) -> list[MessageId | None]:
    """Let the CRM take everything, in the order in which it is told."""
    done = []
    while rows := claimed(desk):
        for row in rows:
            assert desk.shop.write(partial(crm_holds.settle, row=row, shown=SHOWN))
            done.append(row.message_id)
    return done


def pairing(desk: Paired) -> PairingRow:
    row: PairingRow = desk.shop.read(lambda tx: pairings.one(tx, desk.pairing))
    return row


def arrange(desk: Paired, error: ChannelError | None = None) -> None:
    row = pairing(desk)
    desk.shop.write(lambda tx: crm_holds.arranged(tx, row, error))


def seconds_left(desk: Paired) -> float | None:
    due = desk.shop.read(lambda tx: crm_holds.due(tx, desk.link))
    return None if due is None else (due - desk.shop.clock.now()) / 1000


def faults(desk: Paired) -> dict[str, str]:
    """The alarms of links, by what they are about."""
    found = desk.shop.read(lambda tx: link_faults.of_links(tx, lambda _kind: CRM))
    return {ref: str(one.text) for (_, ref), one in found.items()}


def test_what_is_refused_for_its_place_holds_its_pairing_at_once_and_one_entry_is_tried_ever_more_rarely(
    desk: Paired,
) -> None:
    said = [desk.shop.hear(desk.channel, who=who) for who in ("anna", "boris", "anna", "clara")]
    refuse(desk, claimed(desk))
    assert (pairing(desk).code, pairing(desk).detail) == ("line_inactive", "NOT_ACTIVE_LINE")
    said.append(desk.shop.hear(desk.channel, who="dora"))
    assert (seconds_left(desk), claimed(desk)) == (0, [])
    pauses = []
    for _ in range(9):
        arrange(desk)
        [tried] = claimed(desk)
        assert (tried.message_id, claimed(desk)) == (said[0], [])
        refuse(desk, [tried])
        pauses.append(seconds_left(desk))
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert (pairing(desk).code, pairing(desk).held) == ("line_inactive", 9)
    arrange(desk)
    assert told(desk) == [said[0], *sorted(said[1:])]
    assert (pairing(desk).code, pairing(desk).held, seconds_left(desk)) == ("", None, None)


def test_a_pairing_whose_place_could_not_even_be_arranged_is_not_tried(desk: Paired) -> None:
    desk.shop.hear(desk.channel)
    refuse(desk, claimed(desk))
    for error, code in ((Rejected("refused"), "line_inactive"), (PlaceRefused("place_gone"), "place_gone")):
        arrange(desk, error)
        assert (pairing(desk).code, claimed(desk)) == (code, [])
    assert seconds_left(desk) == 10


@pytest.mark.parametrize("way", ["moved", "shown", "refused itself", "nothing waits", "detached"])
def test_a_pairing_waits_no_longer_once_its_place_is_another_or_has_proved_right(desk: Paired, way: str) -> None:
    first, second = (desk.shop.hear(desk.channel, who=who) for who in ("anna", "boris"))
    refuse(desk, claimed(desk))
    channel = desk.shop.read(lambda tx: channels.one(tx, desk.channel))
    match way:
        case "moved":
            there = Place(id="109", name="Сервис")
            desk.shop.write(lambda tx: pairings.attach(tx, CRM, desk.link, channel, there, {}))
        case "detached":
            desk.shop.write(partial(pairings.detach, row=pairing(desk)))
        case "nothing waits":
            for one in desk.shop.read(ledger.everything):
                desk.shop.write(partial(ledger.drop, entry=one.id))
            arrange(desk)
        case _:
            arrange(desk)
            [row] = claimed(desk)
            if way == "shown":
                desk.shop.write(lambda tx: crm_holds.settle(tx, row, SHOWN))
            else:
                desk.shop.write(lambda tx: crm_holds.die(tx, row, "refused", ""))
    assert (pairing(desk).code, pairing(desk).held) == ("", None)
    left = {"moved": [first, second], "shown": [second], "refused itself": [second]}
    assert told(desk) == left.get(way, [])


def test_one_to_tell_of_which_nothing_is_left_is_no_proof_and_the_next_one_is_tried(desk: Paired) -> None:
    _, second = (desk.shop.hear(desk.channel, who=who) for who in ("anna", "boris"))
    refuse(desk, claimed(desk))
    arrange(desk)
    [row] = claimed(desk)
    desk.shop.write(lambda tx: crm_holds.skip(tx, row))
    [row] = claimed(desk)
    assert (row.message_id, pairing(desk).code) == (second, "line_inactive")


def test_what_is_told_elsewhere_than_in_the_place_does_not_wait_for_it(desk: Paired) -> None:
    message = desk.shop.hear(desk.channel)
    refuse(desk, claimed(desk))
    paired = PairedRow(desk.pairing, desk.link, MessageId(0))
    desk.shop.write(lambda tx: crm_owed.refuse_text(tx, paired, "900", T("No.")))
    [row] = claimed(desk)
    assert (row.act, row.message_id == message) == (Act.TEXTED, False)
    assert desk.shop.write(lambda tx: crm_holds.hold(tx, row, OFF))
    assert [(one.act, one.state) for one in desk.shop.read(ledger.everything)] == [
        (Act.TEXTED, "dead"),
        (Act.ADD, "waiting"),
    ]


def test_other_links_and_pairings_go_on(shop: Shop) -> None:
    here, there = (linked(shop, shop.channel(kind="email"), name) for name in ("north.example", "south.example"))
    shop.hear(here.channel)
    refuse(here, claimed(here))
    message = shop.hear(there.channel)
    assert (told(here), told(there)) == ([], [message])


def test_a_place_that_was_deleted_in_the_crm_holds_what_was_not_told_and_what_comes(desk: Paired) -> None:
    before = desk.shop.hear(desk.channel)
    desk.come(PlaceDetached(kind="", place="107"), "1")
    after = desk.shop.hear(desk.channel)
    row = pairing(desk)
    assert (row.active, row.code, claimed(desk)) == (1, pairings.PLACE_GONE, [])
    arrange(desk)
    assert told(desk) == [before, after]


def test_a_refusal_of_a_place_is_one_fault_that_ends_with_it_and_is_told_once(desk: Paired) -> None:
    desk.shop.write(lambda tx: links.set_state(tx, desk.link, LinkState.OK))
    last = desk.shop.read(journal.last)
    desk.shop.hear(desk.channel)
    for _ in range(3):
        refuse(desk, claimed(desk))
        arrange(desk)
    assert [(ref, "line_inactive" in text) for ref, text in faults(desk).items()] == [("1 pairing 1", True)]
    told(desk)
    assert faults(desk) == {}
    events = [one.event for one in desk.shop.read(lambda tx: journal.after(tx, last))]
    assert [type(one) for one in events if isinstance(one, PairingEvent)] == [PairingRefused, PairingAccepted]


def test_a_person_who_lets_a_link_try_again_has_it_arranged_now(desk: Paired) -> None:
    desk.shop.hear(desk.channel)
    refuse(desk, claimed(desk))
    arrange(desk, OFF)
    assert seconds_left(desk) == 5
    desk.shop.write(lambda tx: links.resume(tx, desk.link))
    assert seconds_left(desk) == 0


def test_all_that_was_refused_is_told_again_in_order_of_one_link_or_of_all(shop: Shop) -> None:
    here, there = (linked(shop, shop.channel(kind="email"), name) for name in ("north.example", "south.example"))
    said = [shop.hear(here.channel), shop.hear(here.channel), shop.hear(there.channel)]
    for one in (here, here, there):
        for row in claimed(one):
            shop.write(partial(ledger.die, row=row, code="refused", detail=""))
    assert shop.write(lambda tx: ledger.retry_all(tx, here.link)) == 2
    assert (told(here), told(there)) == (said[:2], [])
    assert shop.write(ledger.retry_all) == 1
    assert told(there) == said[2:]


@pytest.mark.parametrize("act", ["resume", "catch up", "pair"])
def test_nothing_is_built_up_again_in_a_crm_whose_link_is_being_removed(desk: Paired, act: str) -> None:
    row = desk.shop.read(lambda tx: links.one(tx, desk.link))
    desk.shop.write(lambda tx: links.begin_removal(tx, row, force=False))
    channel = desk.shop.read(lambda tx: channels.one(tx, desk.channel))
    wanted = {
        "resume": lambda tx: links.resume(tx, desk.link),
        "catch up": lambda tx: links.ask_catch_up(tx, desk.link),
        "pair": lambda tx: pairings.attach(tx, CRM, desk.link, channel, Place(id="109", name="Сервис"), {}),
    }[act]
    with pytest.raises(Refused, match=r"north\.example is being removed") as refused:
        desk.shop.write(wanted)
    assert refused.value.code == "being_removed"
