"""OAuth access to a mailbox: the service's client, and a token that the mail servers accept."""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from chatapp_cli.kit.oauth import Client
from chatapp_cli.kit.rotation import Rotation
from chatapp_cli.kit.tokens import Tokens
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World

R = TypeVar("R")

_FRESH: Final = 60_000
"""Milliseconds for which a refusal hardly means that a new token has expired: it would be renewed for nothing."""
_LOOPBACK: Final = "http://127.0.0.1"
_ADDRESSES: Final = ("token_url", "device_url", "auth_url")
_OWN: Final = (*_ADDRESSES, "scope")
"""What a person says of a service that is not known."""


@cache
def services() -> Mapping[str, Mapping[str, Any]]:
    """The mail services that are known by name (S-096)."""
    text = Path(__file__).with_name("services.toml").read_text("utf-8")
    return tomllib.loads(text)


def client_of(settings: Mapping[str, str], secrets: Mapping[str, str], trust: ssl.SSLContext) -> Client:
    """The client of a binding or of the answers for one. Raises KeyError for a service without OAuth."""
    own = {"redirect_url": _LOOPBACK, **{name: settings.get(name, "") for name in _OWN}}
    about: Mapping[str, Any] = own if settings["service"] == "custom" else services()[settings["service"]]["oauth"]
    addresses = {name: about.get(name, "").replace("{tenant}", settings.get("tenant", "")) for name in _ADDRESSES}
    return Client(
        client_id=settings["client_id"],
        client_secret=secrets.get("client_secret", ""),
        trust=trust,
        **{**about, **addresses},
    )


class Access:
    """A mailbox's access token, renewed before it ends and after the server refused it.

    ``asked``: a person waits for the answer, so that even a new token which is refused is replaced, once: it may have
    ended early.
    """

    def __init__(self, client: Client, bound: Bound, world: World, *, asked: bool = False) -> None:
        self._tokens = Tokens(bound, Rotation(client.renew, bound, world), world.clock)
        self._clock = world.clock
        self._replaces_new = asked

    async def aclose(self) -> None:
        """Wait for a running renewal: its answer must not be lost."""
        await self._tokens.aclose()

    async def attempt(self, log_in: Callable[[str], Awaitable[R]], refused: Callable[[R], bool]) -> R:
        """Log in by the token, once more by another if it is refused. Raises NeedsRebind if there is no other."""
        token = await self._tokens.present()
        answer = await log_in(token.access)
        is_new = 0 <= self._clock.now() - token.at < _FRESH
        if not refused(answer) or (is_new and not self._replaces_new):
            return answer
        self._replaces_new = False
        return await log_in((await self._tokens.another(token)).access)
