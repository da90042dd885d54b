"""A town in which a little of everything has happened, for questions to be asked about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chatapp_cli.domain.arrival import Arrival, IncomingFile, Peer, PeerChanged, Profile
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.health import Health
from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId, MessageId
from chatapp_cli.domain.manifest import Capabilities, Rate
from chatapp_cli.domain.message import Operation, Priority
from chatapp_cli.domain.option import OptionLevel, OptionTarget
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.domain.template import Template
from chatapp_cli.services import (
    approvals,
    channels,
    contacts,
    dialogs,
    drafts,
    duties,
    ingest,
    lines,
    notes,
    operators,
    options,
    outbox,
    persons,
    replies,
    sending,
    templates,
    views,
)
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from tests.stores import Shop, hand_over

ME = "Ольга"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ABILITIES = {
    "messenger": Capabilities(
        intake="poll",
        write_first=("username", "phone", "chat_id"),
        chat_ids=r"-?\d+",
        max_upload=1_000_000,
        max_files=2,
        max_caption=20,
        replies=True,
        edits=True,
        deletes=True,
        delete_within=3600,
        reactions=True,
        idempotent_send=True,
        rates=(
            Rate(scope="account", limit=1, per=60),
            Rate(scope="phone", limit=1, per=180),
            Rate(scope="strangers", limit=3, per=3600, paced=False),
        ),
    ),
    "letters": Capabilities(
        intake="poll",
        write_first=("email",),
        addresses=("email",),
        subject=True,
        by_subject_when="by_subject",
        max_upload=10_000_000,
        max_text=200,
    ),
    "sms": Capabilities(intake="push", write_first=("phone",), addresses=("phone",), segments="sms", max_text=500),
    "bot": Capabilities(intake="poll"),
    "approved": Capabilities(
        intake="push", write_first=("phone",), addresses=("phone",), templates=True, window=86_400
    ),
}
PRICE = StagedFile(name="price.pdf", mime="application/pdf", size=7, sha256="0" * 64)


def able(row: ChannelRow) -> Capabilities:
    return ABILITIES[row.kind]


@dataclass(slots=True)
class Town:
    """Numbers of what there is."""

    shop: Shop
    channel: dict[str, ChannelId] = field(default_factory=dict)
    dialog: dict[str, DialogId] = field(default_factory=dict)
    message: dict[str, MessageId] = field(default_factory=dict)

    rows: dict[str, ChannelRow] = field(default_factory=dict)
    cards: dict[str, DialogCard] = field(default_factory=dict)
    """Channels and dialogs as they stand in the end."""

    def row(self, kind: str) -> ChannelRow:
        return self.rows[kind]

    def contact(self, name: str) -> ContactId:
        return ContactId(self.cards[name].contact_id)

    def look(self) -> None:
        """See how everything stands."""
        with self.shop.reading() as tx:
            self.rows = {kind: channels.one(tx, number) for kind, number in self.channel.items()}
            self.cards = {name: dialogs.card(tx, number) for name, number in self.dialog.items()}

    def writes(self, what: str, kind: str, key: str, *, ago: int = 0, **who: str) -> None:
        """Somebody writes from a chat of their own, so long ago."""
        at = self.shop.clock.at - ago
        said = self.shop.hear(self.channel[kind], who=key, sender=Profile(id=key, **who), at=at)
        self.message[f"{what} wrote"] = said
        self.dialog[what] = self.shop.message(said).dialog_id

    def says(self, name: str, to: str, text: str, **order: Any) -> None:
        draft = Draft(text=text, files=order.pop("files", ()), subject=order.pop("subject", ""))
        kind = next(kind for kind, number in self.channel.items() if number == self.cards[to].channel_id)
        put = partial(
            sending.enqueue, can=ABILITIES[kind], dialog=self.dialog[to], draft=draft, options=self.shop.order(**order)
        )
        self.message[name] = self.shop.write(put)


def built(shop: Shop) -> Town:
    """Build it in the course of a day."""
    town = Town(shop)
    for step in (_bound, _people, _joined, _said, _kept):
        step(town)
        town.look()
    return town


def _bound(town: Town) -> None:
    shop = town.shop
    wholesale, retail = shop.line("Опт"), shop.line("Розница")
    for kind, line in (
        ("messenger", retail),
        ("letters", retail),
        ("sms", retail),
        ("bot", wholesale),
        ("approved", wholesale),
    ):
        more = {"sms": {"settings": {"price": "4.35"}}, "letters": {"settings": {"by_subject": "on"}}}.get(kind, {})
        town.channel[kind] = shop.channel(kind=kind, line=line, title=kind.title(), account=f"{kind}@shop", **more)
        health = Health.BLOCKED if kind == "bot" else Health.OK
        shop.write(lambda tx, n=town.channel[kind], h=health: channels.set_health(tx, n, h))
    shop.write(lambda tx: operators.add(tx, "Вера", "", [retail]))
    shop.write(lambda tx: operators.add(tx, "Глеб", "", []))
    shop.write(
        lambda tx: options.save(tx, OptionTarget(OptionLevel.COMPANY), {"company_name": "Ёлка", "undo_send": "5"})
    )
    shop.write(lambda tx: options.save(tx, OptionTarget(OptionLevel.LINE, retail), {"company_name": "Ёлка дома"}))
    shop.write(
        lambda tx: options.save(
            tx, OptionTarget(OptionLevel.CHANNEL, town.channel["messenger"]), {"undo_send": "9", "odd": "1"}
        )
    )


def _people(town: Town) -> None:
    town.writes("anna", "messenger", "501", ago=DAY, name="Анна Белая", username="anna_b", phone="+79160000001")
    town.writes("anna's mail", "letters", "anna@example.org", ago=2 * HOUR, name="Анна Б.", email="anna@example.org")
    town.writes("boris", "messenger", "502", ago=3 * DAY, name="Борис", username="boris")
    town.writes("another boris", "messenger", "503", ago=HOUR, name="Борис Два", username="Boris")
    town.writes("boris of the bot", "bot", "777", ago=HOUR, name="Боря", username="boris")
    town.writes("vera", "approved", "+79160000009", ago=2 * DAY, name="Вера Синяя", phone="+79160000009")
    town.writes("gleb", "sms", "+79160000005", ago=5 * MINUTE, phone="+79160000005")
    shop = town.shop
    peer = Peer(key="-100", address="-100", kind="group", title="Соседи")
    shop.take(town.channel["messenger"], PeerChanged(peer=peer, at=shop.clock.at))
    found = shop.read(lambda tx: tx.value("dialogs.at_key", channel=town.channel["messenger"], key="-100"))
    town.dialog["group"] = DialogId(found)


def _joined(town: Town) -> None:
    shop, anna = town.shop, town.contact("anna")
    shop.write(lambda tx: persons.merge(tx, anna, town.contact("anna's mail")))
    chain = ["letters", "messenger", "sms"]
    shop.write(lambda tx: contacts.set_chain(tx, [contacts.one(tx, anna)], chain))


def _said(town: Town) -> None:
    shop = town.shop
    town.says("bulk", "boris", "Скидки", priority=Priority.BULK)
    town.says("first", "anna", "Добрый день, Анна", files=(PRICE,))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, town.channel["messenger"]))
    shop.clock.at += 1000
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("e1", "e2"), texts=("e1",))))
    town.says("second", "anna", "Доставим завтра")
    town.says("third", "another boris", "Ждём оплату")
    town.says("tomorrow", "anna", "Напоминаем", at=shop.clock.at + DAY)
    town.says("letter", "anna's mail", "Счёт во вложении", subject="Счёт", files=(PRICE,))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, town.channel["letters"]))
    shop.write(lambda tx: outbox.fail(tx, claim, Rejected("mailbox_full", "552")))
    town.says("sms", "gleb", "Код 1234")
    claim = shop.write(lambda tx: hand_over(tx, shop.media, town.channel["sms"]))
    shop.write(lambda tx: outbox.leave_uncertain(tx, claim, OutcomeUnknown("timeout")))
    town.says("sms again", "gleb", "Код 5678")
    claim = shop.write(lambda tx: hand_over(tx, shop.media, town.channel["sms"]))
    shop.write(lambda tx: outbox.postpone(tx, claim, Retryable("busy"), seconds=600, counted=True))
    react = partial(
        sending.change,
        can=ABILITIES["messenger"],
        message=town.message["first"],
        action=Operation.EDIT,
        value="Добрый вечер, Анна",
        options=shop.order(),
    )
    shop.write(react)
    photo = IncomingFile(kind="photo", name="../дом\u202e.jpg", mime="image/jpeg", size=7, remote="r1")
    voice = IncomingFile(kind="voice", name="v.ogg", mime="audio/ogg", seconds=3, sha256="1" * 64)
    message = shop.hear(
        town.channel["messenger"],
        "Вот дом",
        who="501",
        sender=Profile(id="501", name="Анна Белая", username="anna_b"),
        files=(photo, voice),
        at=shop.clock.at,
    )
    town.message["photo"] = message
    shop.write(
        lambda tx: ingest.set_aside(
            tx, town.channel["sms"], Arrival(provider_id="odd", raw=b"{}"), problem="ValueError"
        )
    )
    shop.write(lambda tx: outbox.pause(tx, town.channel["approved"], seconds=7200, code="flood", detail="2 h"))


def _kept(town: Town) -> None:
    shop, anna = town.shop, town.dialog["anna"]
    shop.write(lambda tx: duties.assign(tx, anna, "Вера"))
    shop.write(lambda tx: duties.join(tx, anna, "Глеб", "observer"))
    shop.write(lambda tx: dialogs.tag(tx, anna, "важно"))
    shop.write(lambda tx: dialogs.pin(tx, anna, pinned=True))
    shop.write(lambda tx: notes.add(tx, anna, "@Вера перезвони, и @глеб тоже"))
    shop.write(lambda tx: duties.snooze(tx, town.dialog["boris"], tx.now + DAY))
    shop.write(lambda tx: dialogs.block(tx, town.dialog["another boris"], blocked=True))
    shop.write(lambda tx: drafts.save(tx, anna, Unsent(Draft(text="Ещё", subject="Тема"))))
    shop.write(lambda tx: replies.add_section(tx, "Заказы"))
    shop.write(lambda tx: replies.add_section(tx, "Доставка"))
    where = shop.read(replies.sections)
    hello = QuickReplyDraft(
        title="Привет",
        text="Здравствуйте, {client_name}! {company_name}, {operator_name}",
        keywords="а  б",
        files=(PRICE,),
    )
    for section in where:
        shop.write(lambda tx, s=section: replies.add(tx, s, hello))
    shop.write(lambda tx: replies.add(tx, where[0], QuickReplyDraft(title="Пока", text="До {date}")))
    row, can = town.row("approved"), ABILITIES["approved"]
    for language, body in (("ru", "Здравствуйте, {{name}}!"), ("en", "Hello, {{name}}!")):
        template = Template(name="hello", language=language, body=body)
        shop.write(partial(templates.add, channel=row, can=can, template=template))
    shop.write(lambda tx: approvals.decide(tx, able, row, "hello/ru", "approved", reason=""))
    shop.write(lambda tx: views.add(tx, "Мои", DialogFilter(assignee=ME, waiting=True), own=True))
    shop.write(lambda tx: views.add(tx, "Ждут", DialogFilter(waiting=True)))
    shop.write(lambda tx: lines.add(tx, "Пустая"))
