"""What the rights of files can break is tried by somebody who is not root as well."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RIGHTS = re.compile(r"\bchmod\b|\bst_mode\b|\bgeteuid\b|\bumask\b|\bPermissionError\b")


def test_whatever_tests_rights_of_files_is_in_the_ordinary_users_run() -> None:
    lines = (ROOT / ".ci" / "ordinary_user").read_text("utf-8").splitlines()
    listed = {line for line in lines if not line.startswith("#")}
    tests = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in ROOT.glob("tests/**/test_*.py")}
    about = {name for name, text in tests.items() if RIGHTS.search(text) and not name.startswith("tests/real/")}
    assert about - {Path(__file__).relative_to(ROOT).as_posix()} <= listed
    assert listed <= tests.keys()
