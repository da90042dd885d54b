"""Webhooks of the account. providers-crm.md 4.9, C7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from chatapp_cli.sandbox.amocrm.objects import AmoRefusal, AmoWebhook, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, listed
from chatapp_cli.sandbox.amocrm.shapes import CHOICE, LENGTH, LIST, TEXT, WHOLE, Judge, Shape
from chatapp_cli.sandbox.amocrm.source_methods import for_administrators

MOST_WEBHOOKS: Final = 100
NAMES: Final = frozenset({
    *(f"{what}_{thing}" for thing in ("lead", "contact", "company")
      for what in ("add", "update", "delete", "restore", "responsible", "note")),
    *(f"{what}_customer" for what in ("add", "update", "delete", "responsible", "note")),
    *(f"{what}_task" for what in ("add", "update", "delete", "responsible")),
    "status_lead", "add_talk", "update_talk", "add_message", "add_chat_template_review",
})  # fmt: skip
"""What can be asked for; the names for incoming leads are not among them."""
_HOOK: Final[Shape] = {"destination": TEXT, "settings": LIST, "sort": WHOLE}


@dataclass(frozen=True, slots=True)
class WebhookMethods:
    """Lists, makes and deletes webhooks, for administrators only."""

    desk: AccountDesk

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        path = "/api/v4/webhooks"
        return {f"GET {path}": self.find, f"POST {path}": self.add, f"DELETE {path}": self.delete}

    def find(self, request: AmoRequest) -> Reply:
        """All of them, also those that are disabled."""
        for_administrators(self.desk, request)
        wanted = request.filtered("destination")
        fitting = [one for one in self.desk.office.webhooks if not wanted or one.destination in wanted]
        return listed(request, "webhooks", [self._shown(one) for one in fitting])

    def add(self, request: AmoRequest) -> Reply:
        """Make one. What the same address twice does is not documented (contracts, trap 8): here, nothing."""
        for_administrators(self.desk, request)
        if self.desk.faults.no_webhooks:
            raise AmoRefusal(403, "The tariff has no webhooks")
        item, office = request.map(), self.desk.office
        self._judge(item)
        for known in office.webhooks:
            if known.destination == item["destination"]:
                return Reply(201, self._shown(known))
        made = AmoWebhook(
            id=office.number(), destination=item["destination"], settings=list(item["settings"]),
            sort=item.get("sort", 5),
        )  # fmt: skip
        office.webhooks.append(made)
        return Reply(201, self._shown(made))

    def _judge(self, item: Json) -> None:
        judge = Judge(self.desk.problems, "POST /api/v4/webhooks")
        if judge.shape("0", item, _HOOK, needs=["destination", "settings"]):
            if not _is_address(item["destination"]):
                judge.says("0", CHOICE, "destination")
            if not item["settings"]:
                judge.says("0", LENGTH, "settings")
            for place, name in enumerate(item["settings"]):
                if not isinstance(name, str) or name not in NAMES:
                    judge.says("0", CHOICE, f"settings.{place}")
            if len(self.desk.office.webhooks) >= MOST_WEBHOOKS:
                judge.says("0", LENGTH, "webhooks")
        judge.settle()

    def delete(self, request: AmoRequest) -> Reply:
        """Delete the one with an address. Raises AmoRefusal (404)."""
        for_administrators(self.desk, request)
        destination = request.map().get("destination")
        for webhook in self.desk.office.webhooks:
            if webhook.destination == destination:
                self.desk.office.webhooks.remove(webhook)
                return Reply(204)
        raise AmoRefusal(404)

    def _shown(self, webhook: AmoWebhook) -> Json:
        return {
            "id": webhook.id, "destination": webhook.destination, "settings": webhook.settings,
            "disabled": self.desk.hooks.is_disabled(webhook), "sort": webhook.sort,
        }  # fmt: skip


def _is_address(said: str) -> bool:
    try:
        address = urlsplit(said)
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname)
