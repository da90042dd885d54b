"""Which kind of CRM ``crm link`` takes."""

from __future__ import annotations

import pytest

from chatapp_cli.commands.linking import kind_of
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.i18n import show


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
