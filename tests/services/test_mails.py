"""What a mail has beside its message is stored with it, whichever way it comes or goes."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chatapp_cli.domain import border
from chatapp_cli.domain.address import mailbox_of
from chatapp_cli.domain.arrival import MailDetails, Peer, Profile
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.recipients import NamedAddress, Recipients, unique
from chatapp_cli.services import answering, chains, dialogs, mails, outbox, sending, transcript
from chatapp_cli.services.routes import ChainStep
from chatapp_cli.store.rows.channels import ChannelRow
from tests.stores import EVERYTHING, Shop, hand_over, said

BORIS = Profile(name=border.name("Борис"), email=border.address("boris@example.org"))
ANNA = Peer(key=border.external_id("anna@example.org"), address=border.address("anna@example.org"))
VERA = Profile(email=border.address("vera@example.org"))


@pytest.mark.req("S-097")
def test_the_whole_text_and_the_recipients_of_a_mail_are_stored_with_it(shop: Shop) -> None:
    details = MailDetails(whole=border.text("Да\n> Нет"), folded=border.count(1), to=(BORIS,), cc=(VERA,))
    message = shop.hear(shop.channel(), mail=details)
    entry = shop.read(lambda tx: transcript.entry(tx, message))
    assert entry.mail is not None
    assert entry.mail.folded == 1
    assert Recipients.parse(entry.mail.recipients) == Recipients(
        to=(NamedAddress("Борис", "boris@example.org"),), cc=(NamedAddress("", "vera@example.org"),)
    )
    assert shop.read(lambda tx: mails.whole(tx, message)) == "Да\n> Нет"


def test_a_message_that_is_no_mail_has_nothing_beside_it(shop: Shop) -> None:
    message = shop.hear(shop.channel())
    assert shop.read(lambda tx: transcript.entry(tx, message)).mail is None
    assert shop.read(lambda tx: mails.whole(tx, message)) == ""


def test_what_stood_behind_a_placeholder_brings_its_recipients(shop: Shop) -> None:
    channel = shop.channel()
    message = shop.hear(channel, "", ext_id="1", placeholder=True)
    shop.take(channel, said("Да", ext_id="1", at=shop.clock.now(), mail=MailDetails(to=(BORIS,))))
    assert shop.read(lambda tx: transcript.entry(tx, message)).mail is not None


@pytest.mark.req("S-126")
def test_the_copies_of_a_mail_of_ours_go_out_with_it(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel)).dialog_id
    draft = Draft(text="Да", cc=("boris@example.org",), bcc=("vera@example.org",))
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, draft, shop.order()))
    outbound = shop.write(lambda tx: hand_over(tx, shop.media, channel)).outbound
    assert (outbound.cc, outbound.bcc) == (["boris@example.org"], ["vera@example.org"])


@pytest.mark.req("S-097")
def test_the_program_knows_to_which_of_our_addresses_the_answered_mail_was_written(shop: Shop) -> None:
    channel = shop.channel()
    first = shop.hear(channel, ext_id="1", peer=ANNA, mail=MailDetails(to=(BORIS,), cc=(VERA,)))
    shop.hear(channel, ext_id="2", peer=ANNA, mail=MailDetails(delivered_as=(VERA,)))
    dialog = shop.message(first).dialog_id
    found = []
    for draft in (Draft(text="Да"), Draft(text="Да", reply_to=first)):
        shop.write(lambda tx, draft=draft: sending.enqueue(tx, EVERYTHING, dialog, draft, shop.order()))
        claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
        found.append(claim.outbound.answered.to)
        shop.write(lambda tx, claim=claim: outbox.succeed(tx, claim, Receipt(ids=(claim.outbound.key,))))
    assert found == [["vera@example.org"], ["boris@example.org", "vera@example.org"]]


def test_an_answer_to_all_leaves_out_every_mailbox_of_ours(shop: Shop) -> None:
    channel = shop.channel(account="desk@e.org", settings={"aliases": "sales@e.org"})
    shop.channel(account="other@e.org")
    ours = [Profile(email=border.address(one)) for one in ("Desk@e.org", "sales@e.org", "other@e.org")]
    message = shop.hear(channel, peer=ANNA, sender=BORIS, mail=MailDetails(to=(*ours, VERA), cc=(BORIS,)))
    dialog = shop.message(message).dialog_id
    for answered in (None, message):
        found = shop.read(lambda tx, one=answered: answering.everybody_else(tx, EVERYTHING, dialog, one))
        assert [*found] == ["vera@example.org", "boris@example.org"]
    assert shop.read(lambda tx: answering.everybody_else(tx, replace(EVERYTHING, copies=False), dialog)) == ()


def test_a_chain_goes_on_without_copies_in_a_channel_that_has_none(shop: Shop) -> None:
    mailbox, messenger = shop.channel(kind="letters"), shop.channel(kind="short")

    def able(row: ChannelRow) -> Capabilities:
        return replace(EVERYTHING, copies=row.id == mailbox, max_text=9 if row.id == mailbox else 99)

    draft = Draft(text="Длиннее девяти", cc=("boris@example.org",), signature="Ольга")
    steps = [ChainStep(one, ("anna@e.org",)) for one in (mailbox, messenger)]
    sent = shop.write(lambda tx: chains.enqueue_first(tx, able, steps, draft, shop.order()))
    entry = shop.read(lambda tx: transcript.entry(tx, sent))
    assert entry.mail is None or Recipients.parse(entry.mail.recipients) == Recipients()


@pytest.mark.req("S-098")
def test_an_answer_to_an_earlier_mail_bears_the_subject_of_that_mail(shop: Shop) -> None:
    channel = shop.channel()
    first = shop.hear(channel, ext_id="1", peer=ANNA, subject="Заказ 5")
    shop.hear(channel, ext_id="2", peer=ANNA, subject="Счёт")
    dialog = shop.message(first).dialog_id
    drafts = (Draft(text="Да"), Draft(text="Да", reply_to=first), Draft(text="Да", subject="Иное", reply_to=first))
    sent = [
        shop.write(lambda tx, draft=draft: sending.enqueue(tx, EVERYTHING, dialog, draft, shop.order()))
        for draft in drafts
    ]
    assert [shop.message(one).subject for one in sent] == ["Счёт", "Заказ 5", "Иное"]


@pytest.mark.req("S-097")
def test_what_is_answered_is_the_whole_mail_without_the_subject_before_it(shop: Shop) -> None:
    channel = shop.channel()
    details = MailDetails(whole=border.text("[Заказ] Да\n> Нет"), folded=border.count(1))
    message = shop.hear(channel, text="[Заказ] Да", subject="Заказ", peer=ANNA, sender=BORIS, mail=details)
    dialog = shop.message(message).dialog_id
    card = shop.read(lambda tx: dialogs.card(tx, dialog))
    found = shop.read(lambda tx: answering.answered(tx, card, ""))
    assert (found.author, found.text) == ("Борис", "Да\n> Нет")


IN_LETTERS, IN_ASCII = "boris@ёлки.рф", "Boris@xn--h1adc1g.xn--p1ai"


@pytest.mark.req("S-126")
@pytest.mark.parametrize(("one", "other"), [(IN_LETTERS, IN_ASCII), (IN_ASCII, IN_LETTERS)])
def test_a_mailbox_is_one_in_either_form_of_its_domain(shop: Shop, one: str, other: str) -> None:
    channel = shop.channel(account="desk@e.org", settings={"aliases": one})
    boris, desk = (Profile(email=border.address(address)) for address in (other, "desk@e.org"))
    mail = MailDetails(to=(boris, VERA, VERA), cc=(desk,))
    message = shop.hear(channel, ext_id="1", peer=ANNA, sender=BORIS, mail=mail)
    dialog = shop.message(message).dialog_id
    found = shop.read(lambda tx: answering.everybody_else(tx, EVERYTHING, dialog))
    assert [*found] == ["vera@example.org"]
    assert shop.read(lambda tx: mails.dialog_naming(tx, channel, "1", one)) == dialog
    assert unique([one, other, "b@e.org"]) == (one, "b@e.org")
    assert unique([one, "b@e.org"], but=[other]) == ("b@e.org",)


def test_a_domain_that_would_become_another_one_is_its_own() -> None:
    assert mailbox_of("anna@straße.de") == "anna@straße.de"
    assert mailbox_of("Anna@@.") == "anna@@."


KIM = Profile(id=border.external_id("anna@example.org"), email=border.address("anna@example.org"))
BOB = Profile(id=border.external_id("boris@example.org"), email=border.address("boris@example.org"))
FROM_KIM = ("1", KIM, MailDetails(cc=(BORIS,)), "Order")
TO_BOTH = ("2", BOB, MailDetails(to=(VERA,), cc=(KIM,)), "Re: Order")
TO_US_ALONE = ("3", BOB, MailDetails(to=(VERA,)), "Re: Order")
OTHER = ("4", KIM, MailDetails(), "Invoice")


@pytest.mark.req("S-097")
@pytest.mark.parametrize(
    ("came", "chosen", "subject", "text", "thread", "last"),
    [
        ((FROM_KIM,), None, "", "1", ("1",), ""),
        ((FROM_KIM, TO_BOTH), None, "", "2", ("1", "2"), ""),
        ((FROM_KIM, TO_US_ALONE), None, "", "1", ("1",), "boris@example.org"),
        ((FROM_KIM, TO_BOTH, TO_US_ALONE), None, "", "2", ("1", "2"), "boris@example.org"),
        ((FROM_KIM, TO_US_ALONE), "3", "", "", ("1",), "boris@example.org"),
        ((FROM_KIM, TO_BOTH), "1", "", "1", ("1",), ""),
        ((FROM_KIM, OTHER), None, "", "4", ("4",), ""),
        ((FROM_KIM, OTHER), None, "Order", "1", ("1",), ""),
        ((FROM_KIM, OTHER), None, "Thanks", None, (), ""),
    ],
)
def test_an_answer_repeats_and_continues_only_mails_of_its_subject_that_the_client_knows(
    shop: Shop,
    came: Sequence[tuple[str, Profile, MailDetails, str]],
    chosen: str | None,
    subject: str,
    text: str | None,
    thread: tuple[str, ...],
    last: str,
) -> None:
    channel = shop.channel()
    numbers = {
        ext_id: shop.hear(channel, ext_id, ext_id=ext_id, peer=ANNA, sender=sender, mail=details, subject=title)
        for ext_id, sender, details, title in came
    }
    dialog = shop.message(numbers["1"]).dialog_id
    assert shop.read(lambda tx: answering.author_unknown_to_client(tx, dialog)) == last
    draft = Draft(text="Да", subject=subject, reply_to=numbers[chosen] if chosen else None)
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, draft, shop.order()))
    outbound = shop.write(lambda tx: hand_over(tx, shop.media, channel)).outbound
    assert outbound.thread == thread
    assert (outbound.answered and outbound.answered.text) == text
