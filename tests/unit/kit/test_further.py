"""What a form of a channel asks at once, and what only of those who want the further questions."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.form import Field
from chatapp_cli.kit.manifests import manifest, manifests

EVERYWHERE = [(kind, field) for kind, one in manifests().items() for field in one.fields]
FURTHER = [pytest.param(kind, field, id=f"{kind} {field.name}") for kind, field in EVERYWHERE if field.further]
FOUND = [pytest.param(kind, field, id=f"{kind} {field.name}") for kind, field in EVERYWHERE if field.found_in]
USUAL = {"api_url", "site_url", "oauth_url", "proxies", "local", "dc", "rsa_key", "child"}
"""Fields that hardly anybody answers, whatever the channel."""


@pytest.mark.parametrize(("kind", "field"), FURTHER)
def test_a_further_question_holds_without_an_answer_and_no_question_waits_for_it(kind: str, field: Field) -> None:
    assert field.default or not field.required
    at_once = [one for one in manifest(kind).fields if not one.further]
    assert [one.name for one in at_once if field.name in one.when] == []


@pytest.mark.parametrize(("kind", "field"), FOUND)
def test_an_answer_is_told_by_an_earlier_question_and_else_has_a_default(kind: str, field: Field) -> None:
    names = [one.name for one in manifest(kind).fields]
    assert names.index(field.found_in) < names.index(field.name)
    assert field.default in {one.value for one in field.choices}
    assert any(one.endings for one in field.choices)


def test_what_hardly_anybody_answers_is_further_in_every_channel() -> None:
    assert {field.name for _, field in EVERYWHERE if field.name in USUAL} == USUAL
    assert [(kind, field.name) for kind, field in EVERYWHERE if field.name in USUAL and not field.further] == []
