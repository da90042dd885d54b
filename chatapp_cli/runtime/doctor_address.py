"""What a doctor says of the public address at which a CRM calls this desk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Final

from chatapp_cli.domain.doors import NO_CHANNEL, NO_FILE
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.network_words import said
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.address_look import AddressLook, is_public, look_at
from chatapp_cli.ports.connector import Finding

ENDS_SOON: Final = 14
"""Days before its end at which a certificate should have been renewed: those that renew themselves do so at 30."""
_HOOKS: Final = "/hooks/doctor/nobody"
_MEDIA: Final = "/media/doctor/nothing"
_DOORS: Final = (("hooks", _HOOKS, NO_CHANNEL), ("media", _MEDIA, NO_FILE))


async def look(url: str, now: Millis, *, beside: bool, proved: bool) -> Sequence[Finding]:
    """Look at an address, and say what was seen.

    ``beside``: the CRM runs on this machine too. ``proved``: a call of the CRM has just arrived.
    """
    if not url:
        return [
            Finding(
                name="address",
                ok=False,
                what=T("The public address of this desk is not known: no CRM can call it."),
                next_step=_set_address(),
            )
        ]
    seen = await look_at(url, [path for _, path, _ in _DOORS], now)
    return list(said_of(seen, beside=beside, proved=proved))


def said_of(seen: AddressLook, *, beside: bool, proved: bool) -> Iterator[Finding]:
    """The findings about an address that was looked at."""
    if not seen.addresses:
        yield Finding(
            name="address",
            ok=False,
            what=T("The name {host} of the public address leads nowhere.", host=seen.host),
            next_step=T("Enter the name with the provider of the domain (DNS), or set another: {how}", how=_how()),
        )
        return
    yield _place(seen, beside=beside, proved=proved)
    yield from _certificate(seen, beside=beside)
    yield from _doors(seen, proved=proved)
    if not proved:
        yield Finding(
            name="outside",
            ok=True,
            what=T(
                "Whether the CRM gets through to this machine cannot be known from here: only its test event shows it."
            ),
        )


def _place(seen: AddressLook, *, beside: bool, proved: bool) -> Finding:
    inner = [one for one in seen.addresses if not is_public(one)]
    if not inner:
        what = T("{host} leads to {addresses}: public.", host=seen.host, addresses=", ".join(seen.addresses))
        return Finding(name="address", ok=True, what=what)
    if beside:
        what = T("{host} leads to {addresses}, where the CRM runs too.", host=seen.host, addresses=", ".join(inner))
        return Finding(name="address", ok=True, what=what)
    if proved:
        what = T("{host} leads to {addresses} from here, but the CRM's calls arrive.", host=seen.host,
                 addresses=", ".join(inner))  # fmt: skip
        return Finding(name="address", ok=True, what=what)
    return Finding(
        name="address",
        ok=False,
        what=T("{host} leads to {addresses}, an address that is not public.", host=seen.host,
               addresses=", ".join(inner)),
        next_step=T("Set one that the Internet reaches: {how}. Where it leads from outside cannot be known from here."
                   , how=_how()),
    )  # fmt: skip


def _certificate(seen: AddressLook, *, beside: bool) -> Iterator[Finding]:
    if not seen.secure:
        what = T("The public address is not encrypted, which is enough on one machine alone.")
        if not beside:
            what = T("The public address is not https: CRMs call no other.")
        yield Finding(name="certificate", ok=beside, what=what, next_step=_set_address())
    elif seen.distrust:
        yield Finding(
            name="certificate",
            ok=False,
            what=T("The certificate of {host} is not trusted: {why}", host=seen.host, why=seen.distrust),
            next_step=T("Get one for this name, such as from Let's Encrypt, and give the web server the whole chain."),
        )
    elif seen.days is not None:
        yield Finding(
            name="certificate",
            ok=seen.days >= ENDS_SOON,
            what=T("The certificate of {host} is valid for {n} more days.", host=seen.host, n=seen.days),
            next_step=T("Renew it, and look why that did not happen by itself."),
        )


def _doors(seen: AddressLook, *, proved: bool) -> Iterator[Finding]:
    if seen.trouble:
        what: Text = T("{host} cannot be reached from this machine: {why}", host=seen.host, why=said(seen.trouble))
        if proved:
            what = T("{host} cannot be reached from this machine, but the CRM's calls arrive.", host=seen.host)
        step = T("Look whether the web server and the daemon run. A router may also keep its own machines from this.")
        yield Finding(name="hooks", ok=proved, what=what, next_step=step)
        return
    for name, path, words in _DOORS:
        if (got := seen.answers.get(path)) is not None:
            folder = f"/{name}/"
            ours = got.status == HTTPStatus.NOT_FOUND and got.body.strip() == words.encode()
            what = T("{folder} leads to this desk.", folder=folder)
            if not ours:
                what = T("{folder} answers {status}, and not as this desk does.", folder=folder, status=got.status)
            step = T("Let the web server pass {folder} on to the daemon: config/nginx.example.conf", folder=folder)
            yield Finding(name=name, ok=ours, what=what, next_step=step)


def _set_address() -> Text:
    return T("Set it: {how}", how=_how())


def _how() -> object:
    return to_do(Next.CONFIGURE_COMPANY, name="public_url", value="https://desk.example.ru")
