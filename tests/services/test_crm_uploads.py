"""Files that are kept for a CRM's automations, until none asks for them."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

import pytest

from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.events import CrmFileGiven, CrmStepAsked
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import Refused
from chatapp_cli.services import crm_uploads, files, links, orphans, upkeep
from chatapp_cli.store.tx import Tx
from tests.services.paired import Paired, linked
from tests.stores import Shop

DAY = 86_400_000


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def given(desk: Paired, key: str) -> StagedFile:
    """A file with its key as its content, stored a long time ago."""
    media = desk.shop.media
    scratch = media.scratch()
    scratch.write_bytes(key.encode())
    staged = files.adopt(media, scratch, name=f"{key}.png")
    os.utime(media.path(staged.sha256), (0, 0))
    assert desk.come(CrmFileGiven(key=key, name=f"{key}.png"), f"file:{key}", files=[staged]) == 1
    return staged


def found(desk: Paired, key: str) -> StagedFile | None:
    return desk.shop.read(lambda tx: crm_uploads.find(tx, desk.link, key))


def swept(desk: Paired) -> set[str]:
    """The contents that go, once what is not asked for was deleted."""
    desk.shop.write(upkeep.delete_crm_events)
    parts = [desk.shop.read(partial(orphans.orphans, media=desk.shop.media, part=part)) for part in orphans.PARTS]
    return {sha256 for part in parts for sha256 in part}


def test_a_file_that_no_bot_asks_for_goes_with_its_content_and_one_that_is_asked_for_stays(desk: Paired) -> None:
    idle, used = given(desk, "idle"), given(desk, "used")
    assert (found(desk, "used"), used.kind, found(desk, "none")) == (used, "photo", None)
    assert desk.shop.read(lambda tx: tx.value("files.uses", sha256=used.sha256)) == 1
    desk.shop.clock.at += 89 * DAY
    assert swept(desk) == set()
    asked = CrmStepAsked(
        remote="/continue/1", until=desk.shop.clock.at, card=CardRef("deal", "17"), address="@anna", upload="used"
    )
    desk.come(asked, "step:1")
    desk.shop.clock.at += 2 * DAY
    assert swept(desk) == {idle.sha256}
    assert (found(desk, "idle"), found(desk, "used")) == (None, used)
    desk.shop.clock.at += 397 * DAY
    assert swept(desk) == {idle.sha256}
    desk.shop.clock.at += 2 * DAY
    assert swept(desk) == {idle.sha256, used.sha256}


def test_a_file_is_the_links_own_goes_with_it_and_there_are_not_too_many(desk: Paired) -> None:
    other = linked(desk.shop, desk.shop.channel(kind="email"), "south.example")
    one = given(desk, "one")
    assert found(other, "one") is None
    event, nothing = CrmFileGiven(key="many", name="1.png"), replace(one, sha256="")

    def fill(tx: Tx) -> None:
        for number in range(crm_uploads.MOST - 1):
            crm_uploads.keep(tx, desk.link, replace(event, key=str(number)), [nothing])

    desk.shop.write(fill)
    with pytest.raises(Refused, match="200 files are kept for bots already"):
        desk.come(event, "file:many", files=[nothing])
    assert found(desk, "many") is None
    given(other, "many")
    row = desk.shop.read(lambda tx: links.one(tx, desk.link))
    desk.shop.write(lambda tx: links.begin_removal(tx, row, force=True))
    assert desk.shop.write(lambda tx: links.removed(tx, row))
    assert swept(desk) == {one.sha256}
