"""The server's side of MTProto's cryptography; the formulas are those of Telegram's published description."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from telethon.crypto import AES, AuthKey
from telethon.crypto.rsa import _compute_fingerprint as fingerprint_of
from telethon.network.mtprotostate import MTProtoState

PRIME: Final = int(
    "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F48198A0AA7C14058229493D22530F4DB"
    "FA336F6E0AC925139543AED44CCE7C3720FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F64"
    "2477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4A4A695811051907E162753B56B0F6B41"
    "0DBA74D8A84B2A14B3144E0EF1284754FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4"
    "E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F0D8115F635B105EE2E4E15D04B2454BF"
    "6F4FADF034B10403119CD8E3B92FCC5B",
    16,
)
"""The prime published by Telegram, which clients know to be safe."""
GENERATOR: Final = 3
SIZE: Final = 256
"""Bytes of a number modulo the prime, and of an RSA block."""
_PADDING: Final = 12
"""The minimal padding of MTProto 2."""


@cache
def _private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=SIZE * 8)


class ServerKey:
    """The RSA key by which clients recognise a server: one for all servers of a process, as it takes long to make."""

    def __init__(self) -> None:
        key = _private_key()
        numbers = self._numbers = key.private_numbers()
        self.fingerprint: int = fingerprint_of(numbers.public_numbers)
        public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)
        self.pem = public.decode("ascii")

    def open(self, block: bytes) -> bytes:
        """Decrypt data for us; the result has a hash before and padding after it."""
        numbers, number = self._numbers, int.from_bytes(block, "big")
        by_p, by_q = pow(number, numbers.dmp1, numbers.p), pow(number, numbers.dmq1, numbers.q)
        return (by_q + (by_p - by_q) * numbers.iqmp % numbers.p * numbers.q).to_bytes(SIZE, "big")[1:]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The envelope of an encrypted message."""

    salt: int
    session_id: int
    msg_id: int
    seq_no: int
    body: bytes


def _message_key(key: bytes, side: int, padded: bytes) -> bytes:
    return sha256(key[88 + side : 120 + side] + padded).digest()[8:24]


def seal(key: Any, envelope: Envelope) -> bytes:
    """Encrypt to the client."""
    plain = b"".join(
        (
            envelope.salt.to_bytes(8, "little", signed=True),
            envelope.session_id.to_bytes(8, "little", signed=True),
            envelope.msg_id.to_bytes(8, "little"),
            envelope.seq_no.to_bytes(4, "little"),
            len(envelope.body).to_bytes(4, "little"),
            envelope.body,
        )
    )
    padded = plain + os.urandom(-(len(plain) + _PADDING) % 16 + _PADDING)
    message_key = _message_key(key.key, 8, padded)
    sealed: bytes = AES.encrypt_ige(padded, *MTProtoState._calc_key(key.key, message_key, client=False))
    return bytes(key.key_id.to_bytes(8, "little")) + message_key + sealed


def unseal(key: Any, packet: bytes) -> Envelope:
    """Decrypt what a client sent; raises ConnectionError for a forgery."""
    message_key = packet[8:24]
    padded = AES.decrypt_ige(packet[24:], *MTProtoState._calc_key(key.key, message_key, client=True))
    if _message_key(key.key, 0, padded) != message_key:
        raise ConnectionError("the message key does not belong to the message")
    length = int.from_bytes(padded[28:32], "little")
    return Envelope(
        salt=int.from_bytes(padded[:8], "little", signed=True),
        session_id=int.from_bytes(padded[8:16], "little", signed=True),
        msg_id=int.from_bytes(padded[16:24], "little"),
        seq_no=int.from_bytes(padded[24:28], "little"),
        body=padded[32 : 32 + length],
    )


def auth_key(secret: int) -> Any:
    """The key that both sides computed."""
    return AuthKey(number_bytes(secret))


def number_bytes(number: int) -> bytes:
    """Big-endian, without leading zeros."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
