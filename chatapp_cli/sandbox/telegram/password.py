"""A cloud password: the server's side of SRP, which checks it without seeing it."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import Any

from telethon import password as srp
from telethon.tl import types

from chatapp_cli.sandbox.telegram.crypto import GENERATOR, PRIME, SIZE
from chatapp_cli.sandbox.telegram.tl import Refusal

_P = PRIME.to_bytes(SIZE, "big")
_G = GENERATOR.to_bytes(SIZE, "big")
_K = int.from_bytes(sha256(_P + _G).digest(), "big")


class CloudPassword:
    """A password, known only by its SRP verifier."""

    def __init__(self, password: str, hint: str = "") -> None:
        self.hint = hint
        self.algorithm = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
            salt1=os.urandom(8), salt2=os.urandom(16), g=GENERATOR, p=_P
        )
        self._verifier = int.from_bytes(srp.compute_digest(self.algorithm, password), "big")
        self._open: dict[int, int] = {}
        """Our secret exponents, by the ids of open checks."""

    def ask(self) -> tuple[int, bytes]:
        """New parameters: an id and our public number."""
        question = int.from_bytes(os.urandom(7), "big")
        self._open[question] = int.from_bytes(os.urandom(SIZE), "big")
        return question, self._public(self._open[question])

    def check(self, answer: Any) -> None:
        """Check an answer. Raises Refusal if it is wrong."""
        if not isinstance(answer, types.InputCheckPasswordSRP):
            raise Refusal("PASSWORD_HASH_INVALID")
        secret = self._open.pop(answer.srp_id, None)
        if secret is None:
            raise Refusal("SRP_ID_INVALID")
        if self._proof(int.from_bytes(answer.A, "big"), secret) != answer.M1:
            raise Refusal("PASSWORD_HASH_INVALID")

    def _public(self, secret: int) -> bytes:
        return ((_K * self._verifier + pow(GENERATOR, secret, PRIME)) % PRIME).to_bytes(SIZE, "big")

    def _proof(self, theirs: int, secret: int) -> bytes:
        a, b = theirs.to_bytes(SIZE, "big"), self._public(secret)
        u = int.from_bytes(sha256(a + b).digest(), "big")
        shared = pow(theirs * pow(self._verifier, u, PRIME), secret, PRIME)
        mixed = bytes(x ^ y for x, y in zip(sha256(_P).digest(), sha256(_G).digest(), strict=True))
        salts = sha256(self.algorithm.salt1).digest() + sha256(self.algorithm.salt2).digest()
        return sha256(mixed + salts + a + b + sha256(shared.to_bytes(SIZE, "big")).digest()).digest()
