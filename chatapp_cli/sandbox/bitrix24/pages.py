"""What the portal posts to the application when somebody installs it, opens a page of it or sends an SMS."""

from __future__ import annotations

import json
from typing import Literal
from uuid import uuid4

from chatapp_cli.sandbox.bitrix24.authority import SCOPES
from chatapp_cli.sandbox.bitrix24.brackets import flattened, unordered
from chatapp_cli.sandbox.bitrix24.call import Desk
from chatapp_cli.sandbox.bitrix24.objects import ADMIN, KINDS, Answered, Json, PortalCard


class PortalPages:
    """The portal as its people's browsers make it act."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def install(self, handler_url: str, form: Literal["event", "page"]) -> Answered:
        """Install the application again, with new tokens, in one of the two forms of the call."""
        if form == "page":
            return await self._page(handler_url, {"PLACEMENT": "DEFAULT", "PLACEMENT_OPTIONS": json.dumps({})})
        data = {"VERSION": 1, "ACTIVE": "Y", "INSTALLED": "Y" if self._desk.authority.installed else "N"}
        said: Json = {
            "event": "ONAPPINSTALL", "data": {**data, "LANGUAGE_ID": "ru"},
            "auth": self._desk.courier.auth_block(ADMIN, refresh=True), "ts": self._desk.courier.seconds(),
        }  # fmt: skip
        return await self._desk.courier.post(handler_url, unordered(flattened(said)))

    async def settings(self, connector: str, line: int, application_token: str | None) -> Answered:
        """An administrator opens the connector's page for a line."""
        known = self._desk.office.connectors[connector]
        active = (connector, line) in self._desk.office.active
        options = {
            "CONNECTOR": connector, "LINE": line, "STATUS": active, "ACTIVE_STATUS": active,
            "CONNECTION_STATUS": active, "REGISTER_STATUS": active, "ERROR_STATUS": False, "URI": "",
        }  # fmt: skip
        said = {"PLACEMENT": "SETTING_CONNECTOR", "PLACEMENT_OPTIONS": json.dumps(options)}
        return await self._page(str(known["PLACEMENT_HANDLER"]), said, application_token)

    async def card(
        self, card: PortalCard, placement: str, employee: int, application_token: str | None
    ) -> tuple[str, Answered]:
        """An employee opens our tab in a card: the page's address, and what it is."""
        bound = [one for one in self._desk.office.placements if one.placement == placement]
        if not bound:
            raise LookupError(f"nothing is bound at {placement}")
        said = {"PLACEMENT": placement, "PLACEMENT_OPTIONS": json.dumps({"ID": str(card.id)})}
        return bound[0].handler, await self._page(bound[0].handler, said, application_token, employee)

    async def _page(
        self, handler: str, said: Json, application_token: str | None = None, employee: int = ADMIN
    ) -> Answered:
        authority = self._desk.authority
        pair = authority.hand_out(employee)
        query = {"DOMAIN": authority.domain, "PROTOCOL": "0", "LANG": "ru", "APP_SID": uuid4().hex}
        body = {
            "AUTH_ID": pair.access, "AUTH_EXPIRES": int(authority.lives), "REFRESH_ID": pair.refresh,
            "SERVER_ENDPOINT": authority.server_endpoint, "member_id": authority.member_id, "status": "L",
            "APPLICATION_TOKEN": authority.application_token if application_token is None else application_token,
            "APPLICATION_SCOPE": ",".join(SCOPES), **said,
        }  # fmt: skip
        return await self._desk.courier.post(handler, unordered(flattened(body)), query)

    async def sms(self, code: str, phone: str, text: str, card: PortalCard | None) -> tuple[str, Answered]:
        """Somebody sends an SMS by our provider; returns its id and the answer."""
        message_id = uuid4().hex
        self._desk.office.sms_statuses[message_id] = []
        owner = [{"OWNER_TYPE_ID": KINDS[card.kind], "OWNER_ID": card.id}] if card else []
        said = {
            "module_id": "crm", "bindings": owner, "properties": {"phone_number": phone, "message_text": text},
            "type": "SMS", "code": code, "message_id": message_id, "message_to": phone, "message_body": text,
            "ts": self._desk.courier.seconds(), "auth": self._desk.courier.auth_block(ADMIN),
        }  # fmt: skip
        handler = str(self._desk.office.senders[code]["HANDLER"])
        return message_id, await self._desk.courier.post(handler, unordered(flattened(said)))
