"""The Graph API's objects and edges, and their refusals."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.whatsapp.courier import Courier
from chatapp_cli.sandbox.whatsapp.meta import NAME, NUMBER, PHONE, WABA, Client, Group, Json, Meta, Refusal, gone

_APP: Final = {"whatsapp_business_api_data": {"id": "670000000000042", "name": "Desk", "link": "https://example.org"}}
_SUCCESS: Final = {"success": True}
_PAGE: Final = 2
"""Templates per page, few so that paging is tested."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its parameters, its JSON or form, and its file."""

    params: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)
    file: StageFile | None = None


class Objects:
    """The objects for an app; ``app_proof`` is the proof of its secret."""

    def __init__(self, meta: Meta, courier: Courier, app_proof: str) -> None:
        self._meta, self._courier, self.proof = meta, courier, app_proof
        self.media_url = ""
        self._edges: Mapping[tuple[str, str], Callable[[Call], Json]] = {
            ("GET", NUMBER): self._number,
            ("POST", f"{NUMBER}/messages"): self._message,
            ("POST", f"{NUMBER}/media"): self._upload,
            ("GET", f"{NUMBER}/groups"): self._groups,
            ("POST", f"{NUMBER}/groups"): self._create_group,
            ("GET", f"{WABA}/phone_numbers"): self._numbers,
            ("GET", f"{WABA}/subscribed_apps"): lambda _call: {"data": meta.apps},
            ("POST", f"{WABA}/subscribed_apps"): self._subscribe,
            ("GET", f"{WABA}/message_templates"): self._templates,
            ("POST", f"{WABA}/message_templates"): self._submit,
        }

    def perform(self, method: str, path: str, call: Call) -> Json:
        """Carry out a request."""
        if edge := self._edges.get((method, path)):
            return edge(call)
        node, _, edge_name = path.partition("/")
        if node in self._meta.groups:
            return self._group(method, self._meta.groups[node], edge_name, call)
        if method == "GET" and not edge_name:
            return self._meta.place(node, f"{self.media_url}/{node}")
        raise gone(node)

    def _number(self, call: Call) -> Json:
        if call.params.get("appsecret_proof", self.proof) != self.proof:
            raise Refusal(400, 100, "Invalid appsecret_proof provided in the API argument")
        return {"id": NUMBER, "display_phone_number": PHONE, "verified_name": NAME, **self._meta.number}

    def _numbers(self, _call: Call) -> Json:
        about = {"id": NUMBER, "display_phone_number": PHONE, "verified_name": NAME, "status": "LINKED"}
        return {"data": [about], "paging": {"cursors": {"before": "a", "after": "b"}}}

    def _subscribe(self, _call: Call) -> Json:
        self._meta.apps[:] = [dict(_APP)]
        return _SUCCESS

    def _message(self, call: Call) -> Json:
        message = dict(call.content)
        if message.get("status") == "read":
            return self._read(message)
        self._meta.require_sendable(message)
        wamid = self._meta.next_id()
        if message["recipient_type"] == "group":
            self._to_group(message, wamid)
            return self._accepted(message["to"], {}, wamid)
        client = self._meta.find(message)
        self._to_client(client, message, wamid)
        return self._accepted(message.get("to") or message["recipient"], client.ids("wa_id", "user_id"), wamid)

    @staticmethod
    def _accepted(asked: str, ids: Json, wamid: str) -> Json:
        contact = {"input": asked, **ids}
        status = {"id": wamid, "message_status": "accepted"}
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [status]}

    def _read(self, message: Json) -> Json:
        self._meta.read.append(message["message_id"])
        if "typing_indicator" in message:
            self._meta.typing.append(message["message_id"])
        return _SUCCESS

    def _to_client(self, client: Client, message: Json, wamid: str) -> None:
        """Accept a message to a client; outside the 24 hours only a template is delivered."""
        if not (client.open or message["type"] == "template"):
            fault = {"code": 131047, "title": "Re-engagement message", "message": "Re-engagement message"}
            details = {"details": "More than 24 hours have passed since the customer last replied to this number."}
            self.tell(client, wamid, message, "failed", errors=[{**fault, "error_data": details}])
            return
        client.got.append({"id": wamid, **message})
        for state in ("sent", "delivered"):
            self.tell(client, wamid, message, state)

    def tell(self, client: Client, wamid: str, message: Mapping[str, Any], state: str, **beside: Any) -> None:
        """Report the delivery state of our message."""
        label = (
            {"biz_opaque_callback_data": message["biz_opaque_callback_data"]}
            if "biz_opaque_callback_data" in message
            else {}
        )
        status = {"id": wamid, "status": state, "timestamp": str(int(time.time())), "recipient_id": client.wa_id}
        self._courier.post("messages", {"contacts": [client.contact], "statuses": [{**status, **label, **beside}]})

    def _to_group(self, message: Json, wamid: str) -> None:
        if message["to"] not in self._meta.groups:
            raise Refusal(400, 131041, "Group unknown")
        self._meta.groups[message["to"]].got.append({"id": wamid, **message})

    def _upload(self, call: Call) -> Json:
        if call.file is None or call.content.get("messaging_product") != "whatsapp":
            raise Refusal(400, 100, "(#100) The parameter file is required.")
        return {"id": self._meta.upload(call.file, call.content["type"])}

    def _templates(self, call: Call) -> Json:
        start = int(call.params.get("after", "0"))
        page, after = self._meta.templates[start : start + _PAGE], start + _PAGE
        more = {"next": "https://example.org/next"} if after < len(self._meta.templates) else {}
        return {"data": page, "paging": {"cursors": {"before": str(start), "after": str(after)}, **more}}

    def _submit(self, call: Call) -> Json:
        form = call.content
        if not form["name"].replace("_", "").isalnum() or form["name"] != form["name"].lower():
            words = "Message template name can only contain lowercase letters and underscores."
            raise Refusal(400, 100, "Invalid parameter", error_subcode=2388023, error_user_msg=words)
        template = {**form, "id": self._meta.next_id("9"), "status": "PENDING"}
        self._meta.templates.append(template)
        return {"id": template["id"], "status": "PENDING", "category": form["category"]}

    def _groups(self, _call: Call) -> Json:
        known = [{"id": g.id, "subject": g.subject, "created_at": "1795000000"} for g in self._meta.groups.values()]
        return {"data": {"groups": [] if self._meta.slow else known}, "paging": {}}

    def _create_group(self, call: Call) -> Json:
        if not self._meta.eligible:
            raise Refusal(400, 131215, "Groups APIs are only available for eligible phone numbers")
        group = Group(self._meta.next_id("Y2FwaV9ncm91cDo"), call.content["subject"])
        self._meta.groups[group.id] = group
        self._tell_of(group, "group_create", subject=group.subject)
        return {"messaging_product": "whatsapp", "request_id": self._meta.next_id("request-")}

    def _tell_of(self, group: Group, change: str, **beside: str) -> None:
        about = {"timestamp": int(time.time()), "group_id": group.id, "type": change, "request_id": "request"}
        field_name = "group_settings_update" if change == "group_settings_update" else "group_lifecycle_update"
        self._courier.post(field_name, {"groups": [{**about, **beside}]})

    def _group(self, method: str, group: Group, edge: str, call: Call) -> Json:
        if edge == "participants":
            return self._participants(method, group, call)
        if method == "DELETE":
            del self._meta.groups[group.id]
            self._tell_of(group, "group_delete")
            return _SUCCESS
        group.subject = call.content["subject"]
        self._tell_of(group, "group_settings_update", subject=group.subject)
        return _SUCCESS

    def _participants(self, method: str, group: Group, call: Call) -> Json:
        named = {one.get("user") or one["user_id"] for one in call.content["participants"]}
        if method == "POST":
            raise Refusal(400, 100, "Unsupported post request: participants join by the invite link")
        if not named <= group.members:
            raise Refusal(400, 131212, "Participant not in group")
        group.members -= named
        return _SUCCESS
