"""What each method takes, and what is said against a call.

From the method pages of the official documentation (b24-rest-docs), in a form of our own; a ``!`` marks what a call
must have. Names of methods are not case-sensitive, so they stand in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

BASIC: Final = ""
"""The scope of methods that every application may call."""


@dataclass(frozen=True, slots=True)
class MethodRule:
    """A method's scope and parameters."""

    scope: str
    params: Mapping[str, str]
    """The kind of each parameter by its name."""
    required: frozenset[str]
    application: bool
    """Whether it needs an application: an incoming webhook is refused."""
    free: bool
    """Whether it takes parameters of any name."""


def _rule(scope: str, said: str = "", *, application: bool = False) -> MethodRule:
    words = [word.split(":") for word in said.split() if word != "*"]
    params = {name.removesuffix("!"): kind for name, kind in words}
    required = frozenset(name[:-1] for name, _ in words if name.endswith("!"))
    return MethodRule(scope, params, required, application, "*" in said.split())


_LINE = "CONNECTOR!:string LINE!:integer"
_ITEM = "entityTypeId!:integer id!:integer useOriginalUfNames:boolean"
_REGISTER = (
    "ID!:string NAME!:string ICON!:object PLACEMENT_HANDLER!:string ICON_DISABLED:object DEL_EXTERNAL_MESSAGES:boolean "
    "EDIT_INTERNAL_MESSAGES:boolean DEL_INTERNAL_MESSAGES:boolean NEWSLETTER:boolean NEED_SYSTEM_MESSAGES:boolean "
    "NEED_SIGNATURE:boolean CHAT_GROUP:boolean"
)
_ROBOT = (
    "HANDLER!:string NAME!:words AUTH_USER_ID:integer USE_SUBSCRIPTION:boolean DESCRIPTION:words PROPERTIES:object "
    "RETURN_PROPERTIES:object DOCUMENT_TYPE:array FILTER:object USE_PLACEMENT:boolean PLACEMENT_HANDLER:string"
)

RULES: Final[Mapping[str, MethodRule]] = {
    "app.info": _rule(BASIC),
    "profile": _rule(BASIC),
    "server.time": _rule(BASIC),
    "scope": _rule(BASIC, "full:boolean"),
    "batch": _rule(BASIC, "halt:integer cmd!:object"),
    "event.bind": _rule(
        BASIC,
        "event!:string handler!:string auth_type:integer event_type:string auth_connector:string options:object",
        application=True,
    ),
    "event.unbind": _rule(BASIC, "event!:string handler!:string auth_type:integer event_type:string", application=True),
    "event.get": _rule(BASIC, application=True),
    "event.test": _rule(BASIC, "*", application=True),
    "user.current": _rule("user"),
    "user.admin": _rule(BASIC),
    "user.get": _rule(
        "user",
        "sort:string order:string FILTER:object filter:object ADMIN_MODE:boolean select:array IMAGE_RESIZE:string "
        "start:integer",
    ),
    "placement.bind": _rule(
        "placement",
        "PLACEMENT!:string HANDLER!:string TITLE:string DESCRIPTION:string LANG_ALL:object OPTIONS:object "
        "USER_ID:integer",
        application=True,
    ),
    "placement.unbind": _rule("placement", "PLACEMENT:string HANDLER:string USER_ID:integer", application=True),
    "placement.get": _rule("placement", application=True),
    "placement.list": _rule("placement", "SCOPE:string FULL:boolean", application=True),
    "imconnector.register": _rule("imopenlines", _REGISTER, application=True),
    "imconnector.unregister": _rule("imopenlines", "ID!:string", application=True),
    "imconnector.list": _rule("imopenlines", application=True),
    "imconnector.activate": _rule("imopenlines", f"{_LINE} ACTIVE!:string", application=True),
    "imconnector.status": _rule("imopenlines", "CONNECTOR!:string LINE:string", application=True),
    "imconnector.connector.data.set": _rule("imopenlines", f"{_LINE} DATA!:object", application=True),
    "imconnector.send.messages": _rule("imopenlines", f"{_LINE} MESSAGES!:array", application=True),
    "imconnector.update.messages": _rule("imopenlines", f"{_LINE} MESSAGES!:array", application=True),
    "imconnector.delete.messages": _rule("imopenlines", f"{_LINE} MESSAGES!:array", application=True),
    "imconnector.send.status.delivery": _rule("imopenlines", f"{_LINE} MESSAGES!:array", application=True),
    "imconnector.send.status.reading": _rule("imopenlines", f"{_LINE} MESSAGES!:array", application=True),
    "imconnector.chat.name.set": _rule(
        "imconnector", f"{_LINE} CHAT_ID!:string NAME!:string USER_ID:string", application=True
    ),
    "imopenlines.config.list.get": _rule("imopenlines", "PARAMS:object OPTIONS:object"),
    "imopenlines.config.get": _rule("imopenlines", "CONFIG_ID!:integer WITH_QUEUE:char SHOW_OFFLINE:char"),
    "imopenlines.config.add": _rule("imopenlines", "PARAMS:object"),
    "imopenlines.config.update": _rule("imopenlines", "CONFIG_ID!:integer PARAMS:object"),
    "imopenlines.dialog.get": _rule(
        "imopenlines", "CHAT_ID:integer DIALOG_ID:string SESSION_ID:integer USER_CODE:string"
    ),
    "imopenlines.session.history.get": _rule("imopenlines", "SESSION_ID:integer CHAT_ID:integer"),
    "imopenlines.session.open": _rule("imopenlines", "USER_CODE!:string"),
    "imopenlines.crm.chat.get": _rule("imopenlines", "CRM_ENTITY_TYPE!:string CRM_ENTITY!:integer ACTIVE_ONLY:char"),
    "imopenlines.crm.chat.getlastid": _rule("imopenlines", "CRM_ENTITY_TYPE!:string CRM_ENTITY!:integer"),
    "imopenlines.crm.message.add": _rule(
        "imopenlines",
        "CRM_ENTITY_TYPE!:string CRM_ENTITY!:integer USER_ID!:integer CHAT_ID!:integer MESSAGE!:string",
    ),
    "im.notify.system.add": _rule(
        "im",
        "USER_ID!:integer MESSAGE!:string MESSAGE_OUT:string TAG:string SUB_TAG:string ATTACH:object CLIENT_ID:string",
    ),
    "messageservice.sender.add": _rule(
        "messageservice",
        "CODE!:string TYPE!:string HANDLER!:string NAME!:words DESCRIPTION:words",
        application=True,
    ),
    "messageservice.sender.update": _rule(
        "messageservice", "CODE!:string HANDLER:string NAME:words DESCRIPTION:words", application=True
    ),
    "messageservice.sender.list": _rule("messageservice", application=True),
    "messageservice.sender.delete": _rule("messageservice", "CODE!:string", application=True),
    "messageservice.message.status.update": _rule(
        "messageservice", "CODE!:string MESSAGE_ID!:string STATUS!:string", application=True
    ),
    "bizproc.robot.add": _rule("bizproc", f"CODE!:string {_ROBOT}", application=True),
    "bizproc.robot.update": _rule("bizproc", "CODE!:string FIELDS!:object", application=True),
    "bizproc.robot.list": _rule("bizproc", application=True),
    "bizproc.robot.delete": _rule("bizproc", "CODE!:string", application=True),
    "bizproc.event.send": _rule("bizproc", "EVENT_TOKEN!:string RETURN_VALUES:object LOG_MESSAGE:string"),
    "bizproc.activity.log": _rule("bizproc", "EVENT_TOKEN!:string LOG_MESSAGE!:string"),
    "crm.documentgenerator.document.get": _rule("crm", "id:integer"),
    "crm.documentgenerator.document.list": _rule("crm", "select:array filter:object order:object start:integer"),
    "crm.item.list": _rule(
        "crm",
        "entityTypeId!:integer select:array filter:object order:object start:integer useOriginalUfNames:boolean",
    ),
    "crm.item.get": _rule("crm", _ITEM),
    "crm.item.add": _rule("crm", "entityTypeId!:integer fields!:object useOriginalUfNames:boolean"),
    "crm.item.fields": _rule("crm", "entityTypeId!:integer useOriginalUfNames:boolean"),
    "crm.item.update": _rule("crm", f"{_ITEM} fields!:object"),
    "crm.timeline.comment.add": _rule("crm", "fields!:object"),
    "crm.timeline.comment.get": _rule("crm", "id!:integer"),
    "crm.timeline.comment.list": _rule("crm", "select:array filter!:object order:object start:integer"),
    "crm.timeline.comment.update": _rule("crm", "id!:integer fields!:object ownerTypeId:integer ownerId:integer"),
    "crm.timeline.comment.delete": _rule("crm", "id!:integer ownerTypeId:integer ownerId:integer"),
    "crm.duplicate.findbycomm": _rule("crm", "type!:string values!:array entity_type:string"),
    "crm.category.list": _rule("crm", "entityTypeId!:integer"),
    "crm.status.list": _rule("crm", "order:object filter:object"),
    "disk.file.get": _rule("disk", "id!:integer"),
}


def _integer(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and re.fullmatch(r"-?\d+", value) is not None
    )


def _string(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


_FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "string": _string,
    "integer": _integer,
    "boolean": lambda value: isinstance(value, bool) or value in {0, 1, "0", "1", "Y", "N", ""},
    "char": lambda value: value in {"Y", "N"},
    "object": lambda value: isinstance(value, dict) or value == [],
    "array": lambda value: isinstance(value, list),
    "words": lambda value: isinstance(value, str | dict),
}


def missing(rule: MethodRule, params: Mapping[str, Any]) -> list[str]:
    """The parameters that a call lacks."""
    return sorted(name for name in rule.required if _is_empty(params.get(name)))


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def said_against(method: str, params: Mapping[str, Any]) -> list[str]:
    """What is wrong with a call's parameters, in words."""
    rule = RULES[method]
    unknown = [] if rule.free else [f"{method} does not know {name}" for name in params if name not in rule.params]
    wrong = [
        f"{method} wants {name} as {rule.params[name]}"
        for name, value in params.items()
        if name in rule.params and not _FITS[rule.params[name]](value)
    ]
    lacking = [f"{method} needs {name}" for name in missing(rule, params)]
    inside = [problem for item in _items(method, params) for problem in said_against_item(method, item)]
    return unknown + wrong + lacking + inside


def _items(method: str, params: Mapping[str, Any]) -> Sequence[Any]:
    said = params.get("MESSAGES")
    return said if method in _BLOCKS and isinstance(said, list) else ()


_PERSON = "id! name last_name picture url gender email phone skip_phone_validate"
_CHAT = "id! name url"
_BLOCKS: Final[Mapping[str, Mapping[str, str]]] = {
    "imconnector.send.messages": {
        "user": _PERSON, "message": "id! date text files disable_crm user_id", "chat": _CHAT,
    },
    "imconnector.update.messages": {
        "user": _PERSON, "message": "id! date text files disable_crm user_id", "chat": _CHAT,
    },
    "imconnector.delete.messages": {"user": "id! *", "message": "id! *", "chat": "id! *"},
    "imconnector.send.status.delivery": {"im": "chat_id! message_id! *", "message": "id! date", "chat": "id! *"},
}  # fmt: skip
"""The blocks of one item of ``MESSAGES`` and what each may hold."""


def said_against_item(method: str, item: Any) -> list[str]:
    """What is wrong with one item of ``MESSAGES``."""
    if not isinstance(item, dict):
        return [f"{method} wants items as objects"]
    blocks = _BLOCKS[method]
    wrong = [f"{method} does not know {name} in an item" for name in item if name not in blocks]
    for name, allowed in blocks.items():
        wrong += _against_block(f"{method}: {name}", item.get(name), allowed.split())
    given = item.get("message") or {}
    if not wrong and method.endswith("delivery") and not isinstance(given.get("id"), list):
        wrong.append(f"{method} wants message.id as array")
    return wrong


def _against_block(where: str, block: Any, allowed: list[str]) -> list[str]:
    if not isinstance(block, dict):
        return [f"{where} is missing"]
    known = {name.removesuffix("!") for name in allowed}
    wrong = [f"{where} does not know {name}" for name in block if "*" not in known and name not in known]
    return wrong + [f"{where} needs {name[:-1]}" for name in allowed if name[-1] == "!" and not block.get(name[:-1])]


_NAME = re.compile(r"[^\W\d_]+(?:[ '’-]+[^\W\d_]+)*[ '’-]*")
_PHONE = re.compile(r"\+?[1-9]\d{9,14}")
_LONGEST_NAME = 25


def refused_item(item: Mapping[str, Any]) -> list[str]:
    """Why the portal does not take a client's message: its own checks of names, phone and content."""
    user, message = item.get("user") or {}, item.get("message") or {}
    errors = [
        f"USER_{part.upper()} is not a name"
        for part in ("name", "last_name")
        if (said := user.get(part)) and (len(said) > _LONGEST_NAME or not _NAME.fullmatch(said))
    ]
    phone = user.get("phone")
    if phone and user.get("skip_phone_validate") != "Y" and not _PHONE.fullmatch(str(phone)):
        errors.append("USER_PHONE is not a phone number")
    if not message.get("text") and not message.get("files"):
        errors.append("MESSAGE is empty")
    return errors
