"""The account, its people, pipelines and custom fields. providers-crm.md 4.4, 4.5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chatapp_cli.sandbox.amocrm.objects import AmoField, AmoPipeline, AmoRefusal, AmoUser, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, listed

_ALL: Final = {"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"}
_OWN: Final = {"view": "M", "edit": "M", "add": "A", "delete": "D", "export": "D"}
_KINDS: Final = ("leads", "contacts", "companies")


class AccountMethods:
    """Reads what only people change."""

    def __init__(self, desk: AccountDesk) -> None:
        self._desk, self._office = desk, desk.office

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        return {
            "GET /api/v4/account": self.account,
            "GET /api/v4/users": self.users,
            "GET /api/v4/users/{id}": self.user,
            "GET /api/v4/leads/pipelines": self.pipelines,
            "GET /api/v4/leads/pipelines/{id}": self.pipeline,
            **{f"GET /api/v4/{kind}/custom_fields": self.fields for kind in _KINDS},
        }

    def account(self, request: AmoRequest) -> Reply:
        """The account; its id in the chats only if it is asked for."""
        desk = self._desk
        said: Json = {
            "id": desk.id, "name": desk.name, "subdomain": desk.subdomain, "current_user_id": request.user,
            "country": "RU", "currency": "RUB",
        }  # fmt: skip
        return Reply(200, said | ({"amojo_id": desk.amojo_id} if request.with_("amojo_id") else {}))

    def users(self, request: AmoRequest) -> Reply:
        """Everybody; for administrators only."""
        self._admin(request)
        return listed(request, "users", [_user(one, request) for one in self._office.users.values()])

    def user(self, request: AmoRequest) -> Reply:
        """One of them; for administrators only."""
        self._admin(request)
        found = self._office.users.get(request.number("id"))
        if found is None:
            raise AmoRefusal(404)
        return Reply(200, _user(found, request))

    def _admin(self, request: AmoRequest) -> None:
        if not self._office.users[request.user].admin:
            raise AmoRefusal(403, "Only administrators may ask for it")

    def pipelines(self, request: AmoRequest) -> Reply:
        """All pipelines; they have no pages."""
        shown = [_pipeline(one) for one in self._office.pipelines]
        links = {"self": {"href": f"{request.address}{request.path}"}}
        return Reply(200, {"_total_items": len(shown), "_links": links, "_embedded": {"pipelines": shown}})

    def pipeline(self, request: AmoRequest) -> Reply:
        """One of them."""
        found = self._office.pipeline(request.number("id"))
        if found is None:
            raise AmoRefusal(404)
        return Reply(200, _pipeline(found))

    def fields(self, request: AmoRequest) -> Reply:
        """The custom fields of a kind of cards."""
        kind = request.path.split("/")[3]
        return listed(request, "custom_fields", [_field(one) for one in self._office.fields if one.kind == kind])


def _user(user: AmoUser, request: AmoRequest) -> Json:
    kinds = dict.fromkeys((*_KINDS, "tasks"), _ALL if user.admin else _OWN)
    rights: Json = {
        **kinds, "mail_access": False, "catalog_access": False, "is_admin": user.admin, "is_free": False,
        "is_active": user.active, "group_id": None, "role_id": None, "status_rights": None,
    }  # fmt: skip
    said: Json = {"id": user.id, "name": user.name, "email": user.email, "lang": "ru", "rights": rights}
    return said | ({"amojo_id": user.amojo_id} if request.with_("amojo_id") else {})


def _pipeline(pipeline: AmoPipeline) -> Json:
    stages = [
        {
            "id": one.id, "name": one.name, "sort": one.sort, "type": one.type, "pipeline_id": pipeline.id,
            "color": "#99ccff",
        }
        for one in pipeline.stages
    ]  # fmt: skip
    return {
        "id": pipeline.id, "name": pipeline.name, "sort": 1, "is_main": pipeline.main,
        "is_unsorted_on": pipeline.unsorted_on, "is_archive": False, "_embedded": {"statuses": stages},
    }  # fmt: skip


def _field(known: AmoField) -> Json:
    codes = known.type == "multitext"
    enums = [
        {"id": number, "value": text, "sort": place, "code": text if codes else None}
        for place, (number, text) in enumerate(known.enums.items())
    ]
    return {
        "id": known.id, "name": known.name, "type": known.type, "code": known.code, "sort": 500, "is_api_only": False,
        "enums": enums or None,
    }  # fmt: skip
