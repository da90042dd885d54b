"""Binding a program: secrets are made, shown once, kept and replaced."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chatapp_cli.connectors.api.api import OVERLAP, Keys
from chatapp_cli.connectors.api.connector import create
from chatapp_cli.kit.signatures import is_secret
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.api import ApiSandbox
from tests.contract.connector_contract import ScriptedAsker

pytestmark = pytest.mark.req("S-111")

NAME = {"name": "Базар"}


@pytest.fixture
async def shop() -> AsyncIterator[ApiSandbox]:
    async with ApiSandbox() as shop:
        yield shop


async def bind(answers: dict[str, str], previous: Bound | None = None) -> tuple[Bound, ScriptedAsker]:
    asker = ScriptedAsker(answers)
    return await create(system_world()).bind(asker, previous=previous), asker


async def test_an_empty_secret_is_made_and_shown_once_with_the_webhook_path() -> None:
    bound, asker = await bind(NAME)
    (notice,) = asker.notices
    words = "\n".join(str(line) for line in notice.lines)
    assert is_secret(bound.secrets["secret"])
    assert bound.secrets["secret"] in words
    assert f"/hooks/{bound.hook_key}" in words
    assert bound.facts == {"Webhook path": f"/hooks/{bound.hook_key}"}


async def test_without_an_address_the_channel_only_receives_and_says_so() -> None:
    bound, _ = await bind(NAME)
    receive, send = await create(system_world()).check(bound)
    assert not any(bound.capabilities.values())
    assert set(bound.capabilities) == {"max_upload", "replies", "edits", "deletes", "reactions"}
    assert (receive.ok, send.ok, str(send.what)) == (True, True, "The channel only receives: no address is set.")


async def test_a_program_that_cannot_know_the_new_secret_yet_may_refuse_the_ping(shop: ApiSandbox) -> None:
    bound, _ = await bind(NAME | {"url": shop.answers["url"]})
    _, send = await create(system_world()).check(bound)
    assert shop.events == []
    assert (send.ok, str(send.what)) == (False, "The program does not accept our signature.")


async def test_binding_pings_the_program(shop: ApiSandbox) -> None:
    await bind(dict(shop.answers))
    assert [event["type"] for event in shop.events] == ["ping"]


async def test_binding_again_keeps_secret_address_and_account(shop: ApiSandbox) -> None:
    first, _ = await bind(dict(shop.answers))
    again, asker = await bind({"name": "Новое имя", "url": shop.answers["url"]}, first)
    assert asker.forms[0].values == {"name": "Ёлочный базар", "url": shop.answers["url"]}
    assert (again.secrets, again.hook_key, again.account) == (first.secrets, first.hook_key, first.account)
    assert (again.title, asker.notices) == ("Новое имя", [])


async def test_a_replaced_secret_stays_valid_for_a_day() -> None:
    first, _ = await bind(NAME)
    second, asker = await bind(NAME | {"rotate": "on"}, first)
    keys = Keys.of(second.secrets, second.settings)
    now = int(second.settings["replaced_at"])
    assert len(asker.notices) == 1
    assert keys.valid(now) == (second.secrets["secret"], first.secrets["secret"])
    assert keys.valid(now + OVERLAP - 1) == (second.secrets["secret"], first.secrets["secret"])
    assert keys.valid(now + OVERLAP) == (second.secrets["secret"],)


async def test_binding_again_within_that_day_keeps_both() -> None:
    first, _ = await bind(NAME)
    second, _ = await bind(NAME | {"rotate": "on"}, first)
    third, _ = await bind(NAME, second)
    assert (third.secrets, third.settings) == (second.secrets, second.settings)


async def test_a_dead_program_is_found_by_the_check(shop: ApiSandbox) -> None:
    bound, _ = await bind(dict(shop.answers))
    await shop.vanish()
    _, send = await create(system_world()).check(replace(bound))
    assert (send.ok, str(send.what)) == (False, "The program cannot be reached.")
    assert send.next_step
