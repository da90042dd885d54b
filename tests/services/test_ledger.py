"""What a CRM is told: each message once, in order, whatever happens to its answers."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.arrival import IncomingFile, MessageEdited, MessagesDeleted, Peer, PeerMoved, Profile
from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.crm.events import CrmArrival, CrmRewrote, CrmWithdrew, PlaceDetached
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, OutcomeUnknown, RateLimited, Refused, Rejected, Retryable
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.journal.links import EntrySettled
from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.domain.message import Origin, State
from chatapp_cli.domain.text import T
from chatapp_cli.services import (
    channels,
    composing,
    crm_intake,
    crm_owed,
    crm_targets,
    ledger,
    links,
    outbox,
    pairings,
    trace,
)
from chatapp_cli.services.crm_run_entries import EntryNotReady
from chatapp_cli.services.message_request import InDialog, MessageRequest
from tests.services.paired import CRM, HERE, Paired, able, bound, linked
from tests.stores import Shop, hand_over, owner

ANNA = Peer(key="anna", address="anna")


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def answer(desk: Paired, dialog: int, text: str = "Добрый день") -> int:
    request = MessageRequest(to=InDialog(dialog), draft=Draft(text=text), options=desk.shop.order())  # type: ignore[arg-type]
    return int(desk.shop.write(lambda tx: composing.accept(tx, able, request)))


def test_a_clients_message_is_owed_to_the_crm_once_and_what_was_written_before_the_pairing_is_not(shop: Shop) -> None:
    channel = shop.channel(kind="email")
    shop.hear(channel, "до")
    desk = linked(shop, channel, "north.example")
    message = shop.hear(channel, "после")
    (row,) = desk.entries()
    entry = desk.entry(row)
    assert entry is not None
    assert (entry.act, entry.key, entry.text, entry.ours) == (Act.ADD, f"m-{message}", "после", False)
    assert (entry.chat.id, entry.person.name) == (f"chat-{desk.dialog(message)}", "Anna")
    assert desk.told(row)
    assert desk.entries() == []


@pytest.mark.parametrize("named", ["by its place", "by its number"])
def test_the_author_of_a_message_for_a_channel_that_was_just_detached_is_told_so(desk: Paired, named: str) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    [pairing] = desk.shop.read(lambda tx: pairings.of_link(tx, desk.link))
    desk.shop.write(lambda tx: pairings.detach(tx, pairing))
    about = {"kind": "", "place": "", "pairing": pairing.id} if named == "by its number" else {}
    event = desk.wrote(dialog, "Ау", **about)
    refusal = Refused("file_gone", T("A file is gone."))
    desk.shop.write(lambda tx: crm_intake.keep(tx, desk.link, [CrmArrival(provider_id="1", event=event, raw=b"")]))
    [row] = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
    with pytest.raises(NotFound) as caught:
        desk.shop.write(lambda tx: crm_intake.reject(tx, row, event, refusal))
    desk.shop.write(lambda tx: crm_intake.strand(tx, row, event, caught.value.what))
    [entry] = desk.entries()
    assert (entry.act, entry.remote, entry.employee) == (Act.FAILED, event.remote, event.author)
    assert len(desk.shop.read(crm_intake.dead)) == 1


def test_an_event_that_is_heard_again_owes_only_what_no_crm_has_or_is_told_already(shop: Shop) -> None:
    channel = shop.channel(kind="email")
    before = shop.hear(channel, "до")
    desk = linked(shop, channel, "north.example")
    message = shop.hear(channel, "после")
    dialog = desk.dialog(message)
    south = linked(shop, channel, "south.example").link

    def again(number: int) -> None:
        where = {"channel": channel, "dialog": DialogId(dialog), "message": MessageId(number)}
        shop.write(lambda tx: crm_owed.on_received(tx, MessageReceived(**where, paired=True, again=True)))

    for number in (before, message):
        again(number)
    assert [(row.link_id, row.message_id) for row in shop.read(ledger.everything)] == [(desk.link, message)]
    assert desk.tell_all() == [(Act.ADD, message)]
    again(message)
    assert (shop.read(ledger.everything), desk.entries(south)) == ([], [])


def test_a_message_that_comes_after_its_placeholder_is_owed_once(desk: Paired) -> None:
    message = desk.shop.hear(desk.channel, "", ext_id="1", placeholder=True)
    desk.shop.hear(desk.channel, "вот она", ext_id="1")
    owed = [(row.act, row.message_id) for row in desk.shop.read(ledger.everything)]
    assert owed == [(Act.ADD, message), (Act.EDIT, message)]


def test_without_a_pairing_nothing_is_owed(shop: Shop) -> None:
    shop.hear(shop.channel(kind="email"))
    assert shop.read(ledger.everything) == []


def test_entries_of_a_dialog_are_told_in_order_and_those_of_others_do_not_wait_for_them(desk: Paired) -> None:
    first, second = desk.shop.hear(desk.channel, "раз"), desk.shop.hear(desk.channel, "два")
    other = desk.shop.hear(desk.channel, "другая", who="boris")
    rows = desk.entries()
    assert [row.message_id for row in rows] == [first, other]
    assert desk.entries() == []
    desk.told(rows[0])
    assert [row.message_id for row in desk.entries()] == [second]


def test_a_refused_entry_is_kept_for_a_person_and_its_dialog_goes_on_behind_it(desk: Paired) -> None:
    first, second = desk.shop.hear(desk.channel, "раз"), desk.shop.hear(desk.channel, "два")
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.begin(tx, [row]))
    assert desk.shop.write(lambda tx: ledger.die(tx, row, "bad_name", "25 letters"))
    assert [one.message_id for one in desk.entries()] == [second]
    dead = desk.shop.read(ledger.everything)[0]
    assert (dead.message_id, dead.state, dead.code, dead.detail) == (first, "dead", "bad_name", "25 letters")
    desk.shop.write(lambda tx: ledger.retry(tx, dead.id))
    assert desk.shop.read(lambda tx: ledger.one(tx, dead.id)).state == "waiting"
    with pytest.raises(Refused, match="waits"):
        desk.shop.write(lambda tx: ledger.retry(tx, dead.id))
    desk.shop.write(lambda tx: ledger.drop(tx, dead.id))
    with pytest.raises(NotFound):
        desk.shop.read(lambda tx: ledger.one(tx, dead.id))


def test_what_was_being_told_when_the_process_died_is_doubtful_and_what_was_only_claimed_is_not(desk: Paired) -> None:
    desk.shop.hear(desk.channel, "раз")
    desk.shop.hear(desk.channel, "другая", who="boris")
    told, claimed = desk.entries()
    desk.shop.write(lambda tx: ledger.begin(tx, [told]))
    desk.shop.write(lambda tx: ledger.recover(tx, desk.link))
    again = {row.id: row.doubtful for row in desk.entries()}
    assert again == {told.id: 1, claimed.id: 0}


def test_a_verdict_of_a_lost_claim_changes_nothing(desk: Paired) -> None:
    desk.shop.hear(desk.channel, "раз")
    (old,) = desk.entries()
    desk.shop.write(lambda tx: ledger.recover(tx, desk.link))
    (new,) = desk.entries()
    assert desk.shop.write(lambda tx: ledger.begin(tx, [old])) == []
    assert not desk.told(old)
    assert not desk.shop.write(lambda tx: ledger.die(tx, old, "late", ""))
    assert desk.told(new)


def test_an_entry_that_was_surely_not_taken_is_told_again_later_without_end(desk: Paired) -> None:
    desk.shop.hear(desk.channel, "раз")
    for n in range(40):
        (row,) = desk.entries()
        desk.shop.write(
            lambda tx, row=row: ledger.again(tx, row, Retryable("away"), seconds=ledger.wait_after(row.tries))
        )
        assert row.tries == n + 1
        assert desk.entries() == []
        desk.shop.clock.at += int(ledger.LONGEST_WAIT * 1000)
    assert desk.shop.read(ledger.everything)[0].code == "away"


def test_what_waits_is_told_at_once_when_a_person_says_so(desk: Paired) -> None:
    desk.shop.hear(desk.channel, "раз")
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.again(tx, row, Retryable("unreachable"), seconds=600))
    assert desk.entries() == []
    desk.shop.write(lambda tx: links.resume(tx, desk.link))
    assert len(desk.entries()) == 1


def test_an_entry_of_unknown_outcome_stays_doubtful_until_the_crm_says_that_it_has_it_not(desk: Paired) -> None:
    desk.shop.hear(desk.channel, "раз")
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.again(tx, row, OutcomeUnknown("no_answer"), seconds=0, doubtful=True))
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.again(tx, row, Retryable("away"), seconds=0))
    (row,) = desk.entries()
    assert row.doubtful
    assert desk.shop.write(lambda tx: ledger.certain(tx, row))
    assert not desk.shop.write(lambda tx: ledger.certain(tx, row))
    assert [one.doubtful for one in desk.entries()] == [0]


def test_a_message_of_ours_is_owed_when_it_was_sent_and_not_when_it_failed_or_was_taken_back(desk: Paired) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    answer(desk, dialog)
    assert desk.entries() == []
    message = desk.send_next()
    assert desk.tell_all() == [(Act.ADD, message)]
    failing = answer(desk, dialog, "ещё")
    claim = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel))
    desk.shop.write(lambda tx: outbox.fail(tx, claim, Rejected("blocked")))
    assert desk.shop.message(failing).state == State.FAILED  # type: ignore[arg-type]
    assert desk.entries() == []


def test_later_states_of_a_sent_message_owe_nothing_more(desk: Paired) -> None:
    from chatapp_cli.domain.arrival import DeliveryChanged

    dialog = desk.dialog(desk.shop.hear(desk.channel))
    answer(desk, dialog)
    desk.send_next("x1")
    for state in (State.DELIVERED, State.READ):
        desk.shop.take(desk.channel, DeliveryChanged(ext_id="x1", state=state, at=desk.shop.clock.at))  # type: ignore[arg-type]
    assert [act for act, _ in desk.tell_all()] == [Act.ADD, Act.ADD]


@pytest.mark.parametrize("fate", ["on its way", "refused", "given up by a person"])
def test_a_report_of_a_sent_message_has_it_told_no_second_time(desk: Paired, fate: str) -> None:
    from chatapp_cli.domain.arrival import DeliveryChanged

    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    answer(desk, dialog)
    desk.send_next("x1")
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.begin(tx, [row]))
    if fate != "on its way":
        desk.shop.write(lambda tx: ledger.die(tx, row, "refused", ""))
    if fate == "given up by a person":
        desk.shop.write(lambda tx: ledger.drop(tx, row.id))
    desk.shop.take(desk.channel, DeliveryChanged(ext_id="x1", state=State.DELIVERED, at=desk.shop.clock.at))  # type: ignore[arg-type]
    desk.shop.write(lambda tx: ledger.settle(tx, row, CrmReceipt()))
    assert desk.entries() == []


def test_an_edit_is_owed_only_where_the_message_is_shown_and_goes_as_the_text_last_stood(desk: Paired) -> None:
    message = desk.shop.hear(desk.channel, "раз", ext_id="e1")
    edit = MessageEdited(peer_key="anna", ext_id="e1", text="два", at=desk.shop.clock.at)  # type: ignore[arg-type]
    desk.shop.take(desk.channel, edit)
    first, *_ = desk.entries()
    entry = desk.entry(first)
    assert (first.act, entry and entry.text) == (Act.ADD, "два")
    desk.told(first)
    desk.tell_all()
    third = MessageEdited(peer_key="anna", ext_id="e1", text="три", at=desk.shop.clock.at)  # type: ignore[arg-type]
    desk.shop.take(desk.channel, third)
    (row,) = desk.entries()
    entry = desk.entry(row)
    assert (row.act, row.message_id, entry and entry.text) == (Act.EDIT, message, "три")


@pytest.mark.req("S-163", part="whose messages are shown, groups")
def test_of_a_message_that_the_options_keep_out_of_the_crm_it_is_told_no_change_either(desk: Paired) -> None:
    desk.shop.hear(desk.channel, "тайна", ext_id="e1")
    (row,) = desk.entries()
    for text in ("тайна 2", "тайна 3"):
        edit = MessageEdited(peer_key="anna", ext_id="e1", text=text, at=desk.shop.clock.at)  # type: ignore[arg-type]
        desk.shop.take(desk.channel, edit)
        desk.told(row, hidden=True)
    desk.shop.take(desk.channel, MessagesDeleted(peer_key="anna", ext_ids=("e1",), at=desk.shop.clock.at))  # type: ignore[arg-type]
    assert desk.entries() == []


def test_a_message_deleted_before_it_was_told_is_not_told_and_one_that_is_shown_is_taken_away(desk: Paired) -> None:
    desk.shop.hear(desk.channel, "раз", ext_id="e1")
    gone = MessagesDeleted(peer_key="anna", ext_ids=("e1",), at=desk.shop.clock.at)  # type: ignore[arg-type]
    desk.shop.take(desk.channel, gone)
    assert desk.entries() == []
    shown = desk.shop.hear(desk.channel, "два", ext_id="e2")
    desk.tell_all()
    desk.shop.take(desk.channel, MessagesDeleted(peer_key="anna", ext_ids=("e2",), at=desk.shop.clock.at))  # type: ignore[arg-type]
    assert desk.tell_all() == [(Act.DELETE, shown)]


def test_what_an_employee_wrote_goes_out_once_however_often_it_is_told_and_never_back(desk: Paired) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    event = desk.wrote(dialog, "Здравствуйте, Анна")
    assert [desk.come(event, "add:900") for _ in range(2)] == [1, 0]
    assert desk.come(event, "add:900-again") == 1
    assert desk.shop.texts(dialog) == ["Здравствуйте", "Здравствуйте, Анна"]  # type: ignore[arg-type]
    message = desk.send_next("x1")
    assert desk.shop.message(message).origin == Origin.CRM
    (row,) = desk.entries()
    entry = desk.entry(row)
    assert entry is not None
    assert (entry.act, entry.remote, entry.sent_as) == (Act.DELIVERED, "900", ["x1"])
    desk.told(row)
    assert desk.entries() == []


def test_what_an_employee_wrote_is_told_to_another_crm_but_not_to_its_own(desk: Paired) -> None:
    south = linked(desk.shop, desk.channel, "south.example").link
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all(), desk.tell_all(south)
    desk.come(desk.wrote(dialog, "Ответ"), "add:900")
    message = desk.send_next()
    assert [row.act for row in desk.entries()] == [Act.DELIVERED]
    assert desk.tell_all(south) == [(Act.ADD, message)]


def test_two_portals_with_equal_ids_do_not_mix(desk: Paired) -> None:
    south = linked(desk.shop, desk.channel, "south.example").link
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all(), desk.tell_all(south)
    assert desk.come(desk.wrote(dialog, "с севера", remote="1"), "add:1") == 1
    assert desk.come(desk.wrote(dialog, "с юга", remote="1"), "add:1", link=south) == 1
    assert desk.shop.texts(dialog)[1:] == ["с севера", "с юга"]  # type: ignore[arg-type]
    desk.send_next(), desk.send_next()
    north_acts, south_acts = ([row.act for row in desk.entries(link)] for link in (desk.link, south))
    assert (north_acts, south_acts) == ([Act.DELIVERED, Act.ADD], [Act.ADD])


def test_a_delivery_that_cannot_be_told_now_keeps_no_message_of_its_dialog_back(desk: Paired) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    desk.come(desk.wrote(dialog, "Ответ"), "add:900")
    desk.send_next()
    (row,) = desk.entries()
    parked = RateLimited("method_parked", "imconnector.send.status.delivery", retry_after=600)
    desk.shop.write(lambda tx: ledger.again(tx, row, parked, seconds=600, counted=False))
    message = desk.shop.hear(desk.channel, "Ещё вопрос")
    assert [(one.act, one.message_id) for one in desk.entries()] == [(Act.ADD, message)]


def test_a_failure_is_told_to_the_author_with_its_reason(desk: Paired) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    desk.come(desk.wrote(dialog, "Ответ"), "add:900")
    claim = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel))
    desk.shop.write(lambda tx: outbox.fail(tx, claim, Rejected("no_such_reason", "550 no such user")))
    (row,) = desk.entries()
    entry = desk.entry(row)
    assert entry is not None
    assert (entry.act, entry.remote, entry.employee) == (Act.FAILED, "900", "27")
    assert "550 no such user" in entry.reason


def test_what_cannot_go_out_at_all_is_told_to_the_author_and_is_no_message(desk: Paired) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    desk.come(desk.wrote(dialog, ""), "add:900")
    (row,) = desk.entries()
    entry = desk.entry(row)
    assert entry is not None
    assert (entry.act, entry.remote, entry.employee, row.message_id) == (Act.FAILED, "900", "27", None)
    assert entry.reason
    assert len(desk.shop.texts(dialog)) == 1  # type: ignore[arg-type]


def test_an_answer_that_an_employee_edits_or_deletes_before_it_left_goes_as_it_stands_or_not_at_all(
    desk: Paired,
) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    where = {"kind": "email", "place": HERE.id, "chat": f"chat-{dialog}"}
    desk.come(desk.wrote(dialog, "Цена 100"), "add:900")
    desk.come(CrmRewrote(remote="900", text="Цена 200", **where), "edit:900")
    desk.come(desk.wrote(dialog, "Не то", remote="901"), "add:901")
    desk.come(CrmWithdrew(remote="901", **where), "delete:901")
    message = desk.send_next()
    assert desk.shop.message(message).text == "Цена 200"
    assert desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)) is None


def test_an_edit_that_comes_before_its_message_waits_for_it(desk: Paired) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    edit = CrmRewrote(kind="email", place=HERE.id, chat=f"chat-{dialog}", remote="900", text="Цена 200")
    with pytest.raises(crm_targets.NotYet):
        desk.come(edit, "edit:900")
    waiting = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
    for _ in range(crm_intake.MOST_TRIES - 1):
        desk.shop.write(lambda tx: crm_intake.put_off(tx, waiting[0], edit, T("unknown"), seconds=1))
    desk.shop.clock.at += 1_000
    (row,) = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
    desk.shop.write(lambda tx: crm_intake.put_off(tx, row, edit, T("unknown"), seconds=1))
    assert [one.problem for one in desk.shop.read(crm_intake.dead)] == [T("unknown")]
    desk.shop.write(lambda tx: crm_intake.revive(tx, row.id))
    assert desk.shop.read(crm_intake.dead) == []


def test_an_event_about_a_channel_that_is_not_paired_is_a_dead_letter_and_goes_to_nobody(desk: Paired) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    foreign = desk.wrote(dialog, "кому-то", place="999")
    with pytest.raises(NotFound):
        desk.come(foreign, "add:900")
    stranger = desk.wrote(dialog, "чужому", chat="chat-99999")
    with pytest.raises((NotFound, crm_targets.NotYet)):
        desk.shop.write(lambda tx: crm_targets.chat(tx, desk.link, "email", HERE.id, stranger.chat, ""))
    assert len(desk.shop.texts(dialog)) == 1  # type: ignore[arg-type]


def test_a_chat_of_another_channel_is_not_taken_for_ours_by_its_number(desk: Paired) -> None:
    other = desk.shop.channel(kind="email")
    theirs = desk.dialog(desk.shop.hear(other))
    with pytest.raises(NotFound, match="belongs to no dialog"):
        desk.come(desk.wrote(theirs, "не туда"), "add:900")


def test_a_file_that_is_still_downloaded_is_awaited_and_then_shared_under_an_address_that_ends(desk: Paired) -> None:
    from chatapp_cli.services import files, media_links

    file = IncomingFile(kind="document", name="счёт.pdf", remote="r1")
    desk.shop.hear(desk.channel, "счёт", files=(file,))
    (row,) = desk.entries()
    with pytest.raises(EntryNotReady):
        desk.entry(row)
    (wanted,) = desk.shop.read(lambda tx: files.wanted(tx, desk.channel))
    sha256 = desk.shop.media.put(b"%PDF")
    desk.shop.write(lambda tx: files.here(tx, wanted, sha256=sha256, size=4))
    entry = desk.entry(row)
    assert entry is not None
    (shared,) = entry.files
    assert shared.name == "счёт.pdf"
    token = shared.url.removeprefix("https://desk.example/media/").partition("/")[0]
    now = desk.shop.clock.at
    found = media_links.content_of(desk.shop.vault, token, now)
    assert found is not None
    assert found.sha256 == sha256
    assert media_links.content_of(desk.shop.vault, token, now + media_links.LASTS + 1) is None
    assert media_links.content_of(desk.shop.vault, token[:-2] + "AA", now) is None


def test_a_number_of_our_own_line_is_never_told_as_the_clients_phone(desk: Paired) -> None:
    from chatapp_cli.domain.arrival import Profile

    desk.shop.channel(kind="sms", account="+79001112233")
    for who, phone in (("boris", "+79001112233"), ("vera", "+79005556677")):
        sender = Profile(id=who, name=who, phone=phone)  # type: ignore[arg-type]
        desk.shop.hear(desk.channel, who=who, sender=sender, peer=Peer(key=who, address=who))  # type: ignore[arg-type]
    phones = [entry.person.phone for row in desk.entries() if (entry := desk.entry(row)) is not None]
    assert phones == ["", "+79005556677"]


def test_a_pairing_that_ends_gives_up_what_waits_and_a_new_one_begins_with_new_messages(desk: Paired) -> None:
    desk.shop.hear(desk.channel, "раз")
    row = desk.shop.read(lambda tx: pairings.one(tx, desk.pairing))
    desk.shop.write(lambda tx: pairings.detach(tx, row))
    desk.shop.hear(desk.channel, "без пары")
    assert desk.entries() == []
    channel = desk.shop.read(lambda tx: channels.one(tx, desk.channel))
    desk.shop.write(lambda tx: pairings.attach(tx, CRM, desk.link, channel, HERE, {"group_phones": "on"}))
    message = desk.shop.hear(desk.channel, "снова")
    assert desk.tell_all() == [(Act.ADD, message)]
    found = desk.shop.read(lambda tx: pairings.one(tx, desk.pairing))
    assert pairings.options(CRM, found) == {"group_phones": "on"}


def test_a_channel_that_the_crm_detached_says_so(desk: Paired) -> None:
    made = desk.shop.clock.at
    desk.come(PlaceDetached(place=HERE.id, kind="email", at=made - 1000), "off:0")  # told late, of an earlier pairing
    assert desk.shop.read(lambda tx: pairings.one(tx, desk.pairing)).active
    desk.come(PlaceDetached(place=HERE.id, kind="email", at=made), "off:1")
    row = desk.shop.read(lambda tx: pairings.one(tx, desk.pairing))
    assert (row.active, row.code) == (0, pairings.DETACHED_THERE)


def test_a_place_has_one_channel_of_a_kind_and_an_unknown_kind_has_none(desk: Paired) -> None:
    another = desk.shop.channel(kind="email")
    other = desk.shop.read(lambda tx: channels.one(tx, another))
    with pytest.raises(Refused, match="Продажи"):
        desk.shop.write(lambda tx: pairings.attach(tx, CRM, desk.link, other, HERE, {}))
    letters = desk.shop.channel(kind="letters")
    row = desk.shop.read(lambda tx: channels.one(tx, letters))
    with pytest.raises(Refused, match="counterpart"):
        desk.shop.write(lambda tx: pairings.attach(tx, CRM, desk.link, row, HERE, {}))


def test_a_link_with_something_to_tell_is_removed_only_by_force(desk: Paired) -> None:
    desk.shop.hear(desk.channel)
    row = desk.shop.read(lambda tx: links.one(tx, desk.link))
    with pytest.raises(Refused):
        desk.shop.write(lambda tx: links.begin_removal(tx, row, force=False))
    assert not desk.shop.write(lambda tx: links.removed(tx, row))
    desk.shop.write(lambda tx: links.begin_removal(tx, row, force=True))
    assert desk.shop.write(lambda tx: links.removed(tx, row))
    assert not desk.shop.write(lambda tx: links.removed(tx, row))
    assert desk.shop.read(ledger.everything) == []
    assert desk.shop.read(links.everything) == []


def test_a_portal_is_linked_once_and_only_by_who_may(desk: Paired) -> None:
    with pytest.raises(Refused, match="linked already"):
        desk.shop.write(lambda tx: links.save(tx, desk.shop.vault, bound("north.example"), kind=CRM.kind))
    nobody = owner("Пётр")._replace(owner=False, account=True)
    with pytest.raises(Refused):
        desk.shop.database.write(lambda tx: links.begin_removal(tx.by(nobody), links.one(tx, desk.link), force=True))


def test_trace_tells_what_the_crm_was_told(desk: Paired) -> None:
    message = desk.shop.hear(desk.channel)
    desk.tell_all()
    told = [entry.event for entry in desk.shop.read(lambda tx: trace.life(tx, message)).news]
    assert EntrySettled(dialog=desk.dialog(message), message=message, link=desk.link, entry=1, act=Act.ADD) in told


def test_shown_keeps_what_the_crm_tells_of_its_chat(desk: Paired) -> None:
    desk.shop.hear(desk.channel)
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.begin(tx, [row]))
    shown = CrmReceipt(chat="1767", session="323")
    desk.shop.write(lambda tx: ledger.settle(tx, row, shown))
    desk.shop.hear(desk.channel, "ещё")
    (row,) = desk.entries()
    entry = desk.entry(row)
    assert entry is not None
    assert (entry.chat.remote, entry.chat.session) == ("1767", "323")


def test_an_entry_needs_no_key_of_its_own_to_be_the_same_at_every_attempt(desk: Paired) -> None:
    message = desk.shop.hear(desk.channel)
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.again(tx, row, Retryable("away"), seconds=0))
    (again,) = desk.entries()
    keys = {entry.key for one in (row, again) if (entry := desk.entry(one)) is not None}
    assert keys == {f"m-{message}"}


def test_what_the_crm_may_have_is_looked_for_although_it_was_deleted_and_taken_away_if_it_is_there(
    desk: Paired,
) -> None:
    files = [IncomingFile(kind="document", name=name, problem="file_too_big") for name in ("1.jpg", "2.jpg")]
    message = desk.shop.hear(desk.channel, "раз", ext_id="e1", files=files)
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.begin(tx, [row]))
    desk.shop.take(desk.channel, MessagesDeleted(peer_key="anna", ext_ids=("e1",), at=desk.shop.clock.at))  # type: ignore[arg-type]
    desk.shop.write(lambda tx: ledger.again(tx, row, OutcomeUnknown("no_answer"), seconds=0, doubtful=True))
    (row,) = desk.entries()
    assert row.doubtful
    assert desk.entry(row) is not None
    desk.told(row)
    (row,) = desk.entries()
    entry = desk.entry(row)
    assert entry is not None
    assert (entry.act, row.message_id, entry.files, entry.file_count) == (Act.DELETE, message, (), 2)


def test_what_the_crm_does_not_have_after_all_is_not_told_once_it_was_deleted(desk: Paired) -> None:
    desk.shop.hear(desk.channel, "раз", ext_id="e1")
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.again(tx, row, OutcomeUnknown("no_answer"), seconds=0, doubtful=True))
    desk.shop.take(desk.channel, MessagesDeleted(peer_key="anna", ext_ids=("e1",), at=desk.shop.clock.at))  # type: ignore[arg-type]
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.certain(tx, row))
    for act in (Act.ADD, Act.DELETE):
        (row,) = desk.entries()
        assert (row.act, desk.entry(row)) == (act, None)
        desk.shop.write(lambda tx, row=row: ledger.skip(tx, row))


def test_a_message_stays_in_the_chat_where_it_was_told_when_dialogs_become_one(desk: Paired) -> None:
    message = desk.shop.hear(desk.channel, "раз", ext_id="e1")
    old = desk.dialog(message)
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.begin(tx, [row]))
    desk.shop.hear(desk.channel, "другая", who="boris")
    moved = PeerMoved(old_key="anna", peer=Peer(key="boris", address="boris"), at=desk.shop.clock.at)  # type: ignore[arg-type]
    desk.shop.take(desk.channel, moved)
    assert desk.dialog(message) != old
    assert desk.shop.write(lambda tx: ledger.settle(tx, row, CrmReceipt(chat="55")))
    desk.tell_all()
    edit = MessageEdited(peer_key="boris", ext_id="e1", text="два", at=desk.shop.clock.at)  # type: ignore[arg-type]
    desk.shop.take(desk.channel, edit)
    (row,) = desk.entries()
    entry = desk.entry(row)
    assert entry is not None
    assert (entry.act, entry.chat.id, entry.chat.remote, entry.text) == (Act.EDIT, f"chat-{old}", "55", "два")


def test_what_is_under_way_when_a_pairing_ends_is_given_up_too(desk: Paired) -> None:
    desk.shop.hear(desk.channel, "раз")
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.begin(tx, [row]))
    pairing = desk.shop.read(lambda tx: pairings.one(tx, desk.pairing))
    desk.shop.write(lambda tx: pairings.detach(tx, pairing))
    desk.shop.write(lambda tx: ledger.recover(tx, desk.link))
    channel = desk.shop.read(lambda tx: channels.one(tx, desk.channel))
    desk.shop.write(lambda tx: pairings.attach(tx, CRM, desk.link, channel, HERE, {}))
    assert desk.entries() == []
    assert not desk.shop.write(lambda tx: ledger.settle(tx, row, CrmReceipt()))


@pytest.mark.parametrize("how", ["an answer was lost", "the process died"])
def test_looks_for_a_doubtful_entry_are_counted_anew_however_often_it_was_tried_before(desk: Paired, how: str) -> None:
    desk.shop.hear(desk.channel, "раз")
    for _ in range(ledger.MOST_LOOKS + 1):
        (row,) = desk.entries()
        desk.shop.write(lambda tx, row=row: ledger.again(tx, row, Retryable("away"), seconds=0))
    (row,) = desk.entries()
    assert row.tries > ledger.MOST_LOOKS
    desk.shop.write(lambda tx: ledger.begin(tx, [row]))
    if how == "the process died":
        desk.shop.write(lambda tx: ledger.recover(tx, desk.link))
    else:
        desk.shop.write(lambda tx: ledger.again(tx, row, OutcomeUnknown("no_answer"), seconds=0, doubtful=True))
    for looks in (1, 2):
        (row,) = desk.entries()
        assert (row.doubtful, row.tries) == (looks, ledger.MOST_LOOKS + 2 + looks)
        desk.shop.write(lambda tx, row=row: ledger.again(tx, row, OutcomeUnknown("away"), seconds=0, doubtful=True))


@pytest.mark.parametrize(
    ("kind", "username"), [("telegram", "anna"), ("telegram_bot", "anna"), ("vk", ""), ("max", "")]
)
def test_a_crm_is_told_no_username_that_may_be_another_persons_where_it_is_looked_for(
    desk: Paired, kind: str, username: str
) -> None:
    desk.shop.hear(desk.channel, sender=Profile(id="777", name="Анна", username="anna", email="anna@firma.example"))
    [row] = desk.entries()
    entry = desk.entry(row, kind)
    assert entry is not None
    assert (entry.person.username, entry.person.email) == (username, "anna@firma.example")
