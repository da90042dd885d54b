"""What the pictures of the window need beside the invented company: more channels, answers, and what happens."""

from __future__ import annotations

import asyncio
import io
import json
import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PIL import Image

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.application import ApplicationStage as Step
from chatapp_cli.domain.arrival import IncomingFile, Profile
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.domain.template import Template
from chatapp_cli.runtime.lease import holding
from chatapp_cli.services import (
    applications,
    approvals,
    channels,
    crm_questions,
    dialogs,
    duties,
    lines,
    links,
    notes,
    operators,
    persons,
    presence,
    replies,
    session_requests,
    views,
)
from chatapp_cli.store.tx import Tx
from tests.stores import owner
from tests.tui.stage import ANNA, DAY, HOUR, MAIL, ME, MINUTE, Stage

COLLEAGUE = "Пётр"
FYODOR = Profile(id="RU.77", name="Фёдор Громов", phone="+79160000077")
MITYA = Profile(id="777", name="Митя", username="orlov_d", phone="8 (916) 123-45-67")
IGOR = Profile(id="502")
REPLIES = (
    ("Приветствие", "{имя клиента}, здравствуйте! Чем помочь?", "добрый день, привет"),
    ("Доставка", "Доставим за два дня, 350 ₽ по городу.", "сколько везёте, цена доставки"),
    ("Самовывоз", "Садовая, 5, каждый день до 21:00.", "адрес, где забрать"),
    ("Заказ готов", "Заказ {номер заказа} ждёт вас на Садовой, 5.", "готово, когда забрать"),
)
TEMPLATES = (
    ("order_ready", "Здравствуйте, {{имя}}! Заказ {{номер}} готов, ждём вас до 21:00.", "approved"),
    ("delivery", "Курьер привезёт заказ {{номер}} {{дата}}.", "approved"),
    ("sale", "Скидки на пледы до конца недели!", "rejected"),
)
APPLICANT = {
    "accepted": "on",
    "form": "ip",
    "company": "",
    "edo_id": "2BM-500000000011-0001",
    "edo_operator": "Калуга Астрал",
    "inn": "500100732259",
    "ogrn": "320500000000018",
    "kpp": "",
    "address": "170100, г. Тверь, ул. Садовая, д. 5",
    "position": "индивидуальный предприниматель",
    "signer": "Тёплая Марина Сергеевна",
    "basis": "лист записи ЕГРИП",
}
CHATS = (
    {"title": "Тёплый дом · новости", "kind": "channel", "address": "@teply_dom_news"},
    {"title": "Курьеры, смены и отпуска на ноябрь и декабрь", "kind": "group", "address": "-1001844"},
    {"title": "Марина Тёплая", "kind": "private", "address": "+79161110022"},
)
FOUND = {"id": "88017", "name": "Рита Лебедева", "username": "rita_l", "phone": ""}
CONTACTS = (
    {"id": "1", "name": "Анна Белова", "phone": "+79160000001", "username": ""},
    {"id": "2", "name": "Рита Лебедева", "phone": "", "username": "rita_l"},
    {"id": "3", "name": "Яков (поставщик воска)", "phone": "+79169990007", "username": "yakov_wax"},
)
STEP = 0.02


def furnish(stage: Stage) -> None:
    """What is there in every picture: a channel with templates, quick replies, a note, and Anna's dialog read."""
    _whatsapp(stage)
    stage.company.write(_replies)
    anna, igor = _anna(stage), stage.dialog(_bot(stage), IGOR)
    stage.company.write(
        lambda tx: notes.add(tx.by(owner(COLLEAGUE)), igor, "Олег, глянь: третья разбитая из этой партии")
    )
    stage.company.write(lambda tx: dialogs.read(tx, anna))


def _whatsapp(stage: Stage) -> None:
    trade = stage.company.read(lines.everything)[1].id
    channel = stage.channel(trade, "whatsapp", "1065", "+7 495 000-00-42")
    stage.hear(channel, FYODOR, "Добрый день! Лампы готовы?", ago=DAY + HOUR)
    row = stage.company.read(partial(channels.one, channel=channel))
    found = [Template(name=name, body=body, state=state) for name, body, state in TEMPLATES]
    stage.company.write(lambda tx: approvals.learn(tx, stage.company.capabilities, row, found))


def _replies(tx: Tx) -> None:
    replies.add_section(tx, "Магазин")
    shop = replies.section(tx, "Магазин")
    for title, text, keywords in REPLIES:
        replies.add(tx, shop, QuickReplyDraft(title=title, text=text, keywords=keywords))


def _bot(stage: Stage) -> ChannelId:
    return stage.company.read(partial(channels.find, named="@teply_dom_bot")).id


def _anna(stage: Stage) -> DialogId:
    return stage.dialog(_bot(stage), ANNA)


# What happened before a picture is taken


def _a_mail(*parts: bytes) -> bytes:
    head = (
        "From: Борис Савин <boris@savin.example>\r\nTo: hello@teply-dom.example, Склад <sklad@teply-dom.example>\r\n"
        "Cc: Ирина Савина <irina@savin.example>\r\nSubject: Re: Счёт 17\r\nDate: Thu, 19 Nov 2026 10:15:00 +0300\r\n"
        "Message-ID: <17@savin.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="edge"\r\n\r\n'
    )
    return head.encode() + b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"


def boris_answers_all(stage: Stage) -> None:
    """A mail with several recipients, HTML that quotes ours, a table, a link and a file."""
    html = (
        "<p>Добрый день! Берём <b>двенадцать</b>, адрес <a href='https://savin.example/sklad'>на карте</a>.</p>"
        "<table><tr><td>Плед «Облако»<td>8<tr><td>Лампа «Маяк»<td>4</table>"
        "<div class='gmail_quote'><div class='gmail_attr'>ср, 18 нояб. 2026 г. в 17:02, Тёплый дом "
        "&lt;hello@teply-dom.example&gt;:</div><blockquote><p>Борис, здравствуйте!</p>"
        "<p>Счёт во вложении, резерв до пятницы.</p></blockquote></div>"
    )
    invoice = b'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="act-17.pdf"\r\n\r\n%PDF-1.7'
    stage.mail(MAIL, _a_mail(b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode(), invoice))


def anna_writes(stage: Stage) -> None:
    """Something unread."""
    stage.hear(_bot(stage), ANNA, "И ещё вопрос: когда отправите?", ago=3 * MINUTE)


def anna_shows(stage: Stage) -> None:
    """A real picture, to be drawn."""
    photo = IncomingFile(kind="photo", name="свеча «Кедр».png", mime="image/png", size=len(candle()), content=candle())
    stage.hear(_bot(stage), ANNA, "Вот такую", ago=2 * MINUTE, files=[photo])


def candle(width: int = 240, height: int = 160) -> bytes:
    """A light in the dark, as a picture."""
    made = Image.new("RGB", (width, height))
    for x in range(width):
        for y in range(height):
            near = math.exp(-(((x - width / 2) / 46) ** 2) - (((y - height / 2.4) / 52) ** 2))
            body = abs(x - width / 2) < width / 14 and y > height * 0.55
            made.putpixel((x, y), (180, 60, 70) if body else (int(30 + 225 * near), int(24 + 160 * near), 40))
    kept = io.BytesIO()
    made.save(kept, "PNG")
    return kept.getvalue()


def views_are_kept(stage: Stage) -> None:
    """Filters under a name, everybody's and one's own."""

    def keep(tx: Tx) -> None:
        views.add(tx, "Возвраты", DialogFilter(tag="возврат"))
        views.add(tx, "Мои на сегодня", DialogFilter(assignee=ME), own=True)
        views.add(tx, "Ждут ответа", DialogFilter(waiting=True))

    stage.company.write(keep)


def colleague_writes(stage: Stage) -> None:
    """Somebody else answers for Anna's dialog, and writes there just now."""
    anna = _anna(stage)

    def happen(tx: Tx) -> None:
        duties.assign(tx, anna, COLLEAGUE)
        presence.look(tx.by(owner(COLLEAGUE)), "another", anna)
        presence.typing(tx.by(owner(COLLEAGUE)), "another", anna)

    stage.company.write(happen)


def dmitry_writes_elsewhere(stage: Stage) -> None:
    """A client of the site, whose phone a messenger tells as well."""
    stage.hear(_bot(stage), MITYA, "Здравствуйте, это снова я про заказ 1841", ago=20 * MINUTE)
    stage.hear(_bot(stage), MITYA, "Курьер опять не приехал", ago=19 * MINUTE)


def dmitry_is_one(stage: Stage) -> None:
    """His dialogs are known to be one person's."""
    dmitry_writes_elsewhere(stage)
    site = stage.company.read(partial(channels.find, named="Сайт")).id
    both = (stage.dialog(site, Profile(id="k-1841")), stage.dialog(_bot(stage), MITYA))
    kept, gone = (stage.company.read(partial(dialogs.card, dialog=one)).contact_id for one in both)
    assert kept is not None
    assert gone is not None
    stage.company.write(partial(persons.merge, kept=kept, gone=gone))


def accounts(stage: Stage) -> None:
    """Operators who log in, and one who does no longer."""
    trade = stage.company.read(lines.everything)[1].id

    def add(tx: Tx) -> None:
        operators.add(tx, COLLEAGUE, "scrypt", [trade])
        operators.add(tx, "Ольга", "scrypt", ())
        operators.add(tx, "Лидия Константиновна", "scrypt", ())
        operators.disable(tx, "Лидия Константиновна")

    stage.company.write(add)


def papers(stage: Stage) -> None:
    """Applications of the first line at several stages."""
    company, line = stage.company, stage.company.read(lines.everything)[0].id
    for title, steps in (
        ("ООО «Тёплый дом»", (Step.SENT, Step.REJECTED)),
        ("ИП Тёплая Марина Сергеевна", (Step.SENT, Step.CHECKING)),
    ):
        made = company.write(
            lambda tx, title=title: applications.add(
                tx, company.vault, line=line, kind="vk_notify", title=title, answers=APPLICANT
            )
        )
        for step in steps:
            reason = "нет подписи" if step is Step.REJECTED else ""
            company.write(partial(applications.move, application=made, stage=step, reason=reason))


def account(stage: Stage) -> None:
    """A messenger's account, which knows people and reads chats."""
    shop = stage.company.read(lines.everything)[0].id
    stage.channel(shop, "telegram", "79161110022", "Марина Тёплая")


# What goes on meanwhile


async def answered(company: Company, answers: Mapping[str, object]) -> None:
    """What a daemon does: whatever channels are asked for is answered."""
    with holding(company) as held:
        while answers:
            company.write(partial(_answer, answers=answers, epoch=held.epoch))  # in a thread it could outlast the desk
            await asyncio.sleep(STEP)
        await asyncio.get_running_loop().create_future()


def _answer(tx: Tx, *, answers: Mapping[str, object], epoch: int) -> None:
    for row in channels.everything(tx):
        asked = session_requests.claim(tx, row.id, epoch)
        if asked is not None:
            session_requests.done(tx, asked, json.dumps(answers[asked.what], ensure_ascii=False))
    for link in links.everything(tx):
        question = crm_questions.claim(tx, link.id, epoch)
        if question is not None:
            crm_questions.answered(tx, question, json.dumps(answers[question.what], ensure_ascii=False))


def dictionary(folder: Path) -> Path:
    """A very small one; returns it as the program that knows spelling wants it."""
    (folder / "ru_RU.aff").write_text("SET UTF-8\nTRY аоеинтсрвлкмдпуяыьгзбчйжхшюцщэфъё\n", "utf-8")
    (folder / "ru_RU.dic").write_text("4\nпривет\nплед\nготов\nсегодня\n", "utf-8")
    return folder / "ru_RU"
