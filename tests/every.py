"""One test over a whole table: what it takes to begin a test is paid once, and every case that fails is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

Case = TypeVar("Case")


def every(cases: Iterable[Case], holds: Callable[[Case], None]) -> None:
    """Try every case, also after one that fails.

    Raises a group of all failures, each with a note of its case, and ``AssertionError`` if there is no case at all:
    an empty table proves nothing.
    """
    wrong: list[BaseException] = []
    tried = 0
    for tried, case in enumerate(cases, 1):  # noqa: B007 - how many there were
        try:
            holds(case)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - whatever a test can raise
            error.add_note(f"in the case of {case!r:.200}")
            wrong.append(error)
    assert tried, "no case at all"
    if wrong:
        raise BaseExceptionGroup(f"{len(wrong)} of {tried} cases", wrong)
