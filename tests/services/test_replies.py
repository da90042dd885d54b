"""Quick replies: who may edit what, and what is found first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.domain.access import Acting
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.quick_reply import QuickReplyDraft, ranked
from chatapp_cli.i18n import use
from chatapp_cli.services import dialogs, journal, operators, replies, reply_sheet
from chatapp_cli.services.journal_words import sentence
from chatapp_cli.services.reply_entries import ReplyEntry, ReplyFile
from chatapp_cli.store import migrate
from chatapp_cli.store.database import Database, driver_for
from chatapp_cli.store.rows.replies import QuickReplyRow
from tests.stores import ON_SQLITE, OWNER, HeldClock, Shop, owner

DELIVERY = QuickReplyDraft(
    title="Доставка", text="Везём за два дня.", keywords="курьер, сколько ждать", category="продажи"
)
PRICE = StagedFile(name="прайс.pdf", mime="application/pdf", size=5, sha256="a" * 64)


@pytest.fixture(autouse=True)
def _english() -> None:
    use("en")


def make(shop: Shop, name: str = "Заказы", *answers: QuickReplyDraft, actor: str = "Ольга") -> None:
    def job(tx: Any) -> None:
        replies.add_section(tx.by(owner(actor)), name)
        for one in answers:
            replies.add(tx.by(owner(actor)), replies.section(tx, name), one)

    shop.write(job)


def found(shop: Shop, named: str) -> QuickReplyRow:
    row: QuickReplyRow = shop.read(lambda tx: replies.find(tx, named))
    return row


def titles(shop: Shop, query: str) -> list[str]:
    return [row.title for row in ranked(shop.read(replies.everything), query)]


@pytest.mark.req("S-136", "S-137")
def test_a_section_is_made_renamed_and_removed_with_its_replies_only_by_force(shop: Shop) -> None:
    make(shop, " Заказы ", DELIVERY)
    section = shop.read(lambda tx: replies.section(tx, "ЗАКАЗЫ"))
    assert (section.name, section.replies) == ("Заказы", 1)
    shop.write(lambda tx: replies.rename_section(tx, section, "Заказ и доставка"))
    section = shop.read(lambda tx: replies.section(tx, str(section.id)))
    assert section.name == "Заказ и доставка"
    with pytest.raises(Refused, match="has quick replies: 1"):
        shop.write(lambda tx: replies.remove_section(tx, section, force=False))
    shop.write(lambda tx: replies.remove_section(tx, section, force=True))
    assert (shop.read(replies.sections), shop.read(replies.everything)) == ([], [])


def test_a_section_needs_a_name_of_its_own(shop: Shop) -> None:
    make(shop, "Счёт")
    with pytest.raises(Refused, match="There is a section счет already"):
        make(shop, "счет")
    with pytest.raises(UsageError, match="needs a name"):
        make(shop, " ")
    with pytest.raises(NotFound) as caught:
        shop.read(lambda tx: replies.section(tx, "Опт"))
    assert str(caught.value.next_step) == "Known sections: Счёт"


@pytest.mark.req("S-136")
def test_only_invited_editors_change_a_section_and_its_replies(shop: Shop) -> None:
    make(shop, "Заказы", DELIVERY)
    section = shop.read(lambda tx: replies.section(tx, "Заказы"))
    shop.write(lambda tx: replies.invite(tx, section, "Марина"))
    assert shop.read(lambda tx: replies.editors(tx, section.id)) == ["Марина", "Ольга"]
    row = found(shop, "Доставка")
    shop.write(lambda tx: operators.add(tx, "Иван", "", ()))
    shop.acting = Acting("Иван", account=True)
    for deed in (
        lambda tx: replies.add(tx, section, QuickReplyDraft(title="Б", text="б")),
        lambda tx: replies.edit(tx, row, DELIVERY),
        lambda tx: replies.remove(tx, row),
        lambda tx: replies.rename_section(tx, section, "Б"),
        lambda tx: replies.remove_section(tx, section, force=True),
        lambda tx: replies.invite(tx, section, "Иван"),
        lambda tx: replies.uninvite(tx, section, "Ольга"),
    ):
        with pytest.raises(Refused) as caught:
            shop.write(deed)
        assert caught.value.code == "not_an_editor"
        assert str(caught.value.next_step) == "Ask one of its editors to be invited: Марина, Ольга"
    shop.acting = OWNER
    shop.write(lambda tx: replies.add(tx.by(owner("Марина")), section, QuickReplyDraft(title="Б", text="б")))


@pytest.mark.req("S-136")
def test_whoever_may_open_the_sections_of_others_invites_themselves_first(shop: Shop) -> None:
    make(shop, "Заказы", DELIVERY)
    section = shop.read(lambda tx: replies.section(tx, "Заказы"))
    shop.write(lambda tx: replies.invite(tx.by(owner("Марина")), section, "Марина"))
    with pytest.raises(Refused, match="Ольга may not edit the section Заказы"):
        shop.write(lambda tx: replies.rename_section(tx, section, "Доставка"))
    shop.write(lambda tx: replies.invite(tx, section, "Ольга"))
    shop.write(lambda tx: replies.rename_section(tx, section, "Доставка"))
    assert shop.read(lambda tx: replies.section(tx, "Доставка")).id == section.id


@pytest.mark.req("S-136")
def test_a_section_without_editors_is_everybodys_again(shop: Shop) -> None:
    make(shop)
    section = shop.read(lambda tx: replies.section(tx, "Заказы"))
    shop.write(lambda tx: replies.invite(tx, section, " Марина "))
    for name in ("Марина", "Ольга"):
        shop.write(lambda tx, name=name: replies.uninvite(tx, section, name))
    assert shop.read(lambda tx: replies.may_edit(tx.by(owner("Иван")), section.id))
    with pytest.raises(NotFound, match="Иван is no editor"):
        shop.write(lambda tx: replies.uninvite(tx, section, "Иван"))
    with pytest.raises(UsageError):
        shop.write(lambda tx: replies.invite(tx, section, " "))


@pytest.mark.req("S-137", "S-138", "S-140")
def test_a_reply_is_kept_with_its_keywords_category_and_files(shop: Shop) -> None:
    priced = QuickReplyDraft(
        title=" Прайс ", text="", keywords=" цена \n почём ", category="информация", files=(PRICE,)
    )
    make(shop, "Заказы", DELIVERY, priced)
    row = found(shop, "прайс")
    kept = QuickReplyDraft(title="Прайс", text="", keywords="цена почём", category="информация", files=(PRICE,))
    assert shop.read(lambda tx: replies.answer(tx, row)) == kept
    make(shop, "Опт")
    into = shop.read(lambda tx: replies.section(tx, "Опт"))
    changed = QuickReplyDraft(title="Прайс", text="От 50 штук", category="оптовикам")
    shop.write(lambda tx: replies.edit(tx, row, changed, into=into))
    assert shop.read(lambda tx: replies.answer(tx, replies.find(tx, "Опт/прайс"))) == changed
    shop.write(lambda tx: replies.remove(tx, row))
    assert [row.title for row in shop.read(replies.everything)] == ["Доставка"]


def test_a_reply_cannot_be_moved_into_a_section_of_others(shop: Shop) -> None:
    make(shop, "Заказы", DELIVERY)
    make(shop, "Опт", actor="Иван")
    into = shop.read(lambda tx: replies.section(tx, "Опт"))
    shop.write(lambda tx: replies.invite(tx.by(owner("Иван")), into, "Иван"))
    with pytest.raises(Refused, match="Ольга may not edit the section Опт"):
        shop.write(lambda tx: replies.edit(tx, replies.find(tx, "Доставка"), DELIVERY, into=into))


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (QuickReplyDraft(title=" ", text="да"), "A quick reply needs a title."),
        (QuickReplyDraft(title="Б", text=" "), "A quick reply needs a text or a file."),
        (QuickReplyDraft(title="ДОСТАВКА", text="да"), "The section has a quick reply ДОСТАВКА already."),
    ],
)
def test_what_is_missing_or_there_already_is_refused(shop: Shop, answer: QuickReplyDraft, what: str) -> None:
    make(shop, "Заказы", DELIVERY)
    section = shop.read(lambda tx: replies.section(tx, "Заказы"))
    with pytest.raises((UsageError, Refused)) as caught:
        shop.write(lambda tx: replies.add(tx, section, answer))
    assert str(caught.value.what) == what


def test_a_title_that_two_sections_have_needs_its_section(shop: Shop) -> None:
    make(shop, "Опт", DELIVERY)
    make(shop, "Розница", DELIVERY)
    assert found(shop, "опт/доставка").section == "Опт"
    assert found(shop, str(found(shop, "Розница/Доставка").id)).section == "Розница"
    with pytest.raises(UsageError, match="Опт/Доставка, Розница/Доставка"):
        found(shop, "Доставка")
    with pytest.raises(NotFound):
        found(shop, "Оплата")


@pytest.mark.req("S-139")
@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("самов", ["Самовывоз", "Адрес", "Режим"]),
        ("ВЫВОЗ ЁЛКИ", ["Адрес"]),
        ("елки вывоз", ["Адрес"]),
        ("адрес елк", ["Адрес"]),
        ("самовывос", ["Самовывоз", "Адрес", "Режим"]),
        ("квитанция", []),
    ],
)
def test_the_title_weighs_more_than_keywords_and_they_more_than_the_text(
    shop: Shop, query: str, order: list[str]
) -> None:
    make(
        shop,
        "Заказы",
        QuickReplyDraft(title="Режим", text="Самовывоз до 21:00"),
        QuickReplyDraft(title="Адрес", text="Садовая, 5", keywords="самовывоз; вывоз ёлки"),
        QuickReplyDraft(title="Самовывоз", text="Приходите"),
    )
    assert titles(shop, query) == order


@pytest.mark.req("S-139")
def test_a_reply_used_more_often_comes_first_among_equals(shop: Shop) -> None:
    make(shop, "Заказы", *(QuickReplyDraft(title=title, text="да") for title in ("Адрес", "Оплата", "Оплата частями")))
    for _ in range(2):
        shop.write(lambda tx: replies.count_use(tx, replies.find(tx, "Оплата частями").id))
    assert titles(shop, "оплата") == ["Оплата частями", "Оплата"]
    assert titles(shop, "") == ["Оплата частями", "Адрес", "Оплата"]


@pytest.mark.req("S-137", "S-140")
@pytest.mark.parametrize(
    ("query", "order"),
    [("продажи", ["Доставка"]), ("sales", ["Доставка"]), ("support", ["Гарантия"]), ("поддержка", ["Гарантия"])],
)
def test_a_reply_is_found_by_its_usual_category_in_either_language(shop: Shop, query: str, order: list[str]) -> None:
    make(shop, "Заказы", DELIVERY, QuickReplyDraft(title="Гарантия", text="Год.", category="support"))
    assert titles(shop, query) == order


def test_the_journal_says_what_was_done_in_words(shop: Shop) -> None:
    make(shop, "Заказы", DELIVERY)
    section = shop.read(lambda tx: replies.section(tx, "Заказы"))
    shop.write(lambda tx: replies.edit(tx, replies.find(tx, "Доставка"), DELIVERY))
    shop.write(lambda tx: replies.remove(tx, replies.find(tx, "Доставка")))
    shop.write(lambda tx: replies.invite(tx, section, "Ольга"))
    shop.write(lambda tx: replies.uninvite(tx, section, "Ольга"))
    shop.write(lambda tx: replies.rename_section(tx, section, "Опт"))
    shop.write(lambda tx: replies.remove_section(tx, replies.section(tx, "Опт"), force=False))
    rows = shop.read(lambda tx: journal.after(tx, 0, n=1000))
    assert [str(sentence(row)) for row in rows] == [
        "Section of quick replies added: Заказы",
        "Quick reply added: Доставка",
        "Quick reply changed: Доставка",
        "Quick reply removed: Доставка",
        "Ольга may edit the quick replies in Заказы",
        "Ольга may no longer edit the quick replies in Заказы",
        "Section of quick replies renamed: Опт",
        "Section of quick replies removed: Опт",
    ]
    assert {row.actor for row in rows} == {"Ольга"}


@pytest.mark.req("S-140")
@pytest.mark.parametrize(
    ("known", "called"),
    [
        ({"person": "Анна", "name": "Анна СКАНДАЛИСТКА"}, "Анна"),
        ({"person": "", "name": "Анна СКАНДАЛИСТКА"}, None),
        ({"person": "", "name": "ТЕНДЕР до 5.12"}, None),
        ({"first_name": "Анна", "person": "anna_kuz"}, "Анна"),
        ({"first_name": "Анна", "person": "", "name": "не звонить!"}, "Анна"),
        ({"person": "anna_kuz", "username": "anna_kuz"}, None),
        ({"person": "+79160000077", "address": "+79160000077"}, None),
        ({"person": "8 (916) 000-00-77", "phone": "+79160000077"}, None),
        ({"person": "@anna_kuz"}, None),
        ({"person": "anna@example.org"}, None),
    ],
)
def test_a_client_is_called_by_their_own_name_and_never_by_what_operators_call_the_dialog(
    shop: Shop, known: dict[str, str], called: str | None
) -> None:
    dialog = shop.message(shop.hear(shop.channel(), ext_id="in-1")).dialog_id
    card = shop.read(lambda tx: dialogs.card(tx, dialog))._replace(**known)
    values = replies.values(card, company=" ", operator="Ольга", now=shop.clock.now(), opens="")
    assert (values.get("client_name"), values.get("company_name")) == (called, None)
    assert (values["operator_name"], values["date"]) == ("Ольга", "21.09.2026")


def test_a_section_is_found_by_its_name_before_its_number(shop: Shop) -> None:
    make(shop, "2")
    make(shop, "Опт")
    assert shop.read(lambda tx: replies.section(tx, "2")).name == "2"
    number = shop.read(lambda tx: replies.section(tx, "опт")).id
    assert number == 2


@contextmanager
def steps_of_sqlite(shop: Shop) -> Iterator[list[int]]:
    """Count what SQLite does, in hundreds of steps of its machine."""
    seen = [0]

    def count() -> int:
        seen[0] += 1
        return 0

    connection = shop.database.connection()
    connection.set_progress_handler(count, 100)
    try:
        yield seen
    finally:
        connection.set_progress_handler(None, 0)


def sheet_of(numbers: range, text: str = "Да") -> ReplyFile:
    def entry(n: int) -> ReplyEntry:
        return ReplyEntry(n, "Опт", QuickReplyDraft(title=f"Ответ {n}", text=text))

    return ReplyFile(entries=[entry(n) for n in numbers])


@ON_SQLITE
def test_what_a_reply_of_a_file_costs_does_not_depend_on_how_many_there_are(shop: Shop) -> None:
    def cost(numbers: range, text: str) -> int:
        with steps_of_sqlite(shop) as seen:
            taken = shop.write(partial(reply_sheet.take, sheet=sheet_of(numbers, text)))
        assert (taken.added + taken.changed, taken.faults) == (len(numbers), [])
        return seen[0]

    few = [cost(range(20), text) for text in ("Да", "Нет")]
    shop.write(partial(reply_sheet.take, sheet=sheet_of(range(1_000, 3_000))))
    many = [cost(range(20, 40), text) for text in ("Да", "Нет")]
    assert all(now < 1.5 * before for now, before in zip(many, few, strict=True)), (few, many)


@ON_SQLITE
def test_a_reply_is_found_by_name_without_reading_the_others(shop: Shop) -> None:
    shop.write(partial(reply_sheet.take, sheet=sheet_of(range(1_000))))
    with steps_of_sqlite(shop) as seen:
        assert shop.database.write(lambda tx: replies.find(tx, "опт/ОТВЕТ 7").title) == "Ответ 7"
    assert seen[0] < 10


def test_slashes_in_names_are_understood_as_before(shop: Shop) -> None:
    make(shop, "а/б", QuickReplyDraft(title="в/г", text="1"))
    make(shop, "а", QuickReplyDraft(title="б/в/г", text="2"))
    assert [found(shop, name).text for name in ("В/Г", "б/в/г")] == ["1", "2"]
    with pytest.raises(UsageError, match="Which one of these: а/б/в/г, а/б/в/г"):
        found(shop, "а/б/в/г")
    for name in ("а/ б/в/г", "а /б/в/г", "/в/г"):
        with pytest.raises(NotFound):
            found(shop, name)


def test_replies_of_an_older_store_are_still_found_ignoring_case(tmp_path: Path) -> None:
    driver = driver_for(f"sqlite:///{tmp_path}/chatapp.db")
    migrate.upgrade(driver, "0008")
    with closing(driver.connect()) as connection:
        connection.execute("INSERT INTO reply_section (id, name) VALUES (1, 'Опт')")
        connection.execute(
            "INSERT INTO quick_reply (section_id, title, text, keywords, category, used, updated_at)"
            " VALUES (1, 'Всё о Цене', 'Да', '', '', 0, 1)"
        )
    migrate.upgrade(driver)
    with closing(Database(driver, HeldClock())) as database:
        assert database.read(lambda tx: replies.find(tx, "опт/все о цене").text) == "Да"
