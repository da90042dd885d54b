"""A message goes through a chain of channels: to the first that can carry it, and on when it fails for good, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chatapp_cli.domain.access import DAEMON, PROGRAM
from chatapp_cli.domain.arrival import DeliveryChanged, Peer, PeerChanged
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import OutcomeUnknown, Refused, Rejected, UsageError
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.journal.chains import ChainEnded, ChannelPassed, Continued, HandedOn, LeftBehind
from chatapp_cli.domain.journal.messages import MessageWritten
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import (
    chains,
    channels,
    contacts,
    journal,
    onward,
    outbox,
    routes,
    sending,
    trace,
    transcript,
    waiting,
)
from chatapp_cli.services.journal_words import sentence
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx
from tests.stores import EVERYTHING, Shop, hand_over, owner

PHONE = "+79161234567"
WORDS = Draft(text="Заказ готов")
CHAIN = (ChainEnded, ChannelPassed, Continued, HandedOn, LeftBehind)


def able(row: ChannelRow) -> Capabilities:
    return {"letters": EVERYTHING, "tiny": Capabilities(intake="poll", write_first=("phone",), max_text=5)}[row.kind]


def three(shop: Shop) -> list[ChannelId]:
    line = shop.line()
    return [shop.channel(line=line) if n == 0 else shop.channel() for n in range(3)]


def chained(shop: Shop, way: Sequence[ChannelId], draft: Draft = WORDS, **order: Any) -> MessageId:
    steps = [routes.ChainStep(channel, (PHONE,)) for channel in way]
    wish = shop.order(**order)
    return shop.write(lambda tx: chains.enqueue_first(tx, able, steps, draft, wish))


def channel_of(shop: Shop, message: MessageId) -> ChannelId:
    return shop.read(lambda tx: trace.life(tx, message)).dialog.channel_id


def claim(shop: Shop, channel: ChannelId) -> outbox.Claim:
    found = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert found is not None
    return found


def rejected(shop: Shop, channel: ChannelId) -> None:
    one = claim(shop, channel)
    assert shop.write(lambda tx: outbox.fail(tx, one, Rejected("no_such_user")))


def continue_chains(shop: Shop) -> list[MessageId | None]:
    """What the daemon does on every tick."""
    return [shop.write(lambda tx, m=m: onward.continue_chain(tx, able, m)) for m in shop.read(waiting.for_elsewhere)]


def told(shop: Shop, message: MessageId) -> list[str]:
    return [
        str(sentence(row)) for row in shop.read(lambda tx: trace.life(tx, message)).news if isinstance(row.event, CHAIN)
    ]


def test_a_rejected_message_goes_to_the_next_channel_and_the_next_until_none_is_left(shop: Shop) -> None:
    way = three(shop)
    first = chained(shop, way)
    went = [first]
    for channel in way[:2]:
        rejected(shop, channel)
        (into,) = continue_chains(shop)
        assert into is not None
        went.append(into)
    rejected(shop, way[2])
    assert continue_chains(shop) == []
    assert [channel_of(shop, message) for message in went] == way
    assert [shop.message(message).state for message in went] == ["failed"] * 3
    assert len({shop.message(message).key for message in went}) == 3
    assert told(shop, went[1]) == [
        f"Continues message {first}, which failed in the channel before",
        f"Continues as message {went[2]} in the next channel",
    ]


def test_what_goes_on_bears_the_name_of_its_first_author_whoever_carries_it_on(shop: Shop) -> None:
    way = three(shop)[:2]
    shop.acting = owner("Пётр")
    first = chained(shop, way)
    rejected(shop, way[0])
    shop.acting = DAEMON
    (into,) = continue_chains(shop)
    assert into is not None
    assert (shop.message(into).author, claim(shop, way[1]).row.actor) == ("Пётр", "Пётр")
    told = shop.read(lambda tx: trace.life(tx, into)).news
    assert [row.actor for row in told if isinstance(row.event, MessageWritten)] == ["Пётр"]
    told = shop.read(lambda tx: trace.life(tx, first)).news
    assert [row.actor for row in told if isinstance(row.event, HandedOn)] == [PROGRAM]


def test_a_delivery_report_that_says_failed_moves_it_on_as_well(shop: Shop) -> None:
    way = three(shop)[:2]
    first = chained(shop, way)
    one = claim(shop, way[0])
    shop.write(lambda tx: outbox.succeed(tx, one, Receipt(ids=("out-1",))))
    assert continue_chains(shop) == []
    shop.take(way[0], DeliveryChanged(ext_id="out-1", state=State.FAILED, at=shop.clock.at, code="expired"))
    (into,) = continue_chains(shop)
    assert into is not None
    assert (channel_of(shop, into), shop.message(into).state) == (way[1], "queued")
    assert shop.read(lambda tx: chains.continuation_of(tx, first)) == into


def test_an_uncertain_message_stays_until_a_person_says_that_it_failed(shop: Shop) -> None:
    way = three(shop)[:2]
    first = chained(shop, way)
    one = claim(shop, way[0])
    shop.write(lambda tx: outbox.leave_uncertain(tx, one, OutcomeUnknown("timeout")))
    assert continue_chains(shop) == []
    shop.write(lambda tx: sending.resolve(tx, first, "failed"))
    assert len(continue_chains(shop)) == 1


def test_what_is_sent_again_by_a_person_is_not_handed_on_a_second_time(shop: Shop) -> None:
    way = three(shop)[:2]
    first = chained(shop, way)
    rejected(shop, way[0])
    assert len(continue_chains(shop)) == 1
    shop.write(lambda tx: sending.retry(tx, first))
    rejected(shop, way[0])
    assert continue_chains(shop) == []


def test_a_channel_that_cannot_carry_it_is_stepped_over_and_leaves_nothing_but_a_line_in_the_journal(
    shop: Shop,
) -> None:
    tiny, letters = shop.channel(kind="tiny"), shop.channel()
    message = chained(shop, [tiny, letters])
    assert channel_of(shop, message) == letters
    assert told(shop, message) == [f"Channel {tiny} was skipped: The text has 11 characters; this channel takes 5."]
    assert shop.read(lambda tx: tx.value("dialogs.at_address", channel=tiny, address=PHONE)) is None


def test_unreachable_clients_stopped_and_unbound_channels_are_stepped_over(shop: Shop) -> None:
    gone, stopped, unbound, last = (shop.channel() for _ in range(4))
    peer = Peer(key=PHONE, address=PHONE)
    shop.hear(gone, peer=peer)
    shop.take(gone, PeerChanged(peer=peer, at=shop.clock.at, reachable=False, code="blocked_by_user"))
    shop.write(lambda tx: channels.set_health(tx, stopped, "needs_rebind", "revoked"))
    row = shop.read(lambda tx: channels.one(tx, unbound))
    shop.write(lambda tx: channels.unbind(tx, row, force=True))
    message = chained(shop, [gone, stopped, unbound, last])
    assert channel_of(shop, message) == last
    assert [words.partition(" was skipped: ")[2] for words in told(shop, message)] == [
        "Anna cannot be reached through Почта магазина.",
        "Почта магазина: stopped",
        f"There is no channel {unbound}.",
    ]


def test_when_no_channel_can_carry_it_the_last_reason_is_told_and_nothing_is_kept(shop: Shop) -> None:
    tiny = [shop.channel(kind="tiny"), shop.channel(kind="tiny")]
    before = shop.read(journal.last)
    with pytest.raises(Refused, match="11 characters"):
        chained(shop, tiny)
    assert shop.read(journal.last) == before


def test_the_same_key_again_is_the_same_message_with_the_rest_of_its_first_chain(shop: Shop) -> None:
    way = three(shop)
    key = sending.key_of("заказ 12")
    first = chained(shop, way, key=key)
    assert chained(shop, [way[1], way[2], way[0]], key=key) == first
    rejected(shop, way[0])
    (into,) = continue_chains(shop)
    assert into is not None
    assert channel_of(shop, into) == way[1]


def test_a_subject_is_left_out_where_there_is_none_and_the_priority_is_kept(shop: Shop) -> None:
    letters, sms = shop.channel(), shop.channel(kind="tiny")
    first = chained(shop, [letters, sms], Draft(text="Ждём", subject="Заказ"), priority=0)
    assert shop.message(first).subject == "Заказ"
    rejected(shop, letters)
    (into,) = continue_chains(shop)
    assert into is not None
    assert (shop.message(into).subject, claim(shop, sms).row.priority) == ("", 0)


# The chain of a contact


def test_a_chain_is_kept_for_an_address_before_anybody_wrote_and_leads_through_what_is_bound(shop: Shop) -> None:
    tiny, letters = shop.channel(kind="tiny"), shop.channel()
    shop.write(lambda tx: contacts.set_chain(tx, contacts.met_or_new(tx, PHONE), ["pigeon", "tiny", "letters"]))
    steps = shop.read(lambda tx: routes.stored(tx, able, "+7 916 123-45-67"))
    assert steps == [routes.ChainStep(tiny, (PHONE,)), routes.ChainStep(letters, (PHONE,))]
    message = shop.write(lambda tx: chains.enqueue_first(tx, able, steps, WORDS, shop.order()))
    card = shop.read(lambda tx: trace.life(tx, message)).dialog
    (known,) = shop.read(lambda tx: contacts.at(tx, PHONE))
    assert (card.channel_id, card.contact_id) == (letters, known.id)


def test_where_the_client_wrote_to_us_comes_before_the_phone_and_a_foreign_name_is_never_used(shop: Shop) -> None:
    met, other = shop.channel(), shop.channel(kind="tiny")
    shop.hear(met, who="anna")
    shop.write(lambda tx: contacts.set_chain(tx, contacts.at(tx, "@anna"), ["tiny", "letters"]))
    steps = shop.read(lambda tx: routes.stored(tx, able, "@anna"))
    assert steps == [routes.ChainStep(other, ()), routes.ChainStep(met, ("@anna", "anna"))]
    message = shop.write(lambda tx: chains.enqueue_first(tx, able, steps, Draft(text="Ждём"), shop.order()))
    assert told(shop, message)[0].endswith("No address of the client is known in Почта магазина.")


def test_of_the_accounts_of_one_kind_a_chain_takes_the_one_that_knows_the_client_otherwise_one_that_works(
    shop: Shop,
) -> None:
    stopped, working = shop.channel(), shop.channel()
    shop.write(lambda tx: channels.set_health(tx, stopped, "needs_rebind", "revoked"))
    shop.write(lambda tx: contacts.set_chain(tx, contacts.met_or_new(tx, PHONE), ["letters"]))
    assert [step.channel for step in shop.read(lambda tx: routes.stored(tx, able, PHONE))] == [working]
    shop.hear(stopped, who="anna")
    shop.write(lambda tx: contacts.set_chain(tx, contacts.at(tx, "@anna"), ["letters"]))
    assert [step.channel for step in shop.read(lambda tx: routes.stored(tx, able, "@anna"))] == [stopped]


def test_a_name_that_several_people_bear_is_no_way_to_one_of_them(shop: Shop) -> None:
    one, two = shop.channel(), shop.channel()
    for channel in (one, two):
        shop.hear(channel, who="anna")
    shop.write(lambda tx: contacts.set_chain(tx, contacts.at(tx, "@anna")[:1], ["letters"]))
    with pytest.raises(UsageError, match="different chains"):
        shop.read(lambda tx: routes.stored(tx, able, "@anna"))


def test_contacts_with_different_chains_at_one_address_have_to_be_told_apart(shop: Shop) -> None:
    one, two = shop.channel(), shop.channel()
    for channel in (one, two):
        shop.hear(channel, who="anna")
    first, second = shop.read(lambda tx: contacts.at(tx, "@anna"))
    shop.write(lambda tx: contacts.set_chain(tx, [first], ["letters"]))
    shop.write(lambda tx: contacts.set_chain(tx, [second], ["tiny"]))
    with pytest.raises(UsageError, match="different chains"):
        shop.read(lambda tx: routes.stored(tx, able, "@anna"))


# Crashes


class PowerCut(Exception):
    """The process ends before its transaction is committed."""


STEPS = st.sampled_from(["carry", "reject", "unknown", "hand on", "hand on and die", "stale", "report"])


@settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(STEPS, max_size=14))
def test_whatever_happens_it_goes_on_once_and_is_never_lost(shop: Shop, story: list[str]) -> None:
    way = three(shop)
    first = chained(shop, way)
    flying: dict[ChannelId, outbox.Claim] = {}
    stale: list[MessageId] = []
    for deed in story:
        for channel in way:
            if (one := shop.write(lambda tx, c=channel: hand_over(tx, shop.media, c))) is not None:
                flying[channel] = one
        _play(shop, deed, flying, stale)
    continue_chains(shop)
    went = _family(shop, first)
    assert Counter(channel_of(shop, message) for message in went) == Counter(way[: len(went)])
    states = [shop.message(message).state for message in went]
    assert states[:-1] == ["failed"] * (len(went) - 1)
    assert states[-1] != "failed" or len(went) == len(way)


def _play(shop: Shop, deed: str, flying: dict[ChannelId, outbox.Claim], stale: list[MessageId]) -> None:
    if deed.startswith("hand on"):
        stale += shop.read(waiting.for_elsewhere)
        if deed.endswith("die"):
            for message in shop.read(waiting.for_elsewhere):
                _die(shop, message)
        else:
            continue_chains(shop)
    elif deed == "stale":
        for message in stale:
            shop.write(lambda tx, m=message: onward.continue_chain(tx, able, m))
    elif flying:
        _land(shop, deed, flying.popitem()[1])


def _land(shop: Shop, deed: str, one: outbox.Claim) -> None:
    ext_id = f"out-{one.row.id}"
    if deed == "reject":
        shop.write(lambda tx: outbox.fail(tx, one, Rejected("no")))
    elif deed == "unknown":
        shop.write(lambda tx: outbox.leave_uncertain(tx, one, OutcomeUnknown("timeout")))
    else:
        shop.write(lambda tx: outbox.succeed(tx, one, Receipt(ids=(ext_id,))))
    if deed == "report":
        shop.take(one.row.channel_id, DeliveryChanged(ext_id=ext_id, state=State.FAILED, at=shop.clock.at))


def _die(shop: Shop, message: MessageId) -> None:
    def cut(tx: Tx) -> None:
        onward.continue_chain(tx, able, message)
        raise PowerCut

    with pytest.raises(PowerCut):
        shop.write(cut)


def _family(shop: Shop, first: MessageId) -> list[MessageId]:
    went = [first]
    while (following := shop.read(lambda tx: chains.continuation_of(tx, went[-1]))) is not None:
        went.append(following)
    return went


def test_what_a_mail_has_beside_its_text_goes_on_with_it_where_the_next_channel_carries_it(shop: Shop) -> None:
    first, second, small = shop.channel(), shop.channel(), shop.channel(kind="tiny")
    draft = Draft(text="Да", cc=("vera@client.test",), bcc=("gleb@client.test",), signature="Лавка")
    chained(shop, [first, second, small], draft)
    carried = []
    for channel in (first, second, small):
        claim = shop.write(lambda tx, channel=channel: hand_over(tx, shop.media, channel))
        carried.append(([*claim.outbound.cc], [*claim.outbound.bcc], claim.outbound.signature))
        shop.write(lambda tx, claim=claim: outbox.fail(tx, claim, Rejected("blocked")))
        continue_chains(shop)
    everything = (["vera@client.test"], ["gleb@client.test"], "Лавка")
    assert carried == [everything, everything, ([], [], "")]


def test_what_the_next_channel_does_not_carry_of_a_mail_is_told_at_the_mail(shop: Shop) -> None:
    first, second, small = shop.channel(), shop.channel(), shop.channel(kind="tiny")
    draft = Draft(text="Да", subject="Заказ", cc=("vera@client.test",), signature="Лавка")
    message = chained(shop, [first, second, small], draft)
    for channel in (first, second):
        rejected(shop, channel)
        continue_chains(shop)
    family = _family(shop, message)
    entries = shop.read(lambda tx: chains.with_onward(tx, [transcript.entry(tx, one) for one in family]))
    assert [[*one.left_behind] for one in entries] == [[], ["subject", "copies", "signature"], []]
    said = "That channel does not carry: the subject, the copies, the signature."
    assert [told(shop, one).count(said) for one in family] == [0, 1, 0]
