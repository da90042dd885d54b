"""Questions about addresses and the people behind them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from chatapp_cli.domain.ids import ContactId
from chatapp_cli.services import (
    contacts,
    persons,
    reaching,
    routes,
)
from tests.services.questions.asking import KINDS, TO, Question, of_each
from tests.services.questions.town import able

ASKED = {"contacts.at": contacts.at, "contacts.named": contacts.named, "contacts.chain": contacts.chain}
ABOUT_ADDRESSES: Mapping[str, Question] = {
    **{
        f"{name} {to}": lambda tx, at, ask=ask, to=to: ask(tx, to)
        for (name, ask), to in product((ASKED | {"persons.find": persons.find}).items(), TO)
    },
    **{
        f"reaching.known {to}": lambda tx, at, to=to: of_each(
            KINDS, lambda tx, row: (reaching.known(tx, row, to), reaching.asks_whose(able(row), to))
        )(tx, at)
        for to in TO
    },
    **{
        f"reaching.reach {to}": of_each(KINDS, lambda tx, row, to=to: reaching.reach(tx, row, able(row), to))
        for to in TO
    },
    "reaching.reach with a subject": of_each(
        KINDS, lambda tx, row: reaching.reach(tx, row, able(row), "anna@example.org", subject="Re: Счёт")
    ),
    **{f"routes.stored {to}": lambda tx, at, to=to: routes.stored(tx, able, to) for to in TO},
    **{
        f"routes.named {to} by {kind}": lambda tx, at, to=to, kind=kind: routes.named(
            tx, able, at.row(kind), to, [(at.row("sms"), ""), (at.row("letters"), "x@example.org")]
        )
        for to, kind in product(TO[:6], ("messenger", "letters"))
    },
    "routes.stored on another line": lambda tx, at: routes.stored(tx, able, "+79160000001", line=at.row("bot").line_id),
    **{
        f"contacts.met_as {name} in {kind}": lambda tx, at, n=name, k=kind: contacts.met_as(tx, at.channel[k], n)
        for name, kind in product(("boris", "anna_b", "nobody"), ("messenger", "bot"))
    },
    "contacts.bearing a phone": lambda tx, at: contacts.bearing(tx, "+79160000001"),
    "contacts.bearing a mail": lambda tx, at: contacts.bearing(tx, "anna@example.org"),
    "contacts.bearing nothing": lambda tx, at: contacts.bearing(tx, "+79990000000"),
    "contacts.surest_first": lambda tx, at: contacts.surest_first(
        contacts.of_person(tx, at.contact("anna")), "anna@example.org"
    ),
    "contacts.one nobody": lambda tx, at: contacts.one(tx, ContactId(99)),
    "persons.person": lambda tx, at: persons.person(tx, at.contact("anna's mail")),
    "persons.name": lambda tx, at: persons.person(tx, at.contact("gleb")).name,
    **{
        f"persons.answered_by {name}": lambda tx, at, n=name: persons.person(tx, at.contact(n)).answered_by(
            at.dialog[n]
        )
        for name in ("anna", "anna's mail", "another boris")
    },
    "persons.ways_of": lambda tx, at: persons.person(tx, at.contact("anna")).ways_of(at.contact("anna's mail")),
    **{
        f"persons.merge_of {name}": lambda tx, at, n=name: persons.merge_of(tx, at.contact(n))
        for name in ("anna", "anna's mail", "boris")
    },
    "persons.suggestions": lambda tx, at: persons.suggestions(tx, at.contact("boris")),
    "persons.everybody": lambda tx, at: persons.everybody(tx),
}
