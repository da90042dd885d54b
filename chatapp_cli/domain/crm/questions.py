"""What a command or a window asks of a CRM, by the daemon's session if one runs."""

from __future__ import annotations

from enum import StrEnum


class CrmQuestion(StrEnum):
    """Each is the name of the session's method that answers it."""

    PLACES = "places"
    EMPLOYEES = "employees"
    PIPELINES = "pipelines"
    CARDS = "cards"
    CLIENT_OF = "client_of"
    MEND = "mend"
