"""Robots: what an automation has the desk do, one act each (S-170 to S-178).

One catalogue for the pages of a CRM, the command line and the window. A field's value is a string, as a person filled
it in; ``services/robots`` understands it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text

FieldType: TypeAlias = Literal["string", "text", "select", "bool", "int", "user"]
YES: Final = "Y"
NO: Final = "N"
TIMEOUT: Final = "TIMEOUT"
"""The code of what had not left us when the robot's time was over."""
RUN_TIMER: Final = "run"
"""The kind of the timers at which what waits of a run is given up; their ``ref`` is its number."""
PREFIX: Final = "chatapp_"
"""Before the code of each robot in a CRM, whose codes are shared with other applications."""


class RobotCode(StrEnum):
    """What a robot does; its value is stored."""

    SEND_MESSAGE = "send_message"
    SEND_FILE = "send_file"
    SEND_DOCUMENT = "send_document"
    CHECK_PHONE = "check_phone"
    SET_TAGS = "set_tags"
    RENAME_CHAT = "rename_chat"
    CREATE_GROUP = "create_group"
    ADD_MEMBERS = "add_members"
    SEND_TO_GROUP = "send_to_group"
    SEND_FILE_TO_GROUP = "send_file_to_group"
    END_GROUP = "end_group"


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotField:
    """What a person fills in; ``bool`` is ``Y`` or ``N``, ``user`` an employee of the CRM, here an operator."""

    name: str
    label: Text
    kind: FieldType = "string"
    required: bool = False
    options: Mapping[str, Text] = field(default_factory=dict)
    """The values of a ``select`` and what they are called."""
    default: str = ""
    about: Text | None = None
    """What the label does not tell."""
    is_file: bool = False
    """Whether it names files, which are fetched before the robot works and are not kept in its run."""


class RobotResult(NamedTuple):
    """What a robot returns, which later steps of the automation can use."""

    name: str
    label: Text
    kind: Literal["string", "text"] = "string"
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """One robot."""

    code: RobotCode
    title: Text
    fields: Sequence[RobotField]
    results: Sequence[RobotResult]

    @property
    def name(self) -> str:
        """Its code in a CRM."""
        return f"{PREFIX}{self.code}"

    @property
    def spelled(self) -> str:
        """Its code on the command line and in files."""
        return self.code.replace("_", "-")

    def has(self, name: str) -> bool:
        """Whether it has a field."""
        return any(one.name == name for one in self.fields)

    @property
    def file(self) -> RobotField | None:
        """Its field of files; ``None`` if it sends none."""
        return next((one for one in self.fields if one.is_file), None)

    def files(self, arguments: Mapping[str, str]) -> str:
        """What is filled in there; empty for no files."""
        return "" if self.file is None else arguments.get(self.file.name, "").strip()


PHONE = RobotField(name="phone", label=T("Phone"), about=T("Several are separated by commas or semicolons."))
CHAT_ID = RobotField(
    name="chat_id",
    label=T("Chat id"),
    about=T("Chat ids or @usernames; several are separated by commas or semicolons."),
)
MESSENGER = RobotField(
    name="messenger",
    label=T("Field “Messenger”"),
    about=T("The field of a contact or lead, used where no phone and no chat id is given."),
)
LINE = RobotField(name="line_id", label=T("ChatApp line id"), about=T("May stay empty with a single line."))
CHANNEL = RobotField(
    name="channel",
    label=T("Channel"),
    about=T(
        "A kind such as whatsapp or telegram, or an account; empty: where the client wrote last, otherwise the first "
        "that takes such an address."
    ),
)
WHOM = (PHONE, CHAT_ID, MESSENGER)
_WHERE = (LINE, CHANNEL)
_MESSAGE = RobotField(name="message", label=T("Message"), kind="text", required=True)
_WORDS = RobotField(name="message", label=T("Message"), kind="text")
_NAMES = (
    RobotField(name="first_name", label=T("First name"), about=T("For a new contact, in Telegram only.")),
    RobotField(name="last_name", label=T("Last name"), about=T("For a new contact, in Telegram only.")),
)
RESPONSIBLE = RobotField(
    name="responsible",
    label=T("Responsible person"),
    kind="user",
    about=T("Who becomes responsible for the dialog; nobody changes if they are no operator here."),
)
FILE = RobotField(
    name="file",
    label=T("File"),
    required=True,
    about=T("The number of a file on the CRM's disk; from the command line, a path."),
    is_file=True,
)
DOCUMENT = RobotField(
    name="document",
    label=T("Document"),
    required=True,
    about=T("The number of a document made in the CRM; from the command line, a path."),
    is_file=True,
)
FORMAT = RobotField(
    name="format",
    label=T("Format"),
    kind="select",
    options=MappingProxyType({"pdf": T("PDF"), "docx": T("DOCX")}),
    default="pdf",
)
_OPTIONAL_DOCUMENT = replace(DOCUMENT, required=False)
ASYNC = RobotField(
    name="async",
    label=T("Asynchronous result"),
    kind="bool",
    default=NO,
    about=T("Answer when the messenger has said how it went, and not as soon as it is accepted."),
)
COMMENT = RobotField(name="comment", label=T("Add the result to the comments of the CRM card"), kind="bool", default=NO)
_GROUP = RobotField(
    name="group_id",
    label=T("Group id"),
    required=True,
    about=T("As “Create a group” returned it: the chat id, or the number of the dialog."),
)
_MEMBERS = RobotField(
    name="members",
    label=T("Members"),
    required=True,
    about=T("Phones, @usernames or chat ids, separated by commas or semicolons."),
)
ADDRESSED = (*WHOM, _GROUP, _MEMBERS)
"""The fields that say for whom a robot works."""
_TITLE = RobotField(name="title", label=T("Name"), required=True)
STATUS = RobotResult("status", T("Sending status"))
DETAIL = RobotResult("detail", T("Detailed result"), "text")
TIMED = RobotResult("timeout", T("Operation timeout"), default="0")
"""``1`` if everything ended before the deadline, ``0`` if not.

A portal's own ``IsTimeout`` is the other way round: ``1`` where it waited in vain.
"""
_RESULTS = (STATUS, DETAIL, TIMED)
FOUND = RobotResult("found", T("Has the messenger"))
GROUP_ID = RobotResult("group_id", T("Group id"))
_PERSON = (
    FOUND,
    RobotResult("username", T("Username")),
    RobotResult("first_name", T("First name")),
    RobotResult("last_name", T("Last name")),
)


def _robot(
    code: RobotCode,
    title: Text,
    *fields: RobotField,
    results: Sequence[RobotResult] = (),
    final: bool = False,
) -> Robot:
    """A robot with the fields and results that all have; a ``final`` one always waits for the messenger's last word."""
    ends = (COMMENT,) if final else (ASYNC, COMMENT)
    return Robot(code=code, title=title, fields=(*fields, *ends), results=(*_RESULTS, *results))


ROBOTS: Final[Mapping[RobotCode, Robot]] = MappingProxyType(
    {
        one.code: one
        for one in (
            _robot(RobotCode.SEND_MESSAGE, T("Send a message"), *WHOM, _MESSAGE, *_NAMES, RESPONSIBLE, *_WHERE),
            _robot(
                RobotCode.SEND_FILE,
                T("Send a file from the disk"),
                *WHOM,
                FILE,
                _WORDS,
                *_NAMES,
                RESPONSIBLE,
                *_WHERE,
            ),
            _robot(
                RobotCode.SEND_DOCUMENT,
                T("Send a CRM document"),
                *WHOM,
                DOCUMENT,
                FORMAT,
                _WORDS,
                *_NAMES,
                RESPONSIBLE,
                *_WHERE,
            ),
            _robot(
                RobotCode.CHECK_PHONE,
                T("Check a phone"),
                PHONE,
                CHAT_ID,
                *_WHERE,
                results=_PERSON,
                final=True,
            ),
            _robot(
                RobotCode.SET_TAGS,
                T("Tags of the dialog"),
                *WHOM,
                RobotField(name="tags", label=T("Tags"), required=True, about=T("Separated by commas or semicolons.")),
                RobotField(
                    name="action",
                    label=T("Action"),
                    kind="select",
                    options=MappingProxyType({"attach": T("Set"), "detach": T("Remove")}),
                    default="attach",
                ),
                *_WHERE,
            ),
            _robot(RobotCode.RENAME_CHAT, T("Rename the chat"), *WHOM, _TITLE, *_WHERE),
            _robot(
                RobotCode.CREATE_GROUP,
                T("Create a group"),
                _TITLE,
                _MEMBERS,
                *_WHERE,
                results=(GROUP_ID,),
                final=True,
            ),
            _robot(RobotCode.ADD_MEMBERS, T("Add a member to the group"), _GROUP, _MEMBERS, *_WHERE),
            _robot(
                RobotCode.SEND_TO_GROUP,
                T("Send to the group"),
                _GROUP,
                _WORDS,
                _OPTIONAL_DOCUMENT,
                FORMAT,
                *_WHERE,
            ),
            _robot(
                RobotCode.SEND_FILE_TO_GROUP,
                T("Send a file from the disk to the group"),
                _GROUP,
                FILE,
                _WORDS,
                *_WHERE,
            ),
            _robot(RobotCode.END_GROUP, T("Delete the group"), _GROUP, *_WHERE),
        )
    }
)


def known(code: str) -> Robot | None:
    """The robot of a code; ``None`` for a step of a bot, and for one of another version."""
    return ROBOTS[RobotCode(code)] if code in set(RobotCode) else None


class RobotVerdict(NamedTuple):
    """How a robot fared with one recipient, as an automation is told."""

    chat: str
    """The recipient's chat id; a phone as its digits, and what was written if nobody was found."""
    done: bool
    code: str = ""
    message: str = ""

    def __str__(self) -> str:
        """``79000000000:Y`` or ``79000000000:N:[LICENSE_NOT_FOUND] license not found``.

        S-175 has the form ``chatId:Y|N:[errorCode] errorMessage`` and an example with other spaces and without a code;
        C-09 decides for the form. A success ends after the ``Y``, a message without a full stop. What stands between
        the parts is not allowed within the first: a colon of a chat id would be read as the end of it.
        """
        if self.done:
            return f"{self.chat}:{YES}"
        words = " ".join(self.message.replace(";", ",").split()).removesuffix(".")
        return f"{self.chat}:{NO}:[{self.code.upper()}] {words}".rstrip()


def detail(verdicts: Sequence[RobotVerdict]) -> str:
    """The «Подробный результат»: of each recipient, joined by ``; `` (C-09), so no part of it has a semicolon."""
    return "; ".join(map(str, verdicts))


_VERDICT: Final = re.compile(
    r"(?P<chat>[^;]*?)\s*:\s*(?P<said>[YN])\s*(?::\s*(?:\[\s*(?P<code>[^\]\s]*)\s*\])?\s*(?P<message>.*))?", re.DOTALL
)


def read_detail(said: str) -> Sequence[RobotVerdict]:
    """What a «Подробный результат» says of each recipient, ours or another product's.

    As C-09 wants it, blanks around the parts may stand there or not, and the code in brackets may be missing; a
    semicolon at the end adds nothing, and one within a message belongs to it. Raises UsageError for anything else.
    """
    found: list[RobotVerdict] = []
    for part in filter(None, (one.strip() for one in said.split(";"))):
        verdict = _VERDICT.fullmatch(part)
        if verdict is not None:
            code, message = verdict["code"] or "", verdict["message"] or ""
            found.append(RobotVerdict(verdict["chat"], done=verdict["said"] == YES, code=code, message=message))
        elif found:
            found[-1] = found[-1]._replace(message=f"{found[-1].message}; {part}")
        else:
            raise UsageError(T("This is no detailed result of a robot: {text}", text=part), field="result")
    return found
