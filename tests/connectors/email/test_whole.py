"""The dialog shows what is new in a mail, and the whole text is beside it."""

import pytest

from chatapp_cli.domain.arrival import MailDetails
from tests.connectors.email.corpus import plain, word
from tests.connectors.email.reading import FLAT, message

DESK = "Ёлочный базар <desk@shop.example.org>"
QUOTED = f"21.11.2026, 10:15, {DESK}:\n> Берёте?\n> Две?"
PASSED_ON = "От: Юрист <law@example.org>\nОтправлено: 27 ноября 2026 г. 12:00\nКому: Анна\nТема: Счёт\n\nсрок 30 дней"
ORIGINAL = PASSED_ON.replace("Юрист <law@example.org>", DESK)
ANSWER = b"In-Reply-To: <1@shop.example.org>\r\n"


def details(text: str, subject: str = "", extra: bytes = b"") -> MailDetails:
    found = message(plain(text.encode(), subject=word(subject) if subject else b" ", extra=extra)).mail
    assert found is not None
    return found


@pytest.mark.req("S-097")
@pytest.mark.parametrize(
    ("subject", "extra"),
    [("Re: Заказ", b""), ("RE[2]: Заказ", b""), ("Ответ: Заказ", b""), ("Отв: Заказ", b""), ("Заказ", ANSWER)],
)
def test_a_reply_shows_what_is_new_and_has_the_whole_beside_it(subject: str, extra: bytes) -> None:
    text = f"Да.\n\n{QUOTED}"
    found = message(plain(text.encode(), subject=word(subject), extra=extra))
    assert found.text == "Да."
    assert found.mail is not None
    assert (found.mail.whole, found.mail.folded) == (text, 3)


@pytest.mark.parametrize("quoted", [QUOTED, ORIGINAL])
@pytest.mark.parametrize(
    ("subject", "extra"),
    [
        ("Заказ", b""),
        ("", b""),
        ("Fwd: Re: Заказ", ANSWER),
        ("FW: Заказ", ANSWER),
        ("ПЕР: Договор", ANSWER),
        ("Пересл: Договор", ANSWER),
    ],
)
def test_first_mails_and_those_passed_on_are_whole(subject: str, extra: bytes, quoted: str) -> None:
    text = f"Посмотрите\n\n{quoted}"
    found = message(plain(text.encode(), subject=word(subject) if subject else b" ", extra=extra))
    assert found.text == text
    assert found.mail is not None
    assert (found.mail.whole, found.mail.folded) == ("", 0)


@pytest.mark.parametrize("subject", ["Re: Договор", "Посмотрите"])
def test_what_a_stranger_wrote_is_whole_below_any_subject(subject: str) -> None:
    assert details(f"Посмотрите\n\n{PASSED_ON}", subject, ANSWER).folded == 0
    assert details(f"Посмотрите\n\n{ORIGINAL}", subject, ANSWER).folded == 5


def test_a_mail_that_another_address_of_ours_wrote_is_folded_as_the_answer_goes_there() -> None:
    quoted = ORIGINAL.replace("desk@", "sales@")
    assert details(f"Да.\n\n{quoted}", "Re: Заказ").folded == 0
    assert details(f"Да.\n\n{quoted}", "Re: Заказ", b"Cc: Sales@shop.example.org\r\n").folded == 5


def test_ungrouped_the_subject_stands_before_the_whole_text_too() -> None:
    found = message(plain(f"Да.\n{QUOTED}".encode(), subject=word("Re: Заказ")), FLAT)
    assert found.text == "[Re: Заказ] Да."
    assert found.mail is not None
    assert found.mail.whole == f"[Re: Заказ] Да.\n{QUOTED}"


@pytest.mark.req("S-126")
def test_a_mail_brings_everybody_whom_it_names() -> None:
    found = details("Да", extra=b"Cc: Vera <Vera@example.org>,\r\n boris@example.org\r\n")
    assert [one.email for one in found.to] == ["desk@shop.example.org"]
    assert [(one.name, one.email) for one in found.cc] == [("Vera", "vera@example.org"), ("", "boris@example.org")]
