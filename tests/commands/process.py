"""The program as a process of its own, alone or in a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

PROGRAM = [sys.executable, "-m", "chatapp_cli"]


AS_ON_A_TERMINAL = ("env", "--default-signal=INT")
"""A shell has what runs in the background ignore the key."""


PIPES: Mapping[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def in_a_shell(code: int) -> int:
    """The exit code that a shell shows.

    Python ends itself by SIGINT, whatever exit code is asked for, when Ctrl+C came while it compiled a class.
    """
    return 128 - code if code < 0 else code


def run(env: Mapping[str, str], *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    around = {name: value for name, value in {**os.environ, **env, **changes}.items() if value}
    return subprocess.run([*PROGRAM, *words], env=around, capture_output=True, text=True, check=False)
