"""What people do to a dialog and its people, and what the desk does by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from chatapp_cli.domain.arrival import IncomingFile, Peer, PeerChanged
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import Misconfigured
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Origin, Priority, State
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import (
    channels,
    contacts,
    dialogs,
    duties,
    files,
    later,
    onward,
    persons,
    presence,
    replies,
    sending,
    session_requests,
    timers,
    upkeep,
    views,
    voice,
)
from chatapp_cli.store.tx import Tx
from tests.services.calls import ME, Place
from tests.services.deeds.kinds import DAY, MINUTE, THEN, WHO, Deed, Job
from tests.services.deeds.reports import PHOTO, says, waits_for_changes
from tests.services.deeds.verdicts import paused, queued, tells
from tests.stores import EVERYTHING, Shop


def after(before: Callable[[Tx, Place], object], do: Callable[[Tx, Place], object]) -> Deed:
    def deed(shop: Shop, at: Place) -> Job:
        shop.database.write(lambda tx: before(tx.by(WHO), at))
        return lambda tx: do(tx, at)

    return deed


def only(do: Callable[[Tx, Place], object]) -> Deed:
    return lambda shop, at: lambda tx: do(tx, at)


def with_file(do: Callable[[Tx, object], object], *, attempts: int = 0) -> Deed:
    """A file is to be fetched that was tried so many times."""

    def deed(shop: Shop, at: Place) -> Job:
        shop.take(at.channel.id, says("", files=(PHOTO, IncomingFile(kind="voice", name="v.ogg", sha256="1" * 64)))(at))
        for _ in range(attempts):
            shop.clock.at += DAY
            (row,) = shop.read(lambda tx: files.wanted(tx, at.channel.id))
            shop.write(lambda tx, row=row: files.later(tx, row, code="busy", seconds=1))
        shop.clock.at += DAY if attempts else 0
        (row,) = shop.read(lambda tx: files.wanted(tx, at.channel.id))
        return lambda tx: do(tx, row)

    return deed


def with_errand(do: Callable[[Tx, object], object]) -> Deed:
    def deed(shop: Shop, at: Place) -> Job:
        shop.write(lambda tx: session_requests.ask(tx, at.channel.id, "find", {"address": "anna"}, seconds=5))
        row = shop.write(lambda tx: session_requests.claim(tx, at.channel.id, epoch=0))
        return lambda tx: do(tx, row)

    return deed


def with_a_voice(do: Callable[[Tx, object], object]) -> Deed:
    return with_file(lambda tx, _file: do(tx, voice.claim(tx)))


def forgets(days: int) -> Deed:
    """Everything that passes was there so long ago."""

    def deed(shop: Shop, at: Place) -> Job:
        waits_for_changes(shop, at)
        tells(State.READ, "e7")(shop, at)
        shop.write(lambda tx: presence.typing(tx, "w1", at.dialog))
        shop.write(lambda tx: dialogs.pin(tx, at.dialog, pinned=True))
        shop.clock.at += days * DAY + 1
        return lambda tx: (upkeep.delete_early_changes(tx), upkeep.delete_expired(tx), None)[-1]

    return deed


def goes_back(shop: Shop, at: Place) -> Job:
    paused(shop, at)
    queued(shop, at, priority=Priority.BULK)
    shop.write(lambda tx: timers.put(tx, "remind", "1", tx.now + DAY, keeps_hour=True))
    shop.write(lambda tx: timers.put(tx, "wait", "1", tx.now + DAY, keeps_hour=False))
    return lambda tx: upkeep.clock_went_back(tx, 90_000)


BY_PHONE = Capabilities(intake="push", write_first=("phone",))


def handed_on(*chain: tuple[str, ...], channel: bool = True) -> Deed:
    """A message failed that was to go on through these addresses of another channel, or of one that is not there."""

    def deed(shop: Shop, at: Place) -> Job:
        number = shop.channel(kind="sms", line=at.line) if channel else 99
        kept = json.dumps({"priority": 5, "steps": [[number, *addresses] for addresses in chain]})
        shop.write(lambda tx: tx.run("chain.put", id=at.said, chain=kept))
        return lambda tx: onward.continue_chain(tx, lambda _row: BY_PHONE, at.said)

    return deed


WHOLE = Bound(
    account="sms@shop",
    title="СМС",
    settings={"sender": "Ёлка", "sender_name": "Мы"},
    facts={"Link": "https://x.example"},
    capabilities={"max_text": 70},
    secrets={"token": "t"},
    hook_key="h1",
    cursor="c1",
)


def renewed(shop: Shop, at: Place) -> Job:
    """A channel that rests is bound once more."""
    paused(shop, at)
    queued(shop, at)
    fields = manifest("email").fields
    return lambda tx: channels.save(
        tx, shop.vault, WHOLE, line=at.line, kind="email", previous=at.channel.id, fields=fields
    )


def introduced(key: str, *, kind: str = "private", **names: str) -> Deed:
    """A chat appeared that is called by its address."""

    def deed(shop: Shop, at: Place) -> Job:
        shop.take(at.channel.id, PeerChanged(peer=Peer(key=key, address=key, kind=kind), at=THEN))
        dialog = shop.read(lambda tx: tx.value("dialogs.at_key", channel=at.channel.id, key=key))
        return lambda tx: dialogs.introduce(tx, dialog, **names)

    return deed


def moved(place: int) -> Deed:
    """The second of three views is moved."""

    def before(tx: Tx, _at: Place) -> None:
        for name in ("Один", "Два", "Три"):
            views.add(tx, name, DialogFilter())

    return after(before, lambda tx, _at: views.move(tx, views.find(tx, "Два"), place))


def reworded(shop: Shop, at: Place) -> Job:
    number = queued(shop, at)
    return lambda tx: later.reword(tx, EVERYTHING, number, "Уже едем")


def unbound(shop: Shop, at: Place) -> Job:
    number = shop.channel(kind="sms")
    row = shop.read(lambda tx: channels.one(tx, number))
    return lambda tx: channels.unbind(tx, row, force=False)


ANSWERS: Mapping[str, Deed] = {
    "onward.continue_chain": handed_on(("+79160000009",)),
    "onward.continue_chain to the second address": handed_on(("@nobody", "+79160000009")),
    "onward.continue_chain to the second step": handed_on((), ("+79160000009",)),
    "onward.continue_chain to nobody": handed_on(()),
    "onward.continue_chain where nothing is bound": handed_on(("+79160000009",), channel=False),
    "onward.continue_chain of what has no chain": only(
        lambda tx, at: str(onward.continue_chain(tx, lambda _row: BY_PHONE, at.said))
    ),
    "channels.save with everything": only(
        lambda tx, at: channels.save(
            tx, at.shop.vault, WHOLE, line=at.line, kind="sms", fields=manifest("email").fields
        )
    ),
    "channels.save once more": renewed,
    "channels.save of a kind that the line has": only(
        lambda tx, at: channels.save(tx, at.shop.vault, WHOLE, line=at.line, kind="email")
    ),
    "channels.save of a kind that the line may have twice": only(
        lambda tx, at: channels.save(tx, at.shop.vault, WHOLE, line=at.line, kind="email", pool=True)
    ),
    "channels.save of an account that is bound": only(
        lambda tx, at: channels.save(
            tx, at.shop.vault, replace(WHOLE, account=at.channel.account), line=at.line, kind="email", pool=True
        )
    ),
    "channels.unbind what has dialogs": only(lambda tx, at: channels.unbind(tx, at.channel, force=False)),
    "channels.unbind what has nothing": unbound,
    "dialogs.block taken back": after(
        lambda tx, at: dialogs.block(tx, at.dialog, blocked=True),
        lambda tx, at: dialogs.block(tx, at.dialog, blocked=False),
    ),
    "dialogs.pin taken back": after(
        lambda tx, at: dialogs.pin(tx, at.dialog, pinned=True),
        lambda tx, at: dialogs.pin(tx, at.dialog, pinned=False),
    ),
    "dialogs.unread of what was read": after(
        lambda tx, at: dialogs.read(tx, at.dialog),
        lambda tx, at: dialogs.unread(tx, at.dialog),
    ),
    "dialogs.untag of the only one": after(
        lambda tx, at: dialogs.tag(tx, at.dialog, "важно"),
        lambda tx, at: dialogs.untag(tx, at.dialog, "важно"),
    ),
    "dialogs.rename to nothing": after(
        lambda tx, at: dialogs.rename(tx, at.dialog, "Аня"),
        lambda tx, at: dialogs.rename(tx, at.dialog, ""),
    ),
    "dialogs.introduce by the last name": after(
        lambda tx, at: dialogs.introduce(tx, at.dialog, first_name="Анна", last_name="Белая"),
        lambda tx, at: dialogs.introduce(tx, at.dialog, first_name="", last_name="Синяя"),
    ),
    "dialogs.introduce somebody without a name": introduced("+79160000009", first_name="Зоя", last_name="Белая"),
    "dialogs.introduce somebody with no name": introduced("+79160000009", first_name="", last_name=""),
    "dialogs.introduce a group": introduced("-100", kind="group", first_name="Соседи", last_name=""),
    "duties.assign from somebody": after(
        lambda tx, at: duties.assign(tx, at.dialog, "Вера"),
        lambda tx, at: duties.assign(tx, at.dialog, " Анна "),
    ),
    "duties.assign to the same": after(
        lambda tx, at: duties.assign(tx, at.dialog, "Вера"),
        lambda tx, at: duties.assign(tx, at.dialog, "Вера"),
    ),
    "duties.take of what somebody has": after(
        lambda tx, at: duties.assign(tx, at.dialog, "Вера"),
        lambda tx, at: duties.take(tx, at.dialog),
    ),
    "duties.unassign of somebody": after(
        lambda tx, at: duties.assign(tx, at.dialog, "Вера"),
        lambda tx, at: duties.unassign(tx, at.dialog),
    ),
    "duties.awaits_answer of what was waived": after(
        lambda tx, at: duties.no_answer(tx, at.dialog),
        lambda tx, at: duties.awaits_answer(tx, at.dialog, THEN),
    ),
    "duties.snooze until now": only(lambda tx, at: duties.snooze(tx, at.dialog, tx.now)),
    "duties.snooze to the same hour": after(
        lambda tx, at: duties.snooze(tx, at.dialog, tx.now + DAY),
        lambda tx, at: duties.snooze(tx, at.dialog, tx.now + DAY),
    ),
    "duties.unsnooze of what was put off": after(
        lambda tx, at: duties.snooze(tx, at.dialog, tx.now + DAY),
        lambda tx, at: duties.unsnooze(tx, at.dialog),
    ),
    "duties.wake": after(
        lambda tx, at: duties.snooze(tx, at.dialog, tx.now + 1),
        lambda tx, at: (setattr(tx, "now", tx.now + 1), duties.wake(tx))[1],
    ),
    "duties.leave of a member": after(
        lambda tx, at: duties.join(tx, at.dialog, "Анна", "producer"),
        lambda tx, at: duties.leave(tx, at.dialog, "Анна"),
    ),
    "duties.join in another role": after(
        lambda tx, at: duties.join(tx, at.dialog, "Анна", "producer"),
        lambda tx, at: duties.join(tx, at.dialog, "Анна", "participant"),
    ),
    "contacts.set_chain of a person": after(
        lambda tx, at: persons.merge(tx, at.contact, at.other),
        lambda tx, at: contacts.set_chain(tx, [at.person], ["email", "sms"]),
    ),
    "contacts.confirmed": after(
        lambda tx, at: tx.run(
            "contacts.learn", id=at.contact, name="Анна", username="Anna_B", phone="+79160000009", email="a@b.example"
        ),
        lambda tx, at: contacts.confirmed(tx, at.channel.id, "@anna_b", "5000"),
    ),
    "persons.forget_apart of what was said": after(
        lambda tx, at: persons.apart(tx, at.contact, at.other),
        lambda tx, at: persons.forget_apart(tx, [(at.contact, at.other)]),
    ),
    "persons.undo of a person of three": after(
        lambda tx, at: persons.merge(tx, at.contact, at.merge.kept),
        lambda tx, at: persons.undo(tx, at.merge),
    ),
    "sending.enqueue an automatic answer": only(
        lambda tx, at: sending.enqueue(
            tx, EVERYTHING, at.dialog, Draft(text="Утром"), at.order(origin=Origin.AUTOREPLY)
        )
    ),
    "sending.enqueue with a name for the address book": only(
        lambda tx, at: sending.enqueue(
            tx, EVERYTHING, at.dialog, Draft(text="Утром", first_name="Анна", last_name="Белая"), at.order()
        )
    ),
    "sending.enqueue with a last name alone": only(
        lambda tx, at: sending.enqueue(tx, EVERYTHING, at.dialog, Draft(text="Утром", last_name="Белая"), at.order())
    ),
    "sending.enqueue quoting nothing": only(
        lambda tx, at: sending.enqueue(
            tx, EVERYTHING, at.dialog, Draft(text="Утром", reply_to=MessageId(99)), at.order()
        )
    ),
    "sending.enqueue quoting what the provider does not know": only(
        lambda tx, at: sending.enqueue(tx, EVERYTHING, at.dialog, Draft(text="Утром", reply_to=at.said), at.order())
    ),
    **{f"views.move to place {place}": moved(place) for place in (-3, 1, 2, 9)},
    "sending.enqueue for later": only(
        lambda tx, at: sending.enqueue(tx, EVERYTHING, at.dialog, Draft(text="Утром"), at.order(at=tx.now + DAY))
    ),
    "sending.enqueue with files": only(
        lambda tx, at: sending.enqueue(
            tx,
            EVERYTHING,
            at.dialog,
            Draft(
                text="Дом",
                subject="Цены",
                reply_to=at.heard,
                files=(StagedFile(name="a.pdf", mime="application/pdf", size=7, sha256="0" * 64),),
            ),
            at.order(hold=5_000),
        )
    ),
    "sending.enqueue to who is put off": after(
        lambda tx, at: duties.snooze(tx, at.dialog, tx.now + DAY),
        lambda tx, at: sending.enqueue(tx, EVERYTHING, at.dialog, Draft(text="Да"), at.order()),
    ),
    "sending.resolve as sent": only(lambda tx, at: sending.resolve(tx, at.unsure, "sent")),
    "sending.retry of what is unsure": only(lambda tx, at: sending.retry(tx, at.unsure)),
    "later.reword what was said last": reworded,
    "later.reschedule to an hour": only(lambda tx, at: later.reschedule(tx, EVERYTHING, at.waits, tx.now + MINUTE)),
    "files.here": with_file(lambda tx, row: files.here(tx, row, sha256="2" * 64, size=9)),
    "files.later": with_file(lambda tx, row: files.later(tx, row, code="busy", seconds=2.5)),
    "files.later the last time but one": with_file(
        lambda tx, row: files.later(tx, row, code="busy", seconds=1), attempts=6
    ),
    "files.later the last time": with_file(lambda tx, row: files.later(tx, row, code="busy", seconds=1), attempts=7),
    "files.missing": with_file(lambda tx, row: files.missing(tx, row, code="gone")),
    "voice.claim": with_a_voice(lambda tx, row: row.id),
    "voice.release": with_a_voice(voice.release),
    "voice.save_text": with_a_voice(lambda tx, row: voice.save_text(tx, row, "слово " * 4_000)),
    "voice.give_up": with_a_voice(lambda tx, row: voice.give_up(tx, row, "no_command")),
    "session_requests.claim": with_errand(lambda tx, row: row.id),
    "session_requests.done": with_errand(lambda tx, row: session_requests.done(tx, row, '{"id": "5"}')),
    "session_requests.done twice": with_errand(
        lambda tx, row: (session_requests.done(tx, row, "{}"), session_requests.done(tx, row, "[]"))[1]
    ),
    "session_requests.failed": with_errand(
        lambda tx, row: session_requests.failed(tx, row, Misconfigured("no_money", "402"))
    ),
    "session_requests.interrupted": with_errand(lambda tx, row: session_requests.interrupted(tx, row.channel_id)),
    "presence.look": only(lambda tx, at: presence.look(tx, "w1", at.dialog)),
    "presence.look again": after(
        lambda tx, at: presence.look(tx, "w1", at.dialog), lambda tx, at: presence.look(tx, "w1", at.dialog)
    ),
    "presence.look away": after(
        lambda tx, at: presence.look(tx, "w1", at.dialog), lambda tx, at: presence.look(tx, "w1", None)
    ),
    "presence.look after typing": after(
        lambda tx, at: presence.typing(tx, "w1", at.dialog), lambda tx, at: presence.look(tx, "w1", at.dialog)
    ),
    "presence.beat": after(
        lambda tx, at: presence.typing(tx, "w1", at.dialog),
        lambda tx, at: len(presence.beat(tx, "w1", at.dialog)),
    ),
    "presence.typing": only(lambda tx, at: presence.typing(tx, "w1", at.dialog)),
    "presence.gone": after(lambda tx, at: presence.look(tx, "w1", at.dialog), lambda tx, at: presence.gone(tx, "w1")),
    "presence.gone twice": only(lambda tx, at: presence.gone(tx, "w1")),
    "replies.invite the second": after(
        lambda tx, at: replies.invite(tx, replies.section(tx, "Заказы"), ME),
        lambda tx, at: replies.invite(tx, replies.section(tx, "Заказы"), "Вера"),
    ),
    "replies.uninvite the last": after(
        lambda tx, at: replies.invite(tx, replies.section(tx, "Заказы"), ME),
        lambda tx, at: replies.uninvite(tx, replies.section(tx, "заказы"), ME),
    ),
    "replies.rename_section to another spelling": only(
        lambda tx, at: replies.rename_section(tx, replies.section(tx, "Заказы"), " ЗАКАЗЫ ")
    ),
    "timers.fire": after(
        lambda tx, at: timers.put(tx, "remind", "1", tx.now, keeps_hour=True),
        lambda tx, at: timers.fire(tx, "remind", "1", lambda tx, ref: None),
    ),
    "timers.fire what is not due": after(
        lambda tx, at: timers.put(tx, "remind", "1", tx.now + 1, keeps_hour=True),
        lambda tx, at: timers.fire(tx, "remind", "1", lambda tx, ref: None),
    ),
    "timers.delay": after(
        lambda tx, at: timers.put(tx, "remind", "1", tx.now, keeps_hour=False),
        lambda tx, at: timers.delay(tx, "remind", "1", seconds=2.5),
    ),
    "upkeep after a day": forgets(1),
    "upkeep within a day": forgets(0),
    "upkeep.clock_went_back": goes_back,
}
