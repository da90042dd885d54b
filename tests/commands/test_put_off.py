"""A mail server that puts mails off: what is said of those that wait behind them."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import ChannelError, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines, outbox
from tests.commands.conftest import Shell
from tests.stores import hand_over

LATER = Retryable("try_later", "451 4.7.1 come back later")
BUSY = Retryable("server_busy", "421 too many connections")


@pytest.fixture
def mailbox(company: Company) -> ChannelId:
    bound = Bound(account="desk@shop.example.org", title="desk@shop.example.org")
    return company.write(lambda tx: channels.save(tx, company.vault, bound, line=lines.add(tx, "Shop"), kind="email"))


def answer(company: Company, mailbox: ChannelId, error: ChannelError) -> None:
    """The server answers the next mail so."""
    claim = company.write(lambda tx: hand_over(tx, company.media, mailbox))
    assert claim is not None
    if isinstance(error, Rejected):
        company.write(lambda tx: outbox.fail(tx, claim, error))
    else:
        company.write(lambda tx: outbox.postpone(tx, claim, error, seconds=30, counted=True))


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ((LATER,), "try_later", "451 4.7.1 come back later"),
        ((LATER, LATER), "try_later", "451 4.7.1 come back later"),
        ((Rejected("no_such_mailbox"), LATER, LATER, LATER), "try_later", "451 4.7.1 come back later"),
        ((BUSY, BUSY), "server_busy", "421 too many connections"),
        ((LATER, Rejected("no_such_mailbox")), "pace", ""),
        ((), "pace", ""),
    ],
)
def test_what_waits_behind_mails_that_the_server_put_off_waits_for_the_server(
    chatapp: Shell, company: Company, mailbox: ChannelId, answers: tuple[ChannelError, ...], code: str, words: str
) -> None:
    for n in range(len(answers) + 1):
        chatapp("send", f"client{n}@example.org", "-c", "email", "-t", "x", "--wait", "0")
    for error in answers:
        answer(company, mailbox, error)
    company.write(lambda tx: outbox.show_pause(tx, mailbox, seconds=50))
    behind = max(chatapp("outbox", "list", "--json").json, key=lambda one: one["message"])
    assert (behind["attempts"], behind["code"]) == (0, code)
    assert words in behind["why"]
