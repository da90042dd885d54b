"""The portal's own rules say what the published descriptions say, and its forms are PHP's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.sandbox.bitrix24.rules import RULES, refused_item, said_against_item
from chatapp_cli.sandbox.bitrix24.server import MethodServer
from chatapp_cli.sandbox.brackets import flattened, nested, unordered
from tests.sandbox.bitrix24.desk import item
from tests.sandbox.bitrix24.schema import BOTH_SPELLINGS, Bitrix24Schema, schema

OBJECTS = {("user.get", "FILTER"), ("messageservice.sender.add", "NAME")}
"""Described as text, and taken as objects (overlay: corrections; facts 3.6)."""

leaves = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=8)
keys = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.|:-]{0,6}", fullmatch=True)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(keys, inner, min_size=1, max_size=3),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def judge() -> Bitrix24Schema:
    found = schema()
    if found is None:
        pytest.skip("the published descriptions are not beside the checkout")
    return found


@pytest.mark.parametrize("method", sorted(RULES))
def test_a_rule_has_the_published_parameters_and_their_kinds(judge: Bitrix24Schema, method: str) -> None:
    rule, published = RULES[method], judge.parameters(method)
    assert set(rule.params) | ({"*"} if rule.free else set()) == set(published) | BOTH_SPELLINGS.get(method, set())
    for name, described in published.items():
        if name != "*" and rule.params[name] not in {described["base"], "words"}:
            assert (method, name) in OBJECTS
    needed = {name for name, described in published.items() if described["required"] is True}
    assert rule.required == needed


@pytest.mark.parametrize("method", sorted(RULES))
def test_a_rule_has_the_published_scope(judge: Bitrix24Schema, method: str) -> None:
    published = judge.method(method).get("scope")
    assert RULES[method].scope == ("" if published in {None, "basic"} else published) or method == "placement.get"


def test_every_method_has_a_rule_and_the_other_way_round() -> None:
    assert set(MethodServer().methods) | {"batch"} == set(RULES)


@given(st.dictionaries(keys, trees, min_size=1, max_size=4))
def test_a_form_in_any_order_says_the_same(said: dict[str, Any]) -> None:
    assert nested(unordered(flattened(said))) == said


def test_forms_have_no_types_no_nothing_and_no_empty_lists() -> None:
    said = {"a": [True, False, None, 7], "b": [], "c": {}, "d": {"x": [{"y": "[b]да[/b]"}]}}
    assert flattened(said) == [
        ("a[0]", "1"), ("a[1]", ""), ("a[2]", ""), ("a[3]", "7"), ("d[x][0][y]", "[b]да[/b]"),
    ]  # fmt: skip
    assert nested([("a[]", "x"), ("a[]", "y"), ("b[1]", "z")]) == {"a": ["x", "y"], "b": {"1": "z"}}


def test_an_item_is_judged_inside() -> None:
    method = "imconnector.send.messages"
    assert said_against_item(method, item("m-1", "да")) == []
    assert said_against_item(method, {**item("m-1", "да"), "im": {}}) == [f"{method} does not know im in an item"]
    assert said_against_item(method, {"user": {"id": "1", "sex": "male"}, "message": {"id": ""}}) == [
        f"{method}: user does not know sex", f"{method}: message needs id", f"{method}: chat is missing",
    ]  # fmt: skip
    assert said_against_item(method, "да") == [f"{method} wants items as objects"]
    assert refused_item(item("m-1")) == ["MESSAGE is empty"]
