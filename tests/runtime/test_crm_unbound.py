"""A channel that is unbound while the daemon runs leaves the portal, and whoever writes there then is told."""

from __future__ import annotations

from pathlib import Path

from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.sandbox.bitrix24.talk import message_event
from tests.runtime.desk import eventually
from tests.runtime.portal_desk import CONNECTOR, LINE, portal_desk

SVETLANA = 27


async def test_an_unbound_channel_is_disconnected_in_the_portal_and_an_answer_there_is_refused_to_its_author(
    tmp_path: Path, empty_store: Path
) -> None:
    async with portal_desk(tmp_path / "home", empty_store) as desk, desk.daemons.child():
        await eventually(lambda: desk.row().state == LinkState.OK)
        assert desk.portal.active == {(CONNECTOR, LINE)}
        code, said = await desk.daemons.chatapp("line", "unbind", "telegram_bot", "--force")
        assert code == 0, said
        await eventually(lambda: desk.portal.active == set())
        late = message_event(desk.portal.chats[0], await desk.employee_writes("Поздно"), [])
        desk.portal.server.courier.tell("OnImConnectorMessageAdd", late, user=SVETLANA)
        await eventually(lambda: desk.portal.notices)
        assert (desk.portal.notices[0].user, "telegram_bot" in desk.portal.notices[0].text) == (SVETLANA, True)
