"""Addresses of servers that a person types in: a host, or any link to it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text


def origin_of(said: str, field: str, like: Text) -> str:
    """The canonical origin of a host or link, in small letters and without a path; http only to this machine.

    Raises UsageError for the field, with ``like`` for what is no address.
    """
    said = said.strip()
    try:
        parts = urlsplit(said if "://" in said else f"https://{said}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.username or not _is_host(host):
        raise UsageError(like, field=field)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here(host)):
        raise UsageError(T("It has to begin with https://."), field=field)
    shown = f"[{host}]" if ":" in host else host.encode("idna").decode()
    default = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port and port != default else "")


def is_here(host: str) -> bool:
    """Whether a host is this machine by its name or address."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_host(host: str) -> bool:
    try:
        host.encode("idna")
    except UnicodeError:
        return ":" in host
    if ":" in host:
        return _is_address(host)
    labels = host.split(".")
    named = len(labels) > 1 or is_here(host)
    return named and all(label.replace("-", "").replace("_", "").isalnum() for label in labels)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
