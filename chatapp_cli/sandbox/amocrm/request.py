"""One request as the methods see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from chatapp_cli.sandbox.amocrm.authority import AmoAuthority
from chatapp_cli.sandbox.amocrm.misbehaviour import AmoFaults
from chatapp_cli.sandbox.amocrm.objects import ADMIN, AmoRefusal, Json
from chatapp_cli.sandbox.amocrm.office import AmoOffice

if TYPE_CHECKING:
    from chatapp_cli.sandbox.amocrm.account_hooks import AccountHooks
    from chatapp_cli.sandbox.amocrm.salesbot import SalesBots

MOST: Final = 250
"""Items of a page, and of a request (providers-crm.md 4.3)."""


@dataclass(slots=True, kw_only=True)
class AccountDesk:
    """What the methods work on."""

    id: int
    name: str
    subdomain: str
    amojo_id: str
    office: AmoOffice
    authority: AmoAuthority
    faults: AmoFaults
    problems: list[str]
    hooks: AccountHooks
    bots: SalesBots
    address: str = ""
    chats_address: str = ""
    channel_code: str = ""


class Reply(NamedTuple):
    """A status with its body; no body at all for 204."""

    status: int
    body: Any = None


NOTHING: Final = Reply(204)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmoRequest:
    """A request of somebody who was let in."""

    method: str
    path: str
    parts: Mapping[str, str] = field(default_factory=dict)
    """What stands in the places of the route."""
    query: Json = field(default_factory=dict)
    body: Any = None
    user: int = ADMIN
    address: str = ""

    def number(self, name: str) -> int:
        """An id in the path. Raises AmoRefusal."""
        if not self.parts[name].isdecimal():
            raise AmoRefusal(404)
        return int(self.parts[name])

    def map(self) -> Json:
        """The body as an object. Raises AmoRefusal."""
        if not isinstance(self.body, dict):
            raise AmoRefusal(400, "The body is not an object")
        return self.body

    @property
    def filter(self) -> Json:
        """What stands under ``filter``."""
        said = self.query.get("filter")
        return said if isinstance(said, dict) else {}

    def newest_first(self, name: str) -> bool:
        """Whether the list shall be ordered by this, newest first."""
        said = self.query.get("order")
        return isinstance(said, dict) and said.get(name) == "desc"

    def filtered(self, name: str) -> list[str]:
        """The values of ``filter[name]``, one or many."""
        said = self.filter.get(name)
        values = said if isinstance(said, list) else list(said.values()) if isinstance(said, dict) else [said]
        return [str(one) for one in values if one not in (None, "")]

    def with_(self, what: str) -> bool:
        """Whether the answer shall also have this."""
        return what in str(self.query.get("with", "")).split(",")


AmoMethod: TypeAlias = Callable[[AmoRequest], Any]


def listed(request: AmoRequest, name: str, items: list[Json], most: int = MOST) -> Reply:
    """A page of a list; nothing at all if nothing is on it. Raises AmoRefusal."""
    page, limit = whole(request, "page", 1), whole(request, "limit", most)
    if limit > most or page < 1 or limit < 1:
        raise AmoRefusal(400, f"limit is at most {most}")
    shown = items[(page - 1) * limit : page * limit]
    if not shown:
        return NOTHING
    here = f"{request.address}{request.path}"
    links = {"self": {"href": f"{here}?page={page}&limit={limit}"}}
    if page * limit < len(items):
        links["next"] = {"href": f"{here}?page={page + 1}&limit={limit}"}
    return Reply(200, {"_page": page, "_links": links, "_embedded": {name: shown}})


def whole(request: AmoRequest, name: str, usual: int) -> int:
    """A number of the query. Raises AmoRefusal."""
    said = str(request.query.get(name, usual))
    if not said.isdecimal():
        raise AmoRefusal(400, f"{name} is not a number")
    return int(said)


def since_when(request: AmoRequest, name: str) -> int:
    """The ``from`` of a filter by time, in seconds; 0 without one."""
    said = request.filter.get(name)
    begun = said.get("from") if isinstance(said, dict) else said
    return int(str(begun)) if str(begun).isdecimal() else 0


def answered(name: str, made: list[Json]) -> Reply:
    """The answer to a collection: in another order than that of the request (contracts, trap 5)."""
    return Reply(200, {"_embedded": {name: made[::-1]}})
