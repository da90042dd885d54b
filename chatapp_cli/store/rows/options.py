"""Options that are stored."""

from typing import NamedTuple


class OptionRow(NamedTuple):
    """One option of a company, line, channel or CRM, as it was written."""

    subject: str
    ref: int
    name: str
    value: str
