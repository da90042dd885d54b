"""The filters of dialogs stand in the same sequence wherever they are shown."""

from __future__ import annotations

from chatapp_cli.domain.dialog import FilterKind, chips, declared, rows


def test_the_page_of_filters_asks_first_who_answers_and_where() -> None:
    assert [one.name for one in rows()][:5] == ["assignee", "tag", "line", "channel", "waiting"]


def test_the_line_above_the_list_names_first_where_and_whose_the_dialogs_are() -> None:
    shown = [one.name for one in chips()]
    assert shown[:9] == ["line", "channel", "tag", "assignee", "pinned", "since", "until", "snoozed", "blocked"]
    assert "text" not in shown
    assert len(set(shown)) == len(shown)


def test_a_name_of_two_words_is_an_option_with_a_dash_unless_it_is_spelled_otherwise() -> None:
    assert declared(FilterKind.FLAG, default=False, name="two_words").flag == "--two-words"
    assert declared(FilterKind.FLAG, default=False, name="two_words", option="--other").flag == "--other"
