"""What a command or a window asks of a CRM, by the daemon's session if one runs."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class CrmQuestion(StrEnum):
    """Each is the name of the session's method that answers it."""

    PLACES = "places"
    EMPLOYEES = "employees"
    PIPELINES = "pipelines"
    CARDS = "cards"
    CLIENT_OF = "client_of"
    MEND = "mend"
    ROBOTS = "robots_there"
    INSTALL_ROBOTS = "install_robots"
    REMOVE_ROBOTS = "remove_robots"


CHANGING: Final = frozenset({CrmQuestion.MEND, CrmQuestion.INSTALL_ROBOTS, CrmQuestion.REMOVE_ROBOTS})
"""Those that change something in the CRM."""
