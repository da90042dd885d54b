"""Reads the published descriptions that lie beside the checkout in ``shared/contracts``; they need not be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

PUBLISHED = Path(__file__).parents[3] / "shared" / "contracts"


def differences(schema: Mapping[str, Any], said: object, where: str) -> Iterator[str]:
    """What a JSON Schema says against a value, in words."""
    for error in Draft202012Validator(schema).iter_errors(said):
        yield from (f"{where}: {one.json_path} {one.validator}" for one in error.context or [error])


def part(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """One of the definitions of a schema, with the others at hand."""
    return {"$defs": schema["$defs"], "$ref": f"#/$defs/{name}"}
