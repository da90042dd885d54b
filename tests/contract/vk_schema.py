"""Judges calls, answers and events of VK by the JSON schema that VK publishes, which nobody here wrote.

Two things of it no validator understands as they are: ``required: true`` stands at a property instead of its object,
and some of the files that it points to are not published. The first is lifted, the second may be anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

PUBLISHED = Path(__file__).parents[3] / "shared" / "contracts" / "vk"

_BASE = "https://vk.invalid/"
"""Never asked: it only lets pointers between the files be followed."""
_EVENTS: Mapping[str, str] = {
    "message_new": "message_object",
    "message_reply": "message",
    "message_edit": "message",
    "message_read": "message_read",
    "message_allow": "message_allow",
    "message_deny": "message_deny",
    "message_reaction_event": "message_reaction_event",
    "message_typing_state": "message_typing_state",
    "wall_reply_new": "wall_reply_new",
    "wall_reply_edit": "wall_reply_edit",
    "wall_reply_delete": "wall_comment_delete",
}


class VkSchema:
    """Finds what is wrong with a call, an answer or an event, in words; nothing is wrong if it finds nothing."""

    def __init__(self, published: Path = PUBLISHED) -> None:
        files = {str(path.relative_to(published)): json.loads(path.read_text("utf-8")) for path in _json(published)}
        adapted = {name: _adapted(content, files.keys()) for name, content in files.items()}
        resources = [(_BASE + name, Resource.from_contents(c, DRAFT202012)) for name, c in adapted.items()]
        self._registry: Registry[Any] = Registry().with_resources(resources)
        self._methods = {
            method["name"]: (family, method)
            for family, content in files.items()
            if family.endswith("methods.json")
            for method in content["methods"]
        }
        errors = files["errors.json"]["errors"].values()
        self.codes = {error["code"] for error in errors}

    def call(self, method: str, params: Mapping[str, str]) -> list[str]:
        """Judge a call's parameters, which are words of a form."""
        if method not in self._methods:
            return [f"unknown method {method}"]
        family, described = self._methods[method]
        known = {param["name"]: param for param in described.get("parameters", ())}
        given = {name: said for name, said in params.items() if name not in {"access_token", "v"}}
        missing = [
            f"{method}: {name} is missing" for name, p in known.items() if p.get("required") and name not in given
        ]
        unknown = [f"{method}: {name} is unknown" for name in given if name not in known]
        judged = ((known[name], said) for name, said in given.items() if name in known)
        return [*missing, *unknown, *(words for param, said in judged for words in self._param(family, param, said))]

    def answer(self, method: str, answer: Mapping[str, Any]) -> list[str]:
        """Judge what a method answered."""
        if "error" in answer:
            code = answer["error"]["error_code"]
            return [] if code in self.codes else [f"{method}: no error has the number {code}"]
        family, described = self._methods[method]
        tried = [
            self._problems(answer, {"$ref": _absolute(r["$ref"], family)}) for r in described["responses"].values()
        ]
        return [] if not all(tried) else [f"{method} → {words}" for words in min(tried, key=len)]

    def event(self, event: Mapping[str, Any]) -> list[str]:
        """Judge an event of either intake."""
        name = _EVENTS.get(event["type"])
        if name is None:
            return [f"unknown event {event['type']}"]
        envelope = self._problems(event, {"$ref": f"{_BASE}callback/objects.json#/definitions/callback_base"})
        described = f"{_BASE}callback/objects.json#/definitions/callback_{name}"
        return [
            f"{event['type']}: {words}" for words in envelope + self._problems(event["object"], {"$ref": described})
        ]

    def _param(self, family: str, param: Mapping[str, Any], said: str) -> list[str]:
        try:
            value = _typed(param, said)
        except (ValueError, KeyError):
            return [f"{param['name']}: {said!r} is no {param['type']}"]
        adapted = _adapted({key: item for key, item in param.items() if key != "required"}, ())
        schema = {"allOf": [adapted], "$id": _BASE + family}
        if param["type"] == "string" and "$ref" in param:
            schema = {"$ref": _absolute(param["$ref"], family)}
        return [f"{param['name']}: {words}" for words in self._problems(value, schema)]

    def _problems(self, value: object, schema: Mapping[str, Any]) -> list[str]:
        validator = Draft202012Validator(schema, registry=self._registry)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def _json(published: Path) -> Iterator[Path]:
    return published.rglob("*.json")


def _absolute(ref: str, family: str) -> str:
    """Pointers are relative to the folder of the file that they stand in."""
    folder = family.rpartition("/")[0]
    return _BASE + ref.removeprefix("../") if ref.startswith("../") else f"{_BASE}{folder}/{ref}"


def _adapted(value: Any, known: Any) -> Any:
    """Lift ``required``, let what is not published be anything, and let a part of an object have more than itself."""
    if isinstance(value, list):
        return [_adapted(item, known) for item in value]
    if not isinstance(value, dict):
        return value
    ref = value.get("$ref")
    if known and isinstance(ref, str) and ref.startswith("../") and ref[3:].partition("#")[0] not in known:
        return {}
    adapted = {key: _adapted(item, known) for key, item in value.items() if key != "additionalProperties"}
    properties = value.get("properties")
    if isinstance(properties, dict):
        needed = [name for name, item in properties.items() if isinstance(item, dict) and item.get("required") is True]
        adapted |= {"required": needed} if needed else {}
    if adapted.get("required") is True or adapted.get("required") is False:
        del adapted["required"]
    return adapted


def _typed(param: Mapping[str, Any], said: str) -> Any:
    kind = param.get("type", "string")
    if kind == "array":
        return [_typed(param["items"], item) for item in said.split(",")]
    if isinstance(kind, list):
        return int(said) if said.lstrip("-").isdecimal() else said
    if kind == "string":
        return json.loads(said) if "$ref" in param and said.startswith("{") else said
    if kind == "boolean":
        return {"0": False, "1": True}[said]
    return int(said) if kind == "integer" else float(said)
