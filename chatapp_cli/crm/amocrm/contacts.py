"""The contact of a client, to which a chat is bound before its first message: or else a second one is made.

Sources: providers' sheet §4.5 (``query`` finds pieces in every field), addendum C5, D4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chatapp_cli.crm.amocrm.rest import AmoApi, embedded
from chatapp_cli.domain.crm.entry import CrmPerson
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.phone import typed
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show

_TAIL: Final = 10
"""Digits of a phone that are the same in every spelling of it."""
_LOCAL: Final = 7
"""Digits behind the code of a town or an operator, which may stand in brackets."""
_AT_MOST: Final = 50
PATH: Final = "/api/v4/contacts"


async def contact_of(api: AmoApi, person: CrmPerson) -> int | None:
    """The oldest contact with the phone, the address or the @username of a person; ``None`` if there is none."""
    for code, wanted in _reached(person):
        for query in _pieces(wanted):
            answer = await api.get(PATH, {"query": query, "limit": _AT_MOST, "with": "leads"})
            fitting = [one for one in embedded(answer, "contacts") if _has(one, code, wanted)]
            numbers = [one["id"] for one in fitting if isinstance(one.get("id"), int) and not one.get("is_deleted")]
            if numbers:
                return int(min(numbers))
    return None


async def bind(api: AmoApi, contact: int, chat: str) -> None:
    """Join a chat to a contact; one that is joined already stays so."""
    try:
        answer = await api.post(f"{PATH}/chats", [{"contact_id": contact, "chat_id": chat}])
    except OutcomeUnknown as lost:  # it may be repeated: the same pair again changes nothing
        raise Retryable(lost.code, lost.detail) from lost
    except Rejected:
        return
    if not any(one.get("chat_id") == chat for one in embedded(answer, "chats")):
        raise Retryable("strange_answer", "chats")


def described(person: CrmPerson) -> Mapping[str, Any]:
    """A new contact, as it is made together with its lead."""
    fields = [
        {"field_code": code, "values": [{"value": wanted, "enum_code": "WORK"}]} for code, wanted in _reached(person)
    ]
    name = person.name or show(T("Client"))
    return {"name": name} | ({"custom_fields_values": fields} if fields else {})


def _reached(person: CrmPerson) -> Iterator[tuple[str, str]]:
    """By what a person is found: the field and its value. A @username stands in the field of the phone (S-186)."""
    if person.phone:
        yield "PHONE", person.phone
    if person.email:
        yield "EMAIL", person.email
    elif name := person.username.strip().lstrip("@"):
        yield "PHONE", f"@{name}"


def _pieces(wanted: str) -> Iterator[str]:
    """The pieces of a value that are asked for: of a phone its last digits in the groups that people write."""
    digits = "" if "@" in wanted else re.sub(r"\D", "", wanted)
    yield digits[-_TAIL:] or wanted
    if len(digits) > _TAIL:
        three, two, last = digits[-7:-4], digits[-4:-2], digits[-2:]
        yield f"{three}-{two}-{last}"
        yield f"{three} {two} {last}"
        yield digits[-_LOCAL:]


def _has(contact: Mapping[str, Any], code: str, wanted: str) -> bool:
    return any(_is_same(wanted, said) for said in values(contact, code))


def _is_same(wanted: str, said: str) -> bool:
    if "@" in wanted:
        return said.strip().casefold() == wanted.casefold()
    return typed(wanted) == typed(said)


def values(card: Mapping[str, Any], code: str) -> Iterator[str]:
    """The values of a field of a card."""
    fields = card.get("custom_fields_values")
    for one in fields if isinstance(fields, list) else ():
        if isinstance(one, dict) and one.get("field_code") == code:
            found = one.get("values")
            yield from (str(each.get("value") or "") for each in found or () if isinstance(each, dict))
