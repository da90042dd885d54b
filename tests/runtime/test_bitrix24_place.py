"""The page of a connector in the portal, with the daemon behind it: what is chosen there happens here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.health import Health
from chatapp_cli.kit.crms import manifest
from chatapp_cli.sandbox.bitrix24.browser import ShownForm
from chatapp_cli.services import channels, pairings
from tests.runtime.desk import eventually
from tests.runtime.owner_desk import CONNECTOR, LINE, owner_desk

OTHER_LINE = 109


@pytest.mark.req("S-157", part="in the portal, with the daemon")
async def test_what_an_administrator_saves_in_the_portal_is_connected_with_its_switches(
    companies: Callable[..., Company],
) -> None:
    async with owner_desk(companies(http_port=0)) as desk:
        page = await desk.portal.opens_settings(CONNECTOR, LINE)
        assert (await desk.portal.submits(CONNECTOR, page, act="leave")).status == 200
        await eventually(lambda: desk.portal.active == set())
        other = await desk.portal.opens_settings(CONNECTOR, OTHER_LINE)
        (channel,) = ShownForm(other.body).choices["channel"]
        assert int(channel) == desk.channel
        changes = {"act": "save", "option_widget_name": "Магазин", "option_owner_sync": "from_crm"}
        assert (await desk.portal.submits(CONNECTOR, other, **changes)).status == 200
        assert (await desk.portal.submits(CONNECTOR, other, **changes)).status == 409
        await eventually(lambda: desk.portal.active == {(CONNECTOR, OTHER_LINE)})
        row = desk.pairing(desk.links[0])
        assert (row.place, row.place_name, row.options["owner_sync"]) == (str(OTHER_LINE), "Поддержка", "from_crm")
        assert desk.portal.connector_data[CONNECTOR, OTHER_LINE]["NAME"] == "Магазин"
        await desk.arranged("ONCRMDEALUPDATE", "ONCRMLEADUPDATE", "ONCRMCONTACTUPDATE", "ONCRMTIMELINECOMMENTADD")


@pytest.mark.req("S-156")
async def test_a_channel_whose_account_is_refused_is_neither_paired_nor_offered(
    companies: Callable[..., Company],
) -> None:
    async with owner_desk(companies(http_port=0)) as desk:
        desk.company.write(lambda tx: channels.set_health(tx, desk.channel, Health.NEEDS_REBIND, "unauthorised"))

        async def offers_none() -> bool:
            page = await desk.portal.opens_settings(CONNECTOR, OTHER_LINE)
            return "chatapp line bind telegram_bot" in page.body

        await eventually(offers_none)
        row = desk.company.read(lambda tx: channels.one(tx, desk.channel))
        place, about = Place(id=str(OTHER_LINE), name="Поддержка"), manifest("bitrix24")
        with pytest.raises(Refused, match="not authorised"):
            desk.company.write(lambda tx: pairings.attach(tx, about, desk.links[0], row, place, {}))
