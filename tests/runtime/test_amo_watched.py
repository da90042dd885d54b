"""What an account undoes behind our back while the daemon runs, and what its tariff does not let it do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.kit.crms import manifest
from chatapp_cli.kit.system import SystemChance, SystemClock
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.link import CATCH_UP_EVERY
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import channels, link_faults, links, pairings
from tests.runtime.amo_desk import AmoChannel, amo_channel
from tests.runtime.desk import eventually
from tests.stores import OWNER


class HurriedClock(SystemClock):
    """The real clock, from which hours are left out."""

    left_out = 0.0

    def now(self) -> int:
        return super().now() + int(self.left_out * 1000)

    def monotonic(self) -> float:
        return super().monotonic() + self.left_out


def lacking(desk: AmoChannel) -> list[str]:
    """The alarms of the link."""
    found = desk.company.read(lambda tx: link_faults.of_links(tx, manifest))
    return [str(one.text).removesuffix(f" ({desk.row().detail})") for one in found.values()]


@pytest.mark.req("S-197", part="amoCRM")
async def test_a_webhook_and_a_source_that_are_taken_away_are_made_again_within_the_hour_and_a_tariff_without_is_told(
    companies: Callable[..., Company],
) -> None:
    clock = HurriedClock()
    world = World(clock=clock, chance=SystemChance())
    company = open_company(companies(http_port=0).settings, world).seen_by(OWNER)
    async with amo_channel(company, TelegramBotSandbox()) as desk:
        account = desk.account

        async def within_hours(is_so: Callable[[], object]) -> None:
            """Leave out hours until it is so: a look that is on its way ends an hour before the next one."""
            for _ in range(9):
                clock.left_out += CATCH_UP_EVERY + 1
                account.misbehaviour.clock_off = clock.left_out
                company.write(lambda tx: links.resume(tx, desk.link))
                with suppress(TimeoutError):
                    await eventually(is_so, seconds=2)
                    return
            assert is_so()

        def are_there() -> bool:
            return [one.disabled for one in account.webhooks] == [False] and bool(account.sources)

        row = company.read(lambda tx: channels.one(tx, desk.channel))
        paired = company.read(lambda tx: pairings.of_channel(tx, desk.link, row.id))
        assert paired is not None
        company.write(lambda tx: pairings.configure(tx, manifest("amocrm"), paired, changes={"owner_sync": "from_crm"}))
        await eventually(are_there)
        account.webhooks[0].disabled = True
        account.sources.clear()
        with capture_logs() as logs:
            await within_hours(are_there)
        assert [one["event"] for one in logs if one["event"].startswith("amocrm.")] == ["amocrm.webhook_was_off"]
        account.misbehaviour.no_webhooks = True
        account.webhooks.clear()
        await within_hours(lambda: lacking(desk))
        assert lacking(desk)[0].startswith(f"{desk.row().title}: amoCRM does not let the integration make webhooks.")
        account.misbehaviour.no_webhooks = False
        await within_hours(lambda: not lacking(desk))
        assert are_there()
    company.close()
