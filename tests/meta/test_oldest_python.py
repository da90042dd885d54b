"""What is installed runs on the oldest Python that is promised: the one of Debian 12."""

from importlib.metadata import distributions

from packaging.specifiers import SpecifierSet

OLDEST = "3.11.2"


def test_no_package_wants_a_newer_python() -> None:
    wanted = {one.name: one.metadata.get("Requires-Python") or "" for one in distributions()}
    assert {name: said for name, said in wanted.items() if OLDEST not in SpecifierSet(said)} == {}
