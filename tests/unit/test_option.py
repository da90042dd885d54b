"""What a person writes for an option is understood as a value, or refused with what would do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Choice, Field
from chatapp_cli.domain.option import decoded
from chatapp_cli.domain.text import T

ANY = Field(name="n", label=T("N"), kind="number", required=False)
BOUND = replace(ANY, least=3, most=90)


@pytest.mark.parametrize(
    ("field", "said", "value"),
    [
        (ANY, "0", 0),
        (ANY, "007", 7),
        (ANY, "2147483647", 2**31 - 1),
        (BOUND, "3", 3),
        (BOUND, "90", 90),
        (replace(ANY, kind="text"), "12 ", "12 "),
        (replace(ANY, kind="flag"), "on", "on"),
        (replace(ANY, kind="text", choices=(Choice("a", T("A")),)), "a", "a"),
    ],
)
def test_what_fits_is_taken_over(field: Field, said: str, value: object) -> None:
    assert decoded(field, said) == value


@pytest.mark.parametrize(
    ("field", "said", "about"),
    [
        (ANY, "2147483648", {"most": 2**31 - 1, "value": "2147483648"}),
        (ANY, "9" * 50, {"most": 2**31 - 1, "value": "9" * 40}),
        (BOUND, "91", {"most": 90}),
        (BOUND, "2", {"least": 3}),
        (ANY, "", {"value": "–"}),
        (ANY, "-1", {"value": "-1"}),
        (ANY, "٣", {"value": "٣"}),
        (replace(ANY, kind="flag"), "yes", {"value": "yes"}),
        (replace(ANY, kind="text", choices=(Choice("a", T("A")),)), "b", {"value": "b"}),
    ],
)
def test_what_does_not_fit_is_refused_with_the_bound_that_it_breaks(
    field: Field, said: str, about: dict[str, object]
) -> None:
    with pytest.raises(UsageError) as refused:
        decoded(field, said)
    assert refused.value.field == "n"
    assert {**refused.value.what.params, **about} == refused.value.what.params
