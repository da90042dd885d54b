"""Who hears of what: every type of event against operators of one line, of all lines, and whoever sees everything."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.ids import ChannelId, DialogId, LineId, MessageId
from chatapp_cli.domain.journal.base import Audience, JournalEvent
from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.domain.journal.reading import kinds_by_topic
from chatapp_cli.services import journal
from chatapp_cli.store.visibility import Visibility
from tests.stores import Shop

KINDS = [kinds[0] for kinds in kinds_by_topic().values()]
EVERYBODY = {"application", "clock", "company", "contact", "operator", "reply", "section", "view"}
"""Nouns that belong to no line: who sees one line hears of them too."""


def written(kind: type[JournalEvent], channel: ChannelId, dialog: DialogId, message: MessageId) -> JournalEvent:
    """An event of a type about these, as far as its type has to name them."""
    subjects = {"channel": channel, "dialog": dialog, "message": message}
    named = subjects if kind.audience is Audience.LINE else {}
    return kind(**dict.fromkeys(kind.keys, 1), **named)


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_an_operator_hears_of_their_line_of_what_is_everybodys_and_of_nothing_else(shop: Shop) -> None:
    ours, theirs = shop.line("Опт"), shop.line("Розница")
    subjects = {}
    for line in (ours, theirs):
        channel = shop.channel(line=line)
        message = shop.hear(channel)
        subjects[line] = (channel, shop.message(message).dialog_id, message)
    start = shop.read(journal.last)
    for kind in KINDS:
        for line in (ours, theirs):
            shop.write(lambda tx, k=kind, line=line: tx.emit(written(k, *subjects[line])))
    heard = {name: heard_by(shop, start, visibility) for name, visibility in lenses(shop, ours).items()}
    every = sorted(2 * [kind.topic for kind in KINDS])
    assert (heard["the owner"], heard["of all lines"]) == (every, every)
    lines = [kind.topic for kind in KINDS if kind.topic.startswith("line.")]
    shared = [kind.topic for kind in KINDS if kind.topic.partition(".")[0] in EVERYBODY]
    own = [kind.topic for kind in KINDS if kind.topic not in {*lines, *shared}]
    assert heard["of one line"] == sorted(own + 2 * shared)
    assert heard["of no line"] == sorted(2 * shared)


def lenses(shop: Shop, ours: LineId) -> dict[str, Visibility | None]:
    dialect = shop.driver.dialect
    return {
        "the owner": None,
        "of all lines": Visibility(dialect, lines=None, reader="Ольга"),
        "of one line": Visibility(dialect, lines=[ours]),
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
