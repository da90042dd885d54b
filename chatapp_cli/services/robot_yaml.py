"""Several robots as a YAML file, one after the other: a list of mappings, each with ``robot`` and its fields.

All values are texts; a list is what commas would separate. YAML's types and references are not supported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.robot import PREFIX, ROBOTS, Robot, known
from chatapp_cli.domain.text import T, Text

_ROBOT: Final = "robot"


@dataclass(frozen=True, slots=True)
class RobotStep:
    """One robot with what is filled in."""

    robot: Robot
    arguments: Mapping[str, str]


def find(named: str) -> Robot:
    """A robot by its code, also as the command line and a portal spell it. Raises UsageError."""
    code = named.strip().lower().replace("-", "_").removeprefix(PREFIX)
    robot = known(code)
    if robot is None:
        raise UsageError(
            T("There is no robot {name}.", name=named),
            T("Robots: {names}", names=", ".join(one.spelled for one in ROBOTS.values())),
            field="code",
        )
    return robot


def step(named: str, arguments: Mapping[str, str]) -> RobotStep:
    """A robot with its fields. Raises UsageError for a field that it does not have."""
    robot = find(named)
    for name in arguments:
        if not robot.has(name):
            fields = ", ".join(one.name for one in robot.fields)
            raise UsageError(
                T("The robot {robot} has no field {name}.", robot=robot.spelled, name=name),
                T("Its fields: {names}", names=fields),
                field=name,
            )
    return RobotStep(robot, {name: value for name, value in arguments.items() if value})


def read(text: str) -> Sequence[RobotStep]:
    """The robots of a file, in order. Raises UsageError."""
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.BaseLoader)):
            raise _not_understood(T("It has references."))
        _require_each_once(yaml.compose(text, Loader=yaml.BaseLoader))
        found = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and mappings only
    except (yaml.YAMLError, RecursionError) as error:
        raise _not_understood(_mistake(error)) from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _not_understood(T("It is no list of robots."))
    return [_step(one) for one in found]


def _require_each_once(root: yaml.Node | None) -> None:
    """Raise UsageError for a field that a robot has twice: YAML would take the last one alone."""
    for robot in root.value if isinstance(root, yaml.SequenceNode) else ():
        met: set[str] = set()
        for name, _value in robot.value if isinstance(robot, yaml.MappingNode) else ():
            if str(name.value) in met:
                raise _not_understood(T("Line {n} has {name} again.", n=name.start_mark.line + 1, name=name.value))
            met.add(str(name.value))


def _step(said: Mapping[Any, Any]) -> RobotStep:
    filled = {str(name): _joined(value) for name, value in said.items()}
    return step(filled.pop(_ROBOT, ""), filled)


def _mistake(error: yaml.YAMLError | RecursionError) -> Text:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if mark is not None:
        return T("Line {n} is no correct YAML.", n=mark.line + 1)
    return T("It is nested too deeply, or has signs that YAML does not allow.")


def _joined(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(_joined, value))
    if not isinstance(value, str):
        raise _not_understood(T("A field is a text or a list of texts."))
    return value


def _not_understood(words: Text) -> UsageError:
    return UsageError(
        T("The robots are not understood: {words}", words=words),
        T("Write a list such as: - robot: send-message, with phone and message below it"),
        field="file",
    )
