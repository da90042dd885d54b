"""Asking the mailbox's owner to allow access: by a code to enter on a page, or one to bring from a page."""

from __future__ import annotations

import base64
import hmac
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from chatapp_cli.domain.border import clean
from chatapp_cli.domain.errors import NeedsRebind, UsageError
from chatapp_cli.domain.form import Field, Form, Notice
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.oauth import Client, DeviceCode
from chatapp_cli.kit.tokens import Granted
from chatapp_cli.ports.bind import Asker
from chatapp_cli.ports.world import Chance, Clock

_LONGEST_ADDRESS: Final = 16_384
_CODE: Final = Field(
    name="code",
    label=T("Code from the page"),
    kind="code",
    hint=T("The code, or the whole address in the browser's address bar, even if the page there cannot be shown."),
    longest=_LONGEST_ADDRESS,
)


async def by_device(ask: Asker, client: Client, clock: Clock) -> Granted:
    """Show a code and wait until it was entered on the service's page. Raises GrantRefused if it was not."""
    device = await client.begin()
    await ask.show(_notice(device))
    return await client.wait(device, clock)


def _notice(device: DeviceCode) -> Notice:
    lines = (
        T("Open this page on any device, log in as the mailbox, and allow access."),
        T("Enter this code there: {code}", code=clean(device.user_code)),
        T("It is valid for {n} minutes; this waits for you.", n=max(1, int(min(device.expires_in, 86_400)) // 60)),
    )
    return Notice(title=T("Access to the mailbox"), lines=lines, link=clean(device.page))


async def by_code(ask: Asker, client: Client, chance: Chance) -> Granted:
    """Show a page and ask for the code that it leads to, until the service accepts it."""
    verifier, state = (_proof(client, chance, name) for name in ("verifier", "state"))
    await ask.show(_invitation(client.page(state=state, verifier=verifier)))
    trouble: Text | None = None
    while True:
        errors = {"code": trouble} if trouble else {}
        said = await ask.form(Form(title=T("Access to the mailbox"), fields=(_CODE,), errors=errors))
        try:
            return await client.redeem(code_in(said["code"], state), verifier)
        except UsageError as error:
            trouble = error.what
        except NeedsRebind:
            trouble = T(
                "The service does not accept this code. Open the page again: each code works once, for minutes."
            )


def _invitation(page: str) -> Notice:
    lines = (
        T("Open this page in a browser, log in as the mailbox, and allow access."),
        T("Then copy the code that is shown, or the address that the browser ends at."),
    )
    return Notice(title=T("Access to the mailbox"), lines=lines, link=page)


def _proof(client: Client, chance: Chance, name: str) -> str:
    """A text of 43 characters or more that nobody can guess (RFC 7636, 4.1).

    With a client secret it is made from that and is the same each time, so that a binding without a terminal may show
    the page in one run and take the code in the next; without one it is another each time.
    """
    if not client.client_secret:
        return chance.key() + chance.key()
    about = f"{name}\0{client.client_id}\0{client.auth_url}\0{client.scope}"
    digest = hmac.digest(client.client_secret.encode(), about.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def code_in(said: str, state: str) -> str:
    """The code that was pasted, alone or within the final address. Raises UsageError for another address."""
    said = said.strip()
    if "://" not in said:
        return said
    try:
        found = dict(parse_qsl(urlsplit(said).query))
    except ValueError:
        found = {}
    if found.get("state") != state:
        raise UsageError(T("This is not the address that the page led to."))
    if "code" not in found:
        why = clean(found.get("error_description") or found.get("error") or "-")
        raise UsageError(T("Access was not allowed: {why}", why=why))
    return found["code"]
