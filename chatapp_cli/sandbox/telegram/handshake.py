"""The unencrypted Diffie–Hellman exchange by which a client gets a key."""

from __future__ import annotations

import os
import time
from hashlib import sha1
from typing import Any, Final

from telethon.crypto import AES
from telethon.extensions import BinaryReader
from telethon.helpers import generate_key_data_from_nonce
from telethon.tl import functions, types

from chatapp_cli.sandbox.telegram.crypto import GENERATOR, PRIME, ServerKey, auth_key, number_bytes

_P: Final = 500_009
_Q: Final = 1_000_003
"""Factored by every client as a proof of work; small, and its product has no sign bit."""
_HASH: Final = 20
_SECRET: Final = 32
"""Bytes of our exponent: one as long as the prime would take eight times as long, and here nothing is secret."""


class Handshake:
    """One exchange; ``key`` is set at its end."""

    def __init__(self, server_key: ServerKey) -> None:
        self.key: Any = None
        self._server_key = server_key
        self._nonce = 0
        self._server_nonce = int.from_bytes(os.urandom(16), "big", signed=True)
        self._new_nonce = 0
        self._secret = int.from_bytes(os.urandom(_SECRET), "big")
        self._aes: tuple[bytes, bytes] = (b"", b"")

    def answer(self, request: Any) -> Any:
        """The next step; raises ConnectionError if it is not one."""
        match request:
            case functions.ReqPqMultiRequest():
                return self._challenge(request)
            case functions.ReqDHParamsRequest():
                return self._offer(request)
            case functions.SetClientDHParamsRequest():
                return self._agree(request)
            case _:
                raise ConnectionError("only the exchange of keys is spoken in plain")

    def _challenge(self, request: Any) -> Any:
        self._nonce = request.nonce
        return types.ResPQ(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            pq=number_bytes(_P * _Q),
            server_public_key_fingerprints=[self._server_key.fingerprint],
        )

    def _offer(self, request: Any) -> Any:
        self._new_nonce = _read(self._server_key.open(request.encrypted_data)).new_nonce
        self._aes = generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        inner = bytes(
            types.ServerDHInnerData(
                nonce=self._nonce,
                server_nonce=self._server_nonce,
                g=GENERATOR,
                dh_prime=number_bytes(PRIME),
                g_a=number_bytes(pow(GENERATOR, self._secret, PRIME)),
                server_time=int(time.time()),
            )
        )
        hashed = sha1(inner).digest() + inner
        padded = hashed + os.urandom(-len(hashed) % 16)
        return types.ServerDHParamsOk(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            encrypted_answer=AES.encrypt_ige(padded, *self._aes),
        )

    def _agree(self, request: Any) -> Any:
        inner = _read(AES.decrypt_ige(request.encrypted_data, *self._aes))
        self.key = auth_key(pow(int.from_bytes(inner.g_b, "big"), self._secret, PRIME))
        return types.DhGenOk(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            new_nonce_hash1=self.key.calc_new_nonce_hash(self._new_nonce, 1),
        )


def _read(hashed: bytes) -> Any:
    with BinaryReader(hashed[_HASH:]) as reader:
        return reader.tgread_object()
