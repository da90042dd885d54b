"""Our robots in the portal: how they are registered, looked at, renewed and removed (S-170).

Sources: b24-rest-docs ``bizproc-robot-add.md``, ``-update``, ``-list``, ``-delete``; providers' sheet §3.3,
addendum B8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import structlog

from chatapp_cli.crm.bitrix24 import errors
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.record import ROBOT, ROBOTS_AT
from chatapp_cli.domain.crm.robots import RobotPresence, RobotThere
from chatapp_cli.domain.errors import ChannelError, Misconfigured, Rejected
from chatapp_cli.domain.robot import NO, PREFIX, ROBOTS, YES, Robot, RobotField, RobotResult
from chatapp_cli.domain.text import Text
from chatapp_cli.i18n import show, speaking
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.kit.records import digest
from chatapp_cli.ports.memory import Memory

log = structlog.get_logger()

PAGE: Final = "robot"
"""Where the portal calls them, below the address of the link."""
_LANGUAGES: Final = ("ru", "en")
_RU: Final = "ru"
_DOCUMENTS: Final = (
    "CCrmDocumentDeal", "CCrmDocumentLead", "CCrmDocumentContact", "CCrmDocumentCompany",
    "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic",
)  # fmt: skip
"""The kinds of cards on whose stages, and in whose business processes, they can be put."""
_OURS: Final = "[ChatApp] - "
"""Before their names, among the robots of other applications (S-170)."""
_ASKED: Final = "asked"
"""What our memory holds of a robot until its registration is answered: after a lost answer it is renewed."""
_ALREADY: Final = "error_activity_already_installed"
_GONE: Final = "error_activity_not_found"
_ELSEWHERE: Final = ("error_handler_url_match", "error_wrong_handler_url", "error_unsupported_protocol")
_BY_NAME: Final[Mapping[str, Robot]] = {one.name: one for one in ROBOTS.values()}

Said = Mapping[str, Any]


def registration(robot: Robot, handler: str, owner: str) -> Said:
    """What a robot is registered with, in Russian and English.

    Its step waits for our answer (``USE_SUBSCRIPTION``), as results are taken from none that goes on at once (B8).
    """
    return {
        "HANDLER": handler,
        **({"AUTH_USER_ID": int(owner)} if owner.isdecimal() else {}),
        "USE_SUBSCRIPTION": YES,
        "NAME": {language: f"{_OURS}{name}" for language, name in _words(robot.title).items()},
        "PROPERTIES": {one.name: _property(one) for one in robot.fields},
        "RETURN_PROPERTIES": {one.name: _result(one) for one in robot.results},
        "FILTER": {"INCLUDE": [["crm", entity] for entity in _DOCUMENTS]},
    }


def _words(text: Text, languages: Sequence[str] = _LANGUAGES) -> Mapping[str, str]:
    found = {}
    for language in languages:
        with speaking(language):
            found[language] = show(text)
    return found


def _property(one: RobotField) -> Said:
    """A field. The labels of what can be chosen have one language in the portal: Russian."""
    said: dict[str, Any] = {
        "Name": _words(one.label),
        "Type": one.kind,
        "Required": YES if one.required else NO,
        "Multiple": NO,
        "Default": one.default,
    }
    if one.about is not None:
        said["Description"] = _words(one.about)
    if one.options:
        said["Options"] = {value: _words(label, (_RU,))[_RU] for value, label in one.options.items()}
    return said


def _result(one: RobotResult) -> Said:
    return {"Name": _words(one.label), "Type": one.kind, "Multiple": NO, "Default": one.default}


class PortalRobots:
    """The robots of one link."""

    def __init__(self, api: PortalApi, memory: Memory, handler: str) -> None:
        self._api, self._memory, self._handler = api, memory, handler

    async def there(self) -> Sequence[RobotThere]:
        """How each robot stands in the portal.

        Its list has codes alone; our memory of what it was told says whether fields and address are those of now.

        Raises Rejected if the portal offers no robots, or not to our application.
        """
        codes = await self._codes()
        known = await self._memory.known(ROBOT)
        found = {name: self._presence(one, codes, known) for name, one in _BY_NAME.items()}
        found |= {code: RobotPresence.STRANGE for code in codes if code not in _BY_NAME}
        return [RobotThere(robot=code.removeprefix(PREFIX), presence=how) for code, how in found.items()]

    def _presence(self, robot: Robot, codes: Sequence[str], known: Mapping[str, str]) -> RobotPresence:
        if robot.name not in codes:
            return RobotPresence.MISSING
        is_same = known.get(ROBOT + robot.name) == digest(self._registration(robot))
        return RobotPresence.THERE if is_same else RobotPresence.OLD

    def _registration(self, robot: Robot) -> Said:
        return registration(robot, self._handler, self._api.held.owner)

    async def _codes(self) -> Sequence[str]:
        """The codes of ours in the portal, which lists the robots of this application only."""
        try:
            said = await self._api.call("bizproc.robot.list", urgency=Urgency.BACKGROUND)
        except (Misconfigured, Rejected) as error:
            raise _explained(error) from error
        return [str(one) for one in said if str(one).startswith(PREFIX)] if isinstance(said, list) else []

    async def install(self) -> Sequence[RobotThere]:
        """Register what is missing, renew what is old, remove what is strange; returns how it is then."""
        there = await self.there()
        wanted = {PREFIX + one.robot: one.presence for one in there if one.presence is not RobotPresence.THERE}
        refused = await self._settle(wanted)
        if not refused:
            await self._memory.save({ROBOTS_AT: self._handler})
        return [
            _refused(one, refused[name]) if (name := PREFIX + one.robot) in refused else _there(one)
            for one in there
            if one.presence is not RobotPresence.STRANGE
        ]

    async def _settle(self, wanted: Mapping[str, RobotPresence]) -> Mapping[str, ChannelError]:
        """Register, renew or remove robots that are so; returns what was refused.

        Another process may do the same at this moment: a robot that was to be registered and is there is renewed, and
        one that was to be renewed and is gone is registered.
        """
        leaving = [name for name, how in wanted.items() if how is RobotPresence.STRANGE]
        said = {name: digest(self._registration(_BY_NAME[name])) for name in wanted if name not in leaving}
        await self._memory.save({ROBOT + name: _ASKED for name in said})
        answers = {**await self._all({name: self._command(name, how) for name, how in wanted.items()})}
        other = {name: how for name in said for code, how in _OTHER_WAY.items() if _says(answers[name], code)}
        answers |= await self._all({name: self._command(name, how) for name, how in other.items()})
        refused = {name: one for name, one in answers.items() if isinstance(one, ChannelError)}
        left = {name: one for name, one in refused.items() if name in said or not _says(one, _GONE)}
        marks = {**dict.fromkeys(leaving, ""), **said}
        await self._memory.save({ROBOT + name: mark for name, mark in marks.items() if name not in left})
        return left

    def _command(self, name: str, how: RobotPresence) -> BatchCommand:
        """What has to be called for a robot that stands so."""
        if how is RobotPresence.STRANGE:
            return BatchCommand("bizproc.robot.delete", {"CODE": name})
        said = self._registration(_BY_NAME[name])
        if how is RobotPresence.OLD:
            return BatchCommand("bizproc.robot.update", {"CODE": name, "FIELDS": said})
        return BatchCommand("bizproc.robot.add", {"CODE": name, **said})

    async def _all(self, commands: Mapping[str, BatchCommand]) -> Mapping[str, Any]:
        """The answers to commands. Raises an error that is of no single one: the link ended, or it passes by itself."""
        answers = await self._api.batch(commands, urgency=Urgency.BACKGROUND)
        for said in answers.values():
            if isinstance(said, ChannelError) and not isinstance(said, Misconfigured | Rejected):
                raise said
        return answers

    async def remove(self) -> Sequence[RobotThere]:
        """Take all of ours away. Raises the first refusal after all of them were tried."""
        refused = await self._settle(dict.fromkeys(await self._codes(), RobotPresence.STRANGE))
        if refused:
            raise _explained(next(iter(refused.values())))
        await self._memory.save({ROBOTS_AT: "", **dict.fromkeys(await self._memory.known(ROBOT), "")})
        return await self.there()

    async def keep(self) -> None:
        """Register again what is missing or old of what was installed.

        A portal forgets robots when the application is changed there.

        A refusal is only logged: it keeps nothing else from working, and the check of the link tells it.
        """
        if not await self._memory.known(ROBOT):
            return
        try:
            refused = [one for one in await self.install() if one.presence is RobotPresence.REFUSED]
        except Rejected as error:
            log.info("crm.robots_refused", code=error.code, detail=error.detail)
            return
        for one in refused:
            log.info("crm.robot_refused", robot=one.robot, code=one.code, detail=one.detail)

    async def leave(self) -> Sequence[ChannelError]:
        """Take away what was installed, because the link ends; returns what is left and why."""
        if not await self._memory.known(ROBOT):
            return []
        try:
            await self.remove()
        except Rejected as error:
            return [error]
        return []


_OTHER_WAY: Final = {_ALREADY: RobotPresence.OLD, _GONE: RobotPresence.MISSING}
"""How a robot stands in truth, by the code with which its registration or renewal was refused."""


def _says(answer: Any, code: str) -> bool:
    return isinstance(answer, Rejected) and errors.begins_with(answer, code)


def _there(one: RobotThere) -> RobotThere:
    return replace(one, presence=RobotPresence.THERE)


def _refused(one: RobotThere, error: ChannelError) -> RobotThere:
    why = _explained(error)
    return replace(one, presence=RobotPresence.REFUSED, code=why.code, detail=why.detail)


def _explained(error: ChannelError) -> ChannelError:
    """A refusal that concerns robots alone, under the code that a person is told it by."""
    if error.code == errors.SCOPE:
        return Rejected("robots_scope", error.detail)
    if isinstance(error, Misconfigured):
        return error
    if error.code == "no_method":
        return Rejected("robots_not_offered", error.detail)
    if any(errors.begins_with(error, code) for code in _ELSEWHERE):
        return Rejected("robots_elsewhere", error.detail)
    return error
