"""Which kind of CRM ``crm link`` takes."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands.linking import kind_of, say_linked
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.i18n import show
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import links


@pytest.mark.parametrize(
    ("kind", "way", "state", "says"),
    [
        ("amocrm", "integration", LinkState.LIMITED, "works once the CRM has let us in"),
        ("amocrm", "integration", LinkState.OK, "is linked"),
        ("amocrm", "token", LinkState.LIMITED, "is linked"),
        ("bitrix24", "application", LinkState.LIMITED, "works once the CRM has let us in"),
        ("bitrix24", "webhook", LinkState.LIMITED, "is linked"),
    ],
)
def test_a_new_link_is_said_to_work_only_if_nobody_has_to_allow_it(
    company: Company, capsys: pytest.CaptureFixture[str], kind: str, way: str, state: LinkState, says: str
) -> None:
    bound = Bound(account="firm.example", title="firm.example", hook_key="k", settings={"way": way})
    link = company.write(lambda tx: links.save(tx, company.vault, bound, kind=kind))
    company.write(lambda tx: links.set_state(tx, link, state))
    say_linked(company.read(lambda tx: links.one(tx, link)))
    assert f"firm.example {says}" in capsys.readouterr().err


def test_without_a_name_the_only_kind_is_taken() -> None:
    assert kind_of("", ["tillbook"]) == "tillbook"


def test_of_several_kinds_one_has_to_be_named() -> None:
    with pytest.raises(UsageError, match="Say which kind of CRM") as refused:
        kind_of("", ["bitrix24", "tillbook"])
    assert show(refused.value.next_step) == "Name one of bitrix24, tillbook: chatapp crm link KIND"
    assert kind_of("tillbook", ["bitrix24", "tillbook"]) == "tillbook"


def test_an_unknown_kind_is_told_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="There is no kind of CRM tilbook"):
        kind_of("tilbook", ["bitrix24", "tillbook"])
