"""Which hosts are an account's, and which are those of its chats: nothing secret goes to any other.

Source: providers' sheet §4.1 (the ``referer`` of a redirect may be forged), §5.2.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.kit.origins import is_here, origin_of

DOMAINS: Final = ("amocrm.ru", "amocrm.com", "kommo.com")
_LIKE: Final = T("An address like company.amocrm.ru is needed.")
_OWN_NAMES: Final = frozenset({"www", "amojo", "developers", "id"})
"""Hosts of the vendor that are nobody's account."""


def account_of(said: str) -> str:
    """The address of an account, for its name, host or any link into it. Raises UsageError for another host."""
    said = said.strip()
    named = f"{said}.{DOMAINS[0]}" if said.isascii() and said.replace("-", "").isalnum() else said
    origin = origin_of(named, "account", _LIKE)
    if not is_account(origin):
        raise UsageError(_LIKE, field="account")
    return origin


def is_account(origin: str) -> bool:
    """Whether an origin may be an account's; plain http only on this machine, for tests."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return is_here(host)
    name, _, domain = host.partition(".")
    return domain in DOMAINS and bool(name) and name not in _OWN_NAMES and parts.port is None


def chats_of(account: str, said: str = "") -> str:
    """The address of an account's chats; another only on this machine, for tests. Raises UsageError."""
    parts = urlsplit(account)
    if parts.scheme == "http":
        origin = origin_of(said or account, "chats", _LIKE)
        if urlsplit(origin).scheme == "http":
            return origin
    elif not said or origin_of(said, "chats", _LIKE) == _chats(account):
        return _chats(account)
    raise UsageError(T("The chats of this account are at {url}.", url=_chats(account)), field="chats")


def consent_of(account: str) -> str:
    """The address of the page on which an administrator allows an integration."""
    parts = urlsplit(account)
    if parts.scheme == "http":
        return f"{account}/oauth"
    return f"https://www.{(parts.hostname or '').partition('.')[2]}/oauth"


def _chats(account: str) -> str:
    return f"https://amojo.{(urlsplit(account).hostname or '').partition('.')[2]}"
