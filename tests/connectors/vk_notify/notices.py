"""Notices of VK, and who applies for them."""

from __future__ import annotations

from dataclasses import replace

from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.domain.template import Filled

PERSON = {
    "accepted": "on",
    "form": "ip",
    "company": "",
    "edo_id": "2BM-400000000065-0001",
    "edo_operator": "Калуга Астрал",
    "inn": "400000000065",
    "ogrn": "320400000000016",
    "kpp": "",
    "address": "248000, г. Калуга, ул. Еловая, д. 7",
    "position": "индивидуальный предприниматель",
    "signer": "Ёлкина  Ольга Петровна",
    "basis": "лист записи ЕГРИП",
}


READY = Filled(name="order_ready", language="ru", values=(("number", '№7 "А"'), ("till", "{20:00}\nпн & вт")))


def notice(**changes: object) -> Outbound:
    message = Outbound(
        message_id=MessageId(1), key="k" * 32, address="+79160000001", text="Заказ готов", template=READY, stranger=True
    )
    return replace(message, **changes)  # type: ignore[arg-type]
