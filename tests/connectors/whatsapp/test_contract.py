"""WhatsApp's Cloud API keeps the promises of every channel."""

from __future__ import annotations

import pytest

from tests.contract.connector_contract import ConnectorContract

pytestmark = [pytest.mark.req("S-043"), pytest.mark.req("S-120")]


UNBEARABLE = ([str(n) for n in range(11)], ["ц" * 25])


class TestWhatsApp(ConnectorContract):
    kind = "whatsapp"
    unbearable = UNBEARABLE
    by_hook = True
    wrong = (
        ({"token": "EAAG-of-nobody"}, "token"),
        ({"token": "слово"}, "token"),
        ({"phone_number_id": "106549999999999"}, "phone_number_id"),
        ({"phone_number_id": "+7 495 000-00-42"}, "phone_number_id"),
        ({"waba_id": "419569999999999"}, "waba_id"),
        ({"waba_id": ""}, "waba_id"),
        ({"app_secret": "0" * 32}, "app_secret"),
        ({"app_secret": ""}, "app_secret"),
        ({"version": "latest"}, "version"),
        ({"api_url": "http://127.0.0.1:1"}, "api_url"),
        ({"api_url": "graph"}, "api_url"),
        ({"public_url": "http://desk.example.org"}, "public_url"),
        ({"proxies": "ftp://proxy.example.org:21"}, "proxies"),
        ({"proxies": "socks5://127.0.0.1:1"}, "proxies"),
    )
