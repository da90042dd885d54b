"""The daemon tells other programs what rules want them told: signed, repeated with the same id, and led nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.automation import ActWanted, RuleWanted
from chatapp_cli.domain.ids import AutoRuleId, ChannelId
from chatapp_cli.domain.option import COMPANY
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.kit.signatures import new_secret
from chatapp_cli.ports.bind import Bound
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.runtime.daemon import running
from chatapp_cli.runtime.rule_caller import RuleCaller
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.sandbox.receiver import ReceiverSandbox
from chatapp_cli.services import auto_addresses, auto_rules, auto_run, auto_secrets, channels, ingest, lines
from chatapp_cli.services.options import Changes, change
from chatapp_cli.store.rows.automation import AutoActRow
from tests.runtime.brisk import BriskClock
from tests.runtime.desk import eventually
from tests.stores import said


def told(company: Company, url: str) -> tuple[ChannelId, AutoRuleId]:
    """A channel that no session serves, and a rule that tells an address what arrives there."""
    line = company.write(lambda tx: lines.add(tx, "Продажи"))
    bound = Bound(account="shop", title="Сайт", secrets={"secret": "whsec_" + "a" * 44})
    channel: ChannelId = company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="api"))
    desk = desk_of(company, making=True)
    wanted = RuleWanted(name="Сказать", acts=[ActWanted("webhook", url)])
    return channel, company.write(lambda tx: auto_rules.add(tx, wanted, desk.names(tx)))


def wrote(company: Company, channel: ChannelId, who: str = "Анна") -> None:
    event = said(who=who, ext_id=who, at=company.world.clock.now())
    arrival: Any = Arrival(provider_id=who, raw=b"{}", events=(event,))
    company.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(arrival,))))


def ends(company: Company) -> Sequence[tuple[str, str]]:
    found = company.read(lambda tx: tx.all(AutoActRow, "autoacts.latest", rule=0, dialog=0, n=10))
    return [(one.state, str(recalled(one.outcome))) for one in found if one.outcome]


@asynccontextmanager
async def calling(company: Company, channel: ChannelId) -> AsyncIterator[None]:
    """A client writes, and the part of the daemon that makes calls works."""
    wrote(company, channel)
    while company.write(partial(auto_run.work, desk=desk_of(company))):
        pass
    store = AsyncStore(company)
    task = asyncio.create_task(RuleCaller(store).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await store.aclose()


async def ended(company: Company, channel: ChannelId, state: str) -> Sequence[tuple[str, str]]:
    """A client writes; how the act ended."""
    async with calling(company, channel):
        await eventually(lambda: state in {one for one, _why in ends(company)})
        return ends(company)


@pytest.fixture
def brisk(companies: Callable[..., Company]) -> Company:
    """A desk whose minutes last milliseconds."""
    clock = BriskClock()
    clock.hurries(20_000)
    return companies(clock=clock)


async def test_a_program_is_told_once_with_a_signature_of_the_rules_own_secret(company: Company) -> None:
    async with ReceiverSandbox() as program:
        channel, rule = told(company, f"{program.url}/desk?key=1")
        make = partial(new_secret, company.world.chance)
        program.secret = company.write(lambda tx: auto_secrets.shown(tx, rule, company.vault, make))
        async with running(company):
            wrote(company, channel)
            await eventually(lambda: ends(company) == [("done", f"{program.url} has taken it")])
    [call] = program.calls
    assert (call.path, call.body["message"]["text"], call.id) == ("/desk", "Здравствуйте", call.body["id"])


async def test_what_is_not_taken_or_may_have_been_is_repeated_under_the_same_id(brisk: Company) -> None:
    async with ReceiverSandbox() as program:
        channel, _rule = told(brisk, program.url)
        program.answers.extend([503, 429, 500])
        await ended(brisk, channel, "done")
        assert (len(program.calls), len(program.done)) == (4, 1)
        assert len({one.id for one in program.calls}) == 1


async def test_what_is_taken_without_an_answer_is_told_again_and_done_once(brisk: Company) -> None:
    async with ReceiverSandbox() as program:
        channel, _rule = told(brisk, program.url)
        program.silent = True
        async with calling(brisk, channel):
            await eventually(lambda: any("may have taken it" in why for _state, why in ends(brisk)))
            program.silent = False
            await eventually(lambda: "done" in dict(ends(brisk)))
        assert (len(program.done), len(program.calls) > 1) == (1, True)


@pytest.mark.parametrize(("status", "why"), [(404, "HTTP 404"), (401, "HTTP 401"), (302, "HTTP 302")])
async def test_a_refusal_ends_it_in_words_and_no_answer_leads_elsewhere(
    company: Company, status: int, why: str
) -> None:
    async with ReceiverSandbox() as program, ReceiverSandbox() as inner:
        channel, _rule = told(company, program.url)
        program.answers.append(status)
        program.leads_to = inner.url
        found = await ended(company, channel, "failed")
        assert found == [("failed", f"{program.url} did not take it: {why}")]
        assert (len(program.calls), inner.calls) == (1, [])


async def test_a_name_that_leads_to_this_machine_is_not_called(company: Company) -> None:
    channel, _rule = told(company, "https://localhost:1/x")
    found = await ended(company, channel, "failed")
    told_why = f"https://localhost:1 leads to this machine or its own network. {auto_addresses.NAME_IT}"
    assert found == [("failed", told_why)]


async def test_a_host_that_the_company_names_may_be_in_its_own_network(company: Company) -> None:
    company.write(lambda tx: change(tx, COMPANY, Changes({"webhook_hosts": "localhost"})))
    channel, _rule = told(company, "https://localhost:1/x")
    async with calling(company, channel):
        await eventually(lambda: any("attempt 1" in why for _state, why in ends(company)))
    assert dict(ends(company)).keys() == {"calling"}
