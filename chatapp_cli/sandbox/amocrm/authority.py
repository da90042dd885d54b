"""Access to the account: codes for 20 minutes, access for a day, refresh tokens that work once, long-lived tokens.

providers-crm.md 4.1, C2.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import urlencode
from uuid import UUID

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.amocrm.jwt import opaque
from chatapp_cli.sandbox.amocrm.misbehaviour import AmoFaults
from chatapp_cli.sandbox.amocrm.objects import ADMIN, AmoRefusal, Json, TokenPair

DAY: Final = 86_400.0
QUARTER: Final = 90 * DAY
CODE_LIVES: Final = 1200.0
GrantKind: TypeAlias = Literal["access", "long-lived", "refresh", "code"]
_PROBLEM: Final = "https://developers.amocrm.ru/v3/errors/OAuthProblemJson"
_SCOPES: Final = ("push_notifications", "files", "crm", "notifications")


@dataclass(slots=True)
class Grant:
    """A token of somebody and the moment at which it ends, on the monotonic clock."""

    kind: GrantKind
    user: int
    ends: float
    spent: bool = False


class AmoAuthority:
    """Gives access to one account, for one integration."""

    def __init__(self, seed: str, account_id: int, clock: Clock, faults: AmoFaults) -> None:
        """``seed`` decides the ids and secrets."""
        self._seed, self.account_id, self._clock, self._faults = seed, account_id, clock, faults
        self.client_id = self.uuid("integration")
        self.client_secret = self.digest("client secret")
        self.redirect_uri = "https://desk.example.ru/amo/oauth"
        self.lives = DAY
        """The lifetime of a new access token in seconds."""
        self.refresh_lives = QUARTER
        """The same of a refresh token."""
        self.api_domain = ""
        """The host and port that know where the account is now."""
        self.renewals: list[str] = []
        """The refresh tokens that came, in order."""
        self.secrets: set[str] = {self.client_secret}
        """Everything that must stand in no log; it grows with each token."""
        self.told: list[tuple[str, Json]] = []
        """What was given out beside answers: ``redirect`` and ``secrets``, and the claims of tokens by their kind."""
        self._grants: dict[str, Grant] = {}
        self._numbers = itertools.count(1)

    def digest(self, what: str) -> str:
        """Letters and digits that are this account's own."""
        return hashlib.sha256(f"{self._seed}: {what}".encode()).hexdigest()

    def uuid(self, what: str) -> str:
        """A UUID that is this account's own."""
        return str(UUID(self.digest(what)[:32], version=4))

    def redirect(self, referer: str, state: str, user: int = ADMIN) -> str:
        """Where the browser ends after an administrator's consent."""
        code = self._give("code", user, CODE_LIVES, f"def502{self._secret()}")
        said = {"code": code, "referer": referer, "state": state, "client_id": self.client_id, "from_widget": "1"}
        return self._sent_back(said)

    def refused(self, state: str) -> str:
        """The same after an administrator refused."""
        return self._sent_back({"error": "access_denied", "state": state})

    def _sent_back(self, said: Json) -> str:
        self.told.append(("redirect", said))
        return f"{self.redirect_uri}?{urlencode(said)}"

    def hand_out(self, user: int = ADMIN) -> TokenPair:
        """A new pair, without any request."""
        access = self._give("access", user, self.lives, self._jwt(user, self.lives))
        refresh = self._give("refresh", user, self.refresh_lives, f"def502{self._secret()}")
        return TokenPair(access=access, refresh=refresh)

    def long_lived(self, days: float) -> str:
        """A token with an administrator's rights that cannot be renewed, as the integration's page shows it once."""
        return self._give("long-lived", ADMIN, days * DAY, self._jwt(ADMIN, days * DAY))

    def end_access(self) -> None:
        """All access tokens end; refresh tokens still work."""
        for grant in self._grants.values():
            if grant.kind == "access":
                grant.ends = self._clock.monotonic()

    def exchange(self, said: Json) -> TokenPair:
        """Answer the token end-point. Raises AmoRefusal."""
        if (said.get("client_id"), said.get("client_secret")) != (self.client_id, self.client_secret):
            raise refusal(401, "The client is not known")
        if said.get("redirect_uri") != self.redirect_uri:
            raise refusal(400, "The redirect_uri is not the integration's")
        if said.get("grant_type") == "authorization_code":
            return self._redeem(str(said.get("code", "")))
        if said.get("grant_type") == "refresh_token":
            return self._renew(str(said.get("refresh_token", "")))
        raise refusal(400, "The grant_type is not known")

    def _redeem(self, code: str) -> TokenPair:
        grant = self._living(code, "code")
        if grant is None:
            raise refusal(400, "Authorization code has expired or was used")
        grant.spent = True
        return self.hand_out(grant.user)

    def _renew(self, token: str) -> TokenPair:
        self.renewals.append(token)
        grant = self._living(token, "refresh")
        if grant is None or self._faults.revoked:
            raise refusal(401, "Token has been revoked")
        grant.spent = True
        return self.hand_out(grant.user)

    def let_in(self, token: str) -> Grant:
        """Whose token it is. Raises AmoRefusal (401)."""
        grant = self._living(token, "access") or self._living(token, "long-lived")
        if grant is None or self._faults.revoked:
            raise AmoRefusal(401, "The token is not valid")
        return grant

    def knows(self, refresh: str) -> bool:
        """Whether a refresh token still works; it stays as it is."""
        return self._living(refresh, "refresh") is not None and not self._faults.revoked

    def _living(self, token: str, kind: str) -> Grant | None:
        grant = self._grants.get(token)
        alive = grant and grant.kind == kind and not grant.spent and grant.ends > self._clock.monotonic()
        return grant if alive else None

    def _give(self, kind: GrantKind, user: int, lives: float, text: str) -> str:
        self._grants[text] = Grant(kind, user, self._clock.monotonic() + lives)
        self.secrets.add(text)
        return text

    def _secret(self) -> str:
        return self.digest(f"token {next(self._numbers)}")

    def _jwt(self, user: int, lives: float) -> str:
        now = self._clock.now() // 1000
        number = next(self._numbers)
        claims = {
            "aud": self.client_id, "jti": self.digest(f"jti {number}"), "iat": now, "nbf": now,
            "exp": now + int(lives), "sub": str(user), "grant_type": "", "account_id": self.account_id,
            "base_domain": "amocrm.ru", "api_domain": self.api_domain, "scopes": list(_SCOPES), "version": 2,
        }  # fmt: skip
        self.told.append(("access", claims))
        return opaque(claims, bytes.fromhex(self.digest(f"proof {number}")))


def refusal(status: int, hint: str) -> AmoRefusal:
    """A refusal of the token end-point."""
    return AmoRefusal(
        status, "В запросе отсутствует ряд параметров или параметры невалидны", hint=hint,
        title="Некорректный запрос", type=_PROBLEM,
    )  # fmt: skip
