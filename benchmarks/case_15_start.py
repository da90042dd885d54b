"""How long the command line takes to start, against a Typer program that only says hello."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.harness import Case

HELLO = """
import typer

app = typer.Typer()

@app.command()
def hello(name: str = "world") -> None:
    typer.echo(f"hello {name}")

app()
"""
COMMAND = Path(sys.executable).with_name("chatapp")
"""The installed program, as people start it."""
STARTS = 5


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory(prefix="start-") as folder:
        hello = Path(folder, "hello.py")
        hello.write_text(HELLO)
        env = {"HOME": folder, "PATH": os.environ["PATH"], "CHATAPP_LANG": "en"}
        for words in (["--help"], ["--version"], ["line", "list"]):
            yield Case(
                f"chatapp {' '.join(words)}",
                "ms",
                ours=partial(start, [str(COMMAND), *words], env),
                peer=partial(start, [str(hello)], env),
                at_most=1.4,
            )


def start(arguments: list[str], env: Mapping[str, str]) -> float:
    """Milliseconds from call to exit, the fastest of a few: whatever else runs on the machine only adds to it."""
    return min(once(arguments, env) for _ in range(STARTS))


def once(arguments: list[str], env: Mapping[str, str]) -> float:
    began = perf_counter()
    done = subprocess.run([sys.executable, *arguments], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return (perf_counter() - began) * 1000
