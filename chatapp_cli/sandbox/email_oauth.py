"""The small mail service with XOAUTH2: a mailbox that an authorisation server gives access to.

https://developers.google.com/gmail/imap/xoauth2-protocol: a refusal begins with a challenge that gives the reason.
"""

from __future__ import annotations

import json
import re
import time
from argparse import Namespace
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self

from aiosmtpd.smtp import MISSING, SMTP, AuthResult
from pymap.backend.dict import Config
from pysasl import SASLAuth
from pysasl.creds.server import ServerCredentials
from pysasl.exception import InvalidResponse
from pysasl.identity import Identity
from pysasl.mechanism import ChallengeResponse, ServerChallenge, ServerMechanism

from chatapp_cli.sandbox.authorisation import CLIENT_SECRET, AuthorisationServer
from chatapp_cli.sandbox.email import ADDRESS, EmailSandbox

_FORMAT: Final = re.compile(rb"user=([^\x01]*)\x01auth=Bearer ([\x21-\x7e]+)\x01\x01")
_REASON: Final = json.dumps({"status": "401", "schemes": "bearer", "scope": "https://mail.example.org/"}).encode()
_Accepts = Callable[[bytes], str]
"""The mailbox that an initial response gives access to; empty if it does not."""


class OauthEmailSandbox(EmailSandbox):
    """The desk's mailbox, for tokens instead of a password."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic, secret: str = CLIENT_SECRET) -> None:
        """``now`` is in seconds; an empty ``secret`` is a public client."""
        super().__init__()
        self.authorisation = AuthorisationServer(ADDRESS, now=now, secret=secret)
        self.logins: list[bool] = []
        """Whether each login by a token succeeded, at both servers."""

    async def __aenter__(self) -> Self:
        await self.authorisation.__aenter__()
        return await super().__aenter__()

    async def __aexit__(self, *exc: object) -> None:
        await super().__aexit__(*exc)
        await self.authorisation.__aexit__(*exc)

    @property
    def answers(self) -> Mapping[str, str]:
        """A custom server on this machine, without TLS, by a code for devices."""
        return {**super().answers, "password": "", **self.authorisation.answers}

    async def end_login(self) -> None:
        """Withdraw the access and cut the connections."""
        self.authorisation.withdraw()
        await self.vanish()
        await self.come_back()

    def _config(self, args: Namespace, **overrides: Any) -> Config:
        config = _ConfigWithTokens.from_args(args, **overrides)
        config.accepts = self._accepted
        return config

    def _accepted(self, said: bytes) -> str:
        found = _FORMAT.fullmatch(said)
        owner = found[1].decode("utf-8", "replace") if found else ""
        right = found is not None and self.authorisation.accepts(owner, found[2].decode())
        self.logins.append(right)
        return owner if right else ""

    async def auth_XOAUTH2(self, server: SMTP, args: Sequence[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        """Log in to the SMTP server."""
        said = b64decode(args[1]) if len(args) > 1 else b""
        if self._accepted(said):
            return AuthResult(success=True)
        if await server.challenge_auth(_REASON) is MISSING:
            return AuthResult(success=False, handled=True)
        return AuthResult(success=False, handled=False)


class _ConfigWithTokens(Config):
    accepts: _Accepts

    @property
    def tls_auth(self) -> SASLAuth:
        return SASLAuth([_Xoauth2(self.accepts)])


class _Xoauth2(ServerMechanism):
    """Asks for the token; refuses with a challenge first."""

    def __init__(self, accepts: _Accepts) -> None:
        super().__init__(b"XOAUTH2")
        self._accepts = accepts

    def server_attempt(self, responses: Sequence[ChallengeResponse]) -> tuple[ServerCredentials, None]:
        if not responses:
            raise ServerChallenge(b"")
        if len(responses) > 1:
            if responses[1].response:
                raise InvalidResponse
            return _Credentials(""), None
        owner = self._accepts(responses[0].response)
        if not owner:
            raise ServerChallenge(_REASON)
        return _Credentials(owner), None


class _Credentials(ServerCredentials):
    def __init__(self, owner: str) -> None:
        self._owner = owner

    @property
    def authcid(self) -> str:
        return self._owner or ADDRESS

    @property
    def authzid(self) -> str:
        return self._owner or ADDRESS

    def verify(self, _identity: Identity | None) -> bool:
        return bool(self._owner)
