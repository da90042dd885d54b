"""Entry points of other packages."""

from pathlib import Path

import pytest

from chatapp_cli.kit.entry_points import entry_points

GROUP = "chatapp.tested"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def put(packages: Path, name: str) -> Path:
    info = packages / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
    return info / "entry_points.txt"


def test_a_file_that_cannot_be_read_hides_no_other_and_stops_nothing(packages: Path) -> None:
    put(packages, "aaa_broken").mkdir()
    assert entry_points(group=GROUP) == ()
    put(packages, "fine").write_text(f"[{GROUP}]\nfax = fax.manifest\n", "utf-8")
    assert [point.value for point in entry_points(group=GROUP)] == ["fax.manifest"]
