"""How a question is asked, and of whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.services.options import Options
from chatapp_cli.settings import Settings
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx
from tests.services.questions.town import ABILITIES, PRICE, Town

Question = Callable[[Tx, Town], object]

TO = ("+7 916 000-00-01", "@Anna_B", "anna@example.org", "501", "@boris", "-100", "8 800 200 00 00", "нет такого")
KINDS = tuple(ABILITIES)
SHORT, LONG = Draft(text="Да"), Draft(text="я" * 210, subject="Цены", files=(PRICE,))
HELD = Options(Settings())


def of_each(kinds: Sequence[str], ask: Callable[[Tx, ChannelRow], object]) -> Question:
    """One question of several channels."""
    return lambda tx, at: [(kind, tried(partial(ask, tx, at.row(kind)))) for kind in kinds]


def tried(ask: Callable[[], object]) -> object:
    """The answer, a refusal being one."""
    try:
        return ask()
    except ChatappError as error:
        return error
