"""Who hears of what: every type of event against operators of one line, of all lines, and whoever sees everything."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from chatapp_cli.domain.application import ApplicationStage
from chatapp_cli.domain.ids import ApplicationId, ChannelId, ContactId, DialogId, LineId, MessageId
from chatapp_cli.domain.journal.base import Audience, JournalEvent
from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.domain.journal.reading import kinds_by_topic
from chatapp_cli.services import applications, dialogs, journal, operators, persons
from chatapp_cli.store.visibility import Visibility
from tests.stores import Shop

KINDS = [kinds[0] for kinds in kinds_by_topic().values()]
SHARED = {
    "clock": "the waiting times of every dialog were moved",
    "company.configured": "everybody works by the options of the company",
    "reply": "everybody answers with every quick reply",
    "section": "everybody sees every section of quick replies",
    "view": "whoever sees a shared view has it in their list at once",
}
"""What every operator hears of, whatever their lines, and why; everything else is of a line, of one's own or hidden."""


class Told(NamedTuple):
    """What events of one line are about."""

    channel: ChannelId
    dialog: DialogId
    message: MessageId
    application: ApplicationId
    operator: str


def written(kind: type[JournalEvent], told: Told) -> JournalEvent:
    """An event of a type about these, as far as its type has to name them."""
    references = {"channel": told.channel, "dialog": told.dialog, "message": told.message}
    named = references if kind.audience is Audience.LINE else {}
    own = {"application": told.application} if kind.audience is Audience.APPLICATION else {}
    own = {"name": told.operator} if kind.audience is Audience.OWN else own
    return kind(**{**dict.fromkeys(kind.keys, 1), **own}, **named)


def about(shop: Shop, line: LineId, operator: str) -> Told:
    """A channel with a message, an application and an operator of one line."""
    channel = shop.channel(line=line)
    message = shop.hear(channel)
    paper = shop.write(
        lambda tx: applications.add(tx, shop.vault, line=line, kind="letters", title="ИП Ёлкина", answers={})
    )
    return Told(channel, shop.message(message).dialog_id, message, paper, operator)


def is_shared(kind: type[JournalEvent]) -> bool:
    return kind.topic in SHARED or kind.topic.partition(".")[0] in SHARED


def test_only_what_is_on_the_list_with_a_reason_is_everybodys() -> None:
    assert {kind.topic for kind in KINDS if kind.audience is Audience.LINE_OR_EVERYBODY} == {
        kind.topic for kind in KINDS if is_shared(kind)
    }


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_an_operator_hears_of_their_line_of_themselves_of_what_is_shared_and_of_nothing_else(shop: Shop) -> None:
    ours, theirs = shop.line("Опт"), shop.line("Розница")
    told = {line: about(shop, line, operator) for line, operator in ((ours, "Ольга Ё"), (theirs, "Пётр"))}
    start = shop.read(journal.last)
    for kind in KINDS:
        for line in (ours, theirs):
            shop.write(lambda tx, k=kind, line=line: tx.emit(written(k, told[line]), actor=told[line].operator))
    heard = {name: heard_by(shop, start, visibility) for name, visibility in lenses(shop, ours).items()}
    every = sorted(2 * [kind.topic for kind in KINDS])
    assert (heard["the owner"], heard["of all lines"]) == (every, every)
    shared = [kind.topic for kind in KINDS if is_shared(kind)]
    of_line = [kind.topic for kind in KINDS if kind.audience in {Audience.LINE, Audience.APPLICATION}]
    own = [kind.topic for kind in KINDS if kind.topic.startswith("operator.")]
    assert heard["of one line"] == sorted(of_line + own + 2 * shared)
    assert heard["of no line"] == sorted(2 * shared)


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_what_is_written_about_one_line_tells_an_operator_of_another_nothing(shop: Shop) -> None:
    ours, theirs = shop.line("Опт"), shop.line("Розница")
    one_line = Visibility(shop.driver.dialect, lines=[ours], reader="Вера")
    shop.hear(shop.channel(line=ours), who="olga")
    channel = shop.channel(line=theirs)
    first, second = (contact_of(shop, shop.hear(channel, who=who)) for who in ("pyotr", "petya"))
    start = shop.read(journal.last)
    paper = shop.write(
        lambda tx: applications.add(tx, shop.vault, line=theirs, kind="letters", title="ИП Чужой", answers={})
    )
    for stage in (ApplicationStage.SENT, ApplicationStage.CHECKING, ApplicationStage.REJECTED):
        shop.write(lambda tx, stage=stage: applications.move(tx, paper, stage, reason="Нет печати"))
    shop.write(lambda tx: persons.merge(tx, first, second))
    shop.write(lambda tx: operators.add(tx, "Пётр", "", [theirs]))
    assert heard_by(shop, start, one_line) == []
    assert len(heard_by(shop, start, None)) > 6


def contact_of(shop: Shop, message: MessageId) -> ContactId:
    dialog = shop.message(message).dialog_id
    contact = shop.read(lambda tx: dialogs.card(tx, dialog)).contact_id
    assert contact is not None
    return contact


def lenses(shop: Shop, ours: LineId) -> dict[str, Visibility | None]:
    dialect = shop.driver.dialect
    return {
        "the owner": None,
        "of all lines": Visibility(dialect, lines=None, reader="Ольга Ё"),
        "of one line": Visibility(dialect, lines=[ours], reader="Ольга Ё"),
        "of no line": Visibility(dialect, lines=[]),
    }


def heard_by(shop: Shop, start: int, visibility: Visibility | None) -> list[str]:
    entries = shop.read(lambda tx: journal.after(tx.through(visibility), start, n=10_000))
    return sorted(entry.event.topic for entry in entries)


def test_an_event_that_names_nothing_is_heard_by_all_only_where_its_type_says_so(
    shop: Shop,
) -> None:
    line = shop.line()
    start = shop.read(journal.last)
    shop.write(
        lambda tx: tx.run(
            "journal.append",
            at=0,
            topic="star.risen",
            actor="",
            channel_id=None,
            dialog_id=None,
            message_id=None,
            data="",
        )
    )
    assert len(shop.read(lambda tx: journal.after(tx, start))) == 1
    assert heard_by(shop, start, Visibility(shop.driver.dialect, lines=[line])) == []


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_who_reads_on_gets_what_they_see_now_and_never_what_was_hidden_when_they_came_past_it(shop: Shop) -> None:
    line = shop.line("Опт")
    ours, theirs = shop.channel(line=line), shop.channel(line=shop.line("Розница"))
    one_line = Visibility(shop.driver.dialect, lines=[line])

    def heard(position: int, visibility: Visibility | None, n: int = 500) -> tuple[list[MessageId | None], int]:
        page = shop.read(lambda tx: journal.page_after(tx.through(visibility), position, n=n))
        return [entry.event.message for entry in page.entries if isinstance(entry.event, MessageReceived)], page.last

    start = shop.read(journal.last)
    hidden, seen = shop.hear(theirs), shop.hear(ours)
    assert heard(start, one_line) == ([seen], shop.read(journal.last))
    shop.hear(theirs, "Ау!")
    messages, position = heard(start, one_line)
    assert (messages, position) == ([seen], shop.read(journal.last))
    assert heard(position, None) == ([], position)
    later = shop.hear(theirs, "Вы тут?")
    assert heard(position, None) == ([later], shop.read(journal.last))
    assert heard(position + 100, None) == ([], position + 100)

    everything, position = [], start
    while (page := heard(position, None, n=1))[1] > position:
        messages, position = page
        everything += messages
    assert everything[:2] == [hidden, seen]
    assert everything[-1] == later
