"""What the services answer about a town, one question after the other; ``answers.txt`` says it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product
from pathlib import Path

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import Operation
from chatapp_cli.domain.option import OptionLevel, OptionTarget
from chatapp_cli.domain.template import Filled, Template
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import (
    beginning,
    chains,
    changes,
    channels,
    composing,
    deadletters,
    dialogs,
    drafts,
    duties,
    figures,
    files,
    forwarding,
    journal,
    journal_words,
    lines,
    mailing,
    notes,
    operators,
    options,
    outbox,
    pace,
    replies,
    reply_sheet,
    resting,
    sending,
    session_requests,
    templates,
    thread,
    trace,
    transcript,
    turns,
    views,
    waiting,
)
from chatapp_cli.services.mailing import Recipient
from chatapp_cli.services.message_request import (
    FromReply,
    FromTemplate,
    InDialog,
    MessageRequest,
    SendTarget,
    ToAddress,
    ToPerson,
)
from chatapp_cli.services.options import OptionScope
from chatapp_cli.services.routes import ChainStep
from chatapp_cli.store.tx import Tx
from tests.services.listed import Listed, moments, told
from tests.services.questions.addresses import ABOUT_ADDRESSES
from tests.services.questions.asking import HELD, KINDS, LONG, SHORT, TO, Question, of_each, tried
from tests.services.questions.town import ABILITIES, DAY, HOUR, ME, Town, able
from tests.stores import owner

LIST = Listed(Path(__file__).with_name("answers.txt"))


def asked(to: SendTarget, **values: object) -> MessageRequest:
    order = sending.SendOptions(**{"key": "k" * 32, **values.pop("options", {})})
    return MessageRequest(**{"to": to, "options": order, "draft": SHORT, **values})


def preview(make: Callable[[Town], MessageRequest]) -> Question:
    return lambda tx, at: composing.preview(tx, able, make(at))


def entry(tx: Tx, at: Town, name: str) -> transcript.TranscriptEntry:
    return transcript.entry(tx, at.message[name])


def accepted(tx: Tx, at: Town, **values: object) -> object:
    """Whether and how long what was accepted waits."""
    message = composing.accept(tx, able, asked(InDialog(at.dialog["anna"]), **values))
    return transcript.entry(tx, message).waiting


def sent_by(tx: Tx, at: Town, kind: str, *addresses: str) -> Sequence[mailing.Going]:
    request = asked(ToAddress(at.channel[kind], ""))
    return mailing.accept(tx, able, request, [Recipient(one) for one in addresses]).going


ABOUT_BEGINNINGS: Mapping[str, Question] = {
    **{
        f"beginning.outlook {to}": of_each(
            KINDS, lambda tx, row, to=to: beginning.outlook(tx, able, row, f" {to} ", SHORT)
        )
        for to in TO
    },
    "beginning.outlook of too much": of_each(
        KINDS, lambda tx, row: beginning.outlook(tx, able, row, TO[2] if row.kind == "letters" else TO[0], LONG)
    ),
    "beginning.outlook of a template": lambda tx, at: beginning.outlook(
        tx, able, at.row("approved"), TO[0], Draft(text="Да", template=Filled(name="hello", language="ru"))
    ),
    "beginning.outlook for later": lambda tx, at: beginning.outlook(
        tx, able, at.row("approved"), "+79160000009", SHORT, at=tx.now + DAY
    ),
    "beginning.outlook of nothing yet": lambda tx, at: beginning.outlook(tx, able, at.row("sms"), TO[0]),
    "beginning.ways": lambda tx, at: beginning.ways(tx, able, TO[0]),
    "beginning.ways on a line": lambda tx, at: beginning.ways(tx, able, TO[0], line=at.row("bot").line_id),
    "beginning.able_to_begin": lambda tx, at: [row.kind for row in beginning.able_to_begin(tx, able)],
    "beginning.able_to_begin on a line": lambda tx, at: [
        row.kind for row in beginning.able_to_begin(tx, able, line=at.row("bot").line_id)
    ],
    **{
        f"beginning.within {name}": lambda tx, at, n=name: beginning.within(
            tx, able, dialogs.card(tx, at.dialog[n]), SHORT
        )
        for name in ("anna", "another boris", "vera", "gleb", "boris of the bot", "group")
    },
    "beginning.within in an hour": lambda tx, at: beginning.within(
        tx, able, dialogs.card(tx, at.dialog["anna"]), SHORT, at=tx.now + HOUR
    ),
    **{
        f"beginning.goes for {reason or 'no reason'}": lambda tx, at, r=reason: beginning.goes(
            pace.Turn(tx.now + HOUR, r), ABILITIES["messenger"]
        )
        for reason in ("", "account", "dialog", "group", "phone", "strangers")
    },
    "beginning.goes by phone alone": lambda tx, at: beginning.goes(pace.Turn(tx.now, "phone"), ABILITIES["sms"]),
    "beginning.address_of who has a dialog": lambda tx, at: beginning.address_of(
        tx, at.row("messenger"), {"id": "501", "phone": "+79160000001"}
    ),
    "beginning.address_of who is known by phone": lambda tx, at: beginning.address_of(
        tx, at.row("sms"), {"id": "9", "phone": "8 916 000 00 05"}
    ),
    "beginning.address_of a stranger": lambda tx, at: beginning.address_of(
        tx, at.row("messenger"), {"id": "9", "phone": ""}
    ),
    "composing.preview in a dialog": preview(lambda at: asked(InDialog(at.dialog["anna"]))),
    "composing.preview of nothing": preview(lambda at: asked(InDialog(at.dialog["anna"]), draft=None)),
    "composing.preview at an hour": preview(
        lambda at: asked(InDialog(at.dialog["anna"]), options={"at": at.shop.clock.at + HOUR})
    ),
    "composing.preview exactly": preview(lambda at: asked(ToAddress(at.channel["sms"], TO[0]))),
    "composing.preview by a chain": preview(lambda at: asked(ToPerson(to=TO[0]))),
    "composing.preview by a channel": preview(lambda at: asked(ToPerson(to=TO[0], channel="sms"))),
    "composing.preview by a channel that cannot": preview(lambda at: asked(ToPerson(to=TO[1], channel="sms"))),
    "composing.preview by a channel that has stopped": preview(
        lambda at: asked(ToPerson(to="777", channel="bot", others=("messenger:501",)))
    ),
    "composing.preview by others": preview(
        lambda at: asked(ToPerson(to=TO[1], channel="sms", others=("letters:anna@example.org", "messenger")))
    ),
    "composing.preview by others without a first": preview(lambda at: asked(ToPerson(to=TO[0], others=("sms",)))),
    "composing.preview without a chain": preview(lambda at: asked(ToPerson(to="502"))),
    "composing.preview on another line": preview(lambda at: asked(ToPerson(to=TO[0], channel="sms", line="Опт"))),
    "composing.preview with a template": preview(
        lambda at: asked(ToAddress(at.channel["approved"], TO[0]), words=FromTemplate("hello/ru", {"name": "Анна"}))
    ),
    "composing.preview with a template that is not approved": preview(
        lambda at: asked(ToAddress(at.channel["approved"], TO[0]), words=FromTemplate("hello/en", {"name": "Анна"}))
    ),
    "composing.preview with a reply": preview(
        lambda at: asked(
            InDialog(at.dialog["anna"]), draft=None, words=FromReply("Заказы/привет", {"company name": "Мы"}, HELD)
        )
    ),
    "composing.preview with a reply outside a dialog": preview(
        lambda at: asked(ToAddress(at.channel["sms"], TO[0]), words=FromReply("Пока", {}, HELD))
    ),
    "composing.accept in a channel that holds it": lambda tx, at: accepted(tx, at, undo_options=HELD),
    "composing.accept at an hour": lambda tx, at: accepted(tx, at, undo_options=HELD, options={"at": tx.now + HOUR}),
    "composing.accept by a robot": accepted,
    "composing.accept with a reply": lambda tx, at: (
        accepted(tx, at, draft=None, words=FromReply("Пока", {}, HELD)),
        replies.find(tx, "Пока").used,
    ),
    "mailing.seconds of two channels": lambda tx, at: mailing.seconds(
        able, [*sent_by(tx, at, "messenger", "501", "502", "503"), *sent_by(tx, at, "sms", TO[0])]
    ),
    "mailing.recipients": lambda tx, at: mailing.recipients(["@a"], [" +7916 ", "", "#nobody", "b@example.org"]),
}


def mailed(tx: Tx, at: Town, to: SendTarget, *addresses: str, draft: Draft = SHORT) -> object:
    request = asked(to, draft=draft)
    found = mailing.preview(tx, able, request, [Recipient(one, n) for n, one in enumerate(addresses)])
    found.going = mailing.in_turn(tx, able, found.going, request.options)
    return [
        *((one.address, one.channel.kind, one.name, one.fresh, one.stranger, one.before) for one in found.going),
        *((one.characters, one.parts, one.alphabet, one.cost, one.turn) for one in found.going),
        *((one.to, one.why) for one in found.bad),
        found.again,
        found.cost,
        len(found.new),
        mailing.seconds(able, found.going),
    ]


def carried(tx: Tx, at: Town, *chain: tuple[str, str]) -> object:
    """A message with a quote through some channels: what of it got into the one that took it."""
    steps = [ChainStep(at.channel[kind], (to,)) for kind, to in chain]
    draft = replace(SHORT, reply_to=at.message["first"])
    message = chains.enqueue_first(tx, able, steps, draft, sending.SendOptions(key="k" * 32))
    found = transcript.message(tx, message)
    return (found.dialog_id, found.reply_to, found.state, tx.value("chain.of", id=message))


def claims(tx: Tx, at: Town, kind: str, *, deleted: str = "") -> Sequence[outbox.Claim]:
    """All that may go one after the other, each carried out before the next."""
    if deleted:
        tx.run("outbox.withdraw", message=at.message[deleted])
        order = sending.SendOptions(key="")
        sending.change(tx, ABILITIES[kind], at.message[deleted], Operation.DELETE, "", options=order)
    found = []
    while claim := outbox.claim(tx, at.shop.media, at.channel[kind]):
        found.append(claim)
        outbox.fail(tx, claim, Rejected("no"))
    return found


def printed(form: reply_sheet.FileFormat) -> Question:
    return lambda tx, at: reply_sheet.written(
        tx, replies.everything(tx), form, lambda file: f"files/{file.name}"
    ).split("\n")


ABOUT_MESSAGES: Mapping[str, Question] = {
    "mailing.preview by sms": lambda tx, at: mailed(
        tx,
        at,
        ToAddress(at.channel["sms"], ""),
        TO[0],
        "8 916 000 00 05",
        "79160000001",
        "@nobody",
        draft=Draft(text="я" * 71),
    ),
    "mailing.preview by messenger": lambda tx, at: mailed(
        tx,
        at,
        ToAddress(at.channel["messenger"], ""),
        "501",
        "502",
        "+79990000001",
        "+79990000002",
        "@new",
        "@new2",
        "@new3",
    ),
    "mailing.preview by chains": lambda tx, at: mailed(tx, at, ToPerson(to=""), TO[0], "502"),
    **{
        f"turns.with_places {name}": lambda tx, at, n=name: turns.with_places(tx, able, [entry(tx, at, n)])[0].place
        for name in ("bulk", "first", "second", "third", "tomorrow", "letter", "sms again", "photo")
    },
    **{
        f"transcript.entry {name}": lambda tx, at, n=name: entry(tx, at, n)
        for name in ("bulk", "first", "tomorrow", "letter", "sms", "sms again", "photo")
    },
    "transcript.latest": lambda tx, at: [one.message.text for one in transcript.latest(tx, at.dialog["anna"], n=3)],
    "transcript.before": lambda tx, at: [
        one.message.text for one in transcript.before(tx, at.dialog["anna"], entry(tx, at, "second").message, n=1)
    ],
    "transcript.since": lambda tx, at: [
        one.message.text for one in transcript.since(tx, at.dialog["anna"], entry(tx, at, "second").message, n=2)
    ],
    "transcript.quoted": lambda tx, at: transcript.quoted(tx, at.dialog["anna"], "e1"),
    "transcript.quoted part": lambda tx, at: transcript.quoted(tx, at.dialog["anna"], "e2"),
    "transcript.quoted nothing": lambda tx, at: transcript.quoted(tx, at.dialog["anna"], "e9"),
    "transcript.message nobody wrote": lambda tx, at: transcript.message(tx, MessageId(99)),
    **{
        f"thread.{name}": lambda tx, at, ask=ask: [
            one.message.text for one in ask(tx, [at.dialog["anna"], at.dialog["anna's mail"]], at)
        ]
        for name, ask in {
            "latest": lambda tx, both, at: thread.latest(tx, both, n=3),
            "before": lambda tx, both, at: thread.before(tx, both, entry(tx, at, "second").message, n=2),
            "since": lambda tx, both, at: thread.since(tx, both, entry(tx, at, "second").message, n=2),
        }.items()
    },
    "trace.life of what went": lambda tx, at: trace.life(tx, at.message["first"]),
    "trace.life of what failed": lambda tx, at: trace.life(tx, at.message["letter"]),
    "trace.life of what came": lambda tx, at: trace.life(tx, at.message["photo"]),
    "waiting.everything": lambda tx, at: [
        (row, waiting.goes_at(row), waiting.reason(row)) for row in waiting.everything(tx)
    ],
    "waiting.troubled": lambda tx, at: waiting.troubled(tx),
    "waiting.counts": lambda tx, at: waiting.counts(tx),
    "waiting.depth": lambda tx, at: waiting.depth(tx),
    "waiting.dead": lambda tx, at: waiting.dead(tx),
    "waiting.for_elsewhere": lambda tx, at: waiting.for_elsewhere(tx),
    "figures.gather": lambda tx, at: figures.gather(tx),
    "deadletters.everything": lambda tx, at: [(row.provider_id, row.problem) for row in deadletters.everything(tx)],
    "deadletters.one that is none": lambda tx, at: deadletters.one(tx, 99),
    "files.wanted": lambda tx, at: files.wanted(tx, at.channel["messenger"]),
    "files.sound_name": lambda tx, at: [files.sound_name(file) for file in entry(tx, at, "photo").files],
    "files.staged": lambda tx, at: files.staged(entry(tx, at, "photo").files[1]),
    "files.staged of what is not here": lambda tx, at: files.staged(entry(tx, at, "photo").files[0]),
    **{
        f"changes.obstacle {action} {name}": lambda tx, at, n=name, a=action: changes.obstacle(
            ABILITIES["messenger"], entry(tx, at, n).message, a, tx.now + HOUR
        )
        for name, action in product(
            ("first", "second", "letter", "photo"), (Operation.EDIT, Operation.DELETE, Operation.REACT)
        )
    },
    **{
        f"outbox.{name}": lambda tx, at, ask=ask: ask(tx, at)
        for name, ask in {
            "next_due": lambda tx, at: outbox.next_due(tx, at.channel["sms"]),
            "next_due of one without": lambda tx, at: outbox.next_due(tx, at.channel["bot"]),
            "recent": lambda tx, at: outbox.recent(tx, at.channel["messenger"], seconds=2),
            "recent of less": lambda tx, at: outbox.recent(tx, at.channel["messenger"], seconds=0.5),
            "something_due": lambda tx, at: outbox.something_due(tx),
            "left_by_last_holder": lambda tx, at: outbox.left_by_last_holder(
                tx, at.shop.media, at.channel["messenger"]
            ),
            "backoff": lambda tx, at: [outbox.backoff(n) for n in (0, 1, 2, 5, 9, 10, 30)],
        }.items()
    },
    "changes.obstacle to a deletion within an hour and after it": lambda tx, at: [
        changes.obstacle(ABILITIES["messenger"], said, Operation.DELETE, said.at + HOUR + late)
        for said in [entry(tx, at, "first").message]
        for late in (0, 1)
    ],
    "forwarding.obstacle": lambda tx, at: [
        forwarding.obstacle(one._replace(message=one.message._replace(text=text), files=one.files[:n]))
        for one in [entry(tx, at, "letter")]
        for text, n in (("Да", 1), ("Да", 0), ("", 1), ("", 0))
    ],
    "outbox.claim": lambda tx, at: [
        (found.row.action, found.parts, found.began, found.outbound) for found in claims(tx, at, "messenger")
    ],
    "outbox.claim of a deletion": lambda tx, at: [
        (found.row.action, found.parts) for found in claims(tx, at, "messenger", deleted="first")
    ],
    "chains.enqueue_first by the first channel": lambda tx, at: carried(tx, at, ("messenger", "501"), ("sms", TO[0])),
    "chains.enqueue_first by the second channel": lambda tx, at: carried(
        tx, at, ("sms", "@nobody"), ("messenger", "501")
    ),
    "chains.enqueue_first by a channel that has stopped": lambda tx, at: carried(
        tx, at, ("bot", "777"), ("messenger", "501")
    ),
    "chains.enqueue_first by the last, which has stopped": lambda tx, at: carried(
        tx, at, ("sms", "@nobody"), ("bot", "777")
    ),
    "chains.enqueue_first by none": lambda tx, at: carried(tx, at, ("sms", "@nobody"), ("letters", "@nobody")),
    "chains.enqueue_first again": lambda tx, at: chains.enqueue_first(
        tx, able, [], SHORT, sending.SendOptions(key=entry(tx, at, "first").message.key or "")
    ),
    "chains.continuation_key": lambda tx, at: chains.continuation_key("k"),
    "chains.continuation_of": lambda tx, at: chains.continuation_of(tx, at.message["letter"]),
    "chains.still_open": lambda tx, at: chains.still_open(tx, at.message["letter"]),
    "sending.key_of": lambda tx, at: sending.key_of("заказ 12"),
    "journal.after": lambda tx, at: [(one.id, journal_words.sentence(one)) for one in journal.after(tx, 0, n=100)],
    "journal.of_message": lambda tx, at: [one.event.topic for one in journal.of_message(tx, at.message["first"])],
}


ABOUT_THE_DESK: Mapping[str, Question] = {
    **{
        f"channels.find {named}": lambda tx, at, named=named: channels.find(tx, named)
        for named in ("sms", "Letters", "bot@shop", "1", "nothing")
    },
    "channels.find on another line": lambda tx, at: channels.find(tx, "sms", line=at.row("bot").line_id),
    "channels.one nobody bound": lambda tx, at: channels.one(tx, ChannelId(99)),
    "channels.price_of_part": lambda tx, at: [channels.price_of_part(row) for row in channels.everything(tx)],
    **{f"lines.find {named}": lambda tx, at, named=named: lines.find(tx, named) for named in ("Опт", "2", "", "Нет")},
    "lines.everything": lambda tx, at: lines.everything(tx),
    **{
        f"dialogs.card {name}": lambda tx, at, n=name: dialogs.card(tx, at.dialog[n])
        for name in ("anna", "another boris", "group")
    },
    "dialogs.counts": lambda tx, at: (dialogs.unread_count(tx), dialogs.waiting_count(tx), dialogs.known_tags(tx)),
    "dialogs.tags": lambda tx, at: dialogs.tags(tx, at.dialog["anna"]),
    "dialogs.last_heard": lambda tx, at: [
        dialogs.last_heard(tx, at.dialog["anna"], until=tx.now - ago) for ago in (0, HOUR, 2 * DAY)
    ],
    "duties.members": lambda tx, at: duties.members(tx, at.dialog["anna"]),
    "duties.operators": lambda tx, at: duties.operators(tx),
    "duties.something_due": lambda tx, at: duties.something_due(tx),
    "drafts.of": lambda tx, at: (drafts.of(tx, at.dialog["anna"]), drafts.everywhere(tx)),
    "notes.between": lambda tx, at: notes.between(tx, at.dialog["anna"]),
    "notes.calling": lambda tx, at: tuple(notes.calling(tx.by(owner(name))) for name in ("Вера", "Глеб", "Гле")),
    "notes.among": lambda tx, at: [
        (one.message.id, one.message.text)
        for one in notes.among(
            tx, at.dialog["anna"], transcript.latest(tx, at.dialog["anna"], n=2), complete=False, until=tx.now + 1
        )
    ],
    "notes.among all": lambda tx, at: [
        (one.message.id, one.message.direction, one.message.author)
        for one in notes.among(tx, at.dialog["anna"], transcript.latest(tx, at.dialog["anna"], n=2), complete=True)
    ],
    "operators.accounts": lambda tx, at: operators.accounts(tx),
    "operators.lines": lambda tx, at: [operators.lines(tx, row) for row in operators.everything(tx)],
    "operators.may": lambda tx, at: operators.may(tx, "Вера"),
    "operators.find nobody": lambda tx, at: operators.find(tx, "Зоя"),
    **{
        f"operators.changes {said}": lambda tx, at, said=said: operators.changes(said.split())
        for said in ("+users -mass", "users", "+nothing", "+users -users")
    },
    **{
        f"options.value {name} {place}": lambda tx, at, name=name, place=place: HELD.value(
            tx,
            name,
            {
                "everywhere": OptionScope(),
                "on a line": OptionScope(line=at.row("sms").line_id),
                "in a channel": OptionScope(line=at.row("sms").line_id, channel=at.channel["messenger"]),
            }[place],
        )
        for name, place in product(
            ("company_name", "undo_send", "web_idle"), ("everywhere", "on a line", "in a channel")
        )
    },
    "options.value of what is no option": lambda tx, at: options.chosen(
        tx, OptionScope(channel=at.channel["messenger"])
    ),
    "options.stored": lambda tx, at: options.stored(tx, OptionTarget(OptionLevel.CHANNEL, at.channel["messenger"])),
    "options.known": lambda tx, at: list(options.known(OptionLevel.LINE, manifest("email").fields)),
    **{
        f"options.change {said}": lambda tx, at, said=said: options.change(
            tx, OptionTarget(OptionLevel.LINE, at.row("sms").line_id), options.Changes(said)
        )
        for said in (
            {"undo_send": "3600"},
            {"undo_send": "3601"},
            {"undo_send": "x"},
            {"odd": "1"},
            {"company_name": ""},
        )
    },
    **{f"reply_sheet.written as {form}": printed(form) for form in ("csv", "json", "yaml")},
    **{
        f"replies.section {named}": lambda tx, at, named=named: replies.section(tx, named)
        for named in ("заказы", "2", "9")
    },
    **{
        f"replies.find {named}": lambda tx, at, named=named: replies.find(tx, named)
        for named in ("пока", "Заказы/Привет", "привет", "1", "нет")
    },
    "replies.answer": lambda tx, at: replies.answer(tx, replies.find(tx, "Заказы/Привет")),
    "replies.values": lambda tx, at: replies.values(
        dialogs.card(tx, at.dialog["anna"]), company="", operator=ME, now=tx.now, opens=""
    ),
    "replies.values of nobody known": lambda tx, at: replies.values(
        dialogs.card(tx, at.dialog["gleb"]), company="Ёлка", operator=" ", now=tx.now, opens="Fri 09:00"
    ),
    "replies.filled": lambda tx, at: replies.filled(tx, replies.find(tx, "Пока"), {"date": "1.1"}),
    "replies.filled with a gap": lambda tx, at: replies.filled(tx, replies.find(tx, "Пока"), {}),
    **{
        f"templates.find {named}": lambda tx, at, named=named: templates.find(tx, at.row("approved"), named)
        for named in ("hello", "hello/en", "hello/fr", "bye")
    },
    "templates.filled": lambda tx, at: templates.filled(tx, at.row("approved"), "hello/ru", {"name": " Анна "}),
    "templates.filled without a gap": lambda tx, at: templates.filled(tx, at.row("approved"), "hello/ru", {}),
    "templates.add where none are": lambda tx, at: templates.add(
        tx, at.row("sms"), ABILITIES["sms"], Template(name="x", body="y")
    ),
    "templates.add what is approved": lambda tx, at: templates.add(
        tx, at.row("approved"), ABILITIES["approved"], Template(name="hello", body="y")
    ),
    "views.seen_by": lambda tx, at: views.seen(tx),
    "views.find": lambda tx, at: [views.find(tx, named) for named in ("мои", "2")],
    "views.filter_of": lambda tx, at: [repr(views.filter_of(row, operator="Вера")) for row in views.seen(tx)],
    "views.counts": lambda tx, at: views.counts(tx, at.shop.driver.dialect, views.seen(tx)),
    "resting": lambda tx, at: [
        (resting.rests(row, tx.now), resting.troubled(row, tx.now), resting.rest_of(manifest("email"), row))
        for row in channels.everything(tx)
    ],
    "resting to the millisecond": lambda tx, at: [
        resting.rests(at.row("approved"), at.row("approved").paused_until - before) for before in (1, 0)
    ],
    "resting.next_step": lambda tx, at: resting.next_step(at.row("approved")),
    "session_requests.allowed": lambda tx, at: session_requests.allowed(ABILITIES["sms"], "create_group"),
}


def _service(name: str) -> str:
    return re.split(r"[ .]", name, maxsplit=1)[0]


QUESTIONS: Mapping[str, Question] = ABOUT_ADDRESSES | ABOUT_BEGINNINGS | ABOUT_MESSAGES | ABOUT_THE_DESK
GROUPS: Mapping[str, Sequence[str]] = {
    group: [name for name in QUESTIONS if _service(name) == group] for group in dict.fromkeys(map(_service, QUESTIONS))
}
"""The questions of each service."""


class _Undo(Exception):
    """Whatever a question changed is not kept."""


def answered(town: Town, name: str) -> list[str]:
    """The answer, an item a line; a refusal is one too."""
    found: list[object] = []

    def job(tx: Tx) -> None:
        found.append(tried(lambda: QUESTIONS[name](tx, town)))
        raise _Undo

    with suppress(_Undo):
        town.shop.write(job)
    answer = found[0]
    many = list(answer) if isinstance(answer, list | tuple) and not hasattr(answer, "_fields") else [answer]
    return [moments(told(one), town.shop.clock.at) for one in many]
