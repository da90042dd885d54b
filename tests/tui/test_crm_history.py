"""What was written before a pairing, asked for on the page of CRMs."""

from __future__ import annotations

from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, crm_history, links, pairings
from chatapp_cli.tui.screens.crm import CrmScreen
from tests.tui import portals
from tests.tui.conftest import Opener
from tests.tui.stage import Stage


def amo(stage: Stage, **settings: str) -> LinkId:
    """An account that works, with a channel that has a past."""
    company, account = stage.company, f"hvoya{len(settings)}.amocrm.ru"
    bound = Bound(account=account, title=account, settings=settings, hook_key=f"key of {account}")
    link: LinkId = company.write(lambda tx: links.save(tx, company.vault, bound, kind="amocrm"))
    company.write(partial(links.set_state, link=link, state=LinkState.OK))
    row = company.read(partial(channels.find, named="@teply_dom_bot"))
    place, about = Place(id="1", name="Продажи"), manifest("amocrm")
    company.write(partial(pairings.attach, manifest=about, link=link, channel=row, place=place, changes={}))
    return link


async def test_it_is_begun_by_a_key_shown_as_it_goes_on_and_stopped_after_a_question(
    window: Opener, stage: Stage, company: Company
) -> None:
    link = amo(stage, channel_id="c-1")
    async with window() as it:
        await it.press("ctrl+k")
        await it.until(lambda: isinstance(it.app.screen, CrmScreen))
        await it.press("down")
        await it.sees("i the past")
        await it.press("i")
        await it.sees("from how long?", "everything", "the last days: 30")
        await it.press("enter")
        await it.until(lambda: bool(company.read(crm_history.everything)))
        [row] = company.read(crm_history.everything)
        assert row.total > 1
        await it.sees(f"Messages from before: 0 of {row.total} · running")
        company.write(partial(crm_history.feed, link=link))
        await it.press("i")
        await it.sees("Show no more messages of")
        await it.press("y")
        await it.sees(f"Messages from before: 0 of {row.total} · stopped")


async def test_where_a_crm_takes_none_the_key_says_so(window: Opener, stage: Stage, company: Company) -> None:
    amo(stage)
    portals.furnish(stage)
    async with window() as it:
        await it.press("ctrl+k")
        await it.until(lambda: isinstance(it.app.screen, CrmScreen))
        await it.press("down")
        await it.sees_no("i the past")
        await it.press("i", "enter")
        await it.until(lambda: any("takes no messages from before" in one.message for one in it.app._notifications))
    assert company.read(crm_history.everything) == []
