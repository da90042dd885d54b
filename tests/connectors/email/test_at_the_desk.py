"""Mails at the desk: what comes of them in the store, as an operator sees it."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.connectors.email.convert import Mail, Reading, arrival
from chatapp_cli.domain.arrival import Batch, MessageArrived
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.kit.manifests import create, manifest
from chatapp_cli.kit.system import system_world
from chatapp_cli.services import channels, dialogs, ingest, outbox, sending, transcript
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.dialogs import DialogCard, DialogRow
from chatapp_cli.store.rows.messages import MessageRow
from tests.connectors.email.corpus import mixed, part, plain
from tests.connectors.email.reading import FLAT, KEY, OURS, OWN_ID
from tests.connectors.email.test_bounce import OURS_BACK
from tests.connectors.email.test_sender import FORM
from tests.stores import EVERYTHING, NOON, Shop, hand_over

DESK = b"desk@shop.example.org"
CONST = b"Message-ID: <const@site.test>\r\n"


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel(kind="email")


def take(shop: Shop, channel: ChannelId, *raws: bytes, reading: Reading = OURS) -> ingest.Ingested:
    mails = [Mail(uid=n, at=NOON + n * 1000, size=0, raw=raw) for n, raw in enumerate(raws)]
    batch = Batch(arrivals=tuple(arrival(mail, reading, mail.at) for mail in mails))
    return shop.write(lambda tx: ingest.ingest(tx, channel, batch))


def the_list(shop: Shop) -> list[DialogRow]:
    return shop.read(lambda tx: dialog_list.page(tx, shop.driver.dialect, DialogFilter()))


def card(shop: Shop, row: DialogRow) -> DialogCard:
    return shop.read(lambda tx: dialogs.card(tx, row.id))


def messages(shop: Shop, row: DialogRow) -> list[MessageRow]:
    return [entry.message for entry in shop.read(lambda tx: transcript.latest(tx, row.id, n=100))]


def order(who: str, subject: bytes = b"Zayavka") -> bytes:
    return plain(f"Заявка: {who}".encode(), sender=b"crm@client.test", subject=subject, extra=CONST)


@pytest.mark.parametrize("reading", [OURS, FLAT], ids=["by subject", "by address"])
def test_every_form_under_one_message_id_is_shown_once_however_often_it_is_seen(
    shop: Shop, channel: ChannelId, reading: Reading
) -> None:
    forms = [order("Анна"), order("Борис"), order("Вера", b"Zayavka 2"), order("Глеб")]
    first = take(shop, channel, *forms, *forms, reading=reading)
    again = take(shop, channel, *reversed(forms), b"Received: from x\r\n" + forms[1], reading=reading)
    assert (first.messages, again.messages) == (4, 0)
    texts = [message.text for row in the_list(shop) for message in messages(shop, row)]
    assert sorted(text.split(": ")[-1] for text in texts) == ["Анна", "Борис", "Вера", "Глеб"]
    assert sum(row.unread for row in the_list(shop)) == 4


def test_a_store_from_before_keeps_each_of_its_mails_once(shop: Shop, channel: ChannelId) -> None:
    old = [order("Анна"), plain(b"Hello", extra=b"Message-ID: <1@client.test>\r\n"), plain(b"No id")]
    upgraded = Reading(own_address=DESK.decode(), plain_until=NOON + 60_000)
    assert take(shop, channel, *old, reading=upgraded).messages == 3
    assert take(shop, channel, *old, reading=upgraded).messages == 0
    assert take(shop, channel, order("Борис")).messages == 1


@pytest.mark.req("S-099")
def test_links_of_clients_are_kept_and_left_out_of_what_is_shown_while_the_option_is_on(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain(b"See https://lavka.example/a now", extra=b"Message-ID: <q@client.test>\r\n"))
    row = shop.read(lambda tx: channels.one(tx, channel))

    def shown() -> set[str]:
        (listed,) = the_list(shop)
        rows = shop.read(lambda tx: dialog_list.rows(tx, shop.driver.dialect, [listed.id]))
        return {listed.preview, rows[listed.id].preview, messages(shop, listed)[0].text}

    for value, text in (("on", "See now"), ("off", "See https://lavka.example/a now")):
        changes = {"remove_links": value}
        shop.write(lambda tx, changes=changes: channels.configure(tx, row, manifest("email"), changes))
        assert shown() == {text}
    found = messages(shop, the_list(shop)[0])[0]
    assert shop.read(lambda tx: transcript.message(tx, found.id)).text == "See https://lavka.example/a now"


def test_our_answer_from_a_phone_stands_in_the_clients_dialog_and_answers_it(shop: Shop, channel: ChannelId) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=b"Message-ID: <q@client.test>\r\n"))
    (row,) = the_list(shop)
    assert row.waiting_since is not None
    answer = plain(
        "Едет".encode(),
        sender=DESK,
        subject=b"Another subject",
        extra=b"Message-ID: <a@phone.test>\r\nIn-Reply-To: <q@client.test>\r\n",
    ).replace(b"To: desk@shop.example.org", b"To: anna@example.org")
    take(shop, channel, answer, answer)
    (row,) = the_list(shop)
    assert [(m.direction, m.text) for m in messages(shop, row)] == [("in", "Где заказ?"), ("out", "Едет")]
    assert row.waiting_since is None


def test_an_answer_to_the_sites_form_goes_to_the_client(shop: Shop, channel: ChannelId) -> None:
    take(shop, channel, FORM)
    (row,) = the_list(shop)
    assert (row.unread, card(shop, row).address) == (1, "maria@client.test")


def test_who_cannot_be_answered_is_shown_waits_and_says_so_before_anybody_writes(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain("Где заказ?".encode(), sender=b"Sean <sean@o'brien@client.test>"))
    (row,) = the_list(shop)
    assert (row.unread, row.preview) == (1, "Где заказ?")
    assert not card(shop, row).reachable
    take(shop, channel, plain("Ну где же?".encode(), sender=b"Sean <sean@o'brien@client.test>"))
    assert not card(shop, the_list(shop)[0]).reachable


@pytest.mark.parametrize(
    ("extra", "unread"),
    [
        (b"List-Unsubscribe: <https://u.test>\r\n", 1),
        (b"Auto-Submitted: auto-generated\r\n", 1),
        (b"Auto-Submitted: auto-replied\r\n", 0),
        (b"X-Autoreply: yes\r\n", 0),
    ],
)
def test_orders_by_machines_wait_and_holidays_do_not(shop: Shop, channel: ChannelId, extra: bytes, unread: int) -> None:
    take(shop, channel, plain("Заказ 17".encode(), sender=b"noreply@market.test", extra=extra))
    (row,) = the_list(shop)
    assert (row.unread, row.waiting_since is not None) == (unread, bool(unread))


def test_a_person_at_postmaster_is_heard_and_our_message_stays_sent(shop: Shop, channel: ChannelId) -> None:
    take(shop, channel, plain("Прайс?".encode(), sender=b"postmaster@client.test"))
    (row,) = the_list(shop)
    sent = say(shop, channel, row)
    raw = mixed(
        part("text/plain", b"Is it yours?"), part("message/rfc822", OURS_BACK), sender=b"postmaster@client.test"
    )
    take(shop, channel, raw)
    assert shop.message(sent).state == "sent"
    assert {m.text for m in messages(shop, the_list(shop)[0])} == {"Прайс?", "Есть", "Is it yours?"}


def say(shop: Shop, channel: ChannelId, row: DialogRow) -> MessageId:
    """Answer, and let the mail go out under our id."""
    written = shop.order(key=KEY)
    sent: MessageId = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, Draft(text="Есть"), written))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(OWN_ID,))))
    return sent


def test_whether_newsletters_wait_is_an_option_of_the_channel_and_they_do_until_somebody_says_otherwise(
    shop: Shop,
) -> None:
    server = {"host": "127.0.0.1", "port": "1", "tls": "none"}
    settings = {f"{side}_{name}": value for side in ("imap", "smtp") for name, value in server.items()}
    before = {"login": DESK.decode(), **settings}
    number = shop.channel(kind="email", account=DESK.decode(), settings=before, secrets={"password": "x"})
    letter = plain(b"Sale", sender=b"news@shop.test", extra=b"List-Id: <news.shop.test>\r\n")
    silent = []
    for value in ("", "off", "on"):
        row = shop.read(partial(channels.one, channel=number))
        if value:
            change = partial(channels.configure, channel=row, manifest=manifest("email"))
            shop.write(partial(change, changes={"newsletters_wait": value}))
            row = shop.read(partial(channels.one, channel=number))
        bound = shop.read(partial(channels.bound, vault=shop.vault, channel=row))
        (event,) = create("email", system_world()).understand(bound, letter, NOON).events
        assert isinstance(event, MessageArrived)
        silent.append(event.silent)
    assert silent == [False, True, False]
