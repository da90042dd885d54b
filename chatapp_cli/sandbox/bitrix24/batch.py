"""``batch``: up to 50 commands in one request, each of which can use the results of those before it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from chatapp_cli.sandbox.bitrix24.objects import Json, PortalRefusal
from chatapp_cli.sandbox.brackets import parsed_query

MOST: Final = 50
_REFERENCE: Final = re.compile(r"\$result((?:\[[^\]]*\])+)")
_PART: Final = re.compile(r"\[([^\]]*)\]")

Perform = Callable[[str, Json, str], Awaitable[Json]]
"""Carries out a method with parameters under a command's name; returns the whole answer. Raises PortalRefusal."""


async def run_batch(params: Mapping[str, Any], perform: Perform) -> Json:
    """Carry the commands out. Raises PortalRefusal for what concerns all of them."""
    commands = _commands(params)
    results: Json = {}
    errors: Json = {}
    beside: dict[str, Json] = {"total": {}, "next": {}, "time": {}}
    for name, command in commands.items():
        method, _, query = command.partition("?")
        try:
            answer = await perform(method.lower(), _replaced(parsed_query(query), results), name)
        except PortalRefusal as refused:
            errors[name] = refused.body
            if str(params.get("halt", 0)) not in {"0", "", "False"}:
                break
            continue
        results[name] = answer.get("result")
        for part, kept in beside.items():
            if part in answer:
                kept[name] = answer[part]
    named = {"result": results, "result_error": errors, **{f"result_{part}": kept for part, kept in beside.items()}}
    return {part: kept or [] for part, kept in named.items()}


def _commands(params: Mapping[str, Any]) -> dict[str, str]:
    said = params.get("cmd")
    if isinstance(said, list):
        said = {str(number): command for number, command in enumerate(said)}
    if not isinstance(said, dict) or not said or not all(isinstance(one, str) for one in said.values()):
        raise PortalRefusal(400, "ERROR_ARGUMENT", "cmd is not a map of commands")
    if len(said) > MOST:
        raise PortalRefusal(400, "ERROR_BATCH_LENGTH_EXCEEDED", "There are more than 50 commands")
    if any(command.partition("?")[0].lower().strip("/") == "batch" for command in said.values()):
        raise PortalRefusal(405, "ERROR_BATCH_METHOD_NOT_ALLOWED", "A batch inside a batch is not allowed")
    return said


def _replaced(value: Any, results: Mapping[str, Any]) -> Any:
    match value:
        case dict():
            return {name: _replaced(one, results) for name, one in value.items()}
        case list():
            return [_replaced(one, results) for one in value]
        case str():
            return _REFERENCE.sub(lambda found: str(_found(found[1], results)), value)
    return value


def _found(path: str, results: Any) -> Any:
    for part in _PART.findall(path):
        if isinstance(results, list):
            results = results[int(part)] if part.isdecimal() and int(part) < len(results) else ""
        else:
            results = results.get(part, "") if isinstance(results, dict) else ""
    return results
