"""What CONTRIBUTING.md promises about the code itself."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.meta.questions import Function, questions_that_write

ROOT = Path(__file__).parents[2]
CODE = [path for path in sorted((ROOT / "chatapp_cli").rglob("*.py")) if path.parent.name != "versions"]
HEAVY = {"aiogram", "aiohttp", "alembic", "httpx", "pydantic", "rich", "sqlalchemy", "sqlmodel", "telethon", "textual"}
BROAD = re.compile(r"(?:\bexcept\b|\bsuppress\().*(?:\bBaseException|\bException)\b|\bexcept:")
REASON = re.compile(r"# (?:noqa: BLE001 - )?(?!noqa)\w\S*(?: \S+){4,}$")
FOREIGN = re.compile(
    "|".join(
        [
            "/work" + "/",
            "/opt" + r"/(?!venv|chatapp)",
            "pypi" + r"\.org",
            "python" + "hosted",
            "file:" + "///opt",
            "deb" + r"\.debian",
        ]
    )
)


def files_of_the_project() -> list[Path]:
    tops = [path for path in ROOT.iterdir() if path.name == ".ci" or not path.name.startswith(".")]
    return [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top]) if path.is_file()]


def long_functions(path: Path) -> list[str]:
    defined = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, Function))
    return [f"{path}:{node.name}" for node in defined if (node.end_lineno or 0) - node.lineno >= 60]


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in CODE if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


def test_a_file_can_be_read_in_one_sitting_and_a_function_at_one_glance() -> None:
    assert [str(path) for path in CODE if len(path.read_text("utf-8").splitlines()) > 500] == []
    assert [function for path in CODE for function in long_functions(path)] == []


def test_a_question_changes_neither_the_store_nor_its_object() -> None:
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text("utf-8") for path in CODE}
    assert questions_that_write(modules) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('def known(tx):\n    """Whether it is."""\n    return tx.run("x")', ["m.known"]),
        ("def is_new(self):\n    self.seen[1] = True", ["m.is_new"]),
        ("def is_new(self):\n    return self.seen.pop() and tx.value('x')", ["m.is_new"]),
        ("def is_new(self, tx):\n    return tx.value('x') in self.seen", []),
        ("from pack import m2\ndef is_new(tx):\n    return m2.expect(tx.by(1), 2)", ["m.is_new"]),
        ("from pack.m2 import expect as e\ndef _is_new(tx):\n    return e(tx)", ["m._is_new"]),
        ("from pack import m2\ndef is_new(tx):\n    return m2.expect(2) or m2.seen(tx)", []),
    ],
)
def test_a_question_that_changes_something_is_found_also_by_what_it_calls(code: str, found: list[str]) -> None:
    writing = "def expect(tx, n):\n    return _keep(tx)\ndef _keep(tx):\n    tx.run('x')\n"
    other = writing + "def seen(tx):\n    return tx.value('x')"
    assert questions_that_write({"m": code, "pack.m2": other}) == found


def test_what_takes_every_error_says_beside_it_why_that_is_right_there() -> None:
    lines = [(f"{path}:{n}", line) for path in CODE for n, line in enumerate(path.read_text("utf-8").splitlines(), 1)]
    broad = {place: line for place, line in lines if BROAD.search(line)}
    assert len(broad) > 50
    assert {place: line for place, line in broad.items() if not REASON.search(line)} == {}
    assert REASON.search("except Exception:  # noqa: BLE001 - the last place that can say it")
    assert not REASON.search("except Exception:  # noqa: BLE001, S110")
    assert not REASON.search("except BaseException as error:  # for some reason")


def test_no_file_names_the_machine_it_was_written_on_or_a_registry() -> None:
    found = []
    for path in files_of_the_project():
        if path.suffix not in {".mo", ".pyc", ".png", ".pdf"}:
            text = path.read_text("utf-8", errors="replace")
            found += [f"{path}: {hit.group()}" for hit in FOREIGN.finditer(text)]
    assert found == []


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["line", "--help"]], ids=" ".join)
def test_the_command_line_starts_without_a_heavy_library(words: list[str]) -> None:
    script = f"""
import sys
import tomllib
from chatapp_cli.cli import main
sys.argv = ["chatapp", *{words!r}]
try:
    main()
except SystemExit as done:
    assert not done.code, done.code
sys.stdout = sys.__stderr__
print(*({HEAVY!r} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert "chatapp" in done.stdout


def test_the_lock_holds_every_dependency_in_a_version_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["dev"]]
    locked = dict(re.findall(r"(?m)^([a-z0-9.-]+)==(\S+)", (ROOT / "requirements-dev.lock").read_text("utf-8")))
    for requirement in map(Requirement, [*wanted, *project["build-system"]["requires"]]):
        assert locked.get(canonicalize_name(requirement.name), "none") in requirement.specifier, requirement


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    reasons = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert [name for name in wanted if not re.search(rf"\b{Requirement(name).name}\b", reasons)] == []
