"""Judges calls, answers and webhooks of WhatsApp's Cloud API by Meta's published description, mended where it breaks.

What is mended, and why:

- The description was merged out of several: the schemas of webhooks point at those of sending that have the same name.
  Inside them every reference is led to the variant that belongs to receiving.
- ``additionalProperties: false`` stands inside ``allOf``, where it forbids what its siblings allow: the same is said of
  the whole by ``unevaluatedProperties``.
- The service has defaults for ``recipient_type`` and ``language.policy``, and quotes by a ``context`` without product:
  these are not required.
- Newer than the description: receivers and members by business-scoped id (``recipient``, ``user_id``), the label
  ``biz_opaque_callback_data``, senders without a phone (``from``), reactions taken back (no ``emoji``), edits, revokes
  and new numbers among other messages, ``played`` receipts, and the fields of echoes and of changed ids.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator

PUBLISHED = Path(__file__).parents[3] / "shared" / "contracts" / "whatsapp_business_messaging_v23.yaml"

_SCHEMAS: Final = "#/components/schemas/"
_FIRST_OF_WEBHOOKS: Final = "WebhookPayload"
_NEW_TYPES: Final = frozenset({"edit", "revoke", "system"})
_NEW_FIELDS: Final = frozenset({"smb_message_echoes", "user_id_update"})
_PLACES: Final = {
    "WABA-ID": r"4195\d+",
    "Phone-Number-ID": r"1065\d+",
    "Media-ID": r"4490\d+",
    "group_id": r"Y2F[^/]+",
}
"""What the description calls the first part of a path."""


class WhatsAppSchema:
    """Finds what is wrong with an exchange or a webhook, in words; nothing is wrong if it finds nothing."""

    def __init__(self, published: Path = PUBLISHED) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        described = yaml.load(published.read_text("utf-8"), Loader=loader)
        self._paths: Mapping[str, Any] = _mended_members(described["paths"])
        self._schemas: dict[str, Any] = _mended(described["components"]["schemas"])

    def call(self, method: str, path: str, content: Mapping[str, Any]) -> list[str]:
        """Judge a request's body."""
        operation = self._operation(method, path)
        if operation is None:
            return [f"unknown: {method} {path}"]
        if path.endswith("/messages"):
            return self._problems({"$ref": self._kind(content)}, content, f"{method} {path}")
        described = operation.get("requestBody", {}).get("content", {})
        schemas = [one["schema"] for one in described.values() if "schema" in one]
        return self._any(schemas, content, f"{method} {path}") if content and schemas else []

    def _kind(self, content: Mapping[str, Any]) -> str:
        if content.get("status") == "read":
            return f"{_SCHEMAS}MarkMessageRequestPayload"
        kinds: Mapping[str, str] = self._schemas["Message"]["discriminator"]["mapping"]
        return kinds.get(content.get("type", ""), f"{_SCHEMAS}Message")

    def answer(self, method: str, path: str, status: int, answer: Any) -> list[str]:
        """Judge what was answered."""
        if status >= 400:
            return self._problems({"$ref": f"{_SCHEMAS}GraphAPIError"}, answer, f"{method} {path} refusal")
        operation = self._operation(method, path)
        described = (operation or {})["responses"]["200"].get("content", {}).values()
        return self._any([one["schema"] for one in described if "schema" in one], answer, f"{method} {path} →")

    def webhook(self, payload: Any) -> list[str]:
        """Judge what Meta sends."""
        return self._problems({"$ref": f"{_SCHEMAS}WebhookPayload"}, payload, "webhook")

    def _operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        for described, operations in self._paths.items():
            if method.lower() in operations and _fits(described, path):
                found: Mapping[str, Any] = operations[method.lower()]
                return found
        return None

    def _any(self, schemas: list[Any], value: Any, where: str) -> list[str]:
        tried = [self._problems(schema, value, where) for schema in schemas]
        return min(tried, key=len, default=[])

    def _problems(self, schema: Mapping[str, Any], value: Any, where: str) -> list[str]:
        whole = {**_whole(copy.deepcopy(dict(schema))), "components": {"schemas": self._schemas}}
        found = Draft202012Validator(whole).iter_errors(value)
        return [f"{where} {error.json_path}: {error.message[:300]}" for error in found]


def _fits(described: str, path: str) -> bool:
    parts = described.removeprefix("/{Version}/").split("/")
    wanted = [_PLACES.get(part.strip("{}"), "none") if part.startswith("{") else re.escape(part) for part in parts]
    return re.fullmatch("/".join(wanted), path) is not None


def _mended_members(paths: Mapping[str, Any]) -> Mapping[str, Any]:
    for method in ("post", "delete"):
        for part in list(_objects(paths["/{Version}/{group_id}/participants"][method])):
            if part.get("required") == ["user"]:
                part |= {"required": [], "oneOf": [{"required": ["user"]}, {"required": ["user_id"]}]}
    return paths


def _mended(schemas: Mapping[str, Any]) -> dict[str, Any]:
    mended = {name: _whole(copy.deepcopy(schema)) for name, schema in schemas.items()}
    names = list(mended)
    for name in names[names.index(_FIRST_OF_WEBHOOKS) :]:
        mended[name] = _led(mended[name], mended)
    _mend_sending(mended)
    _mend_receiving(mended)
    return mended


def _whole(schema: Any) -> Any:
    """Move every ``additionalProperties: false`` from the parts of an ``allOf`` to the whole."""
    if isinstance(schema, list):
        return [_whole(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {key: _whole(value) for key, value in schema.items()}
    closed = [part for part in moved.get("allOf", ()) if part.get("additionalProperties") is False]
    for part in closed:
        del part["additionalProperties"]
    return moved | ({"unevaluatedProperties": False} if closed else {})


def _led(schema: Any, schemas: Mapping[str, Any]) -> Any:
    """Lead every reference to the last variant of its name, which is the one that belongs to webhooks."""
    if isinstance(schema, list):
        return [_led(one, schemas) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(ref := schema.get("$ref"), str):
        name = ref.removeprefix(_SCHEMAS)
        variants = [name, *(f"{name}_{n}" for n in range(1, 20) if f"{name}_{n}" in schemas)]
        return {**schema, "$ref": _SCHEMAS + variants[-1]}
    return {key: _led(value, schemas) for key, value in schema.items()}


def _mend_sending(schemas: Mapping[str, Any]) -> None:
    base = schemas["BaseMessageProperties"]
    base["required"] = ["messaging_product", "type"]
    base["oneOf"] = [{"required": ["to"]}, {"required": ["recipient"]}]
    base["properties"] |= {"recipient": {"type": "string"}, "biz_opaque_callback_data": {"type": "string"}}
    schemas["LanguageObject"]["required"] = ["code"]


def _mend_receiving(schemas: Mapping[str, Any]) -> None:
    schemas["BaseMessageProperties_1"]["required"] = ["id", "timestamp"]
    schemas["ContextObject"]["required"] = ["from", "id"]
    for part in _objects(schemas["ReactionMessage_1"]):
        if "emoji" in part.get("required", ()):
            part["required"] = ["message_id"]
    schemas["Statuses"]["properties"]["status"]["enum"].append("played")
    schemas["Change"]["properties"]["field"]["enum"].extend(sorted(_NEW_FIELDS))
    newer = {"type": "object", "properties": {"type": {"enum": sorted(_NEW_TYPES)}}, "required": ["id", "type"]}
    schemas["IncomingMessage"]["oneOf"].append(newer)
    unread = [{"required": [name]} for name in ("message_echoes", "user_id_update")]
    schemas["Change"]["properties"]["value"]["oneOf"].append({"type": "object", "oneOf": unread})


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _objects(value)
