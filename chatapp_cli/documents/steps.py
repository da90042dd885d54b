"""What a person can do next, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatapp_cli.domain.next_step import NextStep


def step(one: NextStep) -> Mapping[str, Any]:
    """Its code and its values; words and commands are each front end's own."""
    return {"code": str(one.code), "params": dict(one.params)}
