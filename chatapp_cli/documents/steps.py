"""Next steps, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatapp_cli.domain.next_step import NextStep


def step(one: NextStep) -> Mapping[str, Any]:
    """The code and values of a step; each front end has its own texts and commands."""
    return {"code": str(one.code), "params": dict(one.params)}
