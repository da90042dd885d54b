"""What a person answers about OAuth when a mailbox is bound, and wrong answers of every kind."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from chatapp_cli.connectors.email.access import services
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text

_OF_SERVERS: Final = ("imap", "smtp", "ca_", "token_url")
"""How the fields begin that are asked only of a server that is not known."""
_OF_SERVICE: Final[Mapping[str, tuple[str, ...]]] = {"microsoft": ("tenant",), "custom": ("scope",)}
"""What is asked of one service only."""
_TENANT: Final = re.compile(r"[A-Za-z0-9.-]+")


class Wrong(UsageError):
    """A wrong answer, with a hint."""

    def errors(self, values: Mapping[str, str]) -> Mapping[str, Text]:
        """Errors for the form; a field that was not shown gets none."""
        field = self.field or ""
        if field.startswith(_OF_SERVERS) and values["service"] != "custom":
            field = "service"
        if field == "password" and values["login_by"] == "oauth":
            field = "login_by"
        return {field: self.what} | ({"": self.next_step} if self.next_step else {})


def by_oauth(values: Mapping[str, str]) -> bool:
    """Whether the mailbox is entered by OAuth. Raises Wrong if the service does not offer what was chosen."""
    oauth, about = values["login_by"] == "oauth", services().get(values["service"])
    if about and oauth and "oauth" not in about:
        raise Wrong(T("This service wants a password."), field="login_by")
    if about and not oauth and not about.get("passwords", True):
        raise Wrong(T("This service accepts no passwords. Choose OAuth."), field="login_by")
    return oauth


def brings_code(values: Mapping[str, str]) -> bool:
    """Whether the code comes from the service's page to us: always where no device codes are offered."""
    if values["service"] == "custom":
        return values["oauth_by"] == "code"
    return values["oauth_by"] == "code" or "device_url" not in services()[values["service"]]["oauth"]


def oauth_settings(values: Mapping[str, str]) -> Mapping[str, str]:
    """The checked answers about OAuth. Raises Wrong."""
    said = {name: values[name].strip() for name in ("oauth_by", "client_id", *_OF_SERVICE.get(values["service"], ()))}
    if not said["client_id"]:
        raise Wrong(T("Copy it from the page of your application at the service."), field="client_id")
    if "tenant" in said and not _TENANT.fullmatch(said["tenant"]):
        raise Wrong(T("It has letters, digits, dots and hyphens."), field="tenant")
    page = "auth_url" if values["oauth_by"] == "code" else "device_url"
    needed = ("token_url", page) if values["service"] == "custom" else ()
    return {**said, **{name: _address(values[name].strip(), name) for name in needed}}


def _address(url: str, field: str) -> str:
    """An address to which secrets may go."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_here(host))):
        raise Wrong(T("An address with https:// is needed; http:// only on this machine."), field=field)
    return url


def is_here(host: str) -> bool:
    """Whether a server is on this machine, so that nobody reads what is sent to it on the way."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
