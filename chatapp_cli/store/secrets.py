"""Encrypts secrets in the store: one key per store, in a file or the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.domain.whole_file import make_durable

VARIABLE = "CHATAPP_SECRET_KEY"


class Vault:
    """Encrypts and decrypts the secrets of channels."""

    def __init__(self, file: Path, given: str = "") -> None:
        self._file = file
        self._given = given

    def seal(self, secrets: Mapping[str, str]) -> bytes:
        """Encrypt; creates the key file (0600) the first time."""
        from cryptography.fernet import Fernet

        return Fernet(self._key(make=True)).encrypt(json.dumps(dict(secrets)).encode())

    def seal_all(self, texts: Iterable[str]) -> list[bytes]:
        """Encrypt small texts, each separately."""
        from cryptography.fernet import Fernet

        lock = Fernet(self._key(make=True))
        return [lock.encrypt(text.encode()) for text in texts]

    def open_all(self, sealed: Sequence[bytes]) -> list[str]:
        """Decrypt them. Raises StoreError if the key is missing or different."""
        from cryptography.fernet import Fernet, InvalidToken

        if not sealed:
            return []
        lock = Fernet(self._key(make=False))
        try:
            return [lock.decrypt(one).decode() for one in sealed]
        except InvalidToken as error:
            raise self._wrong_key() from error

    def open(self, sealed: bytes) -> Mapping[str, str]:
        """Decrypt. Raises StoreError if the key is missing or different."""
        from cryptography.fernet import Fernet, InvalidToken

        try:
            found: Mapping[str, str] = json.loads(Fernet(self._key(make=False)).decrypt(sealed))
        except InvalidToken as error:
            raise self._wrong_key() from error
        return found

    def _wrong_key(self) -> StoreError:
        return StoreError(
            T("The secret key does not fit this store."),
            T("Restore the key file {file}, or bind the channels again.", file=self._file),
        )

    def _key(self, *, make: bool) -> bytes:
        if self._given:
            return self._checked(self._given.encode())
        if self._file.exists():
            return self._checked(self._file.read_bytes().strip())
        if not make:
            raise StoreError(
                T("The key file {file} is missing, so the channels' secrets cannot be read.", file=self._file),
                T("Restore it from your backup or set {variable}.", variable=VARIABLE),
            )
        return self._make()

    def _checked(self, key: bytes) -> bytes:
        from cryptography.fernet import Fernet

        try:
            Fernet(key)
        except ValueError as error:
            raise StoreError(
                T("The secret key is invalid: it must be 32 bytes in URL-safe base64."),
                T("Take it from your backup, from {file} or {variable}.", file=self._file, variable=VARIABLE),
            ) from error
        return key

    def _make(self) -> bytes:
        import tempfile

        from cryptography.fernet import Fernet

        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self._file.parent, prefix=".key-") as made:
                made.write(Fernet.generate_key() + b"\n")
                made.flush()
                os.fsync(made.fileno())
                with suppress(FileExistsError):  # another process was faster, and its key is the key
                    os.link(made.name, self._file)
            make_durable(self._file.parent)
            return self._file.read_bytes().strip()
        except OSError as error:
            raise StoreError(
                T("The key file {file} cannot be made: {why}.", file=self._file, why=error.strerror or error),
                T("Check the disk, and that the folder belongs to the user that runs chatapp."),
            ) from error
