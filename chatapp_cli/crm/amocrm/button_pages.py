"""Pages for the administrator who links an account or logs in by it: amoCRM's button, and what became of it (C1)."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urlsplit

from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit import crm_pages
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.crm import CrmReply

_LANGUAGE: Final = "ru"


def page(bound: Bound, base: str) -> CrmReply:
    """The page with the button, whose script is amoCRM's: its click makes the integration and tells us its keys."""
    vendor = _vendor(bound.settings["account"])
    about = {
        "name": "ChatApp",
        "description": "ChatApp",
        "redirect_uri": bound.settings["redirect_uri"],
        "secrets_uri": f"{base}/secrets",
        "scopes": "crm,notifications",
        "state": bound.secrets["state"],
        "title": "ChatApp",
        "mode": "post_message",
    }
    data = " ".join(f'data-{name}="{escape(said)}"' for name, said in about.items())
    script = f'<script class="amocrm_oauth" charset="utf-8" {data} src="{vendor}/auth/button.min.js"></script>'
    words = crm_pages.paragraphs(_LANGUAGE, [T("Press the button, choose the account and allow the access.")])
    found = crm_pages.page("'none'", _LANGUAGE, T("Linking amoCRM"), f"{words}{script}")
    policy = (
        f"default-src 'none'; script-src {vendor}; style-src 'unsafe-inline'; img-src {vendor} data:; "
        f"frame-src {vendor}; connect-src {vendor}; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {**found.headers, "Content-Security-Policy": policy}
    return CrmReply(body=found.body, content_type=found.content_type, headers=headers)


def _vendor(account: str) -> str:
    parts = urlsplit(account)
    if parts.scheme == "http":
        return account
    return f"https://www.{(parts.hostname or '').partition('.')[2]}"


def allowed(account: str) -> CrmReply:
    """After the consent."""
    lines = [
        T("The desk takes up the work with amoCRM now. You can close this page."),
        T("Then pair a channel with a pipeline at the desk:"),
    ]
    body = f"{crm_pages.paragraphs(_LANGUAGE, lines)}{crm_pages.to_pair()}"
    return crm_pages.page(account, _LANGUAGE, T("The access is allowed"), body)


def refused(account: str) -> CrmReply:
    """After a refusal."""
    words = [T("The access was not allowed, and nothing has changed. Link the CRM again to try once more.")]
    body = crm_pages.paragraphs(_LANGUAGE, words)
    return crm_pages.page(account, _LANGUAGE, T("The access was not allowed"), body)


def logging_in(word: str) -> CrmReply:
    """After a consent by which somebody logs in at the desk: the word that they type there."""
    before = [T("Type this word where you are logging in at the desk:")]
    after = [T("If it was not you who began to log in, close this page, and give nobody the word or the address.")]
    body = (
        f"{crm_pages.paragraphs(_LANGUAGE, before)}<p><code>{escape(word)}</code></p>"
        f"{crm_pages.paragraphs(_LANGUAGE, after)}"
    )
    return crm_pages.page("'none'", _LANGUAGE, T("Logging in through amoCRM"), body)


def not_logged_in(why: Text) -> CrmReply:
    """After a consent, or a refusal, by which nobody logs in."""
    return crm_pages.page(
        "'none'", _LANGUAGE, T("Nobody is logged in"), crm_pages.paragraphs(_LANGUAGE, [why]), status=403
    )
