"""What people may say of the acts of rules, checked alike for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from chatapp_cli.domain import limits
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, is_whole
from chatapp_cli.store.tx import Tx

Checked: TypeAlias = Callable[[Tx, Any], Any]
"""Takes what somebody said and gives it as it is kept. Raises UsageError, NotFound."""


def wrong(kind: str, said: object, example: str) -> UsageError:
    """Why an act cannot have a value; ``example`` is one that it can have."""
    if not str(said).strip():
        return UsageError(
            T("{name} of a rule needs a value.", name=kind), T("Such as: {example}", example=example), field="then"
        )
    return UsageError(
        T("{name} of a rule cannot be {said}.", name=kind, said=str(said)[: limits.NAME.most]),
        T("Such as: {example}", example=example),
        field="then",
    )


def text(kind: str, limit: limits.TextLimit, example: str) -> Checked:
    """A text that is not empty, up to a limit."""

    def checked(tx: Tx, said: Any) -> str:
        del tx
        if not isinstance(said, str) or not said.strip() or not is_whole(said):
            raise wrong(kind, said, f"{kind}: {example}")
        limit.require(said.strip(), field="then")
        return said.strip()

    return checked
