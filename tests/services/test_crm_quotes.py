"""Which message the quote of an employee answers, and what the client gets where it answers none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from chatapp_cli.domain.arrival import Profile
from chatapp_cli.services import crm_chats, crm_quotes
from tests.every import every
from tests.services.dialogs import say
from tests.services.paired import Paired, linked
from tests.stores import EVERYTHING, OWNER, Shop

OLGA = Profile(id="olga", name="Ольга")
LONG = "Сколько стоит доставка до Ёлкино, если заказать её сегодня вечером?"
SAID = ("Сто?", "Сто? И [url] двести?", f"{LONG} раз", f"{LONG} два", "Сто?")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteCase:
    """How an employee's «Да» goes out."""

    quoted: str = ""
    named: int | None = None
    """Which of the messages the CRM names; the sixth stands in another dialog."""
    answers: int | None = None
    text: str = "Да"
    replies: bool = True
    """Whether the channel can quote."""


CASES = (
    QuoteCase(),
    QuoteCase(quoted="Сто?", answers=4),
    QuoteCase(quoted="Сто? И", text="«Сто? И»\nДа"),
    QuoteCase(quoted="Сто? И…", answers=1),
    QuoteCase(quoted="Сто? И [\u200burl] двести?", answers=1),
    QuoteCase(quoted=f"{LONG} раз", answers=2),
    QuoteCase(quoted=f"{LONG}...", answers=3),
    QuoteCase(quoted="«Почём?» Сто?", answers=4),
    QuoteCase(quoted="Цена Сто?", answers=4),
    QuoteCase(quoted="Ольга (+79161234567): Сто?", answers=4),
    QuoteCase(quoted="Ещё не ушло", text="«Ещё не ушло»\nДа"),
    QuoteCase(quoted="Чего никто не говорил", text="«Чего никто не говорил»\nДа"),
    QuoteCase(quoted="Чего никто не говорил", named=0, answers=0),
    QuoteCase(quoted="Сто?", named=5, answers=4),
    QuoteCase(quoted="Двести?", named=5, text="«Двести?»\nДа"),
    QuoteCase(quoted="Сто?", named=4, text="«Сто?»\nДа", replies=False),
    QuoteCase(quoted="Ольга: Сто? И [url] двести?", named=1, text="«Сто? И [url] двести?»\nДа", replies=False),
    QuoteCase(quoted=f"{OWNER.name}: Ещё не ушло", text="«Ещё не ушло»\nДа"),
    QuoteCase(quoted=f"{OWNER.name}: Ещё не ушло", text="«Ещё не ушло»\nДа", replies=False),
    QuoteCase(quoted="«Почём?» Ольга (+79161234567): Сто?", text="«Сто?»\nДа", replies=False),
    QuoteCase(quoted="Вера (+79161234567): Чего никто не говорил", text="«Чего никто не говорил»\nДа"),
    QuoteCase(quoted=f"«Почём?» {OWNER.name}: Чего никто не говорил", text="«Чего никто не говорил»\nДа"),
    QuoteCase(quoted="Адрес: Ленина, 5", text="«Адрес: Ленина, 5»\nДа", replies=False),
)


@pytest.fixture
def desk(shop: Shop) -> Paired:
    """A desk whose mail a CRM has."""
    return linked(shop, shop.channel(kind="email"), "north.example")


def test_a_quote_answers_the_newest_message_with_just_these_words_and_otherwise_stands_above_the_text(
    desk: Paired,
) -> None:
    heard = [desk.shop.hear(desk.channel, text, who="olga", sender=OLGA, subject="Цена") for text in SAID]
    dialog = desk.dialog(heard[0])
    heard.append(desk.shop.hear(desk.channel, "Двести?", who="boris"))
    say(desk.shop, dialog, "Ещё не ушло")

    def goes_out(case: QuoteCase) -> None:
        key = "" if case.named is None else crm_chats.message_key(heard[case.named])
        event = desk.wrote(dialog, "Да", quoted=case.quoted, quoted_key=key)
        can = replace(EVERYTHING, replies=case.replies)
        draft = desk.shop.read(lambda tx: crm_quotes.draft(tx, desk.link, dialog, event, can, ()))
        assert (draft.text, draft.reply_to) == (case.text, None if case.answers is None else heard[case.answers])

    every(CASES, goes_out)
