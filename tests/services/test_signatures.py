"""The signature below a mail: the operator's own, otherwise the mailbox's, filled in when the mail is accepted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.services import composing, operators, options
from chatapp_cli.services.message_request import InDialog, MessageRequest
from chatapp_cli.services.options import Options
from chatapp_cli.settings import Settings
from tests.stores import EVERYTHING, Shop, hand_over

MAILBOX = "С уважением,|{operator_name}|{название компании}|тел. {phone}"
COMPANY = Options(Settings(company_name="Лавка", operator="Ольга"))
NOBODY = Options(Settings(company_name="Лавка"))
OWN = Options(Settings(company_name="Лавка", own_signature="Ольга | {company_name}"))


def signed(
    shop: Shop, signing: Options | None, *, template: str = MAILBOX, can: Capabilities = EVERYTHING, text: str = "Да"
) -> tuple[str, str]:
    """The text that is stored, and the signature that goes out below it."""
    channel = shop.channel(line=shop.line(), settings={"signature": template})
    dialog = shop.message(shop.hear(channel)).dialog_id
    request = MessageRequest(to=InDialog(dialog), draft=Draft(text=text), options=shop.order(), signing=signing)
    message = shop.write(lambda tx: composing.accept(tx, lambda _row: can, request))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    return shop.message(message).text, claim.outbound.signature


@pytest.mark.parametrize(
    ("signing", "signature"),
    [(COMPANY, "С уважением,\nВладелец\nЛавка"), (OWN, "Ольга\nЛавка"), (None, "")],
    ids=["the mailbox's", "one's own", "none"],
)
def test_a_mail_goes_with_its_signature_and_the_stored_text_stays_what_was_written(
    shop: Shop, signing: Options | None, signature: str
) -> None:
    name = shop.acting.name
    assert signed(shop, signing) == ("Да", signature.replace("Владелец", name))


def test_a_name_of_the_operating_system_is_in_no_signature_and_its_line_is_left_out(shop: Shop) -> None:
    assert signed(shop, NOBODY)[1] == "С уважением,\nЛавка"
    shop.write(lambda tx: operators.add(tx, shop.acting.name, "", []))
    assert signed(shop, NOBODY)[1] == f"С уважением,\n{shop.acting.name}\nЛавка"


def test_without_a_signature_or_in_a_messenger_nothing_stands_below(shop: Shop) -> None:
    assert signed(shop, COMPANY, template="")[1] == ""
    assert signed(shop, COMPANY, template="{phone}|{line_name}")[1].startswith("Продажи ")
    assert signed(shop, OWN, can=replace(EVERYTHING, signature_in=""))[1] == ""


def test_the_name_of_the_company_that_the_store_keeps_comes_first(shop: Shop) -> None:
    shop.write(lambda tx: options.configure_company(tx, {"company_name": "Ёлки"}))
    assert signed(shop, OWN)[1] == "Ольга\nЁлки"
