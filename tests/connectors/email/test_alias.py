"""From which address of ours an answer goes: shown and sent the same, and checked where it is typed."""

from __future__ import annotations

from email import message_from_string
from email.policy import SMTP
from pathlib import Path

import pytest

from chatapp_cli.connectors.email.addresses import ascii_form
from chatapp_cli.connectors.email.compose import Letter, Offer, compose
from chatapp_cli.connectors.email.connector import create
from chatapp_cli.connectors.email.incoming import Reading
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.option import OptionLevel, OptionTarget
from chatapp_cli.domain.recipients import typed_addresses
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.email import EmailSandbox
from chatapp_cli.services import addressing, options, sending
from chatapp_cli.services.options import Changes
from chatapp_cli.settings import save
from tests.connectors.email.corpus import plain
from tests.connectors.email.desk import Eager
from tests.connectors.email.dialogs import DESK, card, messages, take, the_list
from tests.connectors.email.reading import account
from tests.contract.connector_contract import ScriptedAsker
from tests.stores import NOON, Shop, hand_over

OWN, CAN = DESK.decode(), manifest("email").capabilities
IN_ASCII = f"info@{'лавка.рф'.encode('idna').decode()}"
SALES, LETTERS, LOCAL = "Sales@shop.example.org", "info@Лавка.рф", "заказы@лавка.рф"
ALIASES = f"Sales desk <{SALES}>; {LETTERS}, {LOCAL}"
ANNA = b"Anna <anna@client.test>"


def mail(n: int, head: str, sender: bytes = ANNA) -> bytes:
    raw = plain(b"hi", sender=sender, subject=b"Order", extra=f"Message-ID: <{n}@c.test>\r\n{head}".encode())
    return raw.replace(b"To: desk@shop.example.org\r\n", b"", "To: " in head or "Cc: " in head)


def head(**fields: str) -> str:
    return "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())


def from_of(letter: Letter) -> str:
    address: str = message_from_string(letter.content.decode(), policy=SMTP)["From"].addresses[0].addr_spec
    return address


FIRST = mail(1, head(Cc=SALES))
TO_US_ALONE = mail(2, head(Cc=LETTERS, In_Reply_To="<1@c.test>"), b"Boris <boris@client.test>")


@pytest.mark.req("S-097")
@pytest.mark.parametrize(
    ("mails", "quoted", "sender"),
    [
        ([mail(1, "")], None, OWN),
        ([FIRST], None, SALES),
        ([mail(1, head(Cc="SALES@Shop.Example.org"))], None, SALES),
        ([mail(1, head(Cc=f"{IN_ASCII}, {SALES}"))], None, LETTERS),
        ([mail(1, head(Cc="info@ЛАВКА.РФ"))], None, LETTERS),
        ([mail(1, head(Cc=LOCAL))], None, LOCAL),
        ([mail(1, head(To=f"boris@client.test, {LETTERS}", Cc=SALES))], None, LETTERS),
        ([mail(1, head(To=OWN, Cc=SALES))], None, OWN),
        ([mail(1, head(Delivered_To=SALES))], None, SALES),
        ([mail(1, head(X_Original_To=IN_ASCII))], None, LETTERS),
        ([mail(1, head(Delivered_To=SALES, Cc=LETTERS))], None, LETTERS),
        ([mail(1, head(Cc="other@shop.example.org"))], None, OWN),
        ([FIRST, mail(2, head(Cc=LETTERS))], None, LETTERS),
        ([FIRST, mail(2, head(Cc=LETTERS))], 0, SALES),
        ([mail(1, head(Cc=f"boris@client.test, {SALES}")), TO_US_ALONE], None, SALES),
    ],
)
def test_the_address_that_is_shown_is_the_one_that_the_mail_goes_from(
    shop: Shop, mails: list[bytes], quoted: int | None, sender: str
) -> None:
    channel = shop.channel(kind="email", account=OWN, settings={"aliases": ALIASES})
    aliases = typed_addresses(ALIASES)
    take(shop, channel, *mails, reading=Reading(own_address=OWN, aliases=aliases))
    row = the_list(shop)[-1]
    chosen: MessageId | None = None if quoted is None else messages(shop, row)[quoted].id
    dialog = card(shop, row)
    shown = shop.read(lambda tx: addressing.addressed(tx, CAN, dialog, chosen)).alias
    assert (shown or OWN) == sender
    draft = Draft(text="Да", reply_to=chosen)
    shop.write(lambda tx: sending.enqueue(tx, CAN, row.id, draft, shop.order()))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    letter = compose(claim.outbound, account(address=OWN, aliases=aliases), NOON, Offer(utf8=True))
    assert from_of(letter) == ascii_form(sender)
    elsewhere = compose(claim.outbound, account(address=OWN, aliases=aliases), NOON)
    assert from_of(elsewhere) == (OWN if sender == LOCAL else ascii_form(sender))


WRONG = {
    "aliases": [
        ("sales", "aliases has sales, which is no e-mail address."),
        ("a@shop.example.org, Sales <b@shop>", "aliases has b@shop, which is no e-mail address."),
        ("sales@straße.de", "aliases has sales@straße.de, which is no e-mail address."),
    ],
    "signature": [
        ("Shop|{oprator_name}", "signature has {oprator_name}, which nothing fills: its line would be left out."),
        ("{имя клиента}", "signature has {имя клиента}, which nothing fills: its line would be left out."),
    ],
}
TABLE = [(name, text, what) for name, cases in WRONG.items() for text, what in cases]
STEPS = {
    "aliases": "Write addresses like info@example.org, with commas between them.",
    "signature": "Use {operator_name}, {company_name}, {line_name}, {date}; write {{ for a brace.",
}


@pytest.mark.parametrize(("name", "text", "what"), TABLE)
def test_what_would_not_work_is_refused_where_it_is_typed(shop: Shop, name: str, text: str, what: str) -> None:
    number = shop.channel(kind="email", account=OWN)
    changes, target = Changes({name: text}, manifest("email").fields), OptionTarget(OptionLevel.CHANNEL, number)
    with pytest.raises(UsageError) as refused:
        shop.write(lambda tx: options.change(tx, target, changes))
    assert (str(refused.value.what), str(refused.value.next_step), refused.value.field) == (what, STEPS[name], name)


@pytest.mark.parametrize(
    ("name", "text"), [("aliases", ALIASES), ("aliases", ""), ("signature", "{Имя оператора}|{{x}}|{date}")]
)
def test_what_works_is_taken(shop: Shop, name: str, text: str) -> None:
    number = shop.channel(kind="email", account=OWN)
    changes, target = Changes({name: text}, manifest("email").fields), OptionTarget(OptionLevel.CHANNEL, number)
    assert shop.write(lambda tx: options.change(tx, target, changes)) == [name]


@pytest.mark.parametrize(("name", "text", "what"), TABLE)
async def test_a_binding_asks_again_for_what_would_not_work(name: str, text: str, what: str) -> None:
    connector = create(World(clock=Eager(), chance=SystemChance()))
    async with EmailSandbox() as sandbox:
        asker = ScriptedAsker({**sandbox.answers, name: text})
        with pytest.raises(UsageError, match="blamed"):
            await connector.bind(asker)
    assert asker.blamed == {name: what, "": STEPS[name]}


def test_a_signature_of_ones_own_is_checked_when_it_is_set(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    with pytest.raises(UsageError) as refused:
        save(file, "own_signature", "{nobody}")
    assert str(refused.value.what) == "own_signature has {nobody}, which nothing fills: its line would be left out."
    save(file, "own_signature", "{operator_name}")
    assert "{operator_name}" in file.read_text("utf-8")
