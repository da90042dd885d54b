"""The page for maintainers names every module of the channel, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from chatapp_cli.connectors import email

FOLDER = Path(email.__file__).parent


def test_every_module_has_its_duty_in_the_table_and_every_file_in_it_is_there() -> None:
    rows = re.findall(r"^\| (`.*?) \| ", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w.]+)`", row)]
    modules = {file.name for file in FOLDER.glob("*.py")} - {"__init__.py", "connector.py"}
    assert sorted(named) == sorted({*modules, "services.toml"})


def test_bold_words_end_as_they_begin() -> None:
    for line in (FOLDER / "README.md").read_text("utf-8").splitlines():
        assert line.count("**") % 2 == 0, line
