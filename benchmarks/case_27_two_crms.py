"""Case 27 for both CRMs at once, and for amoCRM: each of its messages is a request.

The account in miniature has the limit of a real one, seven requests a second. That of its chats is not published: the
desk keeps to five (``crm.amocrm.chats``), which is the ceiling there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks import account, ingesting, portal
from benchmarks.account import ServedAccount
from benchmarks.case_19_idle import SECONDS, megabytes
from benchmarks.harness import Case
from benchmarks.shop import Shop, serving, shop
from chatapp_cli.crm.amocrm.chats import RATE as CHATS_RATE
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import ledger, links
from chatapp_cli.services.ingest import ingest

EVENTS = 6000
DIALOGS = 20
"""Conversations of the backlog; each is begun before it is measured."""
BACKLOG = 300
AT_ONCE = 5
"""Requests that we let go at once after a pause."""
ACCOUNT_RATE = 7.0
"""Requests a second that an account takes (amoCRM's page on limits)."""


def cases() -> Iterator[Case]:
    """With both, of the same without; the backlog, of the account's rate."""
    yield Case(
        "ingest, 64 callers, with two linked CRMs; without",
        "ev/s",
        ours=_with_both,
        peer=lambda: ingesting.measured(ingesting.by_product, 64, EVENTS),
        at_least=0.7,
    )
    yield from _memory()
    yield from _backlog("an account's chats", CHATS_RATE, chats=True)
    yield from _backlog("an account without chats", ACCOUNT_RATE, chats=False)


def _with_both() -> float:
    with ingesting.company() as opened:
        for kind, place in ((portal.KIND, portal.LINE), (account.KIND, account.PIPELINE)):
            bound = Bound(account=f"demo.{kind}.ru", title="demo", hook_key=kind * 4)
            number = opened.write(lambda tx, bound=bound, kind=kind: links.save(tx, opened.vault, bound, kind=kind))  # type: ignore[misc]
            portal.pair(opened, number, kind=kind, place=place)
        done = ingesting.by_product(64, EVENTS, opened)
        owed = opened.read(lambda tx: len(ledger.everything(tx, n=2 * EVENTS + 1)))
        assert owed == 2 * EVENTS, f"{owed} entries for {EVENTS} messages"
        return done


def _memory() -> Iterator[Case]:
    with ExitStack() as stack:
        _, without = stack.enter_context(serving(stack.enter_context(shop())))
        made, port = stack.enter_context(shop()), portal.free_port()
        bitrix, amo = stack.enter_context(portal.portal()), stack.enter_context(account.account())
        row = portal.link(made, bitrix, port)
        _, linked = stack.enter_context(serving(made, CHATAPP_HTTP_PORT=str(port)))
        portal.install(made, bitrix, row, port)
        account.link(made, amo, port)
        time.sleep(SECONDS / 2)
        yield Case(
            "idle daemon's memory for links to two CRMs",
            "MB",
            ours=lambda: megabytes(linked) - megabytes(without),
            limit=15,
            at_most=1,
            rounds=3,
            warm_up=False,
        )


def _backlog(name: str, rate: float, *, chats: bool) -> Iterator[Case]:
    with ExitStack() as stack:
        made, served = stack.enter_context(shop()), stack.enter_context(account.account(chats=chats))
        port = portal.free_port()
        stack.enter_context(serving(made, CHATAPP_HTTP_PORT=str(port)))
        account.link(made, served, port)
        told = _told(made, served)
        yield Case(
            f"{BACKLOG} messages told to {name}; its rate",
            "msg/s",
            ours=lambda: told,
            limit=rate,
            at_least=0.9,
            rounds=1,
            warm_up=False,
        )


def _told(made: Shop, served: ServedAccount) -> float:
    """Messages a second once no more may go at once."""
    _write(made, served, DIALOGS, "first")
    time.sleep(2)
    before = len(_shown(served))
    _write(made, served, BACKLOG, "late")
    late = _shown(served)[before + AT_ONCE - 1 :]
    return (len(late) - 1) / ((late[-1] - late[0]) / 1000)


def _write(made: Shop, served: ServedAccount, messages: int, name: str) -> None:
    """Let clients write, and wait until the account shows it."""
    arrivals = [ingesting.arrival(f"{name}{number}", number % DIALOGS) for number in range(messages)]
    wanted = len(_shown(served)) + messages
    made.company.write(lambda tx: ingest(tx, ChannelId(1), Batch(arrivals=arrivals)))
    portal.wait(lambda: len(_shown(served)) >= wanted, "the clients' messages", 600)


def _shown(served: ServedAccount) -> list[int]:
    """When each message was shown, in milliseconds."""
    tell = f"/v2/origin/custom/{served.account.channel.scope_id}" if served.chats else "/notes"
    calls = list(served.account.calls)
    return [call.at for call in calls if call.method == "POST" and call.path.endswith(tell) and call.status == 200]
