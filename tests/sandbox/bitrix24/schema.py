"""What the published descriptions of Bitrix24 say against a portal's calls, answers and posts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.misbehaviour import TOKEN
from chatapp_cli.sandbox.bitrix24.objects import Json, PortalCall
from chatapp_cli.sandbox.brackets import Pairs, nested
from tests.sandbox.contracts import PUBLISHED, differences, part

METHODS = PUBLISHED / "bitrix24"
OVERLAY = PUBLISHED / "bitrix24_overlay"

PARTS_OF_ANSWERS = ("result", "time")
"""Some descriptions list them among the parameters (overlay: corrections)."""
BOTH_SPELLINGS = {"user.get": {"filter"}}
BLOCKS = {
    "imconnector.send.messages": "send", "imconnector.update.messages": "update",
    "imconnector.delete.messages": "delete", "imconnector.send.status.delivery": "delivery",
}  # fmt: skip
OF_DEALS = ("categoryId", "contactIds", "closed", "leadId")
"""Fields of deals in the documents of ``crm.item``; the example of an answer is a lead."""
KINDS = {
    "string": (str, int), "char": (str,), "object": (dict, list), "array": (list,), "integer": (int, str),
    "boolean": (bool, str, int), "any": (object,),
}  # fmt: skip
LOCALISED = {"NAME", "DESCRIPTION"}
"""Of SMS providers and robots: one text, or one for each language."""
IS_REQUIRED = {("bizproc.robot.add", "PLACEMENT_HANDLER"): False, ("bizproc.event.send", "EVENT_TOKEN"): True}
"""What holds in place of the description (overlay: corrections)."""


class Bitrix24Schema:
    """Finds what is wrong, in words."""

    def __init__(self) -> None:
        lacking = json.loads((OVERLAY / "missing_methods.json").read_text("utf-8"))["methods"]
        self._files = {path.stem.lower(): path for path in METHODS.glob("[a-z]*.json")}
        self._lacking = {one["method"].lower(): one for one in lacking}
        self._items = json.loads((OVERLAY / "imconnector.messages.schema.json").read_text("utf-8"))
        self._events = json.loads((OVERLAY / "events.schema.json").read_text("utf-8"))

    def method(self, name: str) -> Json:
        """The description of a method; the overlay goes before."""
        if name not in self._lacking:
            self._lacking[name] = json.loads(self._files[name].read_text("utf-8"))
        return self._lacking[name]

    def parameters(self, name: str) -> Mapping[str, Json]:
        """The described parameters of a method."""
        said = [one for one in self.method(name)["params"] if one["name"] not in PARTS_OF_ANSWERS]
        return {one["name"]: {**one, "required": IS_REQUIRED.get((name, one["name"]), one["required"])} for one in said}

    def call(self, call: PortalCall) -> Iterator[str]:
        """Judge a call, and its answer unless that is a refusal."""
        known = self.parameters(call.method)
        for name, value in call.params.items():
            if name not in known and "*" not in known and name not in BOTH_SPELLINGS.get(call.method, ()):
                yield f"{call.method} does not know {name}"
            elif name in known and not self._is_fitting(call.method, known[name], value):
                yield f"{call.method} wants {name} as {known[name]['base']}"
        lacking = [name for name, one in known.items() if one["required"] is True and name not in call.params]
        yield from (f"{call.method} needs {name}" for name in lacking)
        yield from self._inside(call)
        if call.status == 200 and not call.error:
            yield from self._answer(call)

    def _is_fitting(self, method: str, described: Json, value: Any) -> bool:
        if method.startswith(("messageservice.sender.", "bizproc.robot.")) and described["name"] in LOCALISED:
            return isinstance(value, str | dict)
        if (method, described["name"]) == ("user.get", "FILTER"):
            return isinstance(value, dict)
        return isinstance(value, KINDS.get(described["base"], (object,)))

    def _inside(self, call: PortalCall) -> Iterator[str]:
        block = BLOCKS.get(call.method)
        for item in call.params.get("MESSAGES") or [] if block else []:
            yield from differences(part(self._items, str(block)), item, call.method)

    def _answer(self, call: PortalCall) -> Iterator[str]:
        example = self._example(call.method)
        if "result" in example:
            yield from _differences(f"answer of {call.method}", example["result"], call.answer)
        if call.method in BLOCKS and call.method.endswith(".messages"):
            for item in call.answer["DATA"]["RESULT"]:
                yield from differences(part(self._items, "item_answer"), item, f"answer of {call.method}")

    def _example(self, method: str) -> Json:
        """An answer of a method; where it shows a choice of fields, those of one thing stand in for them all."""
        example = self.method(method).get("resultExample") or {}
        example = example.get("answer", example)
        if method == "imopenlines.config.list.get":
            settings = self.method("imopenlines.config.get")["resultExample"]["result"]
            return {"result": [*example["result"], {name: v for name, v in settings.items() if name != "QUEUE"}]}
        if method == "crm.item.fields":
            shown = self.method("crm.item.get")["resultExample"]["result"]["item"]
            one, *_ = example["result"]["fields"].values()
            return {"result": {"fields": dict.fromkeys([*example["result"]["fields"], *shown, *OF_DEALS], one)}}
        if method.startswith("crm.item."):
            fields = {**self.method("crm.item.get")["resultExample"]["result"]["item"], **dict.fromkeys(OF_DEALS)}
            return {"result": {"items": [fields], "item": fields}}
        return example

    def post(self, form: Pairs, query: Json) -> Iterator[str]:
        """Judge what the portal posted."""
        said = nested(form)
        calls = {"message_id": "sms_call", "event_token": "robot_call"}
        name = said.get("event") or next((one for key, one in calls.items() if key in said), "placement_body")
        yield from self._against(name, said)
        if name == "placement_body":
            yield from self._against("placement_query", query)

    def _against(self, name: str, said: Json) -> Iterator[str]:
        if name in self._events["$defs"]:
            yield from differences(part(self._events, name), said, name)


BESIDE = ("ERRORS", "ufCrm")
"""What examples do not show: errors of items, which the overlay describes, and fields that a company added."""


def _differences(where: str, example: Any, said: Any) -> Iterator[str]:
    """What an answer has that its example does not have, in the places that both show."""
    if isinstance(example, dict) and isinstance(said, dict):
        strange = [name for name in said if name not in example and not _is_id(name) and not name.startswith(BESIDE)]
        yield from (f"{where} does not know {name}" for name in strange)
        for name in said.keys() & example.keys():
            yield from _differences(f"{where}.{name}", example[name], said[name])
    elif isinstance(example, list) and isinstance(said, list) and example:
        if not isinstance(example[0], dict):
            return
        for one in said:
            yield from _differences(f"{where}[]", {key: v for other in example for key, v in other.items()}, one)
    elif example is not None and type(example) is not type(said) and said not in ([], None, ""):
        yield f"{where} is {type(said).__name__}, not {type(example).__name__}"


def _is_id(name: str) -> bool:
    """Whether a key is an id or the name of something, as of a connector."""
    return name.isdecimal() or name.islower()


@cache
def schema() -> Bitrix24Schema | None:
    """The judge; ``None`` where the descriptions are not there."""
    return Bitrix24Schema() if METHODS.is_dir() and OVERLAY.is_dir() else None


def judged(portal: Portal) -> list[PortalCall]:
    """The answered calls of methods, those of the authorisation server too; its answers with tokens are in no file."""
    return [call for call in (*portal.calls, *portal.authority.calls) if call.status == 200 and call.method != TOKEN]


def problems(portal: Portal) -> list[str]:
    """Everything that is wrong with what went between us and a portal."""
    judge = schema()
    if judge is None:
        return portal.problems
    done = judged(portal)
    said = [words for call in done for words in judge.call(call)]
    return portal.problems + said + [words for post in portal.server.courier.posted for words in judge.post(*post)]
