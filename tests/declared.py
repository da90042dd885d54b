"""Options that only one test knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatapp_cli.domain import option
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.option import OptionLevel


@contextmanager
def declared(field: Field, *levels: OptionLevel) -> Iterator[str]:
    """Declare an option as ours are, and give its name; forgotten afterwards."""
    option.declare(field, *levels)
    yield field.name
    for level in levels:
        del option._declared[level][field.name]
