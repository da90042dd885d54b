"""An invented company with customers, written through the same services as real ones: for tests and for pictures."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.incoming import Mail, Reading
from chatapp_cli.domain.access import Acting
from chatapp_cli.domain.arrival import (
    Arrival,
    Batch,
    DeliveryChanged,
    IncomingFile,
    MailDetails,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    Profile,
    ReactionsChanged,
)
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId, DialogId, LineId, MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.services import channels, dialogs, ingest, lines, outbox, raw_bodies, sending
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.settings import Settings

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOON = int(datetime(2026, 11, 20, 12, 0, tzinfo=UTC).timestamp() * 1000)
"""A Friday."""
ME = "Марина"


class HeldClock:
    """A clock that moves when it is told to."""

    def __init__(self, now: int = NOON) -> None:
        self.at = now

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1000

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing on this stage waits by the clock")


def opened(folder: Path, clock: HeldClock, **settings: str) -> Company:
    """A company's desk in a folder."""
    values = {"home": str(folder), "company": "home", "operator": ME, "view": "all", **settings}
    return open_company(Settings(**values), World(clock=clock, chance=SystemChance())).seen_by(Acting(ME, owner=True))


MAIL = ChannelId(2)
"""The shop's mailbox."""
MAILBOX = Reading(own_address="hello@teply-dom.example")


class Stage:
    """Lets customers write and a provider answer."""

    def __init__(self, company: Company, clock: HeldClock, *, first: int = 1) -> None:
        self.company, self.clock = company, clock
        self._numbers = itertools.count(first)

    def line(self, name: str) -> LineId:
        return self.company.write(lambda tx: lines.add(tx, name))

    def channel(self, line: LineId, kind: str, account: str, title: str, **facts: str) -> ChannelId:
        settings = {"url": "https://site.example/hook"} if kind == "api" else {}
        bound = Bound(account=account, title=title, facts=facts, settings=settings)
        made = self.company.write(lambda tx: channels.save(tx, self.company.vault, bound, line=line, kind=kind))
        self.health(made, "ok")
        return made

    def health(self, channel: ChannelId, health: str, code: str = "", *, ago: int = 0) -> None:
        now, self.clock.at = self.clock.at, self.clock.at - ago
        self.company.write(lambda tx: (channels.set_health(tx, channel, health, code), channels.prove(tx, channel)))
        self.clock.at = now

    def hear(
        self,
        channel: ChannelId,
        who: Profile,
        text: str,
        *,
        ago: int = 0,
        subject: str = "",
        files: Sequence[IncomingFile] = (),
        reply_to: str = "",
        peer: Peer | None = None,
        mail: MailDetails | None = None,
    ) -> str:
        """A client writes; returns the provider's id."""
        peer = peer or Peer(key=who.id, address=who.email or who.id, title=who.name)
        ext_id = f"m{next(self._numbers)}"
        event = MessageArrived(
            peer=peer,
            ext_id=ext_id,
            at=self.clock.at - ago,
            text=text,
            subject=subject,
            sender=who,
            files=files,
            reply_to=reply_to,
            mail=mail,
        )
        self.happen(channel, event, ago=ago)
        return ext_id

    def mail(self, channel: ChannelId, raw: bytes, *, ago: int = 0, aliases: Sequence[str] = ()) -> None:
        """A mail arrives, as the mailbox reads it."""
        mail = Mail(uid=next(self._numbers), at=self.clock.at - ago, size=0, raw=raw)
        read = arrival(mail, replace(MAILBOX, aliases=tuple(aliases)), self.clock.at)
        batch = raw_bodies.store_large(self.company.media, Batch(arrivals=(read,)))
        self.company.write(lambda tx: ingest.ingest(tx, channel, batch))

    def happen(self, channel: ChannelId, event: object, *, ago: int = 0) -> None:
        """Any other event of a provider."""
        arrival = Arrival(provider_id=f"u{next(self._numbers)}", raw=b"{}", events=(event,))
        batch = raw_bodies.store_large(self.company.media, Batch(arrivals=(arrival,)))
        now, self.clock.at = self.clock.at, self.clock.at - ago
        self.company.write(lambda tx: ingest.ingest(tx, channel, batch))
        self.clock.at = now

    def dialog(self, channel: ChannelId, who: Profile) -> DialogId:
        found = self.company.read(lambda tx: tx.value("dialogs.at_key", channel=channel, key=who.id))
        return DialogId(found)

    def say(
        self,
        dialog: DialogId,
        text: str,
        *,
        ago: int = 0,
        state: State | None = State.SENT,
        error: str = "",
        reply_to: MessageId | None = None,
        files: Sequence[StagedFile] = (),
        author: str = ME,
        at: int | None = None,
        subject: str = "",
    ) -> MessageId:
        """We answer; ``state`` is how far it got, ``None`` leaves it in the outbox."""
        now, self.clock.at = self.clock.at, self.clock.at - ago
        order = SendOptions(key=f"{next(self._numbers):032}", at=at)
        draft = Draft(text=text, reply_to=reply_to, files=tuple(files), subject=subject)

        def accept(tx: object) -> tuple[MessageId, ChannelId]:
            card = dialogs.card(tx, dialog)
            can = self.company.capabilities(channels.one(tx, card.channel_id))
            return sending.enqueue(tx, can, dialog, draft, order), card.channel_id

        message, channel = self.company.seen_by(Acting(author, owner=True)).write(accept)
        if state is not None:
            self._carry(channel, message, state, error)
        self.clock.at = now
        return message

    def _carry(self, channel: ChannelId, message: MessageId, state: State, error: str) -> None:
        claim = self.company.write(lambda tx: outbox.claim(tx, self.company.media, channel))
        assert claim is not None
        assert claim.message.id == message
        ext_id = f"m{next(self._numbers)}"
        if state is State.FAILED:
            self.company.write(lambda tx: outbox.fail(tx, claim, Rejected(error)))
        elif state is State.UNCERTAIN:
            self.company.write(lambda tx: outbox.leave_uncertain(tx, claim, OutcomeUnknown(error)))
        elif state is State.QUEUED:
            self.company.write(lambda tx: outbox.postpone(tx, claim, Retryable(error), seconds=480, counted=True))
        else:
            self.company.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(ext_id,))))
            for step in (State.DELIVERED, State.READ):
                if state in {State.DELIVERED, State.READ} and (step, state) != (State.READ, State.DELIVERED):
                    self.happen(channel, DeliveryChanged(ext_id=ext_id, state=step, at=self.clock.at))


@contextmanager
def locked(company: Company) -> Iterator[sqlite3.Connection]:
    """Somebody else writes for a while."""
    store = sqlite3.connect(company.settings.folder / "chatapp.db", isolation_level=None)
    store.execute("PRAGMA foreign_keys = ON")
    store.execute("BEGIN IMMEDIATE")
    try:
        yield store
        store.execute("COMMIT")
    finally:
        store.close()


def warm_home(company: Company, clock: HeldClock) -> Stage:
    """«Лавка «Тёплый дом»»: candles, blankets and lamps, with customers on three channels."""
    stage = Stage(company, clock)
    shop, wholesale = stage.line("Розница"), stage.line("Опт")
    bot = stage.channel(
        shop, "telegram_bot", "700100200", "@teply_dom_bot", **{"Link to the bot": "t.me/teply_dom_bot"}
    )
    mail = stage.channel(shop, "email", "hello@teply-dom.example", "hello@teply-dom.example")
    site = stage.channel(shop, "api", "site", "Сайт")
    trade = stage.channel(wholesale, "email", "opt@teply-dom.example", "opt@teply-dom.example")
    _anna(stage, bot)
    _mails(stage, mail, trade)
    _small_talk(stage, bot, site)
    stage.health(bot, "ok", ago=4_000)
    stage.health(mail, "ok", ago=21_000)
    stage.health(site, "ok", ago=9_000)
    stage.health(trade, "needs_rebind", "login_refused", ago=17 * MINUTE)
    return stage


ANNA = Profile(id="501", name="Анна Кузнецова", username="anna_kuz")


def _anna(stage: Stage, bot: ChannelId) -> None:
    hear, say = stage.hear, stage.say
    hear(bot, ANNA, "Добрый вечер! Плед «Облако» ещё есть в наличии?", ago=DAY + 2 * HOUR)
    anna = stage.dialog(bot, ANNA)
    say(anna, "Здравствуйте, Анна! Да, остались серый и молочный, 140×200.", ago=DAY + 118 * MINUTE)
    hear(bot, ANNA, "Молочный, пожалуйста. Доставка в Тверь сколько?", ago=DAY + 110 * MINUTE)
    say(anna, "350 ₽, два дня. Вот подробности: https://teply-dom.example/dostavka", ago=DAY + 108 * MINUTE)
    happy = hear(bot, ANNA, "Отлично, оформляю 🙂", ago=DAY + 104 * MINUTE)
    stage.happen(
        bot, ReactionsChanged(peer_key="501", ext_id=happy, at=stage.clock.at, emoji=("👍",), person=Profile(name=ME))
    )
    photo = IncomingFile(kind="photo", name="плед.jpg", mime="image/jpeg", size=482_113, content=b"photo" * 9)
    asked = hear(
        bot, ANNA, "Доброе утро! Посылка пришла, но пояс другого цвета, посмотрите 👇", ago=52 * MINUTE, files=[photo]
    )
    hear(
        bot,
        ANNA,
        "И чек, если нужен",
        ago=51 * MINUTE,
        files=[
            IncomingFile(kind="document", name="чек 2026-11-18.pdf", mime="application/pdf", size=96_004, remote="f1")
        ],
    )
    number = stage.company.read(lambda tx: tx.value("messages.in_dialog", dialog=anna, ext_id=asked))
    say(
        anna,
        "Анна, простите! Это ошибка склада: сегодня же отправим нужный пояс, этот оставьте себе.",
        ago=44 * MINUTE,
        reply_to=MessageId(number),
    )
    wrong = hear(bot, ANNA, "Спасибо!! Очень приятно, что так быстр", ago=40 * MINUTE)
    stage.happen(
        bot,
        MessageEdited(
            peer_key="501",
            ext_id=wrong,
            at=stage.clock.at - 39 * MINUTE,
            text="Спасибо!! Очень приятно, что так быстро ❤️",
        ),
    )
    hear(bot, ANNA, "А можно ещё свечу «Кедр» в ту же посылку? Доплачу сразу, как скажете", ago=12 * MINUTE)
    stage.company.write(lambda tx: dialogs.pin(tx, anna, pinned=True))
    stage.company.write(lambda tx: dialogs.tag(tx, anna, "возврат"))


def _mails(stage: Stage, mail: ChannelId, trade: ChannelId) -> None:
    hear, say = stage.hear, stage.say
    oleg = Profile(id="oleg@kirov-design.example\nсвет", name="Олег Дроздов", email="oleg@kirov-design.example")
    letter = (
        "Добрый день!\n\nНужны шесть ламп «Маяк» в переговорную, счёт на ООО «Киров Дизайн».\n"
        "Скидка от пяти штук ещё действует?\n\nС уважением,\nОлег Дроздов"
    )
    hear(mail, oleg, letter, ago=3 * HOUR, subject="Лампы в переговорную")
    say(
        stage.dialog(mail, oleg),
        "Олег, здравствуйте! Скидка 10 % действует до конца месяца, счёт во вложении.",
        ago=2 * HOUR + 20 * MINUTE,
        files=[
            StagedFile(
                name="Счёт 2214.pdf", mime="application/pdf", size=61_440, sha256=stage.company.media.put(b"invoice")
            )
        ],
    )
    hear(mail, oleg, "Спасибо, оплатим в понедельник.", ago=95 * MINUTE, subject="Re: Лампы в переговорную")
    vera = Profile(id="vera@pochta.example\nобмен", name="Вера Ильина", email="vera@pochta.example")
    hear(
        mail,
        vera,
        "Здравствуйте, хочу обменять наволочки на размер больше, как это сделать?",
        ago=26 * HOUR,
        subject="Обмен наволочек",
    )
    say(
        stage.dialog(mail, vera),
        "Вера, пришлите, пожалуйста, номер заказа.",
        ago=25 * HOUR,
        state=State.FAILED,
        error="mailbox_full",
    )
    sever = Profile(id="zakup@sever-hotel.example\nкп", name="Гостиница «Север»", email="zakup@sever-hotel.example")
    hear(trade, sever, "Просим коммерческое предложение на 120 пледов.", ago=5 * HOUR, subject="Запрос КП")
    say(stage.dialog(trade, sever), "Готовим предложение, пришлём сегодня до 18:00.", ago=18 * MINUTE, state=None)


def _small_talk(stage: Stage, bot: ChannelId, site: ChannelId) -> None:
    hear, say = stage.hear, stage.say
    igor = Profile(id="502", name="Игорь", username="igor_1984")
    hear(bot, igor, "свеча пришла разбитая(((", ago=7 * MINUTE)
    hear(bot, igor, "что делать?", ago=6 * MINUTE)
    lena = Profile(id="503", name="Елена Соловьёва-Покровская", username="lena_sp")
    hear(bot, lena, "Спасибо за открытку в заказе, так мило 🥰", ago=4 * HOUR)
    say(stage.dialog(bot, lena), "Вам спасибо, Елена! Ждём ещё 🌿", ago=3 * HOUR + 50 * MINUTE)
    dmitry = Profile(id="k-1841", name="Дмитрий Орлов", phone="+79161234567")
    hear(site, dmitry, "Заказ 1841: курьер не дозвонился", ago=70 * MINUTE)
    say(
        stage.dialog(site, dmitry),
        "Дмитрий, перенесли доставку на завтра, с 10 до 14.",
        ago=66 * MINUTE,
        state=State.READ,
    )
    polina = Profile(id="k-1844", name="Полина Ж.", phone="+79037654321")
    hear(site, polina, "Можно забрать самовывозом вечером?", ago=33 * MINUTE)
    say(stage.dialog(site, polina), "Да, до 21:00, ул. Садовая, 5.", ago=30 * MINUTE, state=State.DELIVERED)
    group = Peer(key="-100", address="-100", kind="group", title="Тёплый дом · курьеры")
    hear(bot, Profile(id="601", name="Саша"), "Выехал, буду через 20 минут", ago=15 * MINUTE, peer=group)
    gone = Profile(id="504", name="Kirill", username="kir")
    hear(bot, gone, "Привет", ago=3 * DAY)
    say(
        stage.dialog(bot, gone),
        "Здравствуйте! Чем помочь?",
        ago=3 * DAY - MINUTE,
        state=State.UNCERTAIN,
        error="no_answer",
    )
    taken = Profile(id="505", name="Зоя Белая", username="zoya")
    word = hear(bot, taken, "Ошиблась чатом, простите", ago=2 * DAY)
    stage.happen(bot, MessagesDeleted(peer_key="505", ext_ids=(word,), at=stage.clock.at - DAY))
    stage.happen(
        bot,
        PeerChanged(
            peer=Peer(key="505", address="505", title="Зоя Белая"),
            at=stage.clock.at,
            reachable=False,
            code="blocked_by_user",
        ),
    )
    wang = Profile(id="506", name="王小明 🧧", username="wang")
    hear(bot, wang, "你好，请问可以寄到喀山吗？", ago=6 * HOUR)
