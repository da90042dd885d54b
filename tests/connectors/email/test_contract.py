"""Mail keeps the promises of every channel."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.sandbox.email import EmailSandbox
from tests.contract.connector_contract import ConnectorContract

pytestmark = [pytest.mark.req("S-095"), pytest.mark.req("S-097"), pytest.mark.req("S-100")]


class TestEmail(ConnectorContract):
    kind = "email"
    wrong = (
        ({"password": "wrong"}, "password"),
        ({"address": "desk"}, "address"),
        ({"imap_port": "1"}, "imap_host"),
        ({"smtp_port": "1"}, "smtp_host"),
        ({"imap_port": "many"}, "imap_port"),
        ({"imap_tls": "tls"}, "imap_tls"),
        ({"imap_tls": "starttls"}, "imap_tls"),
        ({"smtp_tls": "tls"}, "smtp_tls"),
        ({"smtp_tls": "starttls"}, "smtp_tls"),
        ({"imap_host": "mail.example.org", "imap_tls": "none"}, "imap_tls"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file"),
        ({"ca_file": "/dev/zero"}, "ca_file"),
        ({"service": "somebody"}, "service"),
        ({"history_days": "many"}, "history_days"),
        ({"history_days": "400"}, "history_days"),
        ({"per_minute": "0"}, "per_minute"),
        ({"per_day": "-1"}, "per_day"),
    )

    @pytest.fixture
    async def sandbox(self) -> AsyncIterator[EmailSandbox]:
        async with EmailSandbox() as sandbox:
            yield sandbox
