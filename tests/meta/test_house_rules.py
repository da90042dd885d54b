"""What CONTRIBUTING.md promises about the code itself."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = [path for path in sorted((ROOT / "chatapp_cli").rglob("*.py")) if path.parent.name != "versions"]
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
HEAVY = {"aiogram", "aiohttp", "alembic", "httpx", "pydantic", "rich", "sqlalchemy", "sqlmodel", "telethon", "textual"}
FOREIGN = re.compile(
    "|".join(
        [
            "/work" + "/",
            "/opt" + r"/(?!venv|chatapp)",
            "pypi" + r"\.org",
            "python" + "hosted",
            "file:" + "///",
            "deb" + r"\.debian",
        ]
    )
)


def files_of_the_project() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    return [ROOT / name for name in listed if name]


def long_functions(path: Path) -> list[str]:
    defined = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, FUNCTION))
    return [f"{path}:{node.name}" for node in defined if (node.end_lineno or 0) - node.lineno >= 60]


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in CODE if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


def test_a_file_can_be_read_in_one_sitting_and_a_function_at_one_glance() -> None:
    assert [str(path) for path in CODE if len(path.read_text("utf-8").splitlines()) > 500] == []
    assert [function for path in CODE for function in long_functions(path)] == []


def test_no_file_names_the_machine_it_was_written_on_or_a_registry() -> None:
    found = []
    for path in files_of_the_project():
        if path.suffix not in {".mo", ".png", ".pdf"} and path.is_file():
            text = path.read_text("utf-8", errors="replace")
            found += [f"{path}: {hit.group()}" for hit in FOREIGN.finditer(text)]
    assert found == []


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["line", "--help"]], ids=" ".join)
def test_the_command_line_starts_without_a_heavy_library(words: list[str]) -> None:
    script = f"""
import sys
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
