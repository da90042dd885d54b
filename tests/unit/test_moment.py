"""Moments that people see: none of them breaks a calendar."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.moment import iso, local, spelled, utc

NOW = 1_790_000_000_000


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (0, "1970-01-01 00:00:00.000"),
        (NOW + 7, "2026-09-21 14:13:20.007"),
        (-(10**18), "0001-01-02 00:00:00.000"),
        (10**18, "9999-12-30 23:59:59.000"),
        (-62_135_510_399_000, "0001-01-02 00:00:01.000"),
        (253_402_214_398_000, "9999-12-30 23:59:58.000"),
    ],
)
def test_a_moment_beyond_the_calendar_is_its_end(at: int, said: str) -> None:
    assert utc(at).isoformat(" ", "milliseconds") == f"{said}+00:00"
    assert local(at) == utc(at)


@pytest.mark.parametrize(
    ("at", "said"),
    [(None, None), (0, None), (1, "1970-01-01T00:00:00.001Z"), (NOW, "2026-09-21T14:13:20.000Z")],
)
def test_programs_read_a_moment_to_the_millisecond_in_utc_and_nothing_where_there_is_none(
    at: int | None, said: str | None
) -> None:
    assert iso(at) == said


@pytest.mark.parametrize(("language", "said"), [("ru", "21.09.2026 14:13"), ("en", "2026-09-21 14:13")])
def test_clients_read_a_moment_in_a_mail_as_their_language_writes_it(language: str, said: str) -> None:
    assert spelled(NOW, language) == said
