"""The daemon learns by itself what a provider's moderators think of templates."""

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.sandbox.whatsapp.server import WhatsAppSandbox
from chatapp_cli.services import templates
from tests.runtime.desk import bound, eventually, serving


@pytest.mark.req("S-090")
async def test_templates_that_were_approved_at_the_provider_can_be_sent_without_anybody_asking(
    company: Company,
) -> None:
    async with WhatsAppSandbox() as provider:
        channel = await bound(company, provider)
        body = {"type": "BODY", "text": "Заказ готов."}
        provider.meta.templates.append(
            {
                "name": "ready",
                "language": "ru",
                "status": "APPROVED",
                "category": "UTILITY",
                "id": "1",
                "components": [body],
            }
        )
        async with serving(company):
            (row,) = await eventually(lambda: company.read(lambda tx: templates.everything(tx, channel=channel)))  # type: ignore[misc]
    assert (row.name, row.state, row.body) == ("ready", "approved", "Заказ готов.")
