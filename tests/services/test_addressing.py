"""Whom an answer by mail reaches, and from which address of ours it goes."""

import pytest

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import MailDetails, Peer, Profile
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.recipients import NamedAddress
from chatapp_cli.services import addressing, dialogs, sending
from chatapp_cli.services.addressing import Addressed
from tests.stores import EVERYTHING, Shop

ANNA = Peer(
    key=border.external_id("anna@e.org"), address=border.address("anna@e.org"), title=border.name("Анна Белова")
)
HERSELF = Profile(
    id=border.external_id("anna@e.org"), name=border.name("Анна Белова"), email=border.address("anna@e.org")
)
DESK, SALES, VERA = (
    Profile(id=border.external_id(one.lower()), email=border.address(one))
    for one in ("Desk@e.org", "sales@ЛАВКА.рф", "vera@e.org")
)


def author(shop: Shop, answered: MessageId) -> list[str]:
    return [*shop.read(lambda tx: addressing.author_beside(tx, EVERYTHING, answered))]


@pytest.mark.req("S-126")
def test_the_author_who_is_answered_is_told_unless_the_answer_goes_to_them_anyhow(shop: Shop) -> None:
    channel = shop.channel(account="desk@e.org")
    of_client = shop.hear(channel, ext_id="1", peer=ANNA, sender=HERSELF, mail=MailDetails(cc=(VERA,)))
    of_vera = shop.hear(channel, ext_id="2", peer=ANNA, sender=VERA)
    of_us = shop.hear(channel, ext_id="3", peer=ANNA, sender=DESK)
    dialog = shop.message(of_client).dialog_id
    ours = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да"), shop.order()))
    assert [author(shop, one) for one in (of_client, of_vera, of_us, ours)] == [[], ["vera@e.org"], [], []]


def ends(shop: Shop, dialog: DialogId, answered: MessageId | None = None) -> Addressed:
    return shop.read(lambda tx: addressing.addressed(tx, EVERYTHING, dialogs.card(tx, dialog), answered))


@pytest.mark.req("S-097")
def test_an_answer_goes_from_the_address_of_ours_that_the_mail_was_written_to(shop: Shop) -> None:
    channel = shop.channel(account="desk@e.org", settings={"aliases": "sales@xn--80aaf6ac.xn--p1ai, info@e.org"})
    first = shop.hear(channel, ext_id="1", peer=ANNA, sender=HERSELF, mail=MailDetails(to=(VERA, DESK), cc=(SALES,)))
    dialog = shop.message(first).dialog_id
    client = NamedAddress("Анна Белова", "anna@e.org")
    assert ends(shop, dialog) == Addressed(client)
    shop.hear(channel, ext_id="2", peer=ANNA, sender=HERSELF, mail=MailDetails(delivered_as=(SALES,)))
    assert ends(shop, dialog) == Addressed(client, "sales@xn--80aaf6ac.xn--p1ai")
    assert ends(shop, dialog, first) == Addressed(client)
