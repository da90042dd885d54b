"""A slow line delivers keys in one go: each still means what it means after the one before it."""

from __future__ import annotations

import pytest
from textual import events
from textual.keys import _character_to_key

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.services import dialogs, views
from tests.stores import owner
from tests.tui.conftest import Opener, Window


def at_once(it: Window, *keys: str) -> None:
    """As a terminal delivers what was typed while it was away."""
    for key in keys:
        named = len(key) > 1
        it.app.post_message(events.Key(key if named else _character_to_key(key), None if named else key))


@pytest.mark.req("S-013", "S-116")
async def test_a_name_typed_at_once_with_the_key_that_opens_the_search_is_no_row_of_commands(window: Opener) -> None:
    async with window() as it:
        at_once(it, "/", *"Вера", "enter", "enter")
        await it.until(lambda: it.app.screen.opening is not None)
        assert it.app.screen.opening.card.name == "Вера Ильина"
        assert len(it.app.screen_stack) == 1


@pytest.mark.req("S-119", part="by operators, not by robots")
async def test_what_is_typed_at_once_with_the_key_that_asks_for_it_is_the_answer(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        await it.open("Вера")
        at_once(it, "escape", "t", *"опт", "enter")
        dialog = it.app.screen.opening.card.id
        await it.until(lambda: company.read(lambda tx: dialogs.tags(tx, dialog)) == ["опт"])


@pytest.mark.req("S-013", "S-117")
async def test_a_key_after_the_one_that_answered_a_page_waits_until_what_asked_goes_on(
    window: Opener, company: Company
) -> None:
    company.write(lambda tx: views.add(tx.by(owner("Пётр")), "Ждут", DialogFilter(waiting=True)))
    async with window() as it:
        at_once(it, "g", "v", "d", "escape", "U", "2")
        inbox = it.app.screen_stack[0]
        await it.until(lambda: inbox.query_one("DialogList").order.dialog_filter == DialogFilter(unread=True))
        assert it.app.screen is inbox
        assert [row.name for row in company.read(views.seen)] == ["Ждут"]
        assert any("Taken back." in note.message for note in it.app._notifications)
