"""Which tests run which functions: found out once, kept in ``build/``, renewed for each file of tests that changes."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from scripts.mutants.bending import Mutant

FOLDERS = ("unit", "store", "services", "runtime", "commands")
"""Tests that run domain, services, store and the core of the runtime in their own process."""
SECONDS = 30.0
"""Of tests, at most, by which one mutant is judged."""
QUIET: Mapping[str, str] = {"CI": "1", "CHATAPP_TEST_POSTGRES": "0"}
"""The same examples in every run, and SQLite only: the statements of both are compared elsewhere."""
_EVERYTHING = ("machine", "deeds", "questions")
"""Stand in the names of files whose tests compare all that is done with a model or a list."""
_IMPORTED = re.compile(r"^from (tests(?:\.\w+)+) import", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Judge:
    """A test that passes in the whole code."""

    id: str
    seconds: float

    @property
    def file(self) -> str:
        """Its file."""
        return self.id.partition("::")[0]


@dataclass(slots=True)
class Coverage:
    """The tests that run each function and each module."""

    functions: defaultdict[str, list[Judge]] = field(default_factory=lambda: defaultdict(list))
    modules: defaultdict[str, dict[str, Judge]] = field(default_factory=lambda: defaultdict(dict))
    imports: dict[str, frozenset[str]] = field(default_factory=dict)
    """The modules that a file of tests names."""

    def add(self, test: Judge, functions: Iterable[str]) -> None:
        """Learn what one test runs."""
        for name in functions:
            self.functions[name].append(test)
            self.modules[name.partition("::")[0]][test.id] = test

    def judges(self, mutant: Mutant, seconds: float = SECONDS) -> list[Judge]:
        """The tests to ask, first those that are likeliest to know; of the module's if none runs the function.

        A test that names the function among its parameters comes before all others.
        """
        found = self.functions.get(f"{mutant.path}::{mutant.function}") or self._around(mutant.path)
        files: defaultdict[str, list[Judge]] = defaultdict(list)
        called = f"{Path(mutant.path).stem}.{mutant.function}"
        meant = sorted((test for test in found if called in test.id), key=lambda test: (len(test.id), test.seconds))
        for test in sorted(set(found) - set(meant), key=lambda test: (test.seconds, test.id)):
            files[test.file].append(test)
        module = mutant.path.removesuffix(".py").replace("/", ".")

        def rank(file: str) -> tuple[bool, bool, int]:
            """Of those that import the module the ones with the fewest others: it is what they are about."""
            named = self.imports.get(file, frozenset())
            imports = module in named
            return not _is_about(file, mutant.path), not imports, len(named) if imports else -len(files[file])

        order = sorted(files, key=rank)
        return _within(seconds, [meant, *(files[file] for file in order)])

    def _around(self, path: str) -> list[Judge]:
        """Those that run anything of a module; of one that only declares, those that are about it or about all."""
        if found := self.modules.get(path):
            return [*found.values()]
        every = {test.id: test for tests in self.modules.values() for test in tests.values()}
        return [test for test in every.values() if _is_about(test.file, path)]


def _is_about(file: str, path: str) -> bool:
    """Tell whether a file of tests bears the name of a module or its package, or compares all that is done."""
    names = {Path(path).stem, Path(path).parent.name, *_EVERYTHING}
    return any(name in Path(file).stem for name in names)


def _within(seconds: float, files: Sequence[Sequence[Judge]]) -> list[Judge]:
    """Take the shortest tests of each file in turn until the time is over."""
    chosen: list[Judge] = []
    left = seconds
    for at in range(max(map(len, files), default=0)):
        for tests in files:
            if at < len(tests) and (tests[at].seconds <= left or not chosen):
                chosen.append(tests[at])
                left -= tests[at].seconds
    return chosen


def reach(tree: Path, kept: Path, workers: int) -> Coverage:
    """Trace the files of tests that are new or changed, in a copy of the tree; read what is known of the others."""
    kept.mkdir(parents=True, exist_ok=True)
    files = {
        path.relative_to(tree).as_posix(): _mark(tree, path)
        for folder in FOLDERS
        for path in sorted((tree / "tests" / folder).glob("test_*.py"))
    }
    stale = [name for name, mark in files.items() if not _page(kept, name, mark).exists()]
    if stale:
        print(f"Looking at what {len(stale)} files of tests run ...", flush=True)
        with ThreadPoolExecutor(workers) as pool:
            parts = filter(None, (stale[n::workers] for n in range(workers)))
            for pages in pool.map(lambda names: _trace(tree, names), parts):
                for name, tests in pages.items():
                    _page(kept, name, files[name]).write_text(json.dumps(tests, ensure_ascii=False), "utf-8")
    known = Coverage()
    for name, mark in files.items():
        known.imports[name] = _imports((tree / name).read_text("utf-8"))
        if (page := _page(kept, name, mark)).exists():
            for test, (seconds, functions) in json.loads(page.read_text("utf-8")).items():
                known.add(Judge(test, seconds), functions)
    return known


def _imports(source: str) -> frozenset[str]:
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and node.module]
    return frozenset(
        name for node in found for name in (str(node.module), *(f"{node.module}.{one.name}" for one in node.names))
    )


def _mark(tree: Path, path: Path) -> str:
    """A digest of a file and of the lists of cases that it takes from packages of tests."""
    content = path.read_bytes()
    for name in dict.fromkeys(_IMPORTED.findall(content.decode())):
        for part in sorted((tree / name.replace(".", "/")).glob("*.py")):
            content += part.read_bytes()
    return hashlib.sha256(content).hexdigest()[:16]


def _page(kept: Path, name: str, mark: str) -> Path:
    return kept / f"{name.replace('/', '.')}.{mark}.json"


def _trace(tree: Path, names: Sequence[str]) -> Mapping[str, Mapping[str, object]]:
    """What the tests of these files run, by file and test."""
    pages: dict[str, dict[str, object]] = {name: {} for name in names}
    with tempfile.TemporaryDirectory(prefix="trace-") as folder:
        options = ("-q", "-p", "scripts.mutants.tracing", f"--basetemp={folder}/t")
        env = {**os.environ, **QUIET, "PYTHONPATH": str(tree), "MUTANTS_TRACE": f"{folder}/page"}
        command = [sys.executable, "-m", "pytest", *options, *names]
        subprocess.run(command, cwd=tree, env=env, stdout=subprocess.DEVNULL, check=False)
        if Path(folder, "page").exists():
            for test, ran in json.loads(Path(folder, "page").read_text("utf-8")).items():
                pages[test.partition("::")[0]][test] = ran
    return pages
