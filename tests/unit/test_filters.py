"""The filters of dialogs stand in the same sequence wherever they are shown."""

from __future__ import annotations

from chatapp_cli.domain.dialog import chips, rows


def test_the_page_of_filters_asks_first_who_answers_and_where() -> None:
    assert [one.name for one in rows()][:5] == ["assignee", "tag", "line", "channel", "waiting"]


def test_the_line_above_the_list_names_first_where_and_whose_the_dialogs_are() -> None:
    shown = [one.name for one in chips()]
    assert shown[:9] == ["line", "channel", "tag", "assignee", "pinned", "since", "until", "snoozed", "blocked"]
    assert "text" not in shown
    assert len(set(shown)) == len(shown)
