"""The chat channel that the provider's support registered. providers-crm.md 5.1, 5.3, C3."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from chatapp_cli.sandbox.amocrm.objects import AmoCapabilities

SCOPE: Final = ":scope_id"


@dataclass(slots=True, kw_only=True)
class AmoChannel:
    """A channel; one without an id is not registered."""

    id: str
    secret: str = field(repr=False)
    code: str
    bot: str
    """The bot in whose name we write what no employee wrote, a UUID."""
    amojo_id: str
    """The account's id in the chats."""
    capabilities: AmoCapabilities = field(default_factory=AmoCapabilities)
    connected: bool = False
    title: str = ""
    window_disabled: bool = False
    _hook_url: str = ""

    @property
    def scope_id(self) -> str:
        """The channel in this account."""
        return f"{self.id}_{self.amojo_id}"

    @property
    def hook_url(self) -> str:
        """Where the chats call us, with ``:scope_id`` in it; empty: nowhere."""
        return self._hook_url

    @hook_url.setter
    def hook_url(self, address: str) -> None:
        """Let the support write another address. Raises ValueError if it has no ``:scope_id``."""
        if address and SCOPE not in address:
            raise ValueError(f"the address of a channel has {SCOPE} in it")
        self._hook_url = address

    @property
    def called(self) -> str:
        """The address that is called for this account."""
        return self._hook_url.replace(SCOPE, self.scope_id)
