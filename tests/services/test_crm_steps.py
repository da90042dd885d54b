"""Steps of a CRM's automations: everybody is tried once, and the CRM is told once, by the deadline at the latest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.arrival import Peer, Profile
from chatapp_cli.domain.crm.cards import CardChat, CardPhone, CardRef, ClientOfCard
from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, CrmStepAsked
from chatapp_cli.domain.crm.link import Card
from chatapp_cli.domain.crm.states import Act, TextFate
from chatapp_cli.domain.errors import OutcomeUnknown, RateLimited, Rejected
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.template import Template
from chatapp_cli.domain.text import T
from chatapp_cli.services import (
    channels,
    crm_event_form,
    crm_intake,
    dialogs,
    ledger,
    links,
    outbox,
    pairings,
    runs,
    templates,
)
from chatapp_cli.services.crm_intake import CrmContext
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import EntryRow
from tests.services.paired import CRM, HERE, Paired, linked
from tests.stores import EVERYTHING, Shop, hand_over

MINUTE = 60_000
ANNA, OLEG = "+79161234567", "+79167654321"
ANNA_THERE = Profile(id="anna", name="Анна", phone=ANNA)
ABLE = replace(EVERYTHING, templates=True)


def able(row: ChannelRow) -> Capabilities:
    return replace(ABLE, bare_usernames=row.kind == "email")


def person(name: str, *phones: str, chats: Sequence[str] = (), **more: Any) -> ClientOfCard:
    return ClientOfCard(
        card=Card(kind="contact", id=name, title=name),
        phones=[CardPhone(phone=one) for one in phones],
        chats=[CardChat(remote=one) for one in chats],
        **more,
    )


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


class Bot:
    """An automation that asks us."""

    def __init__(self, desk: Paired) -> None:
        self.desk = desk

    def asked(self, **more: Any) -> CrmStepAsked:
        known = {"remote": "/continue/1", "until": self.desk.shop.clock.at + 10 * MINUTE, "text": "Заказ готов"}
        return CrmStepAsked(card=CardRef("deal", "17"), **{**known, **more})

    def keeps(self, event: CrmStepAsked, mark: str = "") -> int:
        arrival = CrmArrival(provider_id=f"step:{mark or event.remote}", event=event, raw=b"raw")
        new: int = self.desk.shop.write(lambda tx: crm_intake.keep(tx, self.desk.link, [arrival]))
        return new

    def applies(self, *people: ClientOfCard, **more: Any) -> None:
        context = CrmContext(able=able, people=people, **more)
        for row in self.desk.shop.read(lambda tx: crm_intake.waiting(tx, self.desk.link)):
            event = crm_event_form.event_of(row)
            self.desk.shop.write(partial(crm_intake.apply, row=row, event=event, context=context))

    def asks(self, *people: ClientOfCard, **more: Any) -> None:
        self.keeps(self.asked(**more))
        self.applies(*people)

    def claimed(self) -> list[EntryRow]:
        """What may be told of steps now, as the daemon claims it."""

        def claim(tx: Any) -> list[EntryRow]:
            rows = [row for row in ledger.claim(tx, self.desk.link, 20) if row.act == Act.CONTINUE]
            runs.settle_late(tx, rows)
            return rows

        return list(self.desk.shop.write(claim))

    def told(self) -> list[LedgerEntry]:
        """What the CRM is told of steps now; it takes it."""
        found = []
        for row in self.claimed():
            entry = self.desk.entry(row)
            assert entry is not None
            found.append(entry)
            assert self.desk.told(row)
        return found

    def outcome(self) -> tuple[TextFate | None, str]:
        [entry] = self.told()
        assert entry.remote == "/continue/1"
        return entry.fate, entry.reason

    def fails(self, error: Any = None) -> None:
        """The channel's provider refuses the next message."""
        claim = self.desk.shop.write(lambda tx: hand_over(tx, self.desk.shop.media, self.desk.channel))
        assert claim is not None
        self.desk.shop.write(lambda tx: outbox.fail(tx, claim, error or Rejected("blocked")))

    def pairs(self, kind: str = "letters") -> ChannelId:
        """One more channel of the same CRM."""
        number = self.desk.shop.channel(kind=kind)
        about = replace(CRM, channels={kind: CRM.channels["email"], "email": CRM.channels["email"]})
        row = self.desk.shop.read(lambda tx: channels.one(tx, number))
        self.desk.shop.write(lambda tx: pairings.attach(tx, about, self.desk.link, row, HERE, {}))
        return number


def hand_over_nothing(desk: Paired) -> bool:
    """Whether no message waits for the channel."""
    return desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)) is None


@pytest.fixture
def bot(desk: Paired) -> Bot:
    return Bot(desk)


def test_the_main_contact_gets_a_robots_message_once_and_the_bot_goes_on_when_it_is_sent(
    bot: Bot, desk: Paired
) -> None:
    bot.asks(person("Анна", ANNA))
    assert bot.keeps(bot.asked()) == 0
    assert bot.told() == []
    found = desk.shop.message(desk.send_next("x1"))
    assert (found.text, found.origin, found.author) == ("Заказ готов", Origin.ROBOT, "")
    assert bot.outcome() == (TextFate.SENT, "")
    assert bot.told() == []


@pytest.mark.parametrize("answer", ["on its way", "lost"])
def test_the_next_step_of_a_bot_is_done_though_it_asks_before_it_is_known_that_the_first_was_told(
    bot: Bot, desk: Paired, answer: str
) -> None:
    bot.asks(person("Анна", ANNA), text="Раз")
    desk.send_next("x1")
    [row] = bot.claimed()
    desk.shop.write(lambda tx: ledger.begin(tx, [row]))
    if answer == "lost":
        desk.shop.write(lambda tx: ledger.again(tx, row, OutcomeUnknown("timeout"), seconds=0, doubtful=True))
    assert bot.keeps(bot.asked(text="Два"), mark="another") == 1
    bot.applies(person("Анна", ANNA))
    assert not desk.told(row)
    assert bot.told() == []
    assert desk.shop.message(desk.send_next("x2")).text == "Два"
    assert bot.outcome() == (TextFate.SENT, "")
    assert bot.told() == []


@pytest.mark.parametrize("answer", ["on its way", "lost"])
def test_a_request_that_is_repeated_while_the_bot_is_told_of_it_is_not_obeyed_twice(
    bot: Bot, desk: Paired, answer: str
) -> None:
    bot.asks(person("Анна", ANNA))
    desk.send_next("x1")
    [row] = bot.claimed()
    desk.shop.write(lambda tx: ledger.begin(tx, [row]))
    if answer == "lost":
        desk.shop.write(lambda tx: ledger.again(tx, row, OutcomeUnknown("timeout"), seconds=0, doubtful=True))
    bot.keeps(bot.asked(until=desk.shop.clock.at + 11 * MINUTE), mark="another")
    bot.applies(person("Анна", ANNA))
    assert hand_over_nothing(desk)
    assert desk.told(row) if answer == "on its way" else bot.outcome() == (TextFate.SENT, "")


def test_a_bot_that_asks_again_while_it_stands_still_is_not_obeyed_twice(bot: Bot, desk: Paired) -> None:
    bot.asks(person("Анна", ANNA))
    bot.keeps(bot.asked(), mark="another")
    bot.applies(person("Анна", ANNA))
    desk.send_next("x1")
    assert hand_over_nothing(desk)
    assert bot.outcome() == (TextFate.SENT, "")


def test_a_provider_that_refuses_takes_the_exit_for_errors_with_the_reason(bot: Bot) -> None:
    bot.asks(person("Анна", ANNA))
    bot.fails()
    fate, reason = bot.outcome()
    assert (fate, bool(reason)) == (TextFate.FAILED, True)


@pytest.mark.req("S-193", part="each contact of the deal once; a failure counts after all were tried")
def test_everybody_is_tried_before_one_failure_counts(bot: Bot, desk: Paired) -> None:
    people = [person("Без телефона"), person("Анна", ANNA), person("Она же", "8 916 123-45-67"), person("Олег", OLEG)]
    bot.asks(*people, whom="all")
    assert bot.told() == []
    first, second = desk.send_next("x1"), desk.send_next("x2")
    assert desk.dialog(first) != desk.dialog(second)
    assert desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)) is None
    assert bot.outcome() == (
        TextFate.FAILED, "Без телефона has no dialog here, and no address that can be written to.",
    )  # fmt: skip


def test_two_people_of_one_name_get_a_message_each(bot: Bot, desk: Paired) -> None:
    bot.asks(person("Анна", ANNA), person("Анна", OLEG), whom="all")
    assert desk.dialog(desk.send_next("x1")) != desk.dialog(desk.send_next("x2"))
    assert bot.outcome() == (TextFate.SENT, "")


def test_a_failure_of_the_first_waits_for_the_second(bot: Bot, desk: Paired) -> None:
    bot.asks(person("Анна", ANNA), person("Олег", OLEG), whom="all")
    bot.fails()
    assert bot.told() == []
    desk.send_next("x2")
    assert bot.outcome()[0] is TextFate.FAILED


def test_a_bot_goes_on_by_the_deadline_and_what_waits_then_does_not_go_out_any_more(bot: Bot, desk: Paired) -> None:
    bot.asks(person("Анна", ANNA))
    desk.shop.clock.at += 10 * MINUTE - 1
    assert bot.told() == []
    desk.shop.clock.at += 1
    assert bot.outcome() == (TextFate.FAILED, "Not everything was sent in time.")
    assert desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)) is None
    assert bot.told() == []


def test_a_bot_of_which_nothing_could_be_asked_goes_on_by_the_deadline_and_nothing_is_sent_later(
    bot: Bot, desk: Paired
) -> None:
    bot.keeps(bot.asked())
    desk.shop.clock.at += 10 * MINUTE
    bot.applies(person("Анна", ANNA))
    assert bot.outcome() == (TextFate.FAILED, "Not everything was sent in time.")
    assert desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)) is None


def test_the_deadline_is_stored_with_the_request_and_a_resumed_link_does_not_hurry_it(bot: Bot, desk: Paired) -> None:
    bot.keeps(bot.asked())
    desk.shop.write(lambda tx: links.resume(tx, desk.link))
    assert bot.told() == []
    assert desk.shop.read(lambda tx: ledger.next_due(tx, desk.link)) == desk.shop.clock.at + 10 * MINUTE


def test_what_the_crm_may_have_heard_is_told_again_and_a_resumed_link_hurries_that(bot: Bot, desk: Paired) -> None:
    bot.asks(person("Анна", ANNA))
    desk.send_next("x1")
    [row] = bot.claimed()
    desk.shop.write(lambda tx: ledger.again(tx, row, OutcomeUnknown("no_answer"), seconds=600, doubtful=True))
    assert bot.claimed() == []
    desk.shop.write(lambda tx: links.resume(tx, desk.link))
    [row] = bot.claimed()
    assert row.doubtful
    assert desk.shop.write(lambda tx: ledger.certain(tx, row))
    assert bot.outcome() == (TextFate.SENT, "")


def test_a_second_request_of_a_bot_that_waits_already_sends_nothing(bot: Bot, desk: Paired) -> None:
    bot.asks(person("Анна", ANNA))
    assert bot.keeps(bot.asked(), "another token") == 1
    bot.applies(person("Анна", ANNA))
    desk.send_next("x1")
    assert desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)) is None
    assert bot.outcome() == (TextFate.SENT, "")
    desk.shop.clock.at += 10 * MINUTE
    assert bot.told() == []


def test_a_bot_that_could_not_be_told_at_once_has_nothing_sent_any_more(bot: Bot, desk: Paired) -> None:
    bot.keeps(bot.asked())
    desk.shop.clock.at += 10 * MINUTE
    [row] = bot.claimed()
    pause = RateLimited("rate_limited", retry_after=9)
    desk.shop.write(lambda tx: ledger.again(tx, row, pause, seconds=9, counted=False))
    bot.applies(person("Анна", ANNA))
    assert desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)) is None


def test_an_address_of_its_own_stands_in_for_the_contacts(bot: Bot, desk: Paired) -> None:
    bot.asks(address="8 (916) 765-43-21")
    message = desk.send_next("x1")
    assert bot.outcome() == (TextFate.SENT, "")
    number = desk.dialog(message)
    card = desk.shop.read(lambda tx: dialogs.card(tx, number))
    assert card.address == OLEG


@pytest.mark.req("S-193", part="a particular user by @Login")
def test_a_login_is_written_to_in_the_dialog_of_who_has_it(bot: Bot, desk: Paired) -> None:
    heard = desk.shop.hear(desk.channel, sender=replace(ANNA_THERE, username="anna"))
    bot.asks(address="@anna")
    assert desk.dialog(desk.send_next("x1")) == desk.dialog(heard)
    assert bot.outcome() == (TextFate.SENT, "")


@pytest.mark.parametrize(
    ("address", "in_card", "kind"), [("@anna", "", ""), ("", "@anna", ""), ("", "@anna", "letters")]
)
def test_a_login_is_nobodys_in_another_messenger_also_if_a_stranger_has_it_there(
    bot: Bot, desk: Paired, address: str, in_card: str, kind: str
) -> None:
    other = bot.pairs()
    desk.shop.hear(other, sender=Profile(id="777", name="Чужая Анна", username="anna"))
    people = [replace(person("Анна"), others=[in_card])] if in_card else []
    bot.asks(*people, address=address, kind=kind)
    assert desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, other)) is None
    assert hand_over_nothing(desk) == bool(kind)


def test_a_login_is_looked_for_in_the_messenger_that_was_named(bot: Bot, desk: Paired) -> None:
    other = bot.pairs()
    desk.shop.hear(other, sender=Profile(id="777", name="Анна", username="anna"))
    bot.asks(address="@anna", kind="letters")
    claim = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, other))
    assert claim is not None


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"whom": "everyone"}, "everyone is no choice of contacts."),
        ({"text": ""}, "The field “Message” is empty."),
        ({"kind": "telegram"}, "No channel that the bot may use is paired with this CRM."),
        ({"line": "99"}, "No channel that the bot may use is paired with this CRM."),
        ({"whom": "group"}, "No group is known in which the main contact has written."),
    ],
)
def test_what_cannot_be_done_is_told_at_once(bot: Bot, more: dict[str, Any], why: str) -> None:
    bot.asks(person("Анна", ANNA), **more)
    assert bot.outcome() == (TextFate.FAILED, why)


def test_a_deal_without_contacts_and_a_hindrance_are_told_at_once(bot: Bot) -> None:
    bot.asks()
    assert bot.outcome() == (TextFate.FAILED, "The card has no contact to write to.")
    bot.keeps(bot.asked(), "2")
    bot.applies(hindrance=T("The card is gone."))
    assert bot.outcome() == (TextFate.FAILED, "The card is gone.")


def test_the_channel_is_the_one_in_which_the_client_wrote_last(bot: Bot, desk: Paired) -> None:
    other = bot.pairs()
    desk.shop.hear(desk.channel, sender=ANNA_THERE)
    desk.shop.clock.at += MINUTE
    desk.shop.hear(other, sender=ANNA_THERE)
    bot.asks(person("Анна", ANNA))
    claim = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, other))
    assert claim is not None
    assert claim.message.text == "Заказ готов"


def test_a_stored_template_is_filled_from_the_parameters_in_their_order(bot: Bot, desk: Paired) -> None:
    template = Template(name="order", body="Заказ {{1}} будет {{2}}", state="approved")
    desk.shop.write(lambda tx: templates.put(tx, desk.channel, template, None))
    bot.asks(person("Анна", ANNA), text="", template="order", values=["17", "завтра", "лишнее"])
    assert desk.shop.message(desk.send_next("x1")).text == "Заказ 17 будет завтра"
    assert bot.outcome() == (TextFate.SENT, "")


def test_a_template_that_lacks_a_parameter_sends_nothing(bot: Bot, desk: Paired) -> None:
    template = Template(name="order", body="Заказ {{1}} будет {{2}}", state="approved")
    desk.shop.write(lambda tx: templates.put(tx, desk.channel, template, None))
    bot.asks(person("Анна", ANNA), text="", template="order", values=["17"])
    assert bot.outcome() == (TextFate.FAILED, "Nothing fills {{2}} in the template order.")


GROUP = Peer(key="-100", address="-100", title="Ёлки оптом", kind="group")
PETROVA = replace(ANNA_THERE, name="Анна Петрова")


@pytest.mark.req("S-193", part="the group in which the main contact is")
def test_the_group_in_which_the_main_contact_wrote_gets_the_message(bot: Bot, desk: Paired) -> None:
    desk.shop.hear(desk.channel, sender=PETROVA)
    heard = desk.shop.hear(desk.channel, peer=GROUP, sender=PETROVA)
    bot.asks(person("Анна Петрова", ANNA), whom="group")
    assert desk.dialog(desk.send_next("x1")) == desk.dialog(heard)
    assert bot.outcome() == (TextFate.SENT, "")


PRIVATE_ANNA, PRIVATE_OLEG = "anna", "oleg"
NOBODY = person("Без телефона")
UNREACHED = "Без телефона has no dialog here, and no address that can be written to."


@pytest.mark.req("S-193")
@pytest.mark.parametrize(
    ("others", "asked", "got", "exit_"),
    [
        ((), {"whom": "main"}, [PRIVATE_ANNA], (TextFate.SENT, "")),
        ((), {"whom": "main", "address": "8 (916) 765-43-21"}, [PRIVATE_OLEG], (TextFate.SENT, "")),
        ((), {"whom": "all", "address": "@oleg"}, [PRIVATE_OLEG], (TextFate.SENT, "")),
        ((), {"whom": "group"}, [GROUP.key], (TextFate.SENT, "")),
        ((), {"whom": "all"}, [PRIVATE_ANNA, PRIVATE_OLEG], (TextFate.SENT, "")),
        ((NOBODY,), {"whom": "all"}, [PRIVATE_ANNA, PRIVATE_OLEG], (TextFate.FAILED, UNREACHED)),
    ],
)
def test_a_bot_writes_to_whom_it_was_told_and_to_each_once(
    bot: Bot, desk: Paired, others: Sequence[ClientOfCard], asked: dict[str, Any], got: list[str],
    exit_: tuple[TextFate, str],
) -> None:  # fmt: skip
    oleg = Profile(id=PRIVATE_OLEG, name="Олег", phone=OLEG, username="oleg")
    heard = {
        PRIVATE_ANNA: desk.shop.hear(desk.channel, who=PRIVATE_ANNA, sender=PETROVA),
        PRIVATE_OLEG: desk.shop.hear(desk.channel, who=PRIVATE_OLEG, sender=oleg),
        GROUP.key: desk.shop.hear(desk.channel, peer=GROUP, sender=PETROVA),
    }
    deal = [*others, person("Анна Петрова", ANNA), person("Олег", OLEG), person("Она же", ANNA)]
    bot.asks(*(deal if asked["whom"] == "all" else deal[:1]), **asked)  # a CRM tells all contacts only for «all»
    sent = [desk.dialog(desk.send_next(f"x{number}")) for number, _ in enumerate(got)]
    assert sorted(sent) == sorted(desk.dialog(heard[one]) for one in got)
    assert hand_over_nothing(desk)
    assert bot.outcome() == exit_


def test_nobody_guesses_between_two_groups_and_stop_keeps_out_of_groups(bot: Bot, desk: Paired) -> None:
    desk.shop.hear(desk.channel, sender=PETROVA)
    desk.shop.hear(desk.channel, peer=GROUP, sender=PETROVA)
    bot.asks(person("Анна", ANNA), whom="group", groups=False)
    assert bot.outcome() == (TextFate.FAILED, "Ёлки оптом is a group, and the bot does not write to groups.")
    other = replace(GROUP, key="-200", address="-200", title="Ёлки")
    desk.shop.hear(desk.channel, peer=other, sender=PETROVA)
    bot.keeps(bot.asked(whom="group"), "2")
    bot.applies(person("Анна", ANNA))
    assert bot.outcome() == (
        TextFate.FAILED, "The main contact has written in several groups: Ёлки оптом, Ёлки.",
    )  # fmt: skip


def test_a_group_in_which_only_a_namesake_wrote_gets_nothing(bot: Bot, desk: Paired) -> None:
    desk.shop.hear(desk.channel, sender=PETROVA)
    desk.shop.hear(desk.channel, peer=GROUP, sender=replace(PETROVA, id="anna2", phone=""))
    bot.asks(person(PETROVA.name, ANNA), whom="group")
    assert bot.outcome() == (TextFate.FAILED, "No group is known in which the main contact has written.")
