"""The page that an administrator sees in the portal after the installation, and what is told of a connector's page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chatapp_cli.domain.text import T
from chatapp_cli.kit.crm_pages import page, paragraphs, to_pair
from chatapp_cli.ports.crm import CrmReply


def installed(origin: str, language: str) -> CrmReply:
    """After the installation."""
    lines = [
        T("The desk checks it now with Bitrix24. You can close this page."),
        T("Then pair a channel with an open line: in its connector in the contact centre, or at the desk:"),
    ]
    body = f"{paragraphs(language, lines)}{to_pair()}"
    return page(origin, language, T("The application is installed"), body)


def place_of(options: str) -> tuple[str, str]:
    """Connector and line of ``PLACEMENT_OPTIONS``, which is JSON; empty if they are not told."""
    try:
        told = json.loads(options)
    except (ValueError, RecursionError):
        return "", ""
    found: Mapping[str, Any] = told if isinstance(told, dict) else {}
    return str(found.get("CONNECTOR") or ""), str(found.get("LINE") or "")
