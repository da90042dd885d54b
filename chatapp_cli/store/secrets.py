"""Encrypts what must not be read from a copied database: one key per store, in a file or the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.text import T

VARIABLE = "CHATAPP_SECRET_KEY"


class Vault:
    """Seals and opens the secrets of channels."""

    def __init__(self, file: Path, given: str = "") -> None:
        self._file = file
        self._given = given

    def seal(self, secrets: Mapping[str, str]) -> bytes:
        """Encrypt; makes the key file (0600) the first time."""
        from cryptography.fernet import Fernet

        return Fernet(self._key(make=True)).encrypt(json.dumps(dict(secrets)).encode())

    def open(self, sealed: bytes) -> Mapping[str, str]:
        """Decrypt. Raises StoreError if the key is missing or another one."""
        from cryptography.fernet import Fernet, InvalidToken

        try:
            found: Mapping[str, str] = json.loads(Fernet(self._key(make=False)).decrypt(sealed))
        except InvalidToken as error:
            raise StoreError(
                T("The secret key does not fit this store."),
                T("Put back the key file {file}, or bind the channels again.", file=self._file),
            ) from error
        return found

    def _key(self, *, make: bool) -> bytes:
        if self._given:
            return self._checked(self._given.encode())
        if self._file.exists():
            return self._checked(self._file.read_bytes().strip())
        if not make:
            raise StoreError(
                T("The key file {file} is missing, so the channels' secrets cannot be read.", file=self._file),
                T("Put it back from your backup or set {variable}.", variable=VARIABLE),
            )
        return self._make()

    def _checked(self, key: bytes) -> bytes:
        from cryptography.fernet import Fernet

        try:
            Fernet(key)
        except ValueError as error:
            raise StoreError(
                T("The secret key is not a key: it has to be 32 bytes in URL-safe base64."),
                T("Take it from your backup, from {file} or {variable}.", file=self._file, variable=VARIABLE),
            ) from error
        return key

    def _make(self) -> bytes:
        from cryptography.fernet import Fernet

        key = Fernet.generate_key()
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return key
