"""Applications on paper: their steps, their document, what nobody may read."""

from __future__ import annotations

from itertools import product

import pytest

from chatapp_cli.domain.application import ApplicationStage, may_become
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import ApplicationId, LineId
from chatapp_cli.domain.journal.company import ApplicationMoved
from chatapp_cli.ports.connector import ApplicationDocument
from chatapp_cli.services import applications, journal, lines
from tests.stores import Shop

pytestmark = pytest.mark.req("S-088")

ANSWERS = {"inn": "4000000015", "signer": "Ёлкина Ольга"}


def add(shop: Shop, line: LineId | None = None, **values: str) -> ApplicationId:
    line = line or shop.line()
    given = {"kind": "letters", "title": "ИП Ёлкина"} | values
    return shop.write(lambda tx: applications.add(tx, shop.vault, line=line, answers=ANSWERS, **given))


def move(shop: Shop, number: ApplicationId, *stages: ApplicationStage, reason: str = "") -> None:
    for stage in stages:
        shop.write(lambda tx, stage=stage: applications.move(tx, number, stage, reason=reason))


def test_an_application_goes_from_documents_to_a_verdict_and_the_journal_tells_each_step(shop: Shop) -> None:
    number = add(shop)
    shop.clock.at += 5000
    move(shop, number, ApplicationStage.SENT, ApplicationStage.CHECKING, ApplicationStage.APPROVED)
    row = shop.read(lambda tx: applications.one(tx, number))
    assert (row.state, row.title, row.updated_at - row.created_at) == (ApplicationStage.APPROVED, "ИП Ёлкина", 5000)
    news = shop.read(lambda tx: journal.after(tx, 0, n=100))
    told = [(row.actor, row.event.stage) for row in news if isinstance(row.event, ApplicationMoved)]
    assert told == [("Ольга", stage) for stage in ("ready", "sent", "checking", "approved")]


@pytest.mark.parametrize(("old", "new"), list(product(ApplicationStage, ApplicationStage)))
def test_only_what_can_follow_is_taken(shop: Shop, old: ApplicationStage, new: ApplicationStage) -> None:
    way = {
        ApplicationStage.READY: (),
        ApplicationStage.SENT: (ApplicationStage.SENT,),
        ApplicationStage.CHECKING: (ApplicationStage.SENT, ApplicationStage.CHECKING),
        ApplicationStage.APPROVED: (ApplicationStage.SENT, ApplicationStage.APPROVED),
        ApplicationStage.REJECTED: (ApplicationStage.SENT, ApplicationStage.REJECTED),
    }[old]
    number = add(shop)
    move(shop, number, *way, reason="нет подписи")
    if may_become(old, new):
        move(shop, number, new, reason="нет подписи")
    else:
        with pytest.raises(Refused) as caught:
            move(shop, number, new, reason="нет подписи")
        assert caught.value.code == "no_such_step"
    expected = new if may_become(old, new) else old
    assert shop.read(lambda tx: applications.one(tx, number)).state == expected


def test_a_rejection_has_a_reason(shop: Shop) -> None:
    number = add(shop)
    move(shop, number, ApplicationStage.SENT)
    with pytest.raises(Refused):
        move(shop, number, ApplicationStage.REJECTED, reason="  ")
    move(shop, number, ApplicationStage.REJECTED, reason=" нет подписи ")
    assert shop.read(lambda tx: applications.one(tx, number)).reason == "нет подписи"


def test_what_was_filled_in_is_sealed(shop: Shop) -> None:
    number = add(shop)
    sealed = shop.read(lambda tx: tx.value("applications.answers", id=number))
    assert b"4000000015" not in bytes(sealed)
    assert shop.read(lambda tx: applications.answers(tx, shop.vault, number)) == ANSWERS


def test_the_document_stays_as_it_was_first_made_and_a_changed_one_is_noticed(shop: Shop) -> None:
    number = add(shop)
    first, second = (ApplicationDocument(name="a.docx", content=content) for content in (b"first", b"second"))
    shop.write(lambda tx: applications.keep_document(tx, shop.media, number, first))
    row = shop.write(lambda tx: applications.keep_document(tx, shop.media, number, second))
    assert applications.document(shop.media, row) == b"first"
    shop.media.path(row.document_sha256).write_bytes(b"forged")
    with pytest.raises(NotFound):
        applications.document(shop.media, row)
    shop.media.path(row.document_sha256).unlink()
    with pytest.raises(NotFound):
        applications.document(shop.media, row)


def test_applications_are_listed_by_line_and_kind_the_latest_first(shop: Shop) -> None:
    line, other = shop.line(), shop.line()
    first, second = add(shop, line), add(shop, line, kind="pigeons")
    third = add(shop, other)
    assert [row.id for row in shop.read(applications.everything)] == [third, second, first]
    assert [row.id for row in shop.read(lambda tx: applications.everything(tx, line=line, kind="letters"))] == [first]
    shop.write(lambda tx: lines.remove(tx, lines.find(tx, str(other)), force=False))
    assert [row.id for row in shop.read(applications.everything)] == [second, first]


def test_only_an_approved_application_of_this_line_counts(shop: Shop) -> None:
    line, other = shop.line(), shop.line()
    number = add(shop, line)
    move(shop, number, ApplicationStage.SENT)
    assert not shop.read(lambda tx: applications.approved(tx, line=line, kind="letters"))
    move(shop, number, ApplicationStage.APPROVED)
    assert shop.read(lambda tx: applications.approved(tx, line=line, kind="letters"))
    assert not shop.read(lambda tx: applications.approved(tx, line=other, kind="letters"))


def test_an_application_that_is_not_there_is_named(shop: Shop) -> None:
    with pytest.raises(NotFound) as caught:
        shop.read(lambda tx: applications.one(tx, ApplicationId(7)))
    assert str(caught.value) == "There is no application 7."
