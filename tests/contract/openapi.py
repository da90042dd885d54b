"""Judges calls and answers by a published OpenAPI 3.0 description, which nobody here wrote.

Beside what the description demands, a field that it does not know is a finding: neither we nor a sandbox make any up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator

Json: TypeAlias = dict[str, Any]

_KEPT = (
    "type",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
)


class OpenApi:
    """Finds what is wrong, in words; nothing is wrong if it finds nothing."""

    def __init__(self, described: Mapping[str, Any]) -> None:
        self._described = described

    def query(self, method: str, path: str, given: Mapping[str, str]) -> list[str]:
        """Judge the parameters of an address; they are all texts, and lists are written with commas."""
        known = {p["name"]: p for p in self._parameters(method, path) if p["in"] == "query"}
        missing = [f"{name} is missing" for name, p in known.items() if p.get("required") and name not in given]
        unknown = [f"{name} is unknown" for name in given if name not in known]
        fitting = ((name, known[name]["schema"]) for name in given if name in known)
        wrong = [words for name, schema in fitting for words in self.value(_meant(given[name], schema), schema, name)]
        return [f"{method} {path}: {words}" for words in (*missing, *unknown, *wrong)]

    def body(self, method: str, path: str, given: object, content_type: str = "application/json") -> list[str]:
        """Judge what a call carries; nothing may be carried where nothing is described."""
        described = self._operation(method, path).get("requestBody")
        if described is None:
            return [f"{method} {path}: carries {given!r}"] if given else []
        if content_type not in described["content"]:
            return [f"{method} {path}: {content_type} is not taken"]
        return self.value(given, described["content"][content_type]["schema"], f"{method} {path}")

    def answer(self, method: str, path: str, status: int, given: object) -> list[str]:
        """Judge an answer, where one of its status is described."""
        described = self.resolved(self._operation(method, path).get("responses", {}).get(str(status), {}))
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        return self.value(given, schema, f"{method} {path} →") if schema else []

    def value(self, value: object, schema: Mapping[str, Any], where: str) -> list[str]:
        """Judge anything by a schema."""
        found = Draft202012Validator(self.plain(schema)).iter_errors(value)
        return [f"{where} {error.json_path}: {error.message}" for error in _deepest(found)]

    def named(self, name: str) -> Mapping[str, Any]:
        """A schema by its name."""
        schema: Mapping[str, Any] = self._described["components"]["schemas"][name]
        return schema

    def resolved(self, what: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a reference, if it is one."""
        while "$ref" in what:
            found: Any = self._described
            for part in what["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            what = found
        return what

    def plain(self, schema: Mapping[str, Any], *, choose: bool = True) -> Json:
        """Write a schema without references, inheritance and choices, strict about unknown fields."""
        own = self.resolved(schema)
        own = own.get("schema", own)
        flat: Json = {name: own[name] for name in _KEPT if name in own and "..." not in _listed(own[name])}
        properties: Json = {}
        required: list[str] = []
        for part in (own, *own.get("allOf", ())):
            deep = self.plain(part, choose=False) if part is not own else self._members(own)
            properties |= deep.pop("properties", {})
            required += deep.pop("required", [])
            flat |= {name: said for name, said in deep.items() if name not in {"additionalProperties", "anyOf"}}
        if "items" in own:
            flat["items"] = self.plain(own["items"])
        if properties:
            flat |= {"properties": properties, "additionalProperties": False}
            flat["required"] = [name for name in required if name in properties and not _may_be_null(properties[name])]
        elif isinstance(own.get("additionalProperties"), Mapping):
            flat["additionalProperties"] = self.plain(own["additionalProperties"])
        if choose and "discriminator" in own:
            flat = self._choice(own["discriminator"])
        return {"anyOf": [flat, {"type": "null"}]} if own.get("nullable") else flat

    def _members(self, own: Mapping[str, Any]) -> Json:
        required = own.get("required")
        return {
            "properties": {name: self.plain(one) for name, one in own.get("properties", {}).items()},
            "required": required if isinstance(required, list) else [],
        }

    def _choice(self, discriminator: Mapping[str, Any]) -> Json:
        """One of several kinds, told apart by a field."""
        name, mapping = discriminator["propertyName"], discriminator["mapping"]
        refs = {kind: ref if isinstance(ref, Mapping) else {"$ref": ref} for kind, ref in mapping.items()}
        kinds = [
            {"if": {"properties": {name: {"const": kind}}}, "then": self.plain(ref, choose=False)}
            for kind, ref in refs.items()
        ]
        return {"properties": {name: {"enum": list(refs)}}, "required": [name], "allOf": kinds}

    def _operation(self, method: str, path: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._described["paths"][path][method.lower()]
        return found

    def _parameters(self, method: str, path: str) -> Iterator[Mapping[str, Any]]:
        shared: Sequence[Mapping[str, Any]] = self._described["paths"][path].get("parameters", ())
        for one in (*shared, *self._operation(method, path).get("parameters", ())):
            yield self.resolved(one)


def _deepest(errors: Iterator[Any]) -> Iterator[Any]:
    """The errors inside an alternative say more than that none of them fits."""
    for error in errors:
        inner = [one for one in error.context or () if one.validator != "type" or one.validator_value != "null"]
        yield from _deepest(iter(inner)) if inner else (error,)


def _listed(said: Any) -> Any:
    return said if isinstance(said, list) else ()


def _may_be_null(schema: Mapping[str, Any]) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


def _meant(said: str, schema: Mapping[str, Any]) -> object:
    """Read a parameter as what its schema wants."""
    kind = schema.get("type", "integer" if "bigint" in str(schema.get("$ref")) else "string")
    if kind == "array":
        inner = {"type": "string", **schema.get("items", {})}
        return [_meant(one, inner) for one in said.split(",")]
    if kind == "integer" and re.fullmatch(r"-?\d+", said):
        return int(said)
    return {"true": True, "false": False}.get(said, said) if kind == "boolean" else said
