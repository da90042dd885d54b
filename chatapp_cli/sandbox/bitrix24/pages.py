"""What the portal posts to the application when somebody installs it, opens a page of it or sends an SMS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

from chatapp_cli.sandbox.bitrix24.authority import SCOPES
from chatapp_cli.sandbox.bitrix24.browser import ShownForm
from chatapp_cli.sandbox.bitrix24.call import Desk
from chatapp_cli.sandbox.bitrix24.objects import ADMIN, KINDS, Answered, Json, PortalCard, PortalSms
from chatapp_cli.sandbox.brackets import flattened, unordered


class PortalPages:
    """The portal as its people's browsers make it act."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def install(self, handler_url: str, form: Literal["event", "page"]) -> Answered:
        """Install the application again, with new tokens, in one of the two forms of the call.

        What it had registered before vanishes with that.
        """
        self._desk.office.robots.clear()
        self._desk.office.application_host = urlsplit(handler_url).hostname or ""
        if form == "page":
            return await self._page(handler_url, {"PLACEMENT": "DEFAULT", "PLACEMENT_OPTIONS": json.dumps({})})
        data = {"VERSION": 1, "ACTIVE": "Y", "INSTALLED": "Y" if self._desk.authority.installed else "N"}
        said: Json = {
            "event": "ONAPPINSTALL", "data": {**data, "LANGUAGE_ID": "ru"},
            "auth": self._desk.courier.auth_block(ADMIN, refresh=True), "ts": self._desk.courier.seconds(),
        }  # fmt: skip
        return await self._desk.courier.post(handler_url, unordered(flattened(said)))

    async def settings(
        self, connector: str, line: int, application_token: str | None, *, employee: int = ADMIN
    ) -> Answered:
        """An employee opens the connector's page for a line."""
        active = (connector, line) in self._desk.office.active
        options = {
            "CONNECTOR": connector, "LINE": line, "STATUS": active, "ACTIVE_STATUS": active,
            "CONNECTION_STATUS": active, "REGISTER_STATUS": active, "ERROR_STATUS": False, "URI": "",
        }  # fmt: skip
        said = {"PLACEMENT": "SETTING_CONNECTOR", "PLACEMENT_OPTIONS": json.dumps(options)}
        return await self._page(self.address_of(connector), said, application_token, employee)

    def address_of(self, connector: str) -> str:
        """The address of a connector's page."""
        return str(self._desk.office.connectors[connector]["PLACEMENT_HANDLER"])

    async def submits(self, address: str, shown: Answered, changes: Mapping[str, str | None]) -> Answered:
        """Somebody sends the form of a page back; the browser lets only our own frame show it."""
        form = ShownForm(shown.body)
        said = form.filled(changes)
        policy = {name.lower(): said for name, said in shown.headers.items()}.get("content-security-policy", "")
        if f"frame-ancestors http://{self._desk.authority.domain}" not in policy or "form-action 'self'" not in policy:
            self._desk.problems.append("the browser would not show the page, or not send its form")
        return await self._desk.courier.post_unnoted(urljoin(address, form.action), said)

    async def card(self, card: PortalCard, employee: int, application_token: str | None) -> tuple[str, Answered]:
        """An employee opens our tab in a card: the page's address, and what it is."""
        placement = f"CRM_{card.kind.upper()}_DETAIL_TAB"
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

    async def sms(
        self, code: str, phone: str, text: str, card: PortalCard | None, *, employee: int, workflow: bool = False
    ) -> tuple[str, Answered]:
        """Somebody sends an SMS by our provider, from a card or by a robot; returns its id and the answer."""
        fault, courier = self._desk.misbehaviour, self._desk.courier
        sms = PortalSms(id=uuid4().hex, code=code, phone=phone, text=text, author=employee)
        self._desk.office.sms[sms.id] = sms
        said = {
            **(_of_workflow() if workflow else _of_card(card)),
            "properties": {"phone_number": phone, "message_text": text}, "type": "SMS", "code": code,
            "message_id": sms.id, "message_to": phone, "message_body": text, "ts": courier.seconds(),
            "auth": courier.auth_block(employee, tokens=not fault.events_without_tokens),
        }  # fmt: skip
        handler, form = str(self._desk.office.senders[code]["HANDLER"]), unordered(flattened(said))
        if fault.doubled_sms:
            fault.doubled_sms -= 1
            await courier.post(handler, form)
        return sms.id, await courier.post(handler, form)


def _of_card(card: PortalCard | None) -> Json:
    bindings = [{"OWNER_TYPE_ID": KINDS[card.kind], "OWNER_ID": card.id}] if card else []
    return {"module_id": "crm", "bindings": bindings}


def _of_workflow() -> Json:
    document = ["crm", "CCrmDocumentDeal"]
    return {
        "module_id": "bizproc", "workflow_id": uuid4().hex, "document_id": [*document, "DEAL_17"],
        "document_type": [*document, "DEAL"],
    }  # fmt: skip
