"""The small pages that an administrator sees in the portal: installed, and who stands on this line.

They bear no script, and only the linked portal may show them in its frame. Bitrix24 tells the language as ``LANG``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from chatapp_cli.crm.bitrix24.record import Joined
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show, speaking
from chatapp_cli.ports.crm import CrmReply

_STYLE = "body{font:16px/1.5 sans-serif;margin:2em;color:#333}code{background:#eef;padding:.2em .4em}"


def installed(origin: str, language: str) -> CrmReply:
    """After the installation."""
    return _page(
        origin,
        language,
        T("The application is installed"),
        [
            T("The desk checks it now with Bitrix24. You can close this page."),
            T("Then pair a channel with an open line:"),
        ],
        "chatapp crm attach",
    )


def settings(origin: str, language: str, place: tuple[str, str], joined: Joined | None) -> CrmReply:
    """The page of a connector: what stands on a line, and the command that changes it."""
    name, line = place
    if joined:
        what = T("{account} is connected to open line {line}.", account=joined.account, line=line)
        how, command = T("This command disconnects it:"), "chatapp crm detach"
    else:
        what = T("No channel of the desk is connected to open line {line}.", line=line)
        how, command = T("Bind the channel at the desk, then this command connects it:"), "chatapp crm attach"
    return _page(origin, language, Text(name), [what, how], command)


def place_of(options: str) -> tuple[str, str]:
    """Connector and line of ``PLACEMENT_OPTIONS``, which is JSON; empty if they are not told."""
    try:
        told = json.loads(options)
    except (ValueError, RecursionError):
        return "", ""
    found: Mapping[str, Any] = told if isinstance(told, dict) else {}
    return str(found.get("CONNECTOR") or ""), str(found.get("LINE") or "")


def _page(origin: str, language: str, title: Text, lines: Sequence[Text], command: str) -> CrmReply:
    with speaking(spoken(language)):
        said = "".join(f"<p>{escape(show(line))}</p>" for line in lines)
    return framed(origin, language, title, f"{said}<p><code>{escape(command)}</code></p>")


def spoken(language: str) -> str:
    """The language of a page for an employee of a portal in this one."""
    return "ru" if language.lower().startswith("ru") else "en"


def framed(origin: str, language: str, title: Text, inside: str, *, status: int = 200, forms: bool = False) -> CrmReply:
    """A page of ours that only the linked portal may frame; ``inside`` is HTML. ``forms``: it may be sent to us."""
    with speaking(spoken(language)):
        head = escape(show(title))
    body = (
        f'<!doctype html><html lang="{spoken(language)}"><meta charset="utf-8"><title>{head}</title>'
        f"<style>{_STYLE}</style><h1>{head}</h1>{inside}</html>"
    )
    action = "'self'" if forms else "'none'"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; form-action {action}; frame-ancestors {origin}"
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return CrmReply(status=status, body=body.encode(), content_type="text/html; charset=utf-8", headers=headers)
