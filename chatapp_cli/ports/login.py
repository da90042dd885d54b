"""The interface of a way of logging in other than a password."""

from __future__ import annotations

from typing import Protocol

from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.ports.bind import Asker


class LoginWay(Protocol):
    """Proves who somebody is, and says nothing of which operator that is."""

    @property
    def counted(self) -> str:
        """What failed attempts are counted by, in one spelling: it is known before anybody has proved anything."""
        ...

    async def prove(self, ask: Asker) -> LoginIdentity:
        """Have the person prove who they are.

        Raises Refused and UsageError, each with the next step, and ChannelError in words for people. Nothing that the
        provider gave for the proof is kept.
        """
        ...
