"""A part of a transaction that a rule of ours refuses is undone alone."""

import pytest

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.services import lines
from chatapp_cli.store.tx import Tx
from tests.stores import Shop


def test_what_a_refused_part_wrote_is_undone_with_its_news_and_the_rest_stays(shop: Shop) -> None:
    def write(tx: Tx) -> None:
        lines.add(tx, "до")
        with pytest.raises(UsageError):
            half(tx)
        with tx.trial():
            lines.add(tx, "вторая попытка")
        lines.add(tx, "после")

    def half(tx: Tx) -> None:
        with tx.trial():
            lines.add(tx, "наполовину")
            raise UsageError(T("Not like this."), field="name")

    before = shop.read(journal_rows)
    shop.write(write)
    assert [line.name for line in shop.read(lines.everything)] == ["до", "вторая попытка", "после"]
    assert shop.read(journal_rows) - before == 3


def journal_rows(tx: Tx) -> int:
    return int(tx.compose(lambda n: n, "SELECT count(*) FROM journal", {})[0])
