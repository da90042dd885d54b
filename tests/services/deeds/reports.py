"""What a channel's session reports of clients, chats and their messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatapp_cli.domain.arrival import (
    Arrival,
    Batch,
    ChatRead,
    IncomingFile,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    PeerMoved,
    Profile,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.domain.draft import Draft
from chatapp_cli.services import dialogs, duties, ingest, notes, sending
from tests.services.calls import Place
from tests.services.deeds.kinds import DAY, THEN, Deed, Job
from tests.stores import EVERYTHING, Shop
from tests.stores import said as message


def hears(*events: Callable[[Place], ProviderEvent], before: Callable[[Shop, Place], object] | None = None) -> Deed:
    def deed(shop: Shop, at: Place) -> Job:
        if before is not None:
            before(shop, at)
        arrival = Arrival(provider_id="new", raw=b"{}", events=tuple(event(at) for event in events))
        return lambda tx: repr(ingest.ingest(tx, at.channel.id, Batch(arrivals=(arrival,), cursor="c9")))

    return deed


def anna(at: Place) -> Peer:
    return Peer(key=f"anna{at.line}", address=f"anna{at.line}")


def says(text: str = "Есть вопрос", **values: object) -> Callable[[Place], ProviderEvent]:
    return lambda at: message(text, who=f"anna{at.line}", **{"ext_id": "9", "at": THEN, **values})


def heard(shop: Shop, at: Place) -> str:
    """The id of the client's message."""
    return shop.message(at.heard).ext_id or ""


def of_heard(make: Callable[..., ProviderEvent], **values: object) -> Deed:
    """Something happens to the client's message."""

    def deed(shop: Shop, at: Place) -> Job:
        ext_id = heard(shop, at)
        ids = {"ext_ids": (ext_id,)} if make is MessagesDeleted else {"ext_id": ext_id}
        return hears(lambda at: make(peer_key=f"anna{at.line}", at=THEN, **ids, **values))(shop, at)

    return deed


def unreachable(shop: Shop, at: Place) -> None:
    shop.take(at.channel.id, PeerChanged(peer=anna(at), at=THEN, reachable=False, code="blocked_us"))


def blocked(shop: Shop, at: Place) -> None:
    shop.write(lambda tx: dialogs.block(tx, at.dialog, blocked=True))


def has_a_placeholder(shop: Shop, at: Place) -> None:
    shop.take(at.channel.id, says("…", placeholder=True)(at))
    shop.write(lambda tx: dialogs.read(tx, at.dialog))


def waits_for_changes(shop: Shop, at: Place) -> None:
    key = f"anna{at.line}"
    shop.take(at.channel.id, MessageEdited(peer_key=key, ext_id="9", at=THEN, text="Передумала"))
    shop.take(at.channel.id, ReactionsChanged(peer_key=key, ext_id="9", at=THEN, emoji=("👍",)))


def has_a_reminder(shop: Shop, at: Place) -> None:
    order = shop.order(at=shop.clock.at + DAY, unless_heard=True)
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, at.dialog, Draft(text="Напоминаем"), order))


def has_life(shop: Shop, at: Place) -> None:
    """Somebody answers for the dialog, it is marked and written upon, and something waits in it."""
    shop.write(lambda tx: duties.assign(tx, at.dialog, "Вера"))
    shop.write(lambda tx: duties.join(tx, at.dialog, "Глеб", "observer"))
    shop.write(lambda tx: dialogs.tag(tx, at.dialog, "важно"))
    shop.write(lambda tx: notes.add(tx, at.dialog, "Перезвонить"))
    shop.write(lambda tx: duties.snooze(tx, at.dialog, tx.now + DAY))


PHOTO = IncomingFile(kind="photo", name="дом.jpg", mime="image/jpeg", size=7, remote="r1")
STICKER = IncomingFile(kind="document", name="x.bin", problem="file_too_big")
REPORTS: Mapping[str, Deed] = {
    "hear a client": hears(says()),
    "hear a client again": hears(says(), says("иначе")),
    "hear a client on a blacklist": hears(says(), before=blocked),
    "hear a client who could not be reached": hears(says(), before=unreachable),
    "hear a machine": hears(says(automatic=True)),
    "hear a machine silently": hears(says(automatic=True, silent=True)),
    "hear a client while a reminder waits": hears(says(), before=has_a_reminder),
    "hear a machine while a reminder waits": hears(says(automatic=True), before=has_a_reminder),
    "hear a client whose dialog was put off": hears(says(), before=has_life),
    "hear what a placeholder stood for": hears(says("Вот"), before=has_a_placeholder),
    "hear what a placeholder stood for silently": hears(says("Вот", silent=True), before=has_a_placeholder),
    "hear what was changed before": hears(says(), before=waits_for_changes),
    "hear us on the phone": hears(says("Сейчас", from_us=True)),
    "hear files": hears(says("", files=(PHOTO, STICKER), album="a1", subject="Дом", reply_to="m1")),
    "hear another with the same id": hears(says(), says("Другое", spare_id="9-2")),
    "hear somebody new": hears(
        lambda at: message(
            who="zoya",
            ext_id="1",
            at=THEN,
            sender=Profile(id="z", name="Зоя", username="Zoya", phone="8 916 000-00-09", email="z@example.org"),
        )
    ),
    "hear a new name": hears(lambda at: message(who=f"anna{at.line}", ext_id="9", at=THEN, sender=Profile(name="Аня"))),
    "edit": of_heard(MessageEdited, text="Иначе"),
    "edit by somebody else": of_heard(MessageEdited, text="Иначе", from_us=True),
    "edit what is not here": hears(
        lambda at: MessageEdited(peer_key=f"anna{at.line}", ext_id="9", at=THEN, text="Иначе")
    ),
    "take back": of_heard(MessagesDeleted),
    "take back by somebody else": of_heard(MessagesDeleted, from_us=True),
    "take back by an admin": of_heard(MessagesDeleted, from_us=True, by_admin=True),
    "react": of_heard(ReactionsChanged, emoji=("👍", "🔥"), person=Profile(id="a", name="Анна")),
    "read by us elsewhere": hears(
        lambda at: ChatRead(peer_key=f"anna{at.line}", ext_id="20", at=THEN, by_us=True),
        before=lambda shop, at: shop.take(at.channel.id, says(ext_id="12.7")(at)),
    ),
    "peer appears": hears(lambda at: PeerChanged(peer=Peer(key="new", address="new", title="Новый чат"), at=THEN)),
    "peer changes its title": hears(
        lambda at: PeerChanged(peer=Peer(key=f"anna{at.line}", address=f"anna{at.line}", title="Анна Белая"), at=THEN)
    ),
    "peer cannot be reached": hears(lambda at: PeerChanged(peer=anna(at), at=THEN, reachable=False, code="blocked_us")),
    "peer nobody knows cannot be reached": hears(
        lambda at: PeerChanged(peer=Peer(key="new", address="new"), at=THEN, reachable=False)
    ),
    "peer moves": hears(lambda at: PeerMoved(old_key=f"anna{at.line}", peer=Peer(key="n", address="new"), at=THEN)),
    "peer turns out to be another": hears(
        lambda at: PeerMoved(
            old_key=f"anna{at.line}", peer=Peer(key=f"boris{at.line}", address=f"boris{at.line}"), at=THEN
        ),
        before=has_life,
    ),
}
