"""Access to the account: tokens valid for a day, refresh tokens that work once."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import Any

from chatapp_cli.sandbox.avito.town import CLIENT_ID, CLIENT_SECRET, DAY, Refusal


class Access:
    """Issues tokens and knows the valid ones."""

    def __init__(self) -> None:
        self.lives = DAY
        """The lifetime of a new token, in seconds."""
        self.renewals = 0
        self.secret = CLIENT_SECRET
        self._numbers = itertools.count(1)
        self._working: dict[str, float] = {}
        self._refresh = ""
        self._codes: set[str] = set()

    def consent(self) -> str:
        """The account's owner presses «Continue»; returns the code of the redirect."""
        code = f"code-{next(self._numbers)}-of-the-miniature"
        self._codes.add(code)
        return code

    def hand_out(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request to the token endpoint."""
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, self.secret):
            raise Refusal(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        match form.get("grant_type"):
            case "client_credentials":
                return self._granted()
            case "authorization_code" if form.get("code") in self._codes:
                self._codes.discard(str(form["code"]))
                return self._renewed()
            case "refresh_token" if self._refresh and form.get("refresh_token") == self._refresh:
                self.renewals += 1
                return self._renewed()
        raise Refusal(400, {"error": "invalid_grant", "error_description": "The grant is spent or unknown"})

    def let_in(self, header: str) -> None:
        """Refuse a call without a working token."""
        ends = self._working.get(header.removeprefix("Bearer "), 0.0)
        if not header.startswith("Bearer ") or ends <= time.time():
            raise Refusal(401, {"error": {"code": 401, "message": "invalid access token"}})

    def expire(self) -> None:
        """Expire all access tokens; refresh tokens still work."""
        self._working.clear()

    def withdraw(self) -> None:
        """The owner revokes the access."""
        self._working.clear()
        self._refresh = ""

    def renew_keys(self) -> None:
        """Renew the client secret: the old one and all tokens obtained with it become invalid."""
        self.withdraw()
        self.secret = f"{CLIENT_SECRET}-{next(self._numbers)}"

    def _granted(self) -> dict[str, Any]:
        token = f"access-{next(self._numbers)}-of-the-miniature"
        self._working[token] = time.time() + self.lives
        return {"access_token": token, "expires_in": self.lives, "token_type": "Bearer"}

    def _renewed(self) -> dict[str, Any]:
        self._refresh = f"refresh-{next(self._numbers)}-of-the-miniature"
        scope = "messenger:read,messenger:write,user:read"
        return {**self._granted(), "refresh_token": self._refresh, "scope": scope}
